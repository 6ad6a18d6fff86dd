"""A path of daily effects as linear weights on a series, and the covariance of it.

``beta = W d`` with ``d`` a series net of unrelated ones and ``W`` what least squares
makes of it: each day (or bin of days) less the path without an event, which is the
baseline's mean and day-of-week pattern. ``V = W Gamma W'`` with ``Gamma`` the
autocovariance of noise fitted on baseline days alone, outside every event window: the
residuals of a window with its own dummies sum to zero, so that an estimate of the
long-run variance made there is too small (a week of white noise: rejection .29, not
.05). The baseline's own error is in V.
"""

from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array, Ints, Mask, weekday_dummies
from migration.inference.gls import Family, fit


@dataclass(frozen=True, eq=False)
class Paths:
    """Effects of N series by the same K contrasts, each with its own covariance.

    Attributes
    ----------
    beta : (N, K) array
    cov : (N, K, K) array
    df : int
        Baseline days less the coefficients of the path without an event.
    """

    beta: Array
    cov: Array
    df: int

    def combine(self, weights: Array) -> "Paths":
        """Linear combinations of the effects: means, cumulated sums, differences.

        Parameters
        ----------
        weights : (M, K) array
        """
        cov = np.einsum("mk,nkl,pl->nmp", weights, self.cov, weights)
        return Paths(self.beta @ weights.T, np.asarray(cov), self.df)

    @property
    def std_error(self) -> Array:
        """Shape (N, K); never below zero where rounding would put it there."""
        variance = np.diagonal(self.cov, axis1=1, axis2=2)
        return np.asarray(np.sqrt(np.maximum(variance, 0)))


def contrast_weights(columns: Array, weekday: Ints, baseline: Mask) -> Array:
    """Weights on a series for the mean of some days less the path without an event.

    Least squares with a dummy for each of the columns off the baseline, and their
    residuals on it: the event's days cannot bend the path without an event.

    Parameters
    ----------
    columns : (K, T) array
        Each row the days of one effect, with weights that sum to one.
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask

    Returns
    -------
    (K, T) array
    """
    x = weekday_dummies(weekday)
    hat = np.zeros((len(weekday), len(weekday)))
    hat[:, baseline] = x @ np.linalg.pinv(x[baseline])
    return np.asarray(columns - columns @ hat)


def worst_bend(weights: Array) -> float:
    """Largest sum that weights make of a path whose slope changes by at most 1 a day.

    Weights that give a straight line nothing see of a path only its bends:
    ``f_t = a + b t + sum_s c_s max(t - s, 0)`` with every ``|c_s| <= 1``, so that each
    bend does its worst by itself (the class of paths Delta^SD of Rambachan and Roth
    2023, doi:10.1093/restud/rdad018).

    Parameters
    ----------
    weights : (T,) array
        Of consecutive days; those before the first and after the last that is not zero
        may bend as they like.
    """
    seen = np.flatnonzero(weights)
    days = np.arange(seen[0], seen[-1] + 1)
    ramps = np.maximum(days[None, :] - days[1:-1, None], 0)
    return float(np.abs(ramps @ weights[days]).sum())


def noise_covariances(
    y: Array, x: Array, days: Array, baseline: Mask, family: Family
) -> Array:
    """Autocovariance of each series' noise over all days, fitted on the baseline.

    The likeliest point of the family by restricted likelihood, scale with it.

    Parameters
    ----------
    y : (N, T) array
    x : (T, k) array
        Regressors of the path without an event.
    days : (T,) array
        Day numbers: gaps count at their length.
    baseline : (T,) mask
    family : function

    Returns
    -------
    (N, T, T) array
    """
    best = np.full(len(y), -np.inf)
    scale, place = np.ones(len(y)), np.zeros(len(y), dtype=int)
    known = list(family(days))
    for number, (_, cov) in enumerate(known):
        found = fit(y[:, baseline], x[baseline], cov[np.ix_(baseline, baseline)])
        better = found.loglik > best
        best = np.where(better, found.loglik, best)
        scale = np.where(better, found.scale, scale)
        place = np.where(better, number, place)
    return np.array([s * known[p][1] for s, p in zip(scale, place, strict=True)])


def paths(
    y: Array, weights: Array, covariances: Array, *, baseline: Mask, weekday: Ints
) -> Paths:
    """Every series' effects under its own noise.

    Parameters
    ----------
    y : (N, T) array
    weights : (K, T) array
    covariances : (N, T, T) array
    baseline : (T,) mask
    weekday : (T,) array
    """
    cov = np.einsum("kt,nts,ls->nkl", weights, covariances, weights, optimize=True)
    n_coef = weekday_dummies(weekday[baseline]).shape[1]
    return Paths(y @ weights.T, np.asarray(cov), int(baseline.sum()) - n_coef)
