"""Regression with ARMA(p, q) noise: exact likelihood, order by BIC, many series."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import optimize

from migration.inference import tails
from migration.inference.arrays import Array
from migration.inference.gls import Fit, fit, fit_white
from migration.inference.whiten import whitener

Order = tuple[int, int]
LARGEST = 2
ORDERS = tuple((p, q) for p in range(LARGEST + 1) for q in range(LARGEST + 1))
EDGE = 0.999  # keeps the search off the unit root and off cancellation
# Points a parameter, by how many there are: the search starts from the best of them,
# and for unrelated series the best of them is the estimate.
POINTS = {1: 41, 2: 13, 3: 7, 4: 5}


@dataclass(frozen=True, eq=False)
class ArmaFit:
    """GLS of one series under the ARMA noise that its likelihood prefers.

    Attributes
    ----------
    order : (int, int)
    partial : (p + q,) array
        Partial autocorrelations behind ``ar`` and ``ma``, each in (-1, 1).
    fit : Fit
        At these parameters; row 0 is the series.
    """

    order: Order
    partial: Array
    fit: Fit

    @property
    def ar(self) -> Array:
        """Of ``N_t = sum ar_i N_(t-i) + e_t + sum ma_j e_(t-j)``, shape (p,)."""
        return split(self.partial, self.order)[0]

    @property
    def ma(self) -> Array:
        """Shape (q,)."""
        return split(self.partial, self.order)[1]


def autocovariance(ar: Array, ma: Array, n_lags: int) -> Array:
    """Autocovariance of an ARMA with unit innovation variance, lags 0..n_lags - 1.

    Solves the p + 1 Yule-Walker equations, then runs the recursion on (Brockwell and
    Davis 1991, section 3.3, doi:10.1007/978-1-4419-0320-4).
    """
    p, q = len(ar), len(ma)
    theta, psi = np.concatenate([[1.0], ma]), np.zeros(q + 1)
    for j in range(q + 1):
        psi[j] = theta[j] + sum(ar[i] * psi[j - i - 1] for i in range(min(j, p)))
    size = max(p, q) + 1
    shocks = np.array([theta[k:] @ psi[: q + 1 - k] for k in range(q + 1)])
    right = np.concatenate([shocks, np.zeros(size - q - 1)])
    system = np.eye(size)
    for k, i in product(range(size), range(1, p + 1)):
        system[k, abs(k - i)] -= ar[i - 1]
    gamma = np.linalg.solve(system, right)
    if not p:
        return np.concatenate([gamma, np.zeros(max(n_lags - size, 0))])[:n_lags]
    from scipy import signal  # slow to load

    past = signal.lfiltic([1.0], np.concatenate([[1.0], -ar]), gamma[::-1])
    later, _ = signal.lfilter(
        [1.0], np.concatenate([[1.0], -ar]), np.zeros(max(n_lags - size, 0)), zi=past
    )
    return np.concatenate([gamma, later])[:n_lags]


def arma_covariance(days: Array, ar: Array, ma: Array) -> Array:
    """Covariance of an ARMA on days that may have gaps, shape (T, T).

    Parameters
    ----------
    days : (T,) array
        Whole day numbers.
    ar : (p,) array
    ma : (q,) array
    """
    gap = np.abs(days[:, None] - days[None, :]).astype(np.int64)
    return autocovariance(ar, ma, int(gap.max(initial=0)) + 1)[gap]


def from_partial(partial: Array) -> Array:
    """Coefficients of a stationary AR with these partial autocorrelations in (-1, 1).

    Monahan (1984, doi:10.1093/biomet/71.2.403); an invertible MA is its negative.
    """
    coef: Array = np.empty(0)
    for value in partial:
        coef = np.concatenate([coef - value * coef[::-1], [value]])
    return coef


def fit_noise(
    y: Array,
    x: Array,
    days: Array,
    noise: tuple[Array, Array],
    *,
    restricted: bool = True,
) -> Fit:
    """GLS under one ARMA: :func:`fit` at its covariance, AR(1) without a matrix.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
    days : (n,) array
        Increasing day numbers, which may have gaps.
    noise : (ar, ma)
    restricted : bool
    """
    ar, ma = noise
    if len(ma) or len(ar) > 1:
        cov = arma_covariance(days, ar, ma)
        return fit(y, x, cov, restricted=restricted)
    both = np.column_stack([x, y.T])
    rho = float(ar[0]) if len(ar) else 0.0
    white, log_det = _white_ar1(both, days, rho)
    return fit_white(white, x.shape[1], log_det, restricted=restricted)


def _white_ar1(columns: Array, days: Array, rho: float) -> tuple[Array, float]:
    """Innovations of an AR(1) at given days, and the log determinant.

    A day knows of the past only by the last day seen before it.
    """
    link = np.power(rho, np.diff(days))[:, None]
    own = 1 - rho**2
    spread = np.sqrt((1 - link**2) / own)
    first = columns[:1] * np.sqrt(own)
    later = (columns[1:] - link * columns[:-1]) / spread
    return np.vstack([first, later]), 2 * float(np.log(spread).sum()) - np.log(own)


def fit_arma(
    y: Array, x: Array, days: Array, *, order: Order = (1, 0), restricted: bool = True
) -> ArmaFit:
    """Fit one series, its noise searched from the best point of a grid.

    Parameters
    ----------
    y : (1, n) array
    x : (n, k) array
    days : (n,) array
    order : (int, int)
        p and q.
    restricted : bool
        REML, else maximum likelihood.
    """

    def loss(partial: Array) -> float:
        noise = split(partial, order)
        return -float(fit_noise(y, x, days, noise, restricted=restricted).loglik[0])

    if sum(order) == 0:
        best = np.empty(0)
    else:
        start = min(_points(order), key=loss)
        best = optimize.minimize(
            loss,
            start,
            method="Nelder-Mead",
            bounds=[(-EDGE, EDGE)] * len(start),
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000},
        ).x
    noise = split(best, order)
    return ArmaFit(order, best, fit_noise(y, x, days, noise, restricted=restricted))


def choose_arma(y: Array, x: Array, days: Array, orders: tuple[Order, ...]) -> ArmaFit:
    """Fit one series under each order by REML; keep the one of the lowest BIC."""
    fits = [fit_arma(y, x, days, order=order) for order in orders]
    return min(fits, key=lambda f: float(bic(f.fit, f.order)[0]))


def bic(found: Fit, order: Order) -> Array:
    """BIC of the noise's order, shape (N,): restricted likelihood, n - k as sample.

    The design is the same for every order, so restricted likelihoods compare.
    """
    return np.asarray(-2 * found.loglik + sum(order) * np.log(found.df))


def coefficient_p(
    y: Array, x: Array, days: Array, weights: Array, *, orders: tuple[Order, ...]
) -> Array:
    """P-values of m combinations of coefficients of N series, shape (N, m).

    Each series has the order and the grid point of its own lowest BIC.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
    days : (n,) array
    weights : (m, k) array
    """
    best = np.full(len(y), np.inf)
    best_t = np.zeros((len(y), len(weights)))
    for order, point in _all_points(orders):
        found = fit_noise(y, x, days, split(point, order))
        spread = np.einsum("mk,kl,ml->m", weights, found.unscaled, weights)
        t = found.coef @ weights.T / np.sqrt(found.scale[:, None] * spread)
        cost = bic(found, order)
        better = cost < best
        best = np.where(better, cost, best)
        best_t = np.where(better[:, None], t, best_t)
    return np.asarray(2 * tails.t.sf(np.abs(best_t), x.shape[0] - x.shape[1]))


def whitened(x: Array, days: Array, found: ArmaFit) -> Array:
    """Regressors with the noise's memory taken out, shape (n, k)."""
    return np.asarray(whitener(arma_covariance(days, found.ar, found.ma))[0] @ x)


def innovations(y: Array, x: Array, days: Array, found: ArmaFit) -> Array:
    """Residuals with the noise's memory taken out, in units of y, shape (n,)."""
    left = y[0] - x @ found.fit.coef[0]
    return np.asarray(whitener(arma_covariance(days, found.ar, found.ma))[0] @ left)


def _points(order: Order) -> list[Array]:
    grid = np.linspace(-0.95, 0.95, POINTS[sum(order)])
    return [np.array(point) for point in product(grid, repeat=sum(order))]


def _all_points(orders: tuple[Order, ...]) -> Iterator[tuple[Order, Array]]:
    for order in orders:
        points = _points(order) if sum(order) else [np.empty(0)]
        yield from ((order, point) for point in points)


def split(partial: Array, order: Order) -> tuple[Array, Array]:
    """AR and MA coefficients of p and then q partial autocorrelations."""
    p = order[0]
    return from_partial(partial[:p]), -from_partial(partial[p:])
