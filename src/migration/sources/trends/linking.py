"""Requests on one scale, through what they share.

Every request has a scale of its own: 100 is its highest point. Two that show the same
series on the same days tell how the scales compare, be they windows of one series
that overlap, or markets beside a common anchor. The factor is the ratio of their sums
over the points of ten or more in both, where rounding takes least away; what rounding
leaves open of it is carried along the chain (West 2020, arXiv:2007.13861).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from migration.sources.trends.cells import Array
from migration.sources.trends.lines import Lines

LEAST = 10.0  # a point below it is worth too little after rounding
POINTS = 5  # fewer points in common tell too little
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Link:
    """How one request's numbers become another's.

    Attributes
    ----------
    request, to : int
        Places in the list of requests.
    factor, lower, upper : float
        What ``request``'s numbers are multiplied by, and what rounding leaves open.
    median : float
        The median ratio of single points: a check that a spike cannot carry.
    points : int
        How many points they have in common.
    """

    request: int
    to: int
    factor: float
    lower: float
    upper: float
    median: float
    points: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """Over the cells of ten or more in both of two requests, each (K, K).

    ``points`` counts them; ``value``, ``lower`` and ``upper`` are the sums of the
    request of the row. ``cells`` (K, C) holds the values themselves.
    """

    points: Array
    value: Array
    lower: Array
    upper: Array
    cells: sparse.csr_array

    def link(self, request: int, to: int) -> Link:
        """The factor that puts one request on the scale of another."""
        ours, theirs = self.cells[[request]], self.cells[[to]]
        _, at, other = np.intersect1d(
            ours.indices, theirs.indices, assume_unique=True, return_indices=True
        )
        return Link(
            request=request,
            to=to,
            factor=float(self.value[to, request] / self.value[request, to]),
            lower=float(self.lower[to, request] / self.upper[request, to]),
            upper=float(self.upper[to, request] / self.lower[request, to]),
            median=float(np.median(theirs.data[other] / ours.data[at])),
            points=int(self.points[to, request]),
        )


def chains(requests: Sequence[Lines], *, points: int = POINTS) -> list[list[Link]]:
    """Links that put requests of one metric on as few scales as they allow.

    Parameters
    ----------
    requests : sequence of Lines
        Each request once, its draws averaged.
    points : int
        Least number of points in common.

    Returns
    -------
    list of list of Link
        One list a scale, from its root outwards: a link's ``to`` stands before it.
        The first links the root to itself.
    """
    shared = share(requests)
    width = _widths(shared, points)
    _, group = csgraph.connected_components(width, directed=False)
    return [_chain(shared, width, np.flatnonzero(group == g)) for g in np.unique(group)]


def share(requests: Sequence[Lines]) -> Shared:
    """What each two requests have in common, all pairs at once."""
    places = _places(requests)
    filled = [_filled(one, at) for one, at in zip(requests, places, strict=True)]
    width = 1 + max((int(at.max()) for at in places if at.size), default=0)
    shape = (len(requests), width)
    rows = np.concatenate([np.full(len(f[0]), k) for k, f in enumerate(filled)])
    at = np.concatenate([f[0] for f in filled])
    has = sparse.csr_array((np.ones(len(at)), (rows, at)), shape=shape)
    has.sort_indices()
    sums = {}
    for number, name in enumerate(("value", "lower", "upper"), start=1):
        data = np.concatenate([f[number] for f in filled])
        sums[name] = sparse.csr_array((data, (rows, at)), shape=shape)
    cells = sums["value"]
    cells.sort_indices()
    return Shared(
        points=(has @ has.T).toarray(),
        **{name: (x @ has.T).toarray() for name, x in sums.items()},
        cells=cells,
    )


def _places(requests: Sequence[Lines]) -> list[Ints]:
    """A number for each cell (T, N), the same for the same series and period."""
    periods = np.unique(np.concatenate([one.periods for one in requests]))
    series = sorted({one for lines in requests for one in lines.series})
    offset = {one: at * len(periods) for at, one in enumerate(series)}
    return [
        np.searchsorted(periods, lines.periods)[:, None]
        + np.array([offset[one] for one in lines.series], dtype=np.int64)
        for lines in requests
    ]


def _filled(lines: Lines, places: Ints) -> tuple[Ints, Array, Array, Array]:
    """Places and numbers of the cells that a factor may be made of."""
    with np.errstate(invalid="ignore"):
        use = (lines.value >= LEAST) & ~lines.partial
    return places[use], lines.value[use], lines.lower[use], lines.upper[use]


def _widths(shared: Shared, points: int) -> sparse.csr_array:
    """How much rounding leaves open of each factor, in logs; no edge where too few."""
    enough = shared.points >= points
    np.fill_diagonal(enough, val=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(shared.upper / shared.lower)
    return sparse.csr_array(np.where(enough, ratio + ratio.T, 0.0))


def _chain(shared: Shared, width: sparse.csr_array, members: Ints) -> list[Link]:
    """A root and the sharpest way from it to every other request of its scale."""
    inside = width[members][:, members]
    edges = np.diff(inside.indptr)
    total = np.asarray(inside.sum(axis=1)).ravel()
    root = int(np.lexsort((total, -edges))[0])
    links = [_itself(int(members[root]))]
    if len(members) == 1:
        return links
    distance, before = (
        found[0]
        for found in csgraph.dijkstra(
            inside, directed=False, indices=np.array([root]), return_predecessors=True
        )
    )
    for at in np.argsort(distance, kind="stable")[1:]:
        links.append(shared.link(int(members[at]), int(members[before[at]])))
    return links


def _itself(request: int) -> Link:
    one = {"factor": 1.0, "lower": 1.0, "upper": 1.0, "median": 1.0}
    return Link(request=request, to=request, points=0, **one)
