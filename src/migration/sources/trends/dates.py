"""Dates as Google Trends writes them, by structure alone: no word of any language.

ISO first. Three numbers in another order are read only where one order alone makes
sense of them, or where the order was declared.
"""

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from migration.errors import CannotAsk, SchemaDrift

Periods = NDArray[np.datetime64]
ORDERS = ("ymd", "mdy", "dmy")
FIRST, LAST = dt.date(2004, 1, 1), dt.date(2100, 12, 31)  # Trends begins in 2004
# An export of the new form may begin with the month before its window.
_EARLIEST = dt.date(2003, 12, 1)
_THREE = r"[0-9]{1,4}[./-] ?[0-9]{1,2}[./-] ?[0-9]{1,4}\.?"
_ONE = r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}(?::[0-9]{2}){0,2})?)?"
WRITTEN = rf"(?:{_THREE}|{_ONE})"  # the longer first
_IS_ISO = re.compile(_ONE)
_ISO = {7: "M", 10: "D", 13: "h", 16: "m", 19: "s"}  # length: unit of datetime64
_DAY = np.timedelta64(1, "D")


def read_periods(
    texts: Sequence[str], *, name: str, date_order: str | None = None
) -> Periods:
    """First column of an export, as ``datetime64[s]``, shape (T,).

    Raises
    ------
    SchemaDrift
        Not dates, or of several forms.
    CannotAsk
        Several orders of day, month and year make sense, and none was declared.
    """
    lengths = {len(text) for text in texts}
    if len(lengths) == 1 and all(map(_IS_ISO.fullmatch, texts)):
        try:
            found = np.array(texts, dtype=f"datetime64[{_ISO[min(lengths)]}]")
        except ValueError as error:
            raise SchemaDrift(f"{name} holds a date that is none ({error})") from error
        return _in_range(found.astype("datetime64[s]"), name)
    return _in_range(_numeric(texts, name, date_order), name)


def frequency_of(periods: Periods, *, name: str) -> str:
    """``minute``, ``hour``, ``day``, ``week`` or ``month``, from the rows alone.

    The length of a window says nothing: the site changed which it answers with what.
    A row may be absent, so the smallest step decides.

    Raises
    ------
    SchemaDrift
        One row, a row twice, or steps that are none of these.
    """
    steps = np.diff(np.sort(periods))
    if not len(steps) or steps.min() == np.timedelta64(0, "s"):
        raise SchemaDrift(
            f"{name} needs two or more rows of different dates to tell its frequency, "
            f"got {len(periods)} rows of {len(set(periods.tolist()))} dates: export it "
            "again, over a longer window"
        )
    frequency = _by_step(periods, steps)
    if not frequency:
        raise SchemaDrift(
            f"{name} needs rows by hour, day, week or month, got steps of "
            f"{steps.min().astype('timedelta64[h]')} to "
            f"{steps.max().astype('timedelta64[h]')}: export it again"
        )
    return frequency


