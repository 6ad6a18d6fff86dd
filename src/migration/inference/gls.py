"""Generalised least squares: factor one covariance, solve for all series as columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array, Ints
from migration.inference.whiten import whitener

MOST_KEPT = 130  # days: beyond, a grid's operators take more room than time
Point = tuple[float, float]
Family = Callable[[Array], Iterable[tuple[Point, Array]]]
_Question = tuple[bytes, tuple[int, ...], bytes, int]


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
class _Operator:
    """What one covariance makes of any series: all of it linear or quadratic in y.

    ``weights`` (n,) gives the gap, ``form`` (n_pre, n_pre) the residual sum of squares,
    ``spread`` the gap's variance over the scale.
    """

    point: Point
    weights: Array
    form: Array
    spread: float
    log_det: float


_KEPT: dict[Family, tuple[_Question | None, tuple[_Operator, ...]]] = {}


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
    df, pre = n_pre - x.shape[1], y[:, :n_pre]
    rows = [
        (y @ o.weights, np.einsum("nt,nt->n", pre @ o.form, pre), o.spread, o.log_det)
        for o in _operators(x, days, n_pre, family)
    ]
    gap, rss, spread, log_det = map(np.array, zip(*rows, strict=True))
    rss = np.maximum(rss, np.finfo(float).tiny)  # a perfect fit rounds to below zero
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
    points = []
    for number, o in enumerate(_operators(x, days, len(days), family)):
        points.append(o.point)
        rss = np.einsum("nt,nt->n", y @ o.form, y)
        own = np.maximum(rss, np.finfo(float).tiny) / df
        loglik = -0.5 * (df * np.log(own) + o.log_det)
        better = loglik > best
        best = np.where(better, loglik, best)
        scale, place = np.where(better, own, scale), np.where(better, number, place)
    used, where = np.unique(place, return_inverse=True)
    return [points[u] for u in used], where, scale


def _operators(
    x: Array, days: Array, n_pre: int, family: Family
) -> Iterable[_Operator]:
    """One operator a point; kept for the next call where they are small."""
    if len(x) <= MOST_KEPT:
        return _kept(x, days, n_pre, family)
    return (_operator(x, cov, n_pre, point) for point, cov in family(days))


def _kept(x: Array, days: Array, n_pre: int, family: Family) -> tuple[_Operator, ...]:
    """Those of this question, which apps that share days and regressors ask in turn.

    Of a family those last asked for alone are kept, and of two families. They take some
    12 MB, so they go before the next are made.
    """
    asked = x.tobytes(), x.shape, days.tobytes(), n_pre
    before, found = _KEPT.pop(family, (None, ()))
    if before != asked:
        found = ()
        for other in list(_KEPT)[:-1]:
            _KEPT.pop(other, None)
        found = tuple(_operator(x, cov, n_pre, point) for point, cov in family(days))
    _KEPT[family] = asked, found
    return found


def _operator(x: Array, cov: Array, n_pre: int, point: Point) -> _Operator:
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
    return _Operator(
        point=point,
        weights=np.concatenate([-kriging - lever @ hat, mean]),
        form=precision - precision @ before @ hat,
        spread=float(spread + lever @ unscaled @ lever),
        log_det=log_det,
    )
