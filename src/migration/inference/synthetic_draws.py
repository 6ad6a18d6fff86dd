"""Placebo effects of synthetic difference in differences, and their spread.

Algorithm 4 of Arkhangelsky et al. (2021, doi:10.1257/aer.20190159): controls drawn at
random take the treated units' place. One treated series has as many placebos as there
are controls: each is fitted once, however often it is drawn.
"""

import numpy as np

from migration.inference.arrays import Array, Ints, Mask
from migration.inference.frank_wolfe import weights_together
from migration.inference.simplex import simplex_weights
from migration.inference.simplices import Problems
from migration.inference.synthetic_weights import (
    BARELY,
    SYNTHETIC_DID,
    noise_level,
    searches,
    unit_zeta,
)


def drawn_controls(n_controls: int, draws: int, seed: int) -> Ints:
    """Controls in the treated series' place, one a draw: the last of a permutation."""
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(n_controls)[-1] for _ in range(draws)])


def placebo_did(
    y: Array, baseline: Mask, window: Mask, *, solver: str = "exact"
) -> Array:
    """Effect of each control in the treated series' place, shape (J,).

    The ridge is that of the treated series' own fit, as in the R package synthdid.

    Parameters
    ----------
    y : (1 + J, T) array
        Row 0 is the treated series; complete on baseline and window days.
    baseline, window : (T,) masks
    solver : {"exact", "synthdid"}
        The optimum, or R's search, which starts from the treated series' weights.
    """
    pre, post = y[:, baseline], y[:, window].mean(axis=1)
    noise = noise_level(pre[1:])
    zeta = float(unit_zeta(SYNTHETIC_DID, int(window.sum()), np.array(noise)))
    fit = _searched if solver == "synthdid" else _optimal
    omega, lam = fit(pre, post, zeta, noise)
    level = post[1:] - lam @ pre[1:].T  # (J, J): by placebo, by series
    return np.asarray(np.diag(level) - (omega * level).sum(axis=1))


def spread(effects: Array) -> float:
    """Standard error by Algorithm 4: the draws' deviation, over their number."""
    return float(effects.std(ddof=0))


def _optimal(pre: Array, post: Array, zeta: float, noise: float) -> tuple[Array, Array]:
    n_controls, n_days = len(pre) - 1, pre.shape[1]
    others = ~np.eye(n_controls, dtype=bool)
    omega = Problems(
        target=pre[1:],
        donors=pre[1:],
        days=np.ones((1, n_days), dtype=bool),
        place=np.zeros(n_controls, dtype=np.int64),
        allowed=others,
        ridge=np.full(n_controls, n_days * zeta**2),
        intercept=True,
    ).weights()
    ridge = (n_controls - 1) * (BARELY * noise) ** 2
    lam = np.array(
        [
            simplex_weights(post[1:][own], pre[1:][own].T, intercept=True, ridge=ridge)
            for own in others
        ]
    )
    return omega, lam


def _searched(
    pre: Array, post: Array, zeta: float, noise: float
) -> tuple[Array, Array]:
    n_controls = len(pre) - 1
    first = np.concatenate([[False], np.ones(n_controls, dtype=bool)])[None]
    size = np.array([zeta]), np.array([noise])
    omega, lam = weights_together(*searches(pre, post, first, size))
    others = ~np.eye(n_controls, dtype=bool)
    every = np.full(n_controls, zeta), np.full(n_controls, noise)
    held = others * omega[0, 1:]
    total = held.sum(axis=1, keepdims=True)
    even = others / (n_controls - 1)
    begun = np.where(total > 0, held / np.where(total > 0, total, 1), even)
    start = begun, np.repeat(lam, n_controls, axis=0)
    return weights_together(*searches(pre[1:], post[1:], others, every), start)
