"""One latent index a day from the ranks of many markets, or a block from one.

``z_ct = a_c + g_t + sigma eps`` with z known only between bounds: a dummy a market and
a dummy a day (or a block of days). A day's effect has an estimate only where cells
bound it from both sides, directly or by way of other days and markets.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from migration.errors import DesignError
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.interval_censored import IntervalFit, fit_intervals


@dataclass(frozen=True, eq=False)
class LatentIndex:
    """Effects of the groups of days, net of the markets' levels.

    Attributes
    ----------
    effect : (G,) array
        NaN where the cells do not identify it: a group off the chart throughout, say.
    std_error : (G,) array
        Of the group against the first identified one: market noise alone.
    scale : float
        Standard deviation of a market's own noise.
    n_markets : int
        Markets that told anything.
    """

    effect: Array
    std_error: Array
    scale: float
    n_markets: int


def latent_index(
    lower: Array, upper: Array, groups: Ints, *, weekday: Array | None = None
) -> LatentIndex:
    """Estimate the index of each group of days.

    Parameters
    ----------
    lower, upper : (M, T) arrays
        Bounds by market and day, NaN where nothing is known.
    groups : (T,) array
        0 to G - 1: which days share an index; negative days are left out.
    weekday : (T, k) array, optional
        Dummies of the day of week, for groups longer than a day.

    Raises
    ------
    DesignError
        Where the cells have no maximum of likelihood: no variation, or all censored.
    """
    n_groups = int(groups.max()) + 1
    known = ~np.isnan(lower) & ~np.isnan(upper) & (groups >= 0)[None, :]
    known &= np.isfinite(lower) | np.isfinite(upper)
    market, day = known.nonzero()
    group = groups[day]
    low, high = lower[market, day], upper[market, day]
    inside = _connected(low, high, market, len(lower) + group)
    market, day, group = market[inside], day[inside], group[inside]
    at_market, of_market = np.unique(market, return_inverse=True)
    at_group, of_group = np.unique(group, return_inverse=True)
    x = _dummies(of_market, of_group)
    if weekday is not None:
        x = sparse.hstack([x, sparse.csr_array(weekday[day])]).tocsr()
    found = fit_intervals(low[inside], high[inside], x)
    _check_identified(found)
    effect, error = np.full(n_groups, np.nan), np.full(n_groups, np.nan)
    n_markets = len(at_market)
    own = slice(n_markets, n_markets + len(at_group) - 1)
    effect[at_group] = np.append(0.0, found.coef[own]) + found.coef[:n_markets].mean()
    error[at_group] = np.append(0.0, found.std_error[own])
    return LatentIndex(effect, error, found.scale, n_markets)


def _dummies(market: Ints, group: Ints) -> sparse.csr_array:
    """Dummies of markets, then of all groups but the first, shape (n, M + G - 1)."""
    n, n_markets = len(market), int(market.max()) + 1
    later = group > 0
    rows = np.concatenate([np.arange(n), np.flatnonzero(later)])
    columns = np.concatenate([market, n_markets + group[later] - 1])
    shape = (n, n_markets + int(group.max()))
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _connected(low: Array, high: Array, market: Ints, group: Ints) -> Mask:
    """Cells inside the largest set of markets and groups that bound one another.

    With ``z = a_c - (-g_t)``, a lower bound forbids that a_c falls alone and an upper
    one that it rises alone: a maximum exists in each strongly connected component of
    that graph and runs to infinity between components (Ford 1957,
    doi:10.1080/00029890.1957.11989117, for wins and losses).
    """
    if not len(low):
        raise DesignError("no day of this series has a rank: it is never on the chart")
    n = int(max(market.max(), group.max())) + 1
    below, above = np.isfinite(low), np.isfinite(high)
    start = np.concatenate([market[below], group[above]])
    end = np.concatenate([group[below], market[above]])
    graph = sparse.csr_array((np.ones(len(start)), (start, end)), shape=(n, n))
    label = sparse.csgraph.connected_components(graph, connection="strong")[1]
    same = label[market] == label[group]
    if not same.any():
        raise DesignError(
            "every cell is bounded on one side alone: the chart gives a bound, not an "
            "estimate"
        )
    largest = int(np.bincount(label[market[same]]).argmax())
    return np.asarray(same & (label[market] == largest))


def _check_identified(found: IntervalFit) -> None:
    if not found.identified:
        raise DesignError(
            "the likelihood of these ranks has no maximum: they never move beyond the "
            "rounding of a rank, or a weekday is off the chart throughout"
        )
