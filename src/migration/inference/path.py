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
from scipy.linalg import toeplitz

from migration.inference.arrays import Array, Ints, Mask, weekday_dummies
from migration.inference.gls import Family, likeliest
from migration.inference.noise import arma11_by_lag


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


@dataclass(frozen=True, eq=False)
class Noise:
    """Autocovariances of N series of consecutive days: a few shapes, scaled.

    Attributes
    ----------
    shapes : (P, T) array
        By distance of days, 0 to T - 1.
    place : (N,) array
        The shape of each series.
    scale : (N,) array
    """

    shapes: Array
    place: Ints
    scale: Array

    def of(self, weights: Array) -> Array:
        """Covariance of weighted sums of every series' noise, shape (N, K, K).

        Parameters
        ----------
        weights : (K, T) array
        """
        forms = [weights @ toeplitz(row) @ weights.T for row in self.shapes]
        return np.asarray(self.scale[:, None, None] * np.array(forms)[self.place])


def baseline_noise(y: Array, x: Array, baseline: Mask, family: Family) -> Noise:
    """Each series' noise, fitted on the baseline alone.

    The likeliest point of the family by restricted likelihood, scale with it.

    Parameters
    ----------
    y : (N, T) array
        Of consecutive days.
    x : (T, k) array
        Regressors of the path without an event.
    baseline : (T,) mask
    family : function
        Of ARMA(1,1), or fewer parameters.
    """
    days = np.arange(len(baseline), dtype=float)
    found = likeliest(y[:, baseline], x[baseline], days[baseline], family)
    points, place, scale = found
    return Noise(np.array([arma11_by_lag(days, *p) for p in points]), place, scale)


def paths(
    y: Array, weights: Array, noise: Noise, *, baseline: Mask, weekday: Ints
) -> Paths:
    """Every series' effects under its own noise.

    Parameters
    ----------
    y : (N, T) array
    weights : (K, T) array
    noise : Noise
    baseline : (T,) mask
    weekday : (T,) array
    """
    n_coef = weekday_dummies(weekday[baseline]).shape[1]
    return Paths(y @ weights.T, noise.of(weights), int(baseline.sum()) - n_coef)
