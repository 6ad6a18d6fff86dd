"""Scales: chains of requests made into one set of lines each."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from migration.errors import PanelError
from migration.sources.trends.cells import Array
from migration.sources.trends.lines import CELLS, FREQUENCY, Lines, Series, on_grid
from migration.sources.trends.linking import POINTS, Link, chains

# Where Google is recalled to annotate a change of method; not checked.
METHOD_BREAKS = {
    dt.date(2011, 1, 1): "the geographical assignment changed",
    dt.date(2016, 1, 1): "the collection of data changed",
    dt.date(2022, 1, 1): "the collection of data changed",
}
APART = 0.1  # share by which the median ratio may differ from that of the sums


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
    """

    lines: Lines
    requests: tuple[Lines, ...]
    links: tuple[Link, ...]


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


def cautions_of(scale: Scale) -> Iterator[str]:
    """What a reader must know of a scale: method breaks, and links that disagree."""
    if len(scale.requests) < 2:
        return
    names = ", ".join(dict.fromkeys(f for r in scale.requests for f in r.files))
    first, last = _days(scale.lines)
    for day, what in METHOD_BREAKS.items():
        if first < day <= last and not all(
            _days(r) == (first, last) for r in scale.requests
        ):
            yield (
                f"{names[:200]}: stitched across {day}, when {what} (recalled, not "
                "checked): test for a shift of level there before believing the stitch"
            )
    for link in scale.links:
        if abs(link.median / link.factor - 1) > APART:
            ours, theirs = (
                ", ".join(scale.requests[at].files)[:100]
                for at in (link.request, link.to)
            )
            yield (
                f"{ours} and {theirs}: the median ratio of {link.points} points is "
                f"{link.median:.3g}, that of their sums {link.factor:.3g}: draws "
                "differ, or one point carries it"
            )


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
    lines = _merge([scaled[at] for at in finest])
    top = 100 / np.nanmax(lines.upper)
    lines = replace(
        _times(lines, np.full(3, top)), files=tuple(f for r in own for f in r.files)
    )
    return Scale(lines=lines, requests=tuple(own), links=moved[1:])


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


def _merge(requests: Sequence[Lines]) -> Lines:
    """One set of lines: each cell from the first request that knows it for certain.

    The requests come with the finest step first. The choice does not look at the
    numbers, which would favour the smaller of two draws.
    """
    series = tuple(sorted({one for lines in requests for one in lines.series}))
    periods = np.unique(np.concatenate([lines.periods for lines in requests]))
    grids = [on_grid(lines, series, periods) for lines in requests]
    rank = np.stack([_rank(grid) for grid in grids])
    best = rank.argmin(axis=0)[None]
    taken = {
        name: np.take_along_axis(np.stack([getattr(g, name) for g in grids]), best, 0)[
            0
        ]
        for name in CELLS
    }
    return replace(grids[0], **taken)


def _rank(lines: Lines) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """0 for what is whole, 1 partial, 2 asked for without an answer, 3 not asked."""
    whole = np.where(lines.partial, 1, 0)
    return np.where(np.isnan(lines.draws), 3, np.where(np.isnan(lines.lower), 2, whole))


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


def _days(lines: Lines) -> tuple[dt.date, dt.date]:
    ends = lines.periods[[0, -1]].astype("datetime64[D]").tolist()
    return ends[0], ends[1]
