"""Scales: chains of requests made into one set of lines each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from migration.errors import PanelError
from migration.sources.trends.cells import MOST, Array
from migration.sources.trends.lines import FREQUENCY, Lines, Series, blank, cells_of
from migration.sources.trends.linking import POINTS, Link, chains

Owners = NDArray[np.int64]
_NOT_ASKED = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """Lines that can be compared, and how they came to be on one scale.

    Attributes
    ----------
    lines : Lines
        As asked for where there is one request. Of several, scaled so that the
        largest upper bound is 100, which keeps every bound a share.
    requests : tuple of Lines
        What they were made of, on their own scales.
    links : tuple of Link
        From the root outwards; the places are those in ``requests``.
    meetings : mapping of Series to tuple of str
        Days from which a series is another request's than on the day before.
    """

    lines: Lines
    requests: tuple[Lines, ...]
    links: tuple[Link, ...]
    meetings: Mapping[Series, tuple[str, ...]] = field(default_factory=dict)


def put_on_scales(lines: Sequence[Lines], *, points: int = POINTS) -> list[Scale]:
    """Requests of any metrics on as few scales as they allow.

    Maps are never linked: two windows of a map have no points in common.
    """
    metrics = sorted({one.metric for one in lines})
    found = []
    for metric in metrics:
        requests = sorted(
            (one for one in lines if one.metric == metric), key=lambda one: one.files
        )
        if metric in FREQUENCY:
            found += [
                _scale(requests, links) for links in chains(requests, points=points)
            ]
        else:
            found += [Scale(lines=one, requests=(one,), links=()) for one in requests]
    return found


def take_once(scales: Sequence[Scale], *, points: int = POINTS) -> list[Scale]:
    """Each series on one scale alone: the one that holds most of its periods.

    Raises
    ------
    PanelError
        A series of which some periods are on another scale only, because its windows
        cannot be linked; or two things stand for one app in one market.
    """
    homes: dict[tuple[str, ...], list[tuple[Scale, Series]]] = {}
    for scale in scales:
        for one in scale.lines.series:
            key = (scale.lines.metric, one.app, one.market, _start(scale.lines))
            homes.setdefault(key, []).append((scale, one))
    drop: list[tuple[Scale, Series]] = []
    for held in homes.values():
        if len(held) > 1:
            drop += _others(held, points)
    return [kept for scale in scales if (kept := _without(scale, drop)).lines.series]


def _scale(requests: Sequence[Lines], links: Sequence[Link]) -> Scale:
    own = [requests[link.request] for link in links]
    place = {link.request: at for at, link in enumerate(links)}
    moved = tuple(
        replace(link, request=place[link.request], to=place[link.to]) for link in links
    )
    if len(own) == 1:
        return Scale(lines=own[0], requests=tuple(own), links=())
    factors = _factors(moved)
    scaled = [_times(one, f) for one, f in zip(own, factors, strict=True)]
    finest = np.argsort(factors[:, 2], kind="stable")
    merged, owner = _merge([scaled[at] for at in finest])
    lines = replace(
        _times(merged, np.full(3, MOST / np.nanmax(merged.upper))),
        files=tuple(name for request in own for name in request.files),
    )
    return Scale(
        lines=lines,
        requests=tuple(own),
        links=moved[1:],
        meetings=_meetings(lines, owner),
    )


def _factors(links: Sequence[Link]) -> Array:
    """Factor, lower and upper of each request onto the root's scale, (K, 3)."""
    found = np.ones((len(links), 3))
    for link in links[1:]:
        step = np.array([link.factor, link.lower, link.upper])
        found[link.request] = found[link.to] * step
    return found


def _times(lines: Lines, factor: Array) -> Lines:
    return replace(
        lines,
        value=lines.value * factor[0],
        lower=lines.lower * factor[1],
        upper=lines.upper * factor[2],
        se=lines.se * factor[0],
    )


