"""Tests of a synthetic control's own: placebo ranks, conformal, cross-fitted t.

Each is computed for every series treated in turn as if the event had hit it, so that
its share of false alarms stands beside it.
"""

from collections.abc import Callable

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, Mask
from migration.inference.beside import ALPHA, Beside
from migration.inference.conformal import CLOSE, inverted
from migration.inference.rule import rank_critical, rank_p
from migration.inference.synthetic import Synthetic
from migration.inference.synthetic_turns import Refits, Turns

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
    known = np.sort(np.abs(others[~np.isnan(others)]))
    at_least = len(known) - np.searchsorted(known, np.abs(others), side="left")
    own = np.where(np.isnan(others), np.nan, at_least / max(len(known), 1))
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


def shift_p(
    residual: Array, n_pre: int, *, cyclic: bool = False, absolute: bool = False
) -> Array:
    """Moving-block p of a window at the end of the residuals.

    Chernozhukov, Wuthrich and Zhu (2021, doi:10.1080/01621459.2021.1920957).

    Parameters
    ----------
    residual : (..., n_pre + L) array
        One series a row.
    n_pre : int
    cyclic : bool
        Use all shifts, those that wrap or keep event days included, as the R package
        scinference does. The default keeps honest ones: windows within the baseline.
    absolute : bool
        The mean of |residual| as statistic (scinference), not |mean residual|.
    """
    length = residual.shape[-1] - n_pre
    values = np.abs(residual) if absolute else residual
    ring = [np.zeros_like(values[..., :1]), values, values[..., : length - 1]]
    sums = np.cumsum(np.concatenate(ring, axis=-1), axis=-1)
    means = np.abs(sums[..., length:] - sums[..., :-length]) / length
    close = CLOSE * np.abs(residual).max(axis=-1, keepdims=True)
    least = means[..., [n_pre]] - close
    if cyclic:
        return np.asarray((means >= least).mean(axis=-1))
    placebos = means[..., : n_pre - length + 1]
    beyond = (placebos >= least).sum(axis=-1)
    return np.asarray((1 + beyond) / (1 + placebos.shape[-1]))


def conformal(turns: Turns, *, scale: float) -> Beside:
    """Conformal test with the weights refitted under the null, for all series.

    Parameters
    ----------
    turns : Turns
    scale : float
        An error of row 0's estimate: how far out the search begins.
    """
    n_pre, hit = turns.n_pre, np.arange(turns.y.shape[1]) >= turns.n_pre
    gap = turns.level_out(turns.gaps_on(np.ones((1, len(hit)), dtype=bool))[0])
    own = turns.first_alone().gaps_on(~hit[None])[0, 0]
    level = own[:n_pre].mean() if turns.recipe.intercept else 0.0
    centre = float(own[n_pre:].mean() - level)
    low, high = _inverted(turns, centre, scale)
    return Beside(
        test="conformal, moving block, weights refitted",
        assumes="exchangeable blocks; shifts within the baseline only",
        estimate=centre,
        std_error=float("nan"),
        conf_low=low,
        conf_high=high,
        p_value=shift_p(gap, n_pre),
    )


def _inverted(turns: Turns, centre: float, scale: float) -> tuple[float, float]:
    """Ends of the effects on row 0 that are not rejected, weights refitted for each."""
    refits = Refits(turns)

    def keeps(effects: Array) -> Mask:
        return shift_p(refits.residuals(effects), turns.n_pre) > ALPHA

    return inverted(keeps, _kept_effect(refits, keeps, centre, scale), scale / 4)


def _kept_effect(
    refits: Refits, keeps: Callable[[Array], Mask], centre: float, scale: float
) -> float:
    """An effect that the test keeps: the first guess, or what halving finds.

    The window's mean residual falls as the effect rises (weights on a simplex are a
    projection on a convex set), and where it is zero the test keeps the effect.
    """
    step, guess, above = scale, centre, 0.0
    for _ in range(HALVINGS):
        asked = np.array([guess])
        if keeps(asked)[0]:
            break
        side = float(np.sign(refits.residuals(asked)[0, refits.turns.n_pre :].mean()))
        # Further the same way until the sign turns, then back by halves.
        turned = above * side < 0 or step < scale
        step, above = (step / 2 if turned else 2 * step), side
        guess += side * step
    return guess


def cross_fitted(turns: Turns, folds: int = FOLDS) -> Array:
    """Effect net of the bias on held-out baseline blocks, one column a fold.

    Chernozhukov, Wuthrich and Zhu (2025, "A t-test for synthetic controls",
    arXiv:1812.10820): weights from the baseline less one block, the gap of the window
    less the gap of that block, in which a level of the series' own drops out. The
    paper's recipe has no intercept.

    Parameters
    ----------
    turns : Turns
    folds : int

    Returns
    -------
    (1 + J, folds) array
    """
    n_pre, day = turns.n_pre, np.arange(turns.y.shape[1])
    length = min(n_pre // folds, len(day) - n_pre)
    starts = n_pre - folds * length + length * np.arange(folds)
    blocks = (day >= starts[:, None]) & (day < starts[:, None] + length)
    every = turns.gaps_on((day < n_pre) & ~blocks)
    found = [
        gap[:, n_pre:].mean(axis=1) - gap[:, block].mean(axis=1)
        for gap, block in zip(every, blocks, strict=True)
    ]
    return np.column_stack(found)


def cross_fitted_error(effects: Array, n_pre: int, n_post: int) -> Array:
    """Error of the mean of the folds' effects (N, folds); ``folds - 1`` degrees."""
    folds = effects.shape[1]
    length = min(n_pre // folds, n_post)
    wide = 1 + folds * length / n_post
    return np.asarray(np.sqrt(wide / folds) * effects.std(axis=1, ddof=1))


def conformal_t(turns: Turns) -> Beside:
    """Cross-fitted t-test of every series, ``FOLDS - 1`` degrees of freedom."""
    effects = cross_fitted(turns)
    centre = effects.mean(axis=1)
    n_post = turns.y.shape[1] - turns.n_pre
    error = cross_fitted_error(effects, turns.n_pre, n_post)
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
