"""Which days a study wants of its sources."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration.errors import CannotAsk, StudyError
from migration.sources.ask import Window

if TYPE_CHECKING:
    from migration.study import Event, SourceSpec, Study


def window_of(
    study: "Study", since: dt.date | None = None, until: dt.date | None = None
) -> Window:
    """First and last day wanted, both included.

    Raises
    ------
    CannotAsk
        They are the wrong way round, or the last day has begun nowhere yet.
    """
    first = since or study.baseline.start
    last = until or _last_day(study)
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)  # begun somewhere
    if first > today:
        raise CannotAsk(f"since needs a day up to {today}, got {first}, still to come")
    if until is not None and not first <= until <= today:
        raise CannotAsk(
            f"until needs a day from {first}, where the days wanted start, to "
            f"{today}, got {until}; leave it out for the last day that the study "
            "touches"
        )
    if first > last:
        raise CannotAsk(
            f"since needs a day up to {last}, the last one wanted, got {first}"
        )
    return first, last


def narrowed(window: Window, spec: "SourceSpec") -> Window:
    """The days of a window that a source's options ``first`` and ``last`` leave.

    Raises
    ------
    StudyError
        An option that is not a date.
    """
    limits = [spec.options.get("first", window[0]), spec.options.get("last", window[1])]
    for name, limit in zip(("first", "last"), limits, strict=True):
        if type(limit) is not dt.date:
            raise StudyError(
                f"the option {name!r} of {spec.id!r} needs a date such as 2021-02-28, "
                f"without quotes, got {limit!r}"
            )
    return max(window[0], limits[0]), min(window[1], limits[1])


def days_of(window: Window) -> Iterator[dt.date]:
    """Each day of a window, both ends included."""
    for number in range((window[1] - window[0]).days + 1):
        yield window[0] + dt.timedelta(days=number)


def _last_day(study: "Study") -> dt.date:
    return max([study.baseline.end, *(_end(event) for event in study.events)])


def _end(event: "Event") -> dt.date:
    instants = (event.instant, event.end_instant)
    days = [i.astimezone(dt.UTC).date() for i in instants if i is not None]
    days += [day for day in (event.start, event.end, event.day_zero) if day is not None]
    after = event.window[1] if event.window else 0
    return max(days, default=dt.date.min) + dt.timedelta(days=after)
