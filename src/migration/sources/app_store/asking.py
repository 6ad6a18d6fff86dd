"""What the App Store and the archive are asked, in which order; no network here."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from migration.errors import NoData
from migration.sources.app_store.options import SOURCE, Options, markets_of, options_of
from migration.sources.app_store.places import FEEDS, RATINGS, archived, place_of
from migration.sources.app_store.reading import asked_at, read
from migration.sources.archive import (
    Archive,
    Capture,
    Listing,
    Memento,
    captures,
    playback,
    spread,
)
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import identifiers

if TYPE_CHECKING:
    from migration.study import Study

PACE, SILENCE = 4.0, 60.0
"""Seconds: about 20 look-ups a minute are said to be borne, from memory, untried."""
AT_ONCE = 50  # apps in one look-up
ONE_DAY = dt.timedelta(days=1)  # days of a market's zone are not those of UTC
ALWAYS = dt.date.max  # a live chart is another one each time
LISTING = Listing(match="prefix", leads_to=10)  # a guess: nobody has counted


def plan(study: "Study", window: Window) -> Plan:
    """Ask today's charts and ratings, and the archive for those of the study's days.

    A storefront that does not exist is absent. Which of the two is asked, the options
    ``live`` and ``history`` say; see :class:`Options`.
    """
    options = options_of(study)
    for market in markets_of(study, options):
        if options.live:
            yield from _feeds(study, options, market)
            yield from _ratings(study, options, market)
    for market in markets_of(study, options):
        if options.history:
            yield from _history(study, options, market=market, window=window)


def chosen(rows: Sequence[Capture], market: str, *, per_day: int) -> Iterator[Capture]:
    """Captures worth reading: of each chart and day the longest, spread over the day.

    A feed that is the same as an earlier one has nothing new: its time is inside. A
    page has no time, and the same page later is another sighting.
    """
    days: dict[tuple[str, str], list[tuple[int, Capture]]] = {}
    read_before: set[str] = set()
    for row in rows:
        place = place_of(row.original)
        if place is None or place.market != market or row.digest in read_before:
            continue
        if place.form != "html" and len(row.digest) > 1:
            read_before.add(row.digest)
        day = days.setdefault((place.metric, row.timestamp[:8]), [])
        day.append((place.asked or 0, row))
    for day in days.values():
        longest = max(asked for asked, _ in day)
        alike = [row for asked, row in day if asked == longest]
        yield from spread(alike, per_day)


def _feeds(study: "Study", options: Options, market: str) -> Plan:
    for name in options.feeds:
        feed = FEEDS[name]
        if feed.metric in study.source(SOURCE).metrics:
            path = feed.path.format(cc=market.lower())
            yield Ask(
                url=options.host(feed.host) + path,
                name=_name("live", market, name, suffix=feed.kind),
                kind=feed.kind,
                settles=ALWAYS,
                accept=(200, 400),
                pace=PACE,
                silence=SILENCE,
                check=_check_live(study),
                what=f"today's {feed.metric} in {market} ({name})",
            )


def _ratings(study: "Study", options: Options, market: str) -> Plan:
    if RATINGS not in study.source(SOURCE).metrics:
        return
    apps = _identifiers(study)
    for first in range(0, len(apps), AT_ONCE):
        query = {
            "id": ",".join(apps[first : first + AT_ONCE]),
            "country": market.lower(),
            "entity": "software",
        }
        yield Ask(
            url=f"{options.host('itunes')}/lookup?{urlencode(query, safe=',')}",
            name=_name("live", market, RATINGS, str(first), suffix="json"),
            settles=ALWAYS,
            accept=(200, 400),
            pace=PACE,
            silence=SILENCE,
            check=_check_live(study),
            what=f"today's counts of ratings in {market}",
        )


def _history(study: "Study", options: Options, *, market: str, window: Window) -> Plan:
    archive = Archive(address=options.host("archive"))
    around = (window[0] - ONE_DAY, window[1] + ONE_DAY)
    metrics = study.source(SOURCE).metrics
    for start in archived(market, metrics):
        rows = yield from captures(start, around, archive=archive, listing=LISTING)
        for row in chosen(rows, market, per_day=options.per_day):
            place = place_of(row.original)
            if place is not None and place.metric in metrics:
                yield from playback(
                    row,
                    archive=archive,
                    check=_check_captured(study),
                    label=f"{market}-{place.metric}".lower().replace("_", "-"),
                    suffix=place.form,
                )


def _check_live(study: "Study") -> Callable[[Answer], None]:
    known = _identifiers(study)

    def check(answer: Answer) -> None:
        if answer.status == 400:
            raise NoData(f"{answer.url} is refused (400): is there such a storefront?")
        asked = asked_at(answer.retrieved_at)
        read(answer.url, answer.content, asked=asked, known=known)

    return check


def _check_captured(study: "Study") -> Callable[[Memento], None]:
    known = _identifiers(study)

    def check(found: Memento) -> None:
        read(found.original, found.content, asked=found.instant, known=known)

    return check


def _identifiers(study: "Study") -> list[str]:
    return sorted({n for names in identifiers(study, SOURCE).values() for n in names})


def _name(*parts: str, suffix: str) -> str:
    words = [part.lower().replace("_", "-") for part in parts]
    return file_name(*words, suffix=suffix)
