"""What a study file says, as frozen dataclasses that refuse what they cannot mean."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from annotated_types import MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from migration.clock import event_day
from migration.errors import StudyError
from migration.study.fields import (
    ALL,
    AppRole,
    Code,
    Day,
    EventRole,
    FolderName,
    Instant,
    Precision,
    Severity,
    Slug,
    StudyName,
    Text,
    Zone,
    near,
)

_STRICT = ConfigDict(extra="forbid", strict=True)
_Texts = tuple[Text, ...]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Span:
    """Days from ``start`` to ``end``, both included."""

    start: Day
    end: Day


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Periods:
    """Two spans of days whose means are put side by side, first and last included."""

    before: tuple[Day, Day]
    during: tuple[Day, Day]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class App:
    """An app that people leave or join, or that may be spilled upon.

    Attributes
    ----------
    ids : mapping of str to tuple of str
        Source id to the app's identifiers there; several are summed.
    until : mapping of str to date
        Source id to the app's last usable day there.
    """

    id: Slug
    name: Text
    role: AppRole
    ids: dict[str, Annotated[_Texts, MinLen(1)]] = field(default_factory=dict)
    until: dict[str, Day] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Market:
    """A country, or the world (``WW``), and the zone of its days.

    Attributes
    ----------
    contaminated : str or None
        Why its contrast is not clean; None where nothing is known against it.
    excluded : bool
        Left out of estimates over markets.
    note : str
        Says so where a market of several zones names one.
    """

    code: Code
    name: Text
    zone: Zone
    contaminated: Text | None = None
    excluded: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Event:
    """A dated event: an instant with a zone, or days.

    Attributes
    ----------
    instant, end_instant : datetime or None
        When it happened and, of an outage, when it was over; both with a zone.
    start, end : date or None
        First and last day, of an event that is known to the day.
    day_zero : date or None
        A declared first day; it overrides the clock.
    markets : tuple of str
        Codes, groups or ``("all",)``.
    apps : tuple of str
        The apps whose outcomes it touches.
    window : tuple of int or None
        First and last day of the effect, in days from day zero.
    calendar : str or None
        Row of the event calendar.
    """

    id: Slug
    label: Text
    role: EventRole
    precision: Precision
    severity: Severity
    markets: Annotated[_Texts, MinLen(1)]
    citation: Text
    instant: Instant | None = None
    end_instant: Instant | None = None
    start: Day | None = None
    end: Day | None = None
    day_zero: Day | None = None
    apps: Annotated[_Texts, MinLen(1)] = (ALL,)
    window: tuple[int, int] | None = None
    calendar: Text | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class SourceSpec:
    """What a study takes from one public source.

    Attributes
    ----------
    zone : str
        Zone of the series' days; a source with markets has each market's own, and
        this one places what is averaged over them.
    controls : tuple of str
        Identifiers of unrelated series at this source.
    doubtful : mapping of str to str
        Control to why it is doubted.
    options : mapping
        What the source's own module reads.
    enabled : bool
        False: identifiers are kept here, and nothing is loaded.
    """

    id: FolderName
    metrics: Annotated[_Texts, MinLen(1)]
    zone: Zone
    controls: _Texts = ()
    doubtful: dict[str, Text] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Study:
    """One question: apps, markets, events and the series that measure them.

    ``notebooks`` names the reports that the study has; by default all there are.
    ``by_hand`` are the days of the arithmetic before any model; by default the baseline
    and the window of the event.
    """

    id: StudyName
    title: Text
    question: Text
    apps: Annotated[tuple[App, ...], MinLen(1)]
    markets: Annotated[tuple[Market, ...], MinLen(1)]
    events: Annotated[tuple[Event, ...], MinLen(1)]
    sources: Annotated[tuple[SourceSpec, ...], MinLen(1)]
    baseline: Span
    path: Path
    sha256: str
    simulated: bool = False
    contact: Text | None = None
    notebooks: _Texts = ()
    by_hand: Periods | None = None
    groups: dict[str, Annotated[tuple[Code, ...], MinLen(1)]] = field(
        default_factory=dict
    )

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        return (
            f"<{mark}study {self.id!r}: {len(self.apps)} apps, "
            f"{len(self.markets)} markets, {len(self.events)} events, "
            f"{len(self.sources)} sources>"
        )

    def app(self, id: str) -> App:
        """Give one app, or refuse with the nearest name."""
        return self._one("app", id, {a.id: a for a in self.apps})

    def event(self, id: str) -> Event:
        """Give one event, or refuse with the nearest name."""
        return self._one("event", id, {e.id: e for e in self.events})

    def focal(self, id: str | None = None) -> Event:
        """Give a focal event; by default the earliest.

        Raises
        ------
        StudyError
            If the event is not focal, or the study has none.
        """
        known = {event.id: event for event in self._in_order("focal")}
        return self._one("focal event", id or next(iter(known), "(the first)"), known)

    def later(self, event: str, id: str | None = None) -> Event | None:
        """Give the next focal event after another; None where there is none."""
        if id is not None:
            return self.focal(id)
        focal = self._in_order("focal")
        after = focal[focal.index(self.focal(event)) + 1 :]
        return after[0] if after else None

    def placebo(self, id: str | None = None) -> Event | None:
        """Give a placebo event; by default the first, None where there is none."""
        known = {event.id: event for event in self._in_order("placebo")}
        if id is not None:
            return self._one("placebo", id, known)
        return next(iter(known.values()), None)

    def market(self, code: str) -> Market:
        """Give one market by its code, or refuse with the nearest."""
        return self._one("market", code, {m.code: m for m in self.markets})

    def source(self, id: str) -> SourceSpec:
        """Give one source, or refuse with the nearest name."""
        return self._one("source", id, {s.id: s for s in self.sources})

    def expand(self, markets: str | Iterable[str]) -> tuple[str, ...]:
        """Turn codes, groups and ``"all"`` into codes, each once, in order.

        Examples
        --------
        ``study.expand("all")`` are all of the study's markets;
        ``study.expand(["EU", "IN"])`` a declared group and one more.
        """
        names = (markets,) if isinstance(markets, str) else tuple(markets)
        own = tuple(m.code for m in self.markets)
        known: Mapping[str, tuple[str, ...]] = {
            **{code: (code,) for e in self.events for code in e.markets},
            **{code: (code,) for code in own},
            **self.groups,
            ALL: own,
        }
        codes = (self._one("market or group", name, known) for name in names)
        return tuple(dict.fromkeys(code for some in codes for code in some))

    def _in_order(self, role: str) -> list[Event]:
        """Events of a role, the earliest first."""
        found = [event for event in self.events if event.role == role]
        return sorted(found, key=lambda event: event_day(event, "UTC").day_zero)

    def _one(self, kind: str, id: str, known: "Mapping[str, _Thing]") -> "_Thing":
        if id in known:
            return known[id]
        raise StudyError(f"no {kind} {id!r} in study {self.id!r}: {near(id, known)}")


_Thing = TypeVar("_Thing")
