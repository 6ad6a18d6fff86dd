"""Series that are copies of one another: together they are one observation."""

import numpy as np

from migration.inference.arrays import Array

CLOSE = 1e-6  # of one less a correlation: pairs to look at
ROUNDING = 1e-12  # of the largest number: what sums of a few hundred days leave
FITTED = 1e-8  # of the series' own spread: what an exact fit leaves


def copies(y: Array) -> list[list[int]]:
    """Groups of rows that differ by level and scale alone, in order of rows.

    Parameters
    ----------
    y : (N, T) array
        Complete; a row that does not move is in no group.

    Returns
    -------
    list of list of int
        Each group of two or more; no row is in two.
    """
    off = y - y.mean(axis=1, keepdims=True)
    size = np.sqrt((off**2).sum(axis=1, keepdims=True))
    unit = np.divide(off, size, out=np.zeros_like(off), where=size > 0)
    near = np.argwhere(np.triu(unit @ unit.T > 1 - CLOSE, k=1))
    first = np.arange(len(y))
    for one, other in near:
        # A shock that all share brings correlations near one; copies leave rounding.
        left = np.abs(unit[one] - unit[other]).max()
        if left <= ROUNDING * np.abs(y[[one, other]] / size[[one, other]]).max():
            first[other] = min(first[other], first[one])
    groups = [np.flatnonzero(first == row) for row in np.unique(first)]
    return [[int(row) for row in group] for group in groups if len(group) > 1]


def rounding_error(y: Array, *, logs: bool) -> Array:
    """Spread below which a statistic of a series is rounding error, shape (N,).

    Parameters
    ----------
    y : (N, T) array
        Complete: the baseline's days.
    logs : bool
        The statistic is a log of means, in units of a share.
    """
    scale = np.abs(y).max(initial=0.0)
    spread = y.std(axis=1)
    if logs:
        level = np.maximum(np.abs(y.mean(axis=1)), np.finfo(float).tiny)
        return np.asarray(np.maximum(ROUNDING, FITTED * spread / level))
    return np.asarray(np.maximum(ROUNDING * scale, FITTED * spread))
