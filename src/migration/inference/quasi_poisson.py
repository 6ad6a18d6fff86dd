"""Quasi-Poisson regression of counts: log link, offset, dispersion by Pearson."""

from dataclasses import dataclass

import numpy as np

from migration.errors import DesignError
from migration.inference.arrays import Array
from migration.inference.hac import least_squares

ROUNDS, CLOSE = 50, 1e-10


@dataclass(frozen=True, eq=False)
class CountFit:
    """One count series on one design.

    Attributes
    ----------
    coef : (k,) array
        Logs of rate ratios.
    cov : (k, k) array
        Scaled by the dispersion.
    dispersion : float
        Pearson's chi-squared over its degrees of freedom.
    df : int
        n - k.
    pearson : (n,) array
        Residuals over their scale.
    """

    coef: Array
    cov: Array
    dispersion: float
    df: int
    pearson: Array


def quasi_poisson(y: Array, x: Array, offset: Array) -> CountFit:
    """Fit ``log E y = offset + x b`` with ``Var y = dispersion E y``.

    Lopez Bernal, Cummins and Gasparrini (2017, doi:10.1093/ije/dyw098).

    Parameters
    ----------
    y : (n,) array
        Counts; all-zero regimes have no finite coefficient.
    x : (n, k) array
    offset : (n,) array
        Log of the exposure.

    Raises
    ------
    DesignError
        Where the likelihood has no maximum (a regime of zeros, say).
    """
    linear = np.log(y + 0.5)
    coef = least_squares(linear - offset, x)
    for _ in range(ROUNDS):
        mean = np.exp(np.clip(offset + x @ coef, -50, 50))
        working = x @ coef + (y - mean) / mean
        root = np.sqrt(mean)[:, None]
        step = least_squares(working * root[:, 0], x * root)
        moved, coef = float(np.abs(step - coef).max()), step
        if moved < CLOSE:
            return _finished(y, x, offset, coef)
    raise DesignError(
        "the quasi-Poisson likelihood has no maximum: some weekday or window holds "
        "only zeros; lengthen it, leave the series out, or use the ratio of means "
        "(abnormal_interest)"
    )


def harmonics(days: Array, pairs: int, cycle: float) -> Array:
    """Sines and cosines of 1..pairs times the cycle's frequency, shape (n, 2 pairs).

    Parameters
    ----------
    days : (n,) array
    pairs : int
    cycle : float
        Length of the cycle in the unit of ``days``.
    """
    angle = 2 * np.pi * np.outer(days, np.arange(1, pairs + 1)) / cycle
    both = np.stack([np.sin(angle), np.cos(angle)], axis=2)
    return both.reshape(len(days), 2 * pairs)


def _finished(y: Array, x: Array, offset: Array, coef: Array) -> CountFit:
    mean = np.exp(offset + x @ coef)
    df = len(y) - x.shape[1]
    pearson = (y - mean) / np.sqrt(mean)
    dispersion = float(pearson @ pearson / df)
    information = x.T @ (x * mean[:, None])
    cov = np.asarray(np.linalg.inv(information) * dispersion)
    return CountFit(coef, cov, dispersion, df, pearson / np.sqrt(dispersion))
