"""Synthetic control when the event may also have moved some of the other series.

Cao and Dowd (2019, arXiv:1902.07343): with every series' synthetic control fitted on
the baseline (weights B, levels a) and effects ``alpha_t = A gamma_t`` whose pattern A
is known, ``(I - B) Y_t - a = (I - B) A gamma_t + u_t`` gives the direct effect and the
spillovers together by least squares.
"""

import numpy as np

from migration.errors import DesignError
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
    Targets,
)

TOLD_APART = 1e-10


def all_unit_equations(y: Array, baseline: Mask) -> tuple[Array, Array]:
    """Fit each row from all the others, with an intercept.

    Parameters
    ----------
    y : (n, T) array
    baseline : (T,) mask

    Returns
    -------
    (n, n) array
        ``I - B``.
    (n, T) array
        Residuals ``(I - B) Y_t - a``; NaN on a day on which any row is.
    """
    others = ~np.eye(len(y), dtype=bool)
    every = Targets(y, y, others).unit_weights(baseline[None], DEMEANED_CONTROL, 1)
    apart = np.eye(len(y)) - every[0]
    residual = apart @ y
    level = residual[:, baseline].mean(axis=1, keepdims=True)
    return apart, residual - level


def joint_effects(apart: Array, residual: Array, exposure: Array) -> Array:
    """Effects gamma_t on every day, shape (k, T).

    Parameters
    ----------
    apart : (n, n) array
    residual : (n, T) array
    exposure : (n, k) array
        A: one column an effect, its entries how strongly each series carries it.

    Raises
    ------
    DesignError
        If the series without exposure are too few to tell the effects apart.
    """
    seen = apart @ exposure
    rank = int(np.linalg.matrix_rank(seen))
    if rank < exposure.shape[1]:
        raise DesignError(
            f"{exposure.shape[1]} effects cannot be told apart (rank {rank}): needed "
            "more unrelated series than exposed ones; bring more, or let exposed units "
            "share one effect with exposure="
        )
    return np.asarray(np.linalg.pinv(seen) @ residual)


def direct_effects(apart: Array, residual: Array, exposure: Array) -> Array:
    """Direct effect of each row, as if it alone had been hit, beside the spillovers.

    The joint least squares of every row at once, spillovers partialled out.

    Parameters
    ----------
    apart : (n, n) array
    residual : (n, T) array
    exposure : (n, k) array
        Spillover columns alone.

    Returns
    -------
    (n, T) array
        NaN for a row whose effect the spillovers take in (an exposed one).
    """
    basis, _ = np.linalg.qr(apart @ exposure)
    free = apart - basis @ (basis.T @ apart)
    length = (free**2).sum(axis=0)
    told = length > TOLD_APART * (apart**2).sum(axis=0)
    length = np.where(told, length, np.nan)
    return np.asarray((free.T @ residual) / length[:, None])


def placebo_effects(
    y: Array, baseline: Mask, exposure: Array, controls: Ints
) -> tuple[Array, Array]:
    """Direct effect of row 0 and of each control treated in its place.

    Parameters
    ----------
    y : (n, T) array
        Row 0 the treated series.
    baseline : (T,) mask
    exposure : (n, k) array
        Spillover columns alone; row 0 and the controls' rows are zero.
    controls : (J,) array
        Rows of the unrelated series.

    Returns
    -------
    (1 + J, T) array
        The treated series is in no placebo's pool.
    (n, T) array
        Spillovers, estimated together with row 0's effect.
    """
    hit = np.eye(len(y))[:, :1]
    own = joint_effects(
        *all_unit_equations(y, baseline), np.column_stack([hit, exposure])
    )
    others = direct_effects(*all_unit_equations(y[1:], baseline), exposure[1:])
    return np.vstack([own[:1], others[controls - 1]]), exposure @ own[1:]
