"""Breaks at unknown dates: where a series itself would put them, and how surely."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from migration.inference.arrays import Array, Ints
from migration.inference.hac import least_squares
from migration.inference.tails import norm

TRIM = 0.15


@dataclass(frozen=True, eq=False)
class BreakPath:
    """The best partition into 1, 2, ... regimes.

    Attributes
    ----------
    breaks : tuple of (m,) arrays
        For m = 0, 1, ... breaks: observations before each (the last of its regime,
        counted from 1).
    rss, bic : (M + 1,) arrays
    """

    breaks: tuple[Ints, ...]
    rss: Array
    bic: Array

    @property
    def chosen(self) -> Ints:
        """Breaks of the lowest BIC; none where no break pays."""
        return self.breaks[int(self.bic.argmin())]


def break_path(y: Array, x: Array, *, most: int = 3, trim: float = TRIM) -> BreakPath:
    """Least squares partitions by dynamic programming, all coefficients breaking.

    Bai and Perron (2003, doi:10.1002/jae.659).

    Parameters
    ----------
    y : (n,) array
    x : (n, k) array
    most : int
        Most breaks looked for.
    trim : float
        Shortest regime as a share of n.
    """
    n, k = x.shape
    shortest = max(int(np.floor(trim * n)), k + 1)
    cost = _costs(y, x, shortest)
    most = min(most, n // shortest - 1)
    best, last = [cost[0]], []
    for _ in range(most):
        total = best[-1][:, None] + _following(cost)
        last.append(total.argmin(axis=0))
        best.append(total.min(axis=0))
    rss = np.array([b[n] for b in best])
    breaks = tuple(_trace(last[:m], n) for m in range(len(rss)))
    parameters = (k + 1) * (np.arange(len(rss)) + 1)
    loglik = -0.5 * n * (np.log(rss) + 1 - np.log(n) + np.log(2 * np.pi))
    return BreakPath(breaks, rss, -2 * loglik + np.log(n) * parameters)


def break_interval(
    y: Array, x: Array, breaks: Ints, place: int, *, level: float = 0.95
) -> tuple[int, int]:
    """Interval of one break's date, spread and regressors differing by regime.

    Bai (1997, doi:10.1162/003465397557132).

    Parameters
    ----------
    breaks : (m,) array
    place : int
        Which of them.

    Returns
    -------
    (int, int)
        First and last observation, both within the interval.
    """
    ends = np.concatenate([[0], breaks, [len(y)]])
    before = slice(ends[place], ends[place + 1])
    after = slice(ends[place + 1], ends[place + 2])
    coef1, second1, var1 = _regime(y[before], x[before])
    coef2, second2, var2 = _regime(y[after], x[after])
    shift = coef2 - coef1
    q1, q2 = shift @ second1 @ shift, shift @ second2 @ shift
    spread = float(q2 / q1), float(var2 / var1)
    tail = (1 - level) / 2
    upper = _quantile(1 - tail, *spread) * var1 / q1
    lower = _quantile(tail, *spread) * var1 / q1
    found = int(breaks[place])
    return found - int(np.ceil(upper)), found - int(np.floor(lower))


def sup_wald(y: Array, x: Array, *, trim: float = TRIM) -> tuple[Array, Ints]:
    """Largest Wald statistic of one break of all coefficients, and where it lies.

    Andrews (1993, doi:10.2307/2951764).

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array

    Returns
    -------
    (N,) array, (N,) array
        Statistic, and the last observation (counted from 1) before the break.
    """
    n, k = x.shape
    shortest = max(int(np.floor(trim * n)), k + 1)
    places = np.arange(shortest, n - shortest + 1)
    whole = _rss(y, x)
    split = np.array([_rss(y[:, :p], x[:p]) + _rss(y[:, p:], x[p:]) for p in places])
    wald = (whole - split) / (split / (n - 2 * k))
    return wald.max(axis=0), places[wald.argmax(axis=0)]


def _rss(y: Array, x: Array) -> Array:
    coef = least_squares(y.T, x)
    return np.asarray(((y.T - x @ coef) ** 2).sum(axis=0))


def _costs(y: Array, x: Array, shortest: int) -> Array:
    """RSS of the regime from i (counted from 0) up to before j, shape (n, n + 1)."""
    n = len(y)
    cost = np.full((n, n + 1), np.inf)
    for i in range(n - shortest + 1):
        for j in range(i + shortest, n + 1):
            cost[i, j] = _rss(y[None, i:j], x[i:j])[0]
    return cost


def _following(cost: Array) -> Array:
    """The same costs with a row for every end of the regime before."""
    return np.vstack([cost, np.full((1, cost.shape[1]), np.inf)])


def _trace(last: list[Ints], n: int) -> Ints:
    found, end = [], n
    for pointers in reversed(last):
        end = int(pointers[end])
        found.append(end)
    return np.array(found[::-1], dtype=np.int64)


def _regime(y: Array, x: Array) -> tuple[Array, Array, float]:
    coef = least_squares(y, x)
    left = y - x @ coef
    return coef, x.T @ x / len(y), float(left @ left / len(y))


def _quantile(level: float, xi: float, ratio: float) -> float:
    """Quantile of the argmax of a two-sided Brownian motion with drift."""
    reach = 1000.0
    ends = (0.0, reach) if level > 0.5 else (-reach, 0.0)
    root, found = optimize.brentq(
        lambda v: _argmax_cdf(v, xi, ratio) - level, *ends, full_output=True
    )
    return float(root) if found.converged else float("nan")


def _argmax_cdf(value: float, xi: float, ratio: float) -> float:
    """Bai's (1997) distribution function; ``ratio`` is phi_2^2 / phi_1^2."""
    phi, size = xi * ratio, abs(value)
    return _below(size, xi, phi) if value < 0 else _above(size, xi, phi)


def _below(x: float, xi: float, phi: float) -> float:
    if x == 0:
        x = np.finfo(float).tiny
    frac = xi / phi
    scale = phi / xi * (phi + 2 * xi) / (phi + xi)
    inner = frac * (1 + frac) * x / 2 + norm.logcdf(-(0.5 + frac) * np.sqrt(x))
    outer = x / 2 - 2 + (phi + 2 * xi) ** 2 / ((phi + xi) * xi)
    return float(
        -np.exp(np.log(x) / 2 - x / 8 - np.log(2 * np.pi) / 2)
        - scale * np.exp(inner)
        + outer * norm.cdf(-np.sqrt(x) / 2)
    )


def _above(x: float, xi: float, phi: float) -> float:
    if x == 0:
        x = np.finfo(float).tiny
    frac = xi**2 / phi
    scale = xi / phi * (2 * phi + xi) / (phi + xi)
    inner = (phi + xi) * x / 2 + norm.logcdf(-(phi + xi / 2) / np.sqrt(phi) * x**0.5)
    outer = (2 * phi + xi) ** 2 / ((phi + xi) * phi) - 2 + frac * x / 2
    return float(
        1
        + np.sqrt(frac) * np.exp(np.log(x) / 2 - frac * x / 8 - np.log(2 * np.pi) / 2)
        + scale * np.exp(inner)
        - outer * norm.cdf(-np.sqrt(frac * x) / 2)
    )
