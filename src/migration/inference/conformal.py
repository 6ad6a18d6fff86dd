"""Conformal inference of Chernozhukov, Wuthrich and Zhu, over honest shifts only.

doi:10.1080/01621459.2021.1920957. Of the moving-block shifts, those that keep event
days in the window or wrap around its ends are left out: they are no placebos when an
effect starts with idle days.
"""

import numpy as np

from migration.inference.arrays import Array

ALPHA = 0.05
GRID = 401


def conformal_p(y: Array, x: Array, n_pre: int, effect: float = 0.0) -> Array:
    """P-value of ``effect`` on every day of the window, for N series.

    Parameters
    ----------
    y : (N, n_pre + L) array
    x : (n_pre + L, k) array
        Regressors of the path without effect; fitted on all days under the null.
    n_pre : int
    effect : float

    Returns
    -------
    (N,) array
        The smallest possible value is 1 / (1 + n_pre - L + 1).
    """
    length = y.shape[1] - n_pre
    null = y.copy()
    null[:, n_pre:] -= effect
    coef = np.linalg.lstsq(x, null.T, rcond=None)[0]
    residual = null - (x @ coef).T
    sums = np.cumsum(np.pad(residual, ((0, 0), (1, 0))), axis=1)
    means = np.abs(sums[:, length:] - sums[:, :-length]) / length
    placebos, window = means[:, : n_pre - length + 1], means[:, [-1]]
    beyond = (placebos >= window - 1e-12).sum(axis=1)
    return np.asarray((1 + beyond) / (1 + placebos.shape[1]))


def conformal_interval(
    y: Array, x: Array, n_pre: int, *, search: tuple[float, float]
) -> tuple[float, float]:
    """Effects that are not rejected at 5% for one series, by inversion on a grid.

    Parameters
    ----------
    y : (1, n_pre + L) array
    search : (float, float)
        Ends of the grid; an interval that touches one is given as unbounded there.
    """
    grid = np.linspace(*search, GRID)
    kept = np.array([conformal_p(y, x, n_pre, float(e))[0] > ALPHA for e in grid])
    if not kept.any():
        return float("nan"), float("nan")
    low = -np.inf if kept[0] else float(grid[kept][0])
    high = np.inf if kept[-1] else float(grid[kept][-1])
    return low, high
