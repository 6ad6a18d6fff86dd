"""What the parts of a study must be to each other.

Each rule yields the mistakes it finds, as sentences: the key, what was needed, what
came. All rules run, so that one reading of a file tells everything.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from migration.clock import event_day
from migration.study.fields import (
    ALL,
    DAYS_ONLY,
    WORLD,
    iso_codes,
    near,
)
from migration.study.model import App, Event, Market, Periods, SourceSpec, Span


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a file that could be read; a part with a mistake is left out."""

    apps: tuple[App, ...]
    markets: tuple[Market, ...]
    events: tuple[Event, ...]
    sources: tuple[SourceSpec, ...]
    groups: dict[str, tuple[str, ...]]
    baseline: Span | None
    by_hand: Periods | None
    named: dict[str, tuple[str, ...]]
    """Ids of each kind as written, those of tables with a mistake included."""


def mistakes(parts: Parts) -> Iterator[str]:
    """Yield every mistake, in the order of the file's parts."""
    yield from _baseline(parts)
    yield from _by_hand(parts)
    yield from _duplicates(parts)
    for app in parts.apps:
        yield from _app(app, parts)
    yield from _shared_identifiers(parts)
    yield from _groups(parts)
    for event in parts.events:
        yield from _times(event)
        yield from _window(event)
        yield from _touched(event, parts)
    for source in parts.sources:
        yield from _controls(source, parts)


def _baseline(parts: Parts) -> Iterator[str]:
    span = parts.baseline
    if span is None:
        return
    if span.end < span.start:
        yield f"baseline, end: needs a day from {span.start} on, got {span.end}"
    for event in parts.events:
        first = _first_touched(event, parts) if event.role == "focal" else None
        if first is not None and span.end >= first:
            yield (
                f"baseline, end: needs to be before {first}, the first day of the "
                f"focal event {event.id!r} in any zone of the study, got {span.end}"
            )


def _by_hand(parts: Parts) -> Iterator[str]:
    if parts.by_hand is None:
        return
    before, during = parts.by_hand.before, parts.by_hand.during
    for key, (first, last) in (("before", before), ("during", during)):
        if last < first:
            yield f"by_hand, {key}: needs an end on or after {first}, got {last}"
    if during[0] <= before[1]:
        yield (
            f"by_hand, during: needs to begin after {before[1]}, the last day before, "
            f"got {during[0]}"
        )


def _first_touched(event: Event, parts: Parts) -> date | None:
    """First day of a focal event in any of the study's zones, None if it has no day."""
    if event.instant is None and event.start is None and event.day_zero is None:
        return None
    zones = {m.zone for m in parts.markets} | {s.zone for s in parts.sources}
    placed = [event_day(event, zone) for zone in zones | {"UTC"}]
    return min(day.partial or day.day_zero for day in placed)


def _duplicates(parts: Parts) -> Iterator[str]:
    for kind, names in parts.named.items():
        for name, count in Counter(names).items():
            if count > 1:
                key = "code" if kind == "markets" else "id"
                yield (f"{kind}, {key}: each needs its own, got {name!r} {count} times")


def _app(app: App, parts: Parts) -> Iterator[str]:
    where = f"apps {app.id!r}"
    if app.id == ALL:
        yield f"{where}, id: needs another word than {ALL!r}, which means every app"
    for key, table in (("ids", app.ids), ("until", app.until)):
        for source in table:
            if source not in parts.named["sources"]:
                hint = near(source, parts.named["sources"])
                yield f"{where}, {key}: needs ids of sources, got {source!r}; {hint}"
    for source in sorted(app.until.keys() - app.ids.keys()):
        yield (
            f"{where}, until: needs identifiers under ids for each of its sources, "
            f"got {source!r} without"
        )


def _shared_identifiers(parts: Parts) -> Iterator[str]:
    owners: dict[tuple[str, str], str] = {}
    for app in parts.apps:
        for source, names in app.ids.items():
            times = Counter(names)
            for name in names:
                owner = owners.setdefault((source, name), app.id)
                if owner != app.id or times[name] > 1:
                    yield (
                        f"apps {app.id!r}, ids, {source}: needs identifiers that are "
                        f"listed once, got {name!r}, also of {owner!r}"
                    )


