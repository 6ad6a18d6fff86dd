"""Which events and days a report asks about, where its reader does not say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from migration.clock import event_day, touched_days
from migration.design.contrast import ONE_DAY

if TYPE_CHECKING:
    from migration.study import Event, Study

LOCAL_DAYS = 14  # the baseline of an event that lies among others
Ends = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Events by their ids, and days as ISO dates with both ends included.

    Attributes
    ----------
    event : str
        The focal event.
    later : str or None
        The focal event after it; None where the study has none.
    settled : (int, int) or None
        Days of the later event's window that no outage touches, from its day zero.
    outage : str or None
        An event that took an app away on days of a window: an instant with an end.
    outage_days : (first, last) or None
        The days that it touches.
    placebo : str or None
        An event that did not happen.
    placebo_baseline : (first, last) or None
        The two weeks before it: it lies among the effects of others.
    before, during : (first, last)
        Days whose means are put side by side before any model.
    """

    event: str
    later: str | None
    settled: tuple[int, int] | None
    outage: str | None
    outage_days: Ends | None
    placebo: str | None
    placebo_baseline: Ends | None
    before: Ends
    during: Ends


def questions(
    study: "Study",
    *,
    zone: str,
    event: str | None = None,
    later: str | None = None,
    placebo: str | None = None,
) -> Questions:
    """Fill in what a report asks about from the study.

    Parameters
    ----------
    study : Study
    zone : str
        Of the days, as :func:`migration.design.zone_for` gives it.
    event, later : str, optional
        Focal events; by default the earliest and the next after it. The outage is the
        first confounder with an ``end_instant`` that touches a window of either.
    placebo : str, optional
        By default the first placebo event.

    Raises
    ------
    StudyError
        For an event that the study does not know, or of another role.
    """
    focal = study.focal(event)
    second = study.later(focal.id, later)
    down = _outage(study, (focal, second), zone)
    void = study.placebo(placebo)
    window = window_of(focal, zone)
    base = study.baseline.start, study.baseline.end
    by_hand = study.by_hand
    return Questions(
        event=focal.id,
        later=second.id if second else None,
        settled=_settled(second, down, zone) if second else None,
        outage=down.id if down else None,
        outage_days=_ends(*touched_days(down, zone)) if down else None,
        placebo=void.id if void else None,
        placebo_baseline=_local(void, zone) if void else None,
        before=_ends(*(by_hand.before if by_hand else base)),
        during=_ends(*(by_hand.during if by_hand else window)),
    )


def window_of(event: "Event", zone: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of an event's own window, in days of a zone."""
    day, (first, last) = _day(event, zone), event.window or (0, 0)
    return day + ONE_DAY * first, day + ONE_DAY * last


def _day(event: "Event", zone: str) -> pd.Timestamp:
    return pd.Timestamp(event_day(event, zone).day_zero)


def _outage(
    study: "Study", focal: "tuple[Event, Event | None]", zone: str
) -> "Event | None":
    windows = [window_of(event, zone) for event in focal if event]
    for event in study.events:
        if event.role != "confounder" or event.end_instant is None:
            continue
        first, last = map(pd.Timestamp, touched_days(event, zone))
        if any(first <= end and last >= start for start, end in windows):
            return event
    return None


def _settled(later: "Event", down: "Event | None", zone: str) -> tuple[int, int]:
    """The later window from the day after the outage on; all of it if none is left."""
    first, last = later.window or (0, 0)
    if down is None:
        return first, last
    over = pd.Timestamp(touched_days(down, zone)[1])
    begins = max(first, (over - _day(later, zone)).days + 1)
    return (begins, last) if begins <= last else (first, last)


def _local(event: "Event", zone: str) -> Ends:
    day = pd.Timestamp(touched_days(event, zone)[0])
    return _ends(day - ONE_DAY * LOCAL_DAYS, day - ONE_DAY)


def _ends(first: object, last: object) -> Ends:
    return f"{pd.Timestamp(str(first)):%F}", f"{pd.Timestamp(str(last)):%F}"