def _merge(requests: Sequence[Lines]) -> tuple[Lines, Owners]:
    """One set of lines, and which request each cell is from (-1: nobody asked).

    A cell is from the first request that knows it for certain; they come with the
    finest step first. The choice does not look at the numbers, which would favour the
    smaller of two draws.
    """
    series = tuple(sorted({one for lines in requests for one in lines.series}))
    periods = np.unique(np.concatenate([lines.periods for lines in requests]))
    taken = blank(len(periods), len(series))
    rank = np.full((len(periods), len(series)), _NOT_ASKED)
    owner = np.full(rank.shape, -1)
    for number, lines in enumerate(requests):
        cells, own = cells_of(lines, series, periods), _rank(lines)
        better = own < rank[cells]
        for name, grid in taken.items():
            grid[cells] = np.where(better, getattr(lines, name), grid[cells])
        rank[cells] = np.where(better, own, rank[cells])
        owner[cells] = np.where(better, number, owner[cells])
    return replace(requests[0], series=series, periods=periods, **taken), owner


def _rank(lines: Lines) -> Owners:
    """0 for what is whole, 1 partial, 2 asked for without an answer, 3 not asked."""
    known = np.where(np.isnan(lines.lower), 2, lines.partial.astype(np.int64))
    return np.where(np.isnan(lines.draws), _NOT_ASKED, known)


def _meetings(lines: Lines, owner: Owners) -> dict[Series, tuple[str, ...]]:
    """Days from which a series is another request's than on the day before."""
    days = np.datetime_as_string(lines.periods, unit="D")
    found = {}
    for at, one in enumerate(lines.series):
        asked = owner[:, at] >= 0
        changes = np.flatnonzero(np.diff(owner[asked, at]))
        if changes.size:
            found[one] = tuple(days[asked][changes + 1].tolist())
    return found


def _others(
    held: Sequence[tuple[Scale, Series]], points: int
) -> list[tuple[Scale, Series]]:
    """The scales on which a series is not taken, where it is whole on one."""
    things = sorted({one.thing for _, one in held})
    name = f"{held[0][1].app} in {held[0][1].market}"
    if len(things) > 1:
        raise PanelError(
            f"trends needs one thing for {name}, got {' and '.join(things)}: choose "
            "with the option kind, or leave files out with leave_out"
        )
    if len({(scale.lines.until, scale.lines.within) for scale, _ in held}) > 1:
        raise PanelError(
            f"trends needs one map for {name} and {held[0][0].lines.periods[0]}, got "
            f"several, which end on other days or are of other places: name all but "
            "one in the option leave_out"
        )
    ranked = sorted(held, key=_most_first)
    most = _periods(*ranked[0])
    for scale, one in ranked[1:]:
        if lacking := sorted(_periods(scale, one) - most):
            ours, theirs = (
                ", ".join(found.lines.files)[:100] for found in (scale, ranked[0][0])
            )
            raise PanelError(
                f"trends cannot put the windows of {name} on one scale: {ours} and "
                f"{theirs} share fewer than {points} points of 10 or more, and "
                f"{lacking[0]} is in the first alone: export windows that overlap by "
                "more, or name files in the option leave_out"
            )
    return ranked[1:]


def _most_first(held: tuple[Scale, Series]) -> tuple[int, int]:
    return -len(_periods(*held)), -len(held[0].requests)


def _periods(scale: Scale, one: Series) -> set[str]:
    """Periods of a series of which something is known."""
    known = ~np.isnan(scale.lines.lower[:, scale.lines.series.index(one)])
    return set(np.datetime_as_string(scale.lines.periods[known], unit="D").tolist())


def _without(scale: Scale, drop: Sequence[tuple[Scale, Series]]) -> Scale:
    gone = {one for other, one in drop if other is scale}
    if not gone:
        return scale
    kept = [at for at, one in enumerate(scale.lines.series) if one not in gone]
    return replace(scale, lines=scale.lines.take(kept))


def _start(lines: Lines) -> str:
    """What tells maps apart that are no series over time: their first day."""
    return str(lines.periods[0]) if lines.until else ""
