"""Several draws of one request, averaged.

Each answer of Google Trends is computed from a sample of searches, so that the same
request gives other numbers on another day. The mean over draws is closer to the
truth than any of them, and what they differ by is its standard error (Medeiros and
Pires 2021, arXiv:2104.03065; Eichenauer et al. 2022, doi:10.1111/ecin.13049).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from migration.sources.trends.cells import Array
from migration.sources.trends.lines import Lines, Mask, on_grid


def average_draws(lines: Sequence[Lines]) -> list[Lines]:
    """One set of lines a request, the draws of each averaged; order as they came."""
    requests: dict[tuple[object, ...], list[Lines]] = {}
    for one in lines:
        requests.setdefault(one.request, []).append(one)
    return [average(draws) for draws in requests.values()]


def average(draws: Sequence[Lines]) -> Lines:
    """Mean of draws of one request, cell by cell, with its standard error.

    A mean of whole numbers is off by rounding no more than each of them, and a mean
    of intervals is an interval: the bounds are averaged as they are, "<1" among them.
    Where one draw is known between bounds only, so is the mean, and it has no
    standard error. A draw that lacks the cell is not counted, nor one in which the
    period was not over while it was in another.
    """
    if len(draws) == 1:
        return draws[0]
    series = tuple(dict.fromkeys(one for draw in draws for one in draw.series))
    periods = np.unique(np.concatenate([one.periods for one in draws]))
    grids = [on_grid(one, series, periods) for one in draws]
    value, lower, upper = (
        np.stack([getattr(grid, name) for grid in grids])
        for name in ("value", "lower", "upper")
    )
    partial = np.stack([grid.partial for grid in grids])
    known = ~np.isnan(lower)
    whole = known & ~partial
    used = np.where(whole.any(axis=0), whole, known)
    count = used.sum(axis=0).astype(float)
    mean = _mean(value, used & ~(used & np.isnan(value)).any(axis=0))
    enough = (count > 1) & whole.any(axis=0)
    return replace(
        draws[0],
        series=series,
        periods=periods,
        value=mean,
        lower=_mean(lower, used),
        upper=_mean(upper, used),
        se=np.where(enough, _standard_error(value, mean, used), np.nan),
        draws=np.where(np.isnan([g.draws for g in grids]).all(axis=0), np.nan, count),
        partial=known.any(axis=0) & ~whole.any(axis=0),
        files=tuple(name for one in draws for name in one.files),
    )


def _mean(x: Array, used: Mask) -> Array:
    """Mean over the first axis of what is used; NaN where nothing is."""
    total = np.where(used, x, 0.0).sum(axis=0)
    count = used.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _standard_error(x: Array, mean: Array, used: Mask) -> Array:
    """Of the mean, from draws that are independent; NaN where the mean is."""
    count = used.sum(axis=0)
    squares = np.where(used, (x - mean) ** 2, 0.0).sum(axis=0)
    variance = squares / np.maximum(count - 1, 1)
    return np.where(np.isnan(mean), np.nan, np.sqrt(variance / np.maximum(count, 1)))
