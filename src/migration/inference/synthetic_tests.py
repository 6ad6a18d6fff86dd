"""Tests of a synthetic control's own: placebo ranks, conformal, cross-fitted t.

Each is computed for every series treated in turn as if the event had hit it, so that
its share of false alarms stands beside it.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, Mask
from migration.inference.beside import ALPHA, Beside
from migration.inference.conformal import CLOSE, inverted
from migration.inference.rule import rank_critical, rank_p
from migration.inference.synthetic import Synthetic
from migration.inference.synthetic_weights import (
    SYNTHETIC_CONTROL,
    Recipe,
    donor_pools,
    unit_weights,
)

FOLDS = 3
HALVINGS = 40


def placebo_p(statistic: Array) -> Array:
    """Rank of each series: row 0 among the controls, a control among the others.

    Parameters
    ----------
    statistic : (1 + J,) array
        Not negative.

    Returns
    -------
    (1 + J,) array
        ``(1 + #{placebo >= it}) / (1 + J)`` for row 0, one placebo fewer for the rest.
    """
    others = statistic[1:]
    own = [rank_p(float(s), np.delete(others, j)) for j, s in enumerate(others)]
    return np.array([rank_p(float(statistic[0]), others), *own])


def ratio_rank(found: Synthetic, window: Mask) -> Beside:
    """Rank of the ratio of the window's to the baseline's root mean square gap.

    Abadie, Diamond and Hainmueller (2010, doi:10.1198/jasa.2009.ap08746). The interval
    holds the constant effects that leave the ratio below its critical value.
    """
    after = found.gap[:, window]
    ratio = np.sqrt((after**2).mean(axis=1)) / found.pre_rmspe
    limit = rank_critical(ratio[1:]) * found.pre_rmspe[0]
    room = limit**2 - after[0].var()
    half = float(np.sqrt(room)) if room >= 0 else float("nan")
    return _beside(
        "placebo rank, post/pre RMSPE",
        f"{_assumes(found)}, and fitted as well",
        (float(found.estimate[0]), half),
        placebo_p(ratio),
    )


def mean_rank(found: Synthetic) -> Beside:
    """Rank of the window's mean gap over the baseline gap's root mean square."""
    statistic = np.abs(found.estimate) / found.pre_rmspe
    half = rank_critical(statistic[1:]) * float(found.pre_rmspe[0])
    return _beside(
        "placebo rank, |window mean| / pre sd",
        _assumes(found),
        (float(found.estimate[0]), half),
        placebo_p(statistic),
    )


def _assumes(found: Synthetic) -> str:
    return (
        "as noisy as unrelated series of the same days (smallest p "
        f"1/{len(found.estimate)})"
    )


def _beside(
    test: str, assumes: str, centre_half: tuple[float, float], p_value: Array
) -> Beside:
    centre, half = centre_half
    return Beside(
        test=test,
        assumes=assumes,
        estimate=centre,
        std_error=float("nan"),
        conf_low=centre - half,
        conf_high=centre + half,
        p_value=p_value,
    )


def conformal_residuals(y: Array, pool: Array, recipe: Recipe, n_pre: int) -> Array:
    """Residuals of one series with its weights refitted on all days.

    Parameters
    ----------
    y : (n_pre + L,) array
        Less the effect that the null claims.
    pool : (J, n_pre + L) array
    recipe : Recipe
        Its weights of time play no part: the procedure must treat all days alike.
    """
    weights = unit_weights(y, pool, recipe, len(y) - n_pre)
    residual = y - weights @ pool
    return np.asarray(residual - residual.mean() if recipe.intercept else residual)


def shift_p(
    residual: Array, n_pre: int, *, cyclic: bool = False, absolute: bool = False
) -> float:
    """Moving-block p of a window at the end of the residuals.

    Chernozhukov, Wuthrich and Zhu (2021, doi:10.1080/01621459.2021.1920957).

    Parameters
    ----------
    residual : (n_pre + L,) array
    n_pre : int
    cyclic : bool
        Use all shifts, those that wrap or keep event days included, as the R package
        scinference does. The default keeps honest ones: windows within the baseline.
    absolute : bool
        The mean of |residual| as statistic (scinference), not |mean residual|.
    """
    length = len(residual) - n_pre
    values = np.abs(residual) if absolute else residual
    ring = np.concatenate([values, values[: length - 1]])
    means = np.abs(np.convolve(ring, np.full(length, 1 / length), mode="valid"))
    close = CLOSE * float(np.abs(residual).max())
    if cyclic:
        return float((means >= means[n_pre] - close).mean())
    placebos = means[: n_pre - length + 1]
    beyond = int((placebos >= means[n_pre] - close).sum())
    return (1 + beyond) / (1 + len(placebos))


def conformal(
    y: Array, n_pre: int, recipe: Recipe, *, scale: float, donors: Mask | None = None
) -> Beside:
    """Conformal test with the weights refitted under the null, for all series.

    Parameters
    ----------
    y : (1 + J, n_pre + L) array
        Baseline days, then window days.
    scale : float
        An error of row 0's estimate: how far out the search begins.
    """
    pools = donor_pools(len(y), donors)
    p_value = np.array(
        [
            shift_p(conformal_residuals(y[row], y[pool], recipe, n_pre), n_pre)
            for row, pool in enumerate(pools)
        ]
    )
    own = y[[0, *pools[0]]]
    centre = _effect(own[0], own[1:], recipe, n_pre)
    low, high = _inverted(own, recipe, centre, (n_pre, scale))
    return Beside(
        test="conformal, moving block, weights refitted",
        assumes="exchangeable blocks; shifts within the baseline only",
        estimate=centre,
        std_error=float("nan"),
        conf_low=low,
        conf_high=high,
        p_value=p_value,
    )


def _inverted(
    y: Array, recipe: Recipe, centre: float, span: tuple[int, float]
) -> tuple[float, float]:
    """Ends of the effects on row 0 that are not rejected, weights refitted for each."""
    n_pre, scale = span

    def residual_at(effect: float) -> Array:
        null = y[0] - effect * (np.arange(y.shape[1]) >= n_pre)
        return conformal_residuals(null, y[1:], recipe, n_pre)

    def keeps(effect: float) -> bool:
        return shift_p(residual_at(effect), n_pre) > ALPHA

    start = _kept_effect(residual_at, keeps, centre, span)
    return inverted(keeps, start, scale / 4)


def _kept_effect(
    residual_at: Callable[[float], Array],
    keeps: Callable[[float], bool],
    centre: float,
    span: tuple[int, float],
) -> float:
    """An effect that the test keeps: the first guess, or what halving finds.

    The window's mean residual falls as the effect rises (weights on a simplex are a
    projection on a convex set), and where it is zero the test keeps the effect.
    """
    n_pre, scale = span
    step, guess, above = scale, centre, 0.0
    for _ in range(HALVINGS):
        if keeps(guess):
            break
        side = float(np.sign(residual_at(guess)[n_pre:].mean()))
        # Further the same way until the sign turns, then back by halves.
        turned = above * side < 0 or step < scale
        step, above = (step / 2 if turned else 2 * step), side
        guess += side * step
    return guess


def _effect(y: Array, pool: Array, recipe: Recipe, n_pre: int) -> float:
    """Mean gap of the days after ``n_pre``, weights from those before."""
    weights = unit_weights(y[:n_pre], pool[:, :n_pre], recipe, len(y) - n_pre)
    gap = y - weights @ pool
    level = gap[:n_pre].mean() if recipe.intercept else 0.0
    return float(gap[n_pre:].mean() - level)


def cross_fitted(
    y: Array, n_pre: int, recipe: Recipe = SYNTHETIC_CONTROL, folds: int = FOLDS
) -> Array:
    """Effect net of the bias on held-out baseline blocks, one column a fold.

    Chernozhukov, Wuthrich and Zhu (2025, "A t-test for synthetic controls",
    arXiv:1812.10820): weights from the baseline less one block, the gap of the window
    less the gap of that block, in which a level of the series' own drops out.

    Parameters
    ----------
    y : (1 + J, n_pre + L) array
        Row 0 the series, the rest its donors.
    n_pre : int
    recipe : Recipe
        Of the weights over series; those of time play no part. The paper's has no
        intercept.
    folds : int

    Returns
    -------
    (folds,) array
    """
    length = min(n_pre // folds, y.shape[1] - n_pre)
    starts = n_pre - folds * length + length * np.arange(folds + 1)
    found = []
    for first, last in pairwise(starts):
        kept = np.r_[0:first, last:n_pre]
        weights = unit_weights(y[0, kept], y[1:, kept], recipe, y.shape[1] - n_pre)
        gap = y[0] - weights @ y[1:]
        found.append(gap[n_pre:].mean() - gap[first:last].mean())
    return np.array(found)


def cross_fitted_error(effects: Array, n_pre: int, n_post: int) -> float:
    """Error of the mean of the folds' effects; t has ``folds - 1`` degrees."""
    folds = len(effects)
    length = min(n_pre // folds, n_post)
    wide = 1 + folds * length / n_post
    return float(np.sqrt(wide / folds) * effects.std(ddof=1))


def conformal_t(
    y: Array, n_pre: int, recipe: Recipe, donors: Mask | None = None
) -> Beside:
    """Cross-fitted t-test of every series, ``FOLDS - 1`` degrees of freedom."""
    pools, n_post = donor_pools(len(y), donors), y.shape[1] - n_pre
    effects = np.array(
        [cross_fitted(y[[row, *pool]], n_pre, recipe) for row, pool in enumerate(pools)]
    )
    centre = effects.mean(axis=1)
    error = np.array([cross_fitted_error(e, n_pre, n_post) for e in effects])
    half = float(tails.t.ppf(1 - ALPHA / 2, FOLDS - 1)) * error[0]
    return Beside(
        test=f"cross-fitted t, {FOLDS} folds",
        assumes="a stationary gap; blocks of the baseline nearly independent",
        estimate=float(centre[0]),
        std_error=float(error[0]),
        conf_low=float(centre[0] - half),
        conf_high=float(centre[0] + half),
        p_value=np.asarray(2 * tails.t.sf(np.abs(centre / error), FOLDS - 1)),
    )