def period_end(start: dt.date, frequency: str) -> dt.date:
    """Last day of the period that begins on a day."""
    if frequency == "week":
        return start + dt.timedelta(days=6)
    if frequency == "month":
        after = (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        return after - dt.timedelta(days=1)
    return start


def read_range(
    text: str, *, name: str, date_order: str | None = None
) -> tuple[dt.date, dt.date]:
    """Two dates in one text, such as ``12/1/20 - 6/30/21``, both written alike.

    Raises
    ------
    SchemaDrift
        Not two dates, or none that can be meant.
    CannotAsk
        Several orders make sense of both, and none was declared.
    """
    found = readings(text, date_order)
    if not found:
        raise SchemaDrift(
            f"{name} needs a window of two dates, got {text!r:.60}: declare "
            "window='2020-12-01 2021-06-30' with its first and last day"
        )
    if len(found) > 1:
        raise CannotAsk(
            f"{name}: the window {text!r:.60} may be {_or(found)}: declare date_order "
            f"as one of {', '.join(ORDERS)}"
        )
    return found[0]


def readings(text: str, date_order: str | None = None) -> list[tuple[dt.date, dt.date]]:
    """Every first and last day that a text of two dates can mean."""
    dates, rest = re.findall(_THREE, text), re.sub(_THREE, "", text).strip()
    if len(dates) != 2 or len(rest) > 1:
        return []
    orders = [date_order] if date_order else ORDERS
    found = [one for order in orders if (one := _one_order(dates, order))]
    return sorted({(one[0], one[1]) for one in found if one[0] <= one[1]})


def iso_day(text: str, *, key: str) -> dt.date:
    """A declared day, written as 2021-06-30 and not otherwise."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise CannotAsk(f"{key} needs a day such as 2021-06-30, got {text!r:.40}")


def _numeric(texts: Sequence[str], name: str, order: str | None) -> Periods:
    """Dates of three numbers: the one order that makes rows of one frequency."""
    orders = [order] if order else ORDERS
    read = [_one_order(texts, one) for one in orders]
    distinct = sorted({tuple(days) for days in read if days and _is_regular(days)})
    if not distinct:
        raise SchemaDrift(
            f"{name} needs dates such as 2021-01-31, in regular steps, got "
            f"{texts[0]!r:.40} to {texts[-1]!r:.40}: export it again, or declare "
            "date_order"
        )
    if len(distinct) > 1:
        ends = [(days[0], days[-1]) for days in distinct]
        raise CannotAsk(
            f"{name}: {texts[0]!r:.40} to {texts[-1]!r:.40} may be {_or(ends)}: "
            f"declare date_order as one of {', '.join(ORDERS)}"
        )
    return np.array(distinct[0], dtype="datetime64[D]").astype("datetime64[s]")


def _or(spans: Sequence[tuple[dt.date, dt.date]]) -> str:
    return " or ".join(f"{first} to {last}" for first, last in spans)


def _one_order(texts: Sequence[str], order: str) -> list[dt.date] | None:
    """All dates in one order of day, month and year; None where one is no date."""
    found = []
    for text in texts:
        parts = re.findall(r"[0-9]+", text)
        if len(parts) != 3 or not re.fullmatch(_THREE, text):
            return None
        named = dict(zip(order, parts, strict=True))
        if len(named["y"]) not in (2, 4) or max(map(len, (named["m"], named["d"]))) > 2:
            return None
        year = int(named["y"]) + (2000 if len(named["y"]) == 2 else 0)
        try:
            day = dt.date(year, int(named["m"]), int(named["d"]))
        except ValueError:
            return None
        if not _EARLIEST <= day <= LAST:
            return None
        found.append(day)
    return found


def _is_regular(days: Sequence[dt.date]) -> bool:
    """Whether every step is that of days, weeks or months; one date is not."""
    ordered = np.array(sorted(days), dtype="datetime64[D]").astype("datetime64[s]")
    steps = np.diff(ordered)
    return bool(len(steps)) and bool(_by_step(ordered, steps))


def _by_step(periods: Periods, steps: NDArray[np.timedelta64]) -> str:
    """The frequency whose steps these are; empty where there is none."""
    least = steps.min()
    if least <= np.timedelta64(0, "s"):
        return ""
    if least < _DAY:
        return _within_a_day(steps)
    if (periods.astype("datetime64[D]") != periods).any():
        return ""
    if least == _DAY:
        return "day"
    if (steps % (7 * _DAY) == np.timedelta64(0, "s")).all() and least == 7 * _DAY:
        return "week"
    firsts = periods.astype("datetime64[M]") == periods
    return "month" if least >= 28 * _DAY and firsts.all() else ""


def _within_a_day(steps: NDArray[np.timedelta64]) -> str:
    hour = np.timedelta64(3600, "s")
    if (steps % hour == np.timedelta64(0, "s")).all():
        return "hour"
    whole = (steps % np.timedelta64(60, "s") == np.timedelta64(0, "s")).all()
    return "minute" if whole else ""


def _in_range(periods: Periods, name: str) -> Periods:
    early, late = np.datetime64(_EARLIEST), np.datetime64(LAST)
    if (periods < early).any() or (periods > late).any():
        raise SchemaDrift(
            f"{name} needs dates of {FIRST} to {LAST}, got {periods.min()} to "
            f"{periods.max()}: export it again"
        )
    return periods
