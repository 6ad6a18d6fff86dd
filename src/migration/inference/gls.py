"""Generalised least squares: factor one covariance, solve for all series as columns."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from migration.inference.arrays import Array, Ints
from migration.inference.whiten import whitener

MOST_KEPT = 130  # days: beyond, a grid's operators take more room than time
_MOST_PRODUCTS = 100_000  # of two days, made at once: 0.8 MB
Point = tuple[float, float]
Family = Callable[[Array], Iterable[tuple[Point, Array]]]


@dataclass(frozen=True, eq=False)
class Fit:
    """GLS of N series on one design under one covariance.

    Attributes
    ----------
    coef : (N, k) array
    unscaled : (k, k) array
        ``(X'V^-1 X)^-1``: times ``scale`` it is the coefficients' covariance.
    scale : (N,) array
        Innovation variance.
    loglik : (N,) array
        Profile log-likelihood, restricted (REML) or full, up to a constant.
    df : int
        n - k.
    """

    coef: Array
    unscaled: Array
    scale: Array
    loglik: Array
    df: int

    def std_error(self, weights: Array) -> Array:
        """Standard error of ``coef @ weights``, shape (N,)."""
        return np.asarray(np.sqrt(self.scale * (weights @ self.unscaled @ weights)))


def fit(y: Array, x: Array, cov: Array, *, restricted: bool = True) -> Fit:
    """Fit ``y = x b + e``, ``e ~ (0, s2 cov)``.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
    cov : (n, n) array
    restricted : bool
        REML (the divisor is n - k), else maximum likelihood (n).
    """
    own, log_det = whitener(cov)
    white = own @ np.column_stack([x, y.T])
    return fit_white(white, x.shape[1], log_det, restricted=restricted)


def fit_white(white: Array, k: int, log_det: float, *, restricted: bool) -> Fit:
    """Fit what is whitened already.

    Parameters
    ----------
    white : (n, k + N) array
        Regressors, then series, after multiplication by the inverse of the
        covariance's Cholesky root.
    k : int
        How many regressors.
    log_det : float
        Of the covariance.
    restricted : bool
        As in :func:`fit`.
    """
    n, xs, ys = len(white), white[:, :k], white[:, k:]
    unscaled = np.asarray(np.linalg.inv(xs.T @ xs), dtype=np.float64)
    coef = unscaled @ (xs.T @ ys)
    rss = np.asarray(((ys - xs @ coef) ** 2).sum(axis=0), dtype=np.float64)
    divisor = n - k if restricted else n
    if restricted:
        log_det -= float(np.linalg.slogdet(unscaled)[1])
    scale = np.asarray(rss / divisor)
    loglik = -0.5 * (divisor * np.log(scale) + log_det)
    return Fit(coef.T, unscaled, scale, loglik, n - k)


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The window's mean as forecast from the baseline, under every covariance tried.

    Attributes
    ----------
    gap : (G, N) array
        Observed less forecast mean of the window.
    std_error : (G, N) array
        With the error of the coefficients in it.
    loglik : (G, N) array
        Restricted, of the baseline days.
    df : int
    """

    gap: Array
    std_error: Array
    loglik: Array
    df: int


@dataclass(frozen=True, eq=False)
class _Operators:
    """What G covariances make of any series: all of it linear or quadratic in y.

    ``weights`` (G, n) give the gaps; ``forms`` (G, n_pre (n_pre + 1) / 2) the residual
    sums of squares, of products of two days, each pair of days once; ``spread`` (G,)
    the gap's variance over the scale.
    """

    points: tuple[Point, ...]
    weights: Array
    forms: Array
    spread: Array
    log_det: Array


def forecast_gaps(
    y: Array, x: Array, days: Array, n_pre: int, family: Family
) -> Forecasts:
    """Forecast the mean of the days after ``n_pre`` from those before.

    The best linear predictor under each covariance of the family, with estimated
    coefficients (Goldberger 1962, doi:10.1080/01621459.1962.10480665).

    Parameters
    ----------
    y : (N, n_pre + L) array
    x : (n_pre + L, k) array
        Regressors known in advance (intercept, day of week).
    days : (n_pre + L,) array
    n_pre : int
    family : function
        Of days; gives (point, covariance) for every point of a grid.
    """
    df, pre = n_pre - x.shape[1], _less_fitted(y[:, :n_pre], x[:n_pre])
    rows = [
        (o.weights @ y.T, _squares(pre, o.forms), o.spread, o.log_det)
        for o in _operators(x, days, n_pre, family)
    ]
    gap, rss, spread, log_det = map(np.concatenate, zip(*rows, strict=True))
    scale = rss / df
    loglik = -0.5 * (df * np.log(scale) + log_det[:, None])
    return Forecasts(gap, np.sqrt(scale * spread[:, None]), loglik, df)


def likeliest(
    y: Array, x: Array, days: Array, family: Family
) -> tuple[list[Point], Ints, Array]:
    """The point of a family of the largest restricted likelihood, series by series.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
    days : (n,) array
    family : function

    Returns
    -------
    list of Point, (N,) array, (N,) array
        Points that some series has, the place in it of each series' own, its scale.
    """
    df, best = x.shape[0] - x.shape[1], np.full(len(y), -np.inf)
    scale, place = np.ones(len(y)), np.zeros(len(y), dtype=np.int64)
    points: list[Point] = []
    left, columns = _less_fitted(y, x), np.arange(len(y))
    for o in _operators(x, days, len(days), family):
        own = _squares(left, o.forms) / df
        loglik = -0.5 * (df * np.log(own) + o.log_det[:, None])
        first = loglik.argmax(axis=0)
        top = loglik[first, columns]
        better = top > best
        best = np.where(better, top, best)
        scale = np.where(better, own[first, columns], scale)
        place = np.where(better, len(points) + first, place)
        points.extend(o.points)
    used, where = np.unique(place, return_inverse=True)
    return [points[u] for u in used], where, scale


def _less_fitted(y: Array, x: Array) -> Array:
    """Series less their least squares fit: what no residual sum of squares sees.

    The products of two days are then no larger than they must be, and round less.
    """
    basis = np.linalg.qr(x)[0]
    return np.asarray(y - (y @ basis) @ basis.T)


def _squares(left: Array, forms: Array) -> Array:
    """Residual sum of squares of each series under each covariance, shape (G, N)."""
    first, second, _ = _pairs(left.shape[1])
    step = max(1, _MOST_PRODUCTS // len(first))
    parts = [
        forms @ (part[:, first] * part[:, second]).T
        for part in (left[n : n + step] for n in range(0, len(left), step))
    ]
    # A perfect fit rounds to below zero.
    return np.maximum(np.concatenate(parts, axis=1), np.finfo(float).tiny)


@lru_cache(maxsize=4)
def _pairs(n: int) -> tuple[Ints, Ints, Ints]:
    """Every pair of days once, a day with itself too, and its place among all n n."""
    first, second = np.triu_indices(n)
    return first, second, first * n + second


def _operators(
    x: Array, days: Array, n_pre: int, family: Family
) -> Iterable[_Operators]:
    """Those of every point, in parts; kept for the next call where they are small."""
    if len(x) <= MOST_KEPT:
        return _kept(x.tobytes(), x.shape, days.tobytes(), n_pre, family)
    return _in_parts(x, days, n_pre, family)


@lru_cache(maxsize=2)  # some 6 MB each: apps share days and regressors
def _kept(
    x_bytes: bytes,
    shape: tuple[int, int],
    days_bytes: bytes,
    n_pre: int,
    family: Family,
) -> tuple[_Operators, ...]:
    x = np.frombuffer(x_bytes).reshape(shape)
    return tuple(_in_parts(x, np.frombuffer(days_bytes), n_pre, family))


def _in_parts(
    x: Array, days: Array, n_pre: int, family: Family
) -> Iterator[_Operators]:
    """Operators of a family, no more at once than take 1 MB."""
    each = (_operator(x, cov, n_pre, point) for point, cov in family(days))
    size = max(1, _MOST_PRODUCTS // len(_pairs(n_pre)[0]))
    while part := list(islice(each, size)):
        points, *numbers = zip(*part, strict=True)
        yield _Operators(points, *map(np.array, numbers))


_Operator = tuple[Point, Array, Array, float, float]


def _operator(x: Array, cov: Array, n_pre: int, point: Point) -> _Operator:
    """One row of :class:`_Operators`."""
    n_post, before = len(x) - n_pre, x[:n_pre]
    white, log_det = whitener(cov[:n_pre, :n_pre])
    precision = white.T @ white
    unscaled = np.linalg.inv(before.T @ precision @ before)
    hat = unscaled @ before.T @ precision
    mean = np.full(n_post, 1 / max(n_post, 1))
    link = cov[:n_pre, n_pre:] @ mean
    kriging = precision @ link
    lever = mean @ x[n_pre:] - before.T @ kriging
    spread = mean @ cov[n_pre:, n_pre:] @ mean - link @ kriging
    log_det -= float(np.linalg.slogdet(unscaled)[1])
    form = precision - precision @ before @ hat
    both = form + form.T
    np.fill_diagonal(both, form.diagonal())
    return (
        point,
        np.concatenate([-kriging - lever @ hat, mean]),
        both.ravel().take(_pairs(n_pre)[2]),
        float(spread + lever @ unscaled @ lever),
        log_det,
    )
