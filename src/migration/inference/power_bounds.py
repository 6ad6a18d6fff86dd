"""Smallest effects by a formula and by drawing the baseline's own blocks again.

Both stand beside the injection of :mod:`migration.inference.power`. The formula takes
the noise model at its word and one t-test for the rule, so that it is a lower bound.
"""

from collections.abc import Iterator

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, net_of_controls, weekday_dummies
from migration.inference.contrast import deseasoned
from migration.inference.gls import Point, likeliest
from migration.inference.noise import AR_GRID, MA_GRID, arma11
from migration.inference.path import contrast_weights
from migration.inference.power import POWER
from migration.inference.rule import ALPHA
from migration.inference.sample import Sample
from migration.inference.week import window_widening

DRAWS = 1999
SEED = 20210106


def formula_effect(sample: Sample, *, net: bool, logs: bool) -> float:
    """``(t_(1-a/2) + t_kappa) sqrt(w' Gamma w)`` of the treated series.

    ``w`` are the weights of the window's mean less the path without an event, and
    ``Gamma`` the autocovariance of an ARMA(1, 1) fitted on the baseline alone by REML.
    Bloom (1995, doi:10.1177/0193841X9501900504).

    Parameters
    ----------
    sample : Sample
    net : bool
        Net of the unrelated series' mean.
    logs : bool
        Counts: the series over its baseline mean, whose differences are nearly those
        of logs.
    """
    days = np.flatnonzero(sample.baseline | sample.window)
    base, weekday = sample.baseline[days], sample.weekday[days]
    y = sample.y[:, days]
    if logs:
        y = y / y[:, base].mean(axis=1, keepdims=True)
    own = (net_of_controls(y) if net else y)[:1]
    x, at = weekday_dummies(weekday), days.astype(float)
    (point,), _, scale = likeliest(own[:, base], x[base], at[base], _family)
    gamma = scale[0] * arma11(at, *point)
    window = sample.window[days] / sample.window.sum()
    weights = contrast_weights(window[None], weekday, base)[0]
    df = int(base.sum()) - x.shape[1]
    units = tails.t.ppf(1 - ALPHA / 2, df) + tails.t.ppf(POWER, df)
    return float(units * np.sqrt(weights @ gamma @ weights))


def _family(days: Array) -> Iterator[tuple[Point, Array]]:
    """Every third AR and second MA: an effect's size needs no finer a memory."""
    for ar in AR_GRID[::3]:
        for ma in MA_GRID[::2]:
            yield (float(ar), float(ma)), arma11(days, float(ar), float(ma))


def bootstrap_effects(
    sample: Sample, critical: float, *, net: bool, logs: bool
) -> tuple[float, float]:
    """Smallest gain and loss found in 80% of histories drawn from the baseline.

    Each history is blocks of the window's length, drawn with replacement from all of
    the treated series' baseline (overlapping: Kunsch 1989, doi:10.1214/aos/1176347265),
    one of which is the window.

    Parameters
    ----------
    sample : Sample
    critical : float
        What |t| must exceed: the rule's.
    net, logs : bool
        As for :func:`formula_effect`.
    """
    length = int(sample.window.sum())
    means = _moving(sample, length, net=net, logs=logs)
    q = int(sample.baseline.sum()) // length
    rng = np.random.default_rng(SEED)
    drawn = means[rng.integers(len(means), size=(DRAWS, q + 1))]
    # The cycle was estimated on these very blocks: they look calmer than a window is.
    widened = window_widening(sample.weekday, sample.baseline, sample.window)
    gap = widened * (drawn[:, -1] - drawn[:, :-1].mean(axis=1))
    error = widened * drawn[:, :-1].std(axis=1, ddof=1) * np.sqrt(1 + 1 / q)
    gain, loss = (_needed(critical * error - sign * gap) for sign in (1, -1))
    return gain, loss


def _moving(sample: Sample, length: int, *, net: bool, logs: bool) -> Array:
    """The statistic of the treated series in every block of the baseline, (B,)."""
    y = deseasoned(sample, "constant mean", logs=logs)[:, sample.baseline]
    summed = np.cumsum(np.pad(y, ((0, 0), (1, 0))), axis=1)
    means = (summed[:, length:] - summed[:, :-length]) / length
    if logs:
        with np.errstate(divide="ignore"):
            means = np.log(means)
        means = means[:, np.isfinite(means).all(axis=0)]
    return np.asarray((net_of_controls(means) if net else means)[0])


def _needed(effects: Array) -> float:
    if not np.isfinite(effects).all():
        return float("inf")
    place = int(np.ceil(POWER * len(effects) - 1e-9)) - 1
    return float(max(np.sort(effects)[place], 0.0))
