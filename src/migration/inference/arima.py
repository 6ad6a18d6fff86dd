"""ARIMA noise of low order as covariances, and its order by BIC.

An integrated process starts with variance one on the first day: with an intercept in
the regression any start gives the same, and the restricted likelihood is that of the
differences, so that orders with and without a unit root are compared on one footing.
"""

from collections.abc import Sequence

import numpy as np

from migration.inference.arrays import Array
from migration.inference.noise import AR_GRID, MA_GRID, arma11

Order = tuple[int, int, int]


def arima_covariance(days: Array, *, d: int, ar: float = 0.0, ma: float = 0.0) -> Array:
    """Covariance of ARIMA(1, d, 1) with unit innovations on some days, shape (T, T).

    Parameters
    ----------
    days : (T,) array
        Whole day numbers in order; days between them count.
    d : {0, 1}
    ar, ma : float
    """
    if d == 0:
        return arma11(days, ar, ma)
    since = (days - days[0]).astype(int)
    step = arma11(np.arange(float(since[-1])), ar, ma)
    walk = np.zeros((since[-1] + 1, since[-1] + 1))
    walk[1:, 1:] = step.cumsum(axis=0).cumsum(axis=1)
    return np.asarray(1 + walk[np.ix_(since, since)])


def arima_grid() -> list[tuple[Order, float, float]]:
    """Every (order, ar, ma) that is tried: p, d and q of 0 or 1."""
    points: list[tuple[Order, float, float]] = []
    for d in (0, 1):
        for ar in AR_GRID:
            for ma in MA_GRID:
                if abs(ar + ma) > 1e-9 or (ar == 0 and ma == 0):
                    order = int(ar != 0), d, int(ma != 0)
                    points.append((order, float(ar) + 0.0, float(ma) + 0.0))  # no -0
    return points


def best_by_bic(loglik: Array, orders: Sequence[Order], n: int) -> Array:
    """Weight one on the point of least BIC of each series, shape (G, N).

    Parameters
    ----------
    loglik : (G, N) array
        Restricted.
    orders : sequence of G orders
    n : int
        Contrasts behind the likelihood.
    """
    free = np.array([p + q for p, _, q in orders])[:, None]
    best = (2 * loglik - free * np.log(n)).argmax(axis=0)
    chosen = np.arange(len(loglik))[:, None] == best[None, :]
    return np.asarray(chosen, dtype=np.float64)
