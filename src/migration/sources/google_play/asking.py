"""What the archive is asked of Google Play, in which order; no network here."""

import datetime as dt
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from migration.sources.archive import (
    Archive,
    Capture,
    Listing,
    Memento,
    captures,
    playback,
    spread,
)
from migration.sources.ask import Answer, Ask, Plan, Window
from migration.sources.assemble import identifiers
from migration.sources.google_play.options import SOURCE, Options, options_of
from migration.sources.google_play.places import HOST, RANKS, Place, place_of
from migration.sources.google_play.reading import read
from migration.sources.links import absolute

if TYPE_CHECKING:
    from migration.study import Study

ONE_DAY = dt.timedelta(days=1)  # days of a market's zone are not those of UTC
LISTING = Listing(match="prefix", leads_to=50)
MOST_CLUSTERS = 40
_EVER, _CARDS_END = dt.date.min, dt.date(2019, 12, 31)
_TOP_START, _TOP_END = dt.date(2019, 7, 1), dt.date(2022, 12, 31)
CHARTS = {
    "/store/apps/collection/topselling_free": (_EVER, _CARDS_END),
    "/store/apps/category/COMMUNICATION/collection/topselling_free": (
        _EVER, _CARDS_END,
    ),
    "/store/apps/top": (_TOP_START, _TOP_END),
}  # fmt: skip
"""Where charts stood, and from when to when, with some months to spare."""

BEFORE = ("", "hl=en&", "gl=us&", "gl=us&hl=en&")
"""The archive sorts what an address asks for, so that the language and the country
stand before the app: those that are looked for. Captures in others are not found."""

Played = Generator[Ask, Answer | None, Memento | None]


def plan(study: "Study", window: Window) -> Plan:
    """Ask the archive for the charts, and for the pages of the apps.

    Raises
    ------
    CannotAsk
        An option that is unknown, or ``live``; see :class:`Options`.
    """
    options = options_of(study)
    if not options.history:
        return
    metrics = set(study.source(SOURCE).metrics)
    if metrics & set(RANKS):
        for start, (first, last) in CHARTS.items():
            if first <= window[1] and window[0] <= last:
                yield from _charts(study, options, window, f"{HOST}{start}")
    if metrics & {"installs", "ratings"}:
        for names in identifiers(study, SOURCE).values():
            for package in names:
                yield from _products(options, window, package)


def chosen(
    rows: Sequence[Capture], *, forms: Sequence[str], per_day: int
) -> Iterator[tuple[Capture, Place]]:
    """Captures worth reading: of each chart or app and day some, spread over it."""
    days: dict[tuple[str, ...], list[tuple[Capture, Place]]] = {}
    for row in rows:
        place = place_of(row.original)
        if place is not None and place.form in forms:
            chart = (place.chart, place.country, str(place.start))
            own = (place.form, place.name, *(chart if place.form != "product" else ()))
            days.setdefault((*own, row.timestamp[:8]), []).append((row, place))
    for day in days.values():
        yield from spread(day, per_day)


def _charts(study: "Study", options: Options, window: Window, start: str) -> Plan:
    """Captured charts, then the longer lists that they lead to."""
    around = (window[0] - ONE_DAY, window[1] + ONE_DAY)
    archive = options.archive
    known = {market.code for market in study.markets} | {""}
    metrics = set(study.source(SOURCE).metrics)
    links: dict[str, None] = {}
    rows = yield from captures(start, around, archive=archive, listing=LISTING)
    for row, place in chosen(rows, forms=("top", "cards"), per_day=options.per_day):
        if place.country in known and place.metric(place.chart) in metrics:
            label = f"{place.market}-{place.chart}"
            found = yield from _play(row, archive, label)
            chart = read(found).chart if found is not None else None
            if chart is not None and chart.more:
                links[absolute(chart.more, base=f"https://{HOST}/")] = None
    for link in list(links)[:MOST_CLUSTERS] if options.clusters else []:
        rows = yield from captures(link, around, archive=archive, listing=LISTING)
        for row, place in chosen(rows, forms=("cluster",), per_day=options.per_day):
            if place.country in known:
                yield from _play(row, archive, f"{place.market}-cluster")


def _products(options: Options, window: Window, package: str) -> Plan:
    """Captures of an app's page, whatever stands before its name in the address."""
    archive = options.archive
    rows: list[Capture] = []
    for before in BEFORE:
        start = f"{HOST}/store/apps/details?{before}id={quote(package, safe='')}"
        rows += yield from captures(start, window, archive=archive, listing=LISTING)
    for row, place in chosen(rows, forms=("product",), per_day=options.per_day):
        if place.name == package:
            yield from _play(row, archive, f"app-{package}")


def _play(row: Capture, archive: Archive, label: str) -> Played:
    words = label.lower().replace("_", "-").replace(".", "-")
    return playback(row, archive=archive, check=_check, label=words, suffix="html")


def _check(found: Memento) -> None:
    read(found)
