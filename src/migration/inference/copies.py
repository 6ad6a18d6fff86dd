"""Series that are copies of one another: together they are one observation."""

import numpy as np

from migration.inference.arrays import Array, Ints, Mask

COPIED = 1e-13  # of the largest number: how far rounding takes a copy from its like
ROUNDING = 1e-12  # the same, after sums of a few hundred days
FITTED = 1e-8  # of the series' own spread: what an exact fit leaves
SEED = 20210106


def copies(y: Array) -> list[list[int]]:
    """Groups of rows that differ by level, scale and sign alone, in order of rows.

    What one rises the other falls, as two shares that sum to one: a rank goes by size,
    so that a mirrored copy counts anew there as a plain one does.

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
    size = np.sqrt((off**2).sum(axis=1))
    moves = np.flatnonzero(size > 0)
    unit = off[moves] / size[moves, None]
    near = COPIED * np.abs(y[moves]).max(axis=1, initial=0.0) / size[moves]
    first = np.arange(len(y))
    for one, other in zip(*_pairs(unit, near), strict=True):
        low, high = sorted((first[moves[one]], first[moves[other]]))
        first[first == high] = low
    rows, number = np.unique(first, return_counts=True)
    return [np.flatnonzero(first == row).tolist() for row in rows[number > 1]]


def _pairs(unit: Array, near: Array) -> tuple[Ints, Ints]:
    """Rows that are one within rounding, found among neighbours on a line.

    Each row is put as far from zero as it falls on a line of random direction: what is
    one falls on one place, so that not every pair has to be looked at.
    """
    drawn = np.random.default_rng(SEED).normal(size=(unit.shape[1],))
    place = np.abs(unit @ (drawn / np.sqrt((drawn**2).sum())))
    order = np.argsort(place, kind="stable")
    reach = np.sqrt(unit.shape[1]) * near.max(initial=0.0)
    found: list[Ints] = [np.empty((0, 2), dtype=np.int64)]
    for lag in range(1, len(unit)):
        close = np.flatnonzero(place[order[lag:]] - place[order[:-lag]] <= reach)
        if not len(close):
            break
        one, other = order[close], order[close + lag]
        same = _one_series(unit[one], unit[other], np.maximum(near[one], near[other]))
        found.append(np.column_stack([one[same], other[same]]))
    every = np.vstack(found)
    return every[:, 0], every[:, 1]


def _one_series(one: Array, other: Array, near: Array) -> Mask:
    """Which rows are the same, or the same turned round."""
    left = np.abs(one - other).max(axis=1), np.abs(one + other).max(axis=1)
    return np.asarray(np.minimum(*left) <= near)


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


def likeness(y: Array, market: Array, lag: int = 0) -> Array:
    """Correlation of row 0's changes from day to day with each other row's.

    Net of the market's changes on row 0's days, with a loading for each row: a mirrored
    or weighted copy loads on the market otherwise than the series itself.

    Parameters
    ----------
    y : (1 + J, T) array
        Complete, of consecutive days, more than ``abs(lag)`` of them.
    market : (T,) array
    lag : int
        By how many days the others come later; less than 0, earlier.

    Returns
    -------
    (J,) array
        Its size, for a mirrored copy is one too; 0 of a row that does not move.
    """
    step, common = np.diff(y, axis=1), np.diff(market)
    n = len(common)
    here = slice(max(-lag, 0), n - max(lag, 0))
    there = slice(max(lag, 0), n + min(lag, 0))
    x = np.column_stack([np.ones(n - abs(lag)), common[here]])
    rows = np.vstack([step[:1, here], step[1:, there]])
    own, *others = rows - rows @ np.linalg.pinv(x).T @ x.T
    square = np.array([(row**2).sum() for row in others]) * (own**2).sum()
    product = np.array([row @ own for row in others])
    least = ROUNDING * (rows**2).sum(axis=1).max() ** 2
    known = square > least
    found = np.divide(product, np.sqrt(square), where=known, out=0 * product)
    return np.asarray(np.abs(found))
