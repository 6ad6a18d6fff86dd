"""From an event's instant to days: day zero, and the share of a day split by it.

A daily series has days of some zone. One instant falls on different days in different
zones, and splits them differently: shares use the true length of the local day, which
is 23 or 25 hours where clocks change.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from migration.errors import ClockError

FULL_DAY = "first full day after the instant"
DECLARED = "declared"
CALENDAR_DAY = "calendar day"
ONE_DAY = timedelta(days=1)
_NO_PLACE = {"Factory", "localtime", "posixrules"}  # what a machine says it is


class Dated(Protocol):
    """What the clock needs of an event: ``migration.study.Event`` has it."""

    @property
    def id(self) -> str:
        """Named in errors."""

    @property
    def instant(self) -> datetime | None:
        """When it happened, with a zone."""

    @property
    def end_instant(self) -> datetime | None:
        """When it was over, with a zone."""

    @property
    def start(self) -> date | None:
        """First day of an event known to the day only."""

    @property
    def end(self) -> date | None:
        """Last day of it."""

    @property
    def day_zero(self) -> date | None:
        """A first day that the study declares."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """The local day that holds an instant, and how it is split.

    Attributes
    ----------
    day : date
        The day in the zone asked for.
    before, after : float
        Shares of that day's true length; they sum to one.
    """

    day: date
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class EventDay:
    """An event on the days of one zone.

    Attributes
    ----------
    event, zone : str
        The event's id and the IANA zone of the days.
    day_zero : date
        First day that counts as after the event.
    partial : date or None
        A day split by the event, which belongs in neither window.
    before : float
        Share of the partial day before the event; 0 where there is none.
    rule : str
        How day zero was chosen.
    """

    event: str
    zone: str
    day_zero: date
    partial: date | None
    before: float
    rule: str


def exposure(instant: datetime, zone: str) -> Exposure:
    """Split the local day that holds an instant.

    Raises
    ------
    ClockError
        If the instant has no zone, or the zone is unknown.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> delay = datetime(2021, 1, 15, 19, 45, tzinfo=UTC)
    >>> round(exposure(delay, "UTC").before, 2)
    0.82
    >>> exposure(delay, "Asia/Kolkata").day
    datetime.date(2021, 1, 16)
    """
    if instant.utcoffset() is None:
        raise ClockError(
            f"an instant needs a time zone, got {instant}; write it with one, "
            "as 2021-01-15T19:45:00Z"
        )
    there = _zone(zone)
    day = instant.astimezone(there).date()
    start, end = _midnight(day, there), _midnight(day + ONE_DAY, there)
    before = (instant.astimezone(UTC) - start) / (end - start)
    return Exposure(day=day, before=before, after=1 - before)


def event_day(event: Dated, zone: str) -> EventDay:
    """Give day zero of an event for series with days of ``zone``.

    A declared ``day_zero`` wins. An instant's is the first day wholly after it, so an
    instant at local midnight is on its own day zero. An event known to the day has
    its first day, which no instant splits.

    Raises
    ------
    ClockError
        If the event has neither an instant nor a day, or the zone is unknown.
    """
    if event.instant is None:
        day_zero = event.day_zero or _first_day(event)
        rule = DECLARED if event.day_zero else CALENDAR_DAY
        _zone(zone)
        return _placed(event, zone, day_zero=day_zero, rule=rule, split=None)
    split = exposure(event.instant, zone)
    if event.day_zero:
        return _placed(event, zone, day_zero=event.day_zero, rule=DECLARED, split=split)
    first_full = split.day if split.before == 0 else _next_day(split.day, zone)
    return _placed(event, zone, day_zero=first_full, rule=FULL_DAY, split=split)


def touched_days(event: Dated, zone: str) -> tuple[date, date]:
    """Give the first and last local day that an event touches, both included.

    Raises
    ------
    ClockError
        If the event has neither an instant nor a day, or the zone is unknown.
    """
    if event.instant is None:
        _zone(zone)
        first = _first_day(event)
        return first, event.end or first
    first = exposure(event.instant, zone).day
    if event.end_instant is None:
        return first, first
    last = exposure(event.end_instant, zone)
    return first, max(first, last.day if last.before > 0 else last.day - ONE_DAY)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Names of the IANA zones, without those that name no place."""
    return frozenset(available_timezones() - _NO_PLACE)


def _placed(
    event: Dated, zone: str, *, day_zero: date, rule: str, split: Exposure | None
) -> EventDay:
    is_split = split is not None and split.before > 0 and split.day < day_zero
    return EventDay(
        event=event.id,
        zone=zone,
        day_zero=day_zero,
        partial=split.day if split and is_split else None,
        before=split.before if split and is_split else 0.0,
        rule=rule,
    )


def _first_day(event: Dated) -> date:
    if event.start is None:
        raise ClockError(
            f"event {event.id!r} needs an instant or a start day and has neither"
        )
    return event.start


def _zone(name: str) -> ZoneInfo:
    if name not in known_zones():
        raise ClockError(
            f"{name!r} is not an IANA time zone; write one such as 'Asia/Kolkata'"
        )
    return ZoneInfo(name)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Start of a local day, in UTC: differences between zoned times ignore offsets."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _next_day(day: date, zone: str) -> date:
    """Give the next day that has any length: Samoa had no 30 December 2011."""
    following, there = day + ONE_DAY, _zone(zone)
    while _midnight(following, there) >= _midnight(following + ONE_DAY, there):
        following += ONE_DAY
    return following
