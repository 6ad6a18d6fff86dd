"""Covariances of daily noise, by the distance of days, and grids to search them on."""

from collections.abc import Iterator

import numpy as np

from migration.inference.arrays import Array, Ints

# Dense enough that the likelihood of 60 to 120 days is flat between two points.
AR_GRID = np.round(np.arange(-0.6, 0.981, 0.04), 2)
MA_GRID = np.round(np.arange(-0.8, 0.801, 0.2), 2)
# Even in the share of a day's surprise that stays in the level (the filter's gain g,
# ratio g^2 / (1 - g)), which is the prior: a grid even in the log ratio holds a dozen
# points that are all but a level that stands still, and its 95% intervals cover 92% of
# levels that drift. Twice as many points move the ends of no interval.
GAINS = np.linspace(0.0, 0.95, 26)
LEVEL_GRID = GAINS**2 / (1 - GAINS)


def arma11(days: Array, ar: float, ma: float = 0.0) -> Array:
    """Covariance of an ARMA(1,1) with unit innovation variance, shape (T, T).

    Parameters
    ----------
    days : (T,) array
        Day numbers; gaps are taken at their length.
    ar, ma : float
        ``y_t = ar y_(t-1) + e_t + ma e_(t-1)``.
    """
    lags, gap = _lags(days)
    return np.asarray(arma11_by_lag(lags, ar, ma)[gap])


def _lags(days: Array) -> tuple[Array, Ints]:
    """Distances that days have of each other, and where each pair's is, (T, T).

    A power takes long, and most pairs share their distance with others.
    """
    gap = np.abs(days[:, None] - days[None, :])
    lags, place = np.unique(gap, return_inverse=True)
    return lags, np.asarray(place.reshape(gap.shape), dtype=np.int64)


def arma11_by_lag(gap: Array, ar: float, ma: float = 0.0) -> Array:
    """Autocovariance of an ARMA(1,1) at distances of days, in the shape of ``gap``."""
    scale = 1 - ar**2
    at_zero = (1 + 2 * ar * ma + ma**2) / scale
    at_one = (1 + ar * ma) * (ar + ma) / scale
    return np.where(gap == 0, at_zero, at_one * _power(ar, gap))


def _power(ar: float, gap: Array) -> Array:
    """``ar ** (gap - 1)``, with 0 ** 0 = 1 and no warning at gap 0."""
    return np.asarray(np.power(float(ar), np.maximum(gap - 1, 0)))


def local_level(days: Array, ratio: float) -> Array:
    """Covariance of a random walk plus noise of variance 1, shape (T, T).

    The walk starts at zero on the first day: with an intercept in the regression the
    start is diffuse, as in Durbin and Koopman (2012).

    Parameters
    ----------
    days : (T,) array
    ratio : float
        Variance of the walk's step over that of the noise.
    """
    since = days - days.min()
    walk = np.minimum(since[:, None], since[None, :])
    return np.asarray(np.eye(len(days)) + ratio * walk)


def arma_family(days: Array) -> Iterator[tuple[tuple[float, float], Array]]:
    """Every ARMA(1,1) of the grid: ((ar, ma), covariance)."""
    lags, gap = _lags(days)
    for ar in AR_GRID:
        for ma in MA_GRID:
            if abs(ar + ma) > 1e-9 or (ar == 0 and ma == 0):
                point = float(ar), float(ma)
                yield point, arma11_by_lag(lags, *point)[gap]


def ar_family(days: Array) -> Iterator[tuple[tuple[float, float], Array]]:
    """Every AR(1) of the grid: ((ar, 0), covariance)."""
    for ar in AR_GRID:
        yield (float(ar), 0.0), arma11(days, float(ar))


def level_family(days: Array) -> Iterator[tuple[tuple[float, float], Array]]:
    """Every local level of the grid: ((ratio, 0), covariance)."""
    for ratio in LEVEL_GRID:
        yield (float(ratio), 0.0), local_level(days, float(ratio))
