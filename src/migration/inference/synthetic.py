"""Synthetic control, synthetic difference in differences and their uniform member.

One formula, other weights (Arkhangelsky et al. 2021, doi:10.1257/aer.20190159):
``tau = (y_post - lambda' y_pre) - omega'(Y_post - Y_pre lambda)``. Each series is
treated in turn as if the event had hit it; row 0, the one that it did hit, is never a
donor.
"""

from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.synthetic_weights import Recipe, donors_of, weights_of


@dataclass(frozen=True, eq=False)
class Synthetic:
    """Counterfactuals of 1 + J series, each from the controls other than itself.

    Attributes
    ----------
    omega : (1 + J, 1 + J) array
        Row i holds the weights of its donors; column 0 and the diagonal are zero.
    lam : (1 + J, T0) array
        Weights of the baseline days.
    gap : (1 + J, T) array
        Series less counterfactual, less its lambda-weighted baseline mean; NaN on days
        on which the series or a donor with weight has no value.
    estimate, pre_rmspe : (1 + J,) arrays
        Mean gap of the window; root mean square gap of the baseline, about its mean
        where there is an intercept.
    """

    omega: Array
    lam: Array
    gap: Array
    estimate: Array
    pre_rmspe: Array


def synthesise(
    y: Array,
    baseline: Mask,
    window: Mask,
    recipe: Recipe,
    donors: Mask | None = None,
) -> Synthetic:
    """Fit weights for every series and form its gap.

    Parameters
    ----------
    y : (1 + J, T) array
        Row 0 is the treated series; complete on baseline and window days.
    baseline, window : (T,) masks
    recipe : Recipe
    donors : (J,) mask, optional
        Controls that may have weight; the others stay as placebos. All by default.
    """
    allowed = donors_of(len(y), donors)
    (weights,) = weights_of(y, [(baseline, window)], allowed, recipe)
    return _with_weights(y, (baseline, window), weights, recipe)


def with_held_out(
    y: Array,
    baseline: Mask,
    window: Mask,
    recipe: Recipe,
    donors: Mask | None = None,
) -> tuple[Synthetic, Array]:
    """The same, and the gaps of baseline blocks whose days took no part in the weights.

    Inside the baseline the weights follow noise, and its gaps are too small to tell
    what chance does after it. So each block in turn is treated as if it were the
    window, with the weights of series and days fitted on the rest of the baseline.

    Returns
    -------
    Synthetic
    (1 + J, q, L) array
        Blocks of the window's length count back from the baseline's end.
    """
    found = synthesise(y, baseline, window, recipe, donors)
    blocks = baseline_blocks(baseline, int(window.sum()))
    spans = [(baseline & ~block, block) for block in blocks]
    allowed = donors_of(len(y), donors)
    every = weights_of(y, spans, allowed, recipe, found.omega)
    gap = [
        _with_weights(y, span, weights, recipe).gap[:, span[1]]
        for span, weights in zip(spans, every, strict=True)
    ]
    return found, np.stack(gap, axis=1)


def _with_weights(
    y: Array, span: tuple[Mask, Mask], weights: tuple[Array, Array], recipe: Recipe
) -> Synthetic:
    (baseline, window), (omega, lam) = span, weights
    gap = gaps(y, omega)
    level = (gap[:, baseline] * lam).sum(axis=1, keepdims=True)
    before = gap[:, baseline]
    centre = before.mean(axis=1, keepdims=True) if recipe.intercept else 0.0
    return Synthetic(
        omega=omega,
        lam=lam,
        gap=gap - level,
        estimate=(gap - level)[:, window].mean(axis=1),
        pre_rmspe=np.sqrt(((before - centre) ** 2).mean(axis=1)),
    )


def gaps(y: Array, omega: Array) -> Array:
    """Each series less the weighted mean of its donors.

    Parameters
    ----------
    y : (N, T) array
    omega : (N, N) array
    """
    unknown = np.isnan(y)
    gap = y - omega @ np.where(unknown, 0.0, y)
    # A donor without weight may be missing; one with weight leaves no counterfactual.
    gap[(omega > 0).astype(float) @ unknown.astype(float) > 0] = np.nan
    return np.asarray(gap)


def baseline_blocks(baseline: Mask, length: int) -> list[Mask]:
    """Masks of the whole blocks of a baseline, counted back from its end."""
    days = np.flatnonzero(baseline)
    q = len(days) // length
    whole = days[len(days) - q * length :].reshape(q, length)
    return [np.isin(np.arange(len(baseline)), block) for block in whole]


def gap_contrast(
    estimate: Array, held_out: Array, *, widened: float = 1.0
) -> BlockContrast:
    """Window's effect against the effects found in held-out baseline blocks.

    The error is ``sqrt(sum_b e_b^2 (q^2 - 1) / q^3)``: with uniform weights and blocks
    that fill the baseline exactly that of
    :func:`migration.inference.blocks.block_contrast`, whose blocks are held against a
    mean in which they take part.

    Parameters
    ----------
    estimate : (N,) array
    held_out : (N, q, L) array
    widened : float
        As for :func:`migration.inference.blocks.block_contrast`.
    """
    effects = held_out.mean(axis=2)
    q = effects.shape[1]
    squares = (effects**2).sum(axis=1)
    error = np.sqrt(squares * (q**2 - 1) / q**3) * widened
    return BlockContrast(estimate, error, q - 1)