def _groups(parts: Parts) -> Iterator[str]:
    codes = iso_codes() | {WORLD, ALL}
    for name, members in parts.groups.items():
        if name in codes:
            yield f"groups: needs names that are no code and not {ALL!r}, got {name!r}"
        for code in _repeated(members):
            yield f"groups, {name}: needs each code once, got {code!r} again"


def _times(event: Event) -> Iterator[str]:
    where = f"events {event.id!r}"
    at, start = event.instant, event.start
    if (at is None) == (start is None):
        came = "neither" if at is None else "both"
        yield f"{where}: needs an instant or a start day, and not both; got {came}"
    if event.end and start is None:
        yield f"{where}, end: needs a start day (an instant takes end_instant)"
    if event.end_instant and at is None:
        yield f"{where}, end_instant: needs an instant (a start day takes end)"
    if event.end and start and event.end < start:
        yield f"{where}, end: needs a day from {start} on, got {event.end}"
    if event.end_instant and at and event.end_instant <= at:
        yield f"{where}, end_instant: needs a time after {at}, got {event.end_instant}"
    if (at is None) != (start is None):
        yield from _precision(event, where)


def _precision(event: Event, where: str) -> Iterator[str]:
    to_the_day = event.precision in DAYS_ONLY
    if event.instant is None and not to_the_day:
        yield (
            f"{where}, precision: with a start day it needs one of "
            f"{', '.join(DAYS_ONLY)}, got {event.precision!r}"
        )
    if event.instant is not None and to_the_day:
        yield (
            f"{where}, precision: with an instant it needs to be finer than a day, "
            f"got {event.precision!r}; give a start day instead"
        )


def _window(event: Event) -> Iterator[str]:
    where = f"events {event.id!r}, window"
    if event.window is None:
        if event.role == "focal":
            yield f"{where}: a focal event needs one, such as [0, 8]"
        return
    first, last = event.window
    if event.role == "confounder":
        yield f"{where}: a confounder is not estimated and takes none; leave it out"
    if last < first:
        yield f"{where}: needs an end on or after its start {first}, got {last}"
    elif first < 0:
        yield (
            f"{where}: needs to start on day zero or later, got {first}; declare an "
            "earlier day_zero, or end the baseline before the anticipation"
        )


def _touched(event: Event, parts: Parts) -> Iterator[str]:
    where = f"events {event.id!r}"
    known = {*parts.named["markets"], *parts.groups, ALL}
    codes, apps = known | iso_codes(), {*parts.named["apps"], ALL}
    for name in event.markets:
        if name not in codes:
            yield (
                f"{where}, markets: needs codes of ISO 3166-1, declared groups or "
                f"{ALL!r}, got {name!r}; {near(name, sorted(known))}"
            )
    for name in event.apps:
        if name not in apps:
            hint = near(name, (*parts.named["apps"], ALL))
            yield f"{where}, apps: needs ids of apps or {ALL!r}, got {name!r}; {hint}"
    for key, names in (("markets", event.markets), ("apps", event.apps)):
        if ALL in names and len(names) > 1:
            yield f"{where}, {key}: {ALL!r} needs to stand alone, got {list(names)}"


def _controls(source: SourceSpec, parts: Parts) -> Iterator[str]:
    where = f"sources {source.id!r}"
    for name in _repeated(source.controls):
        yield f"{where}, controls: needs each series once, got {name!r} again"
    controls = set(source.controls)
    for app in parts.apps:
        own = {app.id, *app.ids.get(source.id, ())}
        for name in sorted(own & controls):
            kind = "a competitor" if app.role != "control" else "an app of its own"
            yield (
                f"{where}, controls: needs unrelated series, got {name!r}, which is "
                f"app {app.id!r} ({app.role}) and so {kind}; take it out"
            )
    for name in sorted(source.doubtful.keys() - set(source.controls)):
        hint = near(name, source.controls)
        yield f"{where}, doubtful: needs to be among the controls, got {name!r}; {hint}"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
