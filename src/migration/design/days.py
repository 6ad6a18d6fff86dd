"""Days and names as people write them, in one form."""

import datetime as dt
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, TypeAlias

import pandas as pd

from migration.errors import DesignError

Day: TypeAlias = str | dt.date  # a Timestamp is one
Days = tuple[pd.Timestamp, pd.Timestamp]


def as_names(value: Any, what: str) -> tuple[str, ...]:
    """One text, or several, as a tuple; anything else is refused."""
    if isinstance(value, str):
        return (value,)
    several = isinstance(value, Iterable) and not isinstance(value, bytes | Mapping)
    found = tuple(value) if several else (value,)
    if odd := [name for name in found if not isinstance(name, str)]:
        raise DesignError(
            f"{what} needs text or a list of texts, got {odd[0]!r}; a unit is named as "
            "in the frame, where units are text"
        )
    return found


def by_name(value: Any, what: str) -> Mapping[str, Any]:
    """A mapping of name to day, or a refusal."""
    if not isinstance(value, Mapping) or any(not isinstance(k, str) for k in value):
        raise DesignError(
            f"{what} needs a mapping of name to day, such as "
            f"{{'delay': '2021-01-16'}}, got {value!r}"
        )
    return value


def as_day(value: Any, what: str) -> pd.Timestamp:
    """Read a whole day without zone, or refuse."""
    if isinstance(value, Number):  # nanoseconds since 1970 to pandas
        raise DesignError(f"{what} needs a day such as 2021-01-06, got {value!r}")
    try:
        # pandas alone reads 4.5.2018 as 5 April, and 2018-05 as its first day.
        iso = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        day = pd.Timestamp(iso)
    except (TypeError, ValueError) as error:
        raise DesignError(
            f"{what} needs a day such as 2021-01-06 (year, month, day), got {value!r}"
        ) from error
    if pd.isna(day) or day.tzinfo is not None or day != day.normalize():
        raise DesignError(
            f"{what} needs a whole day without zone, got {value!r}; turn an instant "
            "into a day of the series' zone with migration.clock"
        )
    return day


def as_days(value: Any, what: str) -> Days:
    """Read a first and a last day, or refuse."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise DesignError(f"{what} needs a first and a last day, got {value!r}")
    first, last = (as_day(v, what) for v in value)
    if last < first:
        raise DesignError(f"{what} ends on {last:%F}, before it starts on {first:%F}")
    return first, last


def as_pair(value: Any, name: str) -> Days:
    """Read another event: its day, or (first day touched, first full day)."""
    paired = isinstance(value, tuple | list)
    return as_days(value if paired else (value, value), f"other event {name!r}")
