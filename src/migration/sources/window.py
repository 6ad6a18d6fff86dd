"""Which days a study wants of its sources."""

import datetime as dt
from typing import TYPE_CHECKING

from migration.errors import CannotAsk
from migration.sources.ask import Window

if TYPE_CHECKING:
    from migration.study import Event, Study


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


def _last_day(study: "Study") -> dt.date:
    return max([study.baseline.end, *(_end(event) for event in study.events)])


def _end(event: "Event") -> dt.date:
    instants = (event.instant, event.end_instant)
    days = [i.astimezone(dt.UTC).date() for i in instants if i is not None]
    days += [day for day in (event.start, event.end, event.day_zero) if day is not None]
    after = event.window[1] if event.window else 0
    return max(days, default=dt.date.min) + dt.timedelta(days=after)
