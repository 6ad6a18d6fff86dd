"""A researcher's own export with what was declared of it, made into lines.

:func:`declare` is asked when a file is added: it proves that the file and the words
go together, and returns the words as they are kept beside it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from migration.errors import CannotAsk, NoData
from migration.sources.places import check_code, code_of, codes_of
from migration.sources.trends import said as words
from migration.sources.trends.cells import Array
from migration.sources.trends.dates import (
    iso_day,
    period_end,
    read_range,
    readings,
)
from migration.sources.trends.lines import (
    BY_REGION,
    INTEREST,
    Lines,
    Series,
    one_draw,
)
from migration.sources.trends.regions import Regions, parse_regions
from migration.sources.trends.table import Column
from migration.sources.trends.timeline import Timeline, parse_timeline
from migration.study.fields import near

if TYPE_CHECKING:
    from migration.study import Study

PREFIX = "declared-"
SOURCE = "trends"


def declare(
    study: "Study", name: str, content: bytes, said: Mapping[str, str]
) -> Mapping[str, str]:
    """Check a file against what is said of it, and return that as it is to be kept.

    Parameters
    ----------
    study : Study
        Its apps, and the controls of this source, are what a column may be.
    name : str
        The file's own name: the newer form says its place there.
    content : bytes
    said : mapping
        See :data:`migration.sources.trends.said.KEYS`.

    Returns
    -------
    mapping
        Every key begins with ``declared-``; for the headers of the entry.

    Raises
    ------
    CannotAsk
        Something is not declared, is not one of the study's, or contradicts the file.
    SourceError
        The file is none that can be read.
    """
    known = words.check_keys(said)
    if "use" in known:
        return {PREFIX + "use": "no", PREFIX + "file": name}
    known["geo"] = words.geo_of(name, known)
    lines, columns = _read(content, known, name)
    apps = words.apps_of(columns, known, name)
    _check_apps(study, apps, name)
    if not lines.series:
        raise NoData(f"{name}: no column of it is an app of the study")
    if not lines.until:  # over time: the places stand in the header, or nowhere
        known["geo"] = _checked_geo(columns, known["geo"], name)
    known["terms"] = words.write_pairs(
        {column.cell: app for column, app in zip(columns, apps, strict=True)}
    )
    known["file"] = name
    return {PREFIX + key.replace("_", "-"): text for key, text in known.items() if text}


def read_export(content: bytes, headers: Mapping[str, str], *, name: str) -> Lines:
    """Lines of a stored file, by what was declared when it was added; pure.

    Raises
    ------
    CannotAsk
        It was not added with declarations.
    SourceError
        As :func:`declare`.
    """
    known = {
        key.removeprefix(PREFIX).replace("-", "_"): text
        for key, text in headers.items()
        if key.startswith(PREFIX)
    }
    if not known:
        raise CannotAsk(
            f"{name} lies in the store without a word on what it shows: add it with "
            "`migration add`, or leave it out with the option leave_out"
        )
    return _read(content, known, name)[0]


def _read(
    content: bytes, said: Mapping[str, str], name: str
) -> tuple[Lines, tuple[Column, ...]]:
    """Lines over time where rows begin with dates, else those of a map."""
    try:
        timeline = parse_timeline(content, name=name, date_order=said.get("date_order"))
    except NoData as no_dates:
        try:
            regions = parse_regions(content, name=name)
        except NoData:
            raise no_dates from None
        return _lines_of_map(regions, said, name), regions.columns
    return _lines_over_time(timeline, said, name), timeline.columns


def _lines_over_time(timeline: Timeline, said: Mapping[str, str], name: str) -> Lines:
    if timeline.frequency not in INTEREST:
        raise CannotAsk(
            f"{name} is by {timeline.frequency}, and a panel holds whole days: export "
            "a window of 8 to 269 days, which is by day"
        )
    markets = words.markets_of(timeline.columns, said.get("geo", ""), file=name)
    things = _things(timeline.columns, said, name)
    kept = [at for at, (app, _) in enumerate(things) if app != words.NOBODY]
    series = tuple(Series(things[at][0], markets[at], things[at][1]) for at in kept)
    _refuse_twice(series, name)
    last = timeline.periods[-1].astype("datetime64[D]").item()
    span = (last, period_end(last, timeline.frequency))
    partial = np.zeros((len(timeline.periods), len(kept)), dtype=bool)
    partial[-1] = not _is_over(span, said, name)
    return Lines(
        metric=INTEREST[timeline.frequency],
        series=series,
        periods=timeline.periods,
        **one_draw(*(x[:, kept] for x in _cells(timeline)), partial=partial),
        files=(name,),
    )


def _lines_of_map(regions: Regions, said: Mapping[str, str], name: str) -> Lines:
    """One period, the first day; a market is a place that has a code."""
    span = _window(regions.columns, said, name)
    codes = _codes(regions, said, name)
    things = _things(regions.columns, said, name)
    kept = [at for at, (app, _) in enumerate(things) if app != words.NOBODY]
    rows = [at for at, place in enumerate(regions.places) if place in codes]
    pairs = [(codes[regions.places[row]], things[at]) for row in rows for at in kept]
    series = tuple(Series(app, market, thing) for market, (app, thing) in pairs)
    _refuse_twice(series, name)
    flat = [x[np.ix_(rows, kept)].reshape(1, -1) for x in _cells(regions)]
    partial = np.full((1, len(series)), not _is_over(span, said, name))
    return Lines(
        metric=BY_REGION[regions.compared],
        series=series,
        periods=np.array([span[0]], dtype="datetime64[s]"),
        until=span[1].isoformat(),
        within=check_code(said["geo"]),
        **one_draw(*flat, partial=partial),
        files=(name,),
    )


def _cells(parsed: Timeline | Regions) -> tuple[Array, Array, Array]:
    return parsed.value, parsed.lower, parsed.upper


def _things(
    columns: Iterable[Column], said: Mapping[str, str], name: str
) -> list[tuple[str, str]]:
    """App of each column, and what stands for it there.

    A topic's title is in the language of the page, so that the app alone names it; a
    term is what was typed.
    """
    columns = list(columns)
    apps = words.apps_of(columns, said, name)
    kinds = words.kinds_of(columns, said, name)
    typed = [" ".join(column.term.casefold().split()) for column in columns]
    return [
        (app, kind if kind == "topic" else f"{kind} {term}")
        for app, kind, term in zip(apps, kinds, typed, strict=True)
    ]


def _codes(regions: Regions, said: Mapping[str, str], name: str) -> dict[str, str]:
    """Codes of a map's places; those with data must all have one."""
    if not said.get("geo"):
        raise CannotAsk(
            f"{name} is a map and does not say of what: declare geo=WW for countries, "
            "or a country's code for its regions"
        )
    within = check_code(said["geo"])
    named = words.pairs(said.get("regions", ""), key="regions")
    filled = np.flatnonzero(~np.isnan(regions.lower).all(axis=1))
    wanted = [regions.places[row] for row in filled]
    codes = codes_of(wanted, within=within, said=named, file=name)
    for place in regions.places:
        code = named.get(place) or code_of(place, within=within)
        if place not in codes and code and code not in codes.values():
            codes[place] = check_code(code)
    return codes


def _window(
    columns: Iterable[Column], said: Mapping[str, str], name: str
) -> tuple[dt.date, dt.date]:
    """First and last day of a map, declared or by its header; both must agree."""
    labels = {column.label or "" for column in columns}
    if len(labels) > 1:
        raise CannotAsk(
            f"{name} compares windows, {', '.join(sorted(labels))[:80]}: export each "
            "window by itself"
        )
    order = said.get("date_order")
    if "window" not in said:
        return read_range(labels.pop(), name=name, date_order=order)
    first, _, last = said["window"].partition(" ")
    days = iso_day(first, key="window"), iso_day(last.strip(), key="window")
    readable = readings(labels.pop())
    if days[0] > days[1] or (readable and days not in readable):
        raise CannotAsk(
            f"{name}: the declared window {said['window']} is not that of the header: "
            "correct it"
        )
    return days


def _is_over(span: tuple[dt.date, dt.date], said: Mapping[str, str], name: str) -> bool:
    """Whether the last period was over when it was exported; unknown is no."""
    exported = words.exported_on(said)
    if exported is not None and exported < span[0]:
        raise CannotAsk(
            f"{name} holds {span[0]}, after its declared export on {exported}: correct "
            "the day of the export"
        )
    return exported is not None and span[1] < exported


def _refuse_twice(series: tuple[Series, ...], name: str) -> None:
    if len(set(series)) < len(series):
        again = next(one for one in series if series.count(one) > 1)
        raise CannotAsk(
            f"{name} holds {again.app} in {again.market} twice: declare one of the "
            f"columns as {words.NOBODY!r}"
        )


def _checked_geo(columns: Sequence[Column], geo: str, name: str) -> str:
    """The places as they are kept, so that no label need be looked up again."""
    markets = words.markets_of(columns, geo, file=name)
    words.check_labels(columns, markets, file=name)
    if len(set(markets)) == 1:
        return markets[0]
    labels = [str(column.label) for column in columns]
    return words.write_pairs(dict(zip(labels, markets, strict=True)))


def _check_apps(study: "Study", apps: Iterable[str], name: str) -> None:
    known = known_apps(study)
    for app in apps:
        if app not in known | {words.NOBODY}:
            raise CannotAsk(
                f"{name}: {app!r} is no app or control of {study.id!r}: "
                f"{near(app, known)} A column that is neither is '-'"
            )


def known_apps(study: "Study") -> set[str]:
    """The apps of a study, and its controls at this source."""
    return {app.id for app in study.apps} | set(study.source(SOURCE).controls)
