"""Dates as vendors write them, made into days; what is ambiguous is asked for."""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

import pandas as pd

from migration.errors import SchemaDrift
from migration.sources.own_csv.said import Said, Unsaid, need
from migration.study.fields import FIRST_YEAR, LAST_YEAR

_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:?00)?)?"
_YMD = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_MIDNIGHT}")
_PLAIN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_XX = r"([0-9]{1,2})([-/.])([0-9]{1,2})\2"
_XXY = re.compile(rf"{_XX}([0-9]{{4}}|[0-9]{{2}}){_MIDNIGHT}")
_SHORT = re.compile(rf"{_XX}([0-9]{{2}}){_MIDNIGHT}")
_CENTURY = 2000  # of years of two digits
_SERIAL = re.compile(r"[3-6][0-9]{4}(?:\.0)?")  # days since 1899, as spreadsheets count
_NAMED = (
    re.compile(r"(?P<m>[a-z]{3,9})\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})"),
    re.compile(r"(?P<d>[0-9]{1,2})[ -](?P<m>[a-z]{3,9})\.?[ -](?P<y>[0-9]{4})"),
)
_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_MONTHS = {
    form: number
    for number, name in enumerate(_NAMES, start=1)
    for form in (name, name[:3])
} | {"sept": 9}
_WANTED = (
    "days such as 2021-01-10, 10/01/2021 or Jan 10, 2021; a month, a week or an hour "
    "is no day: export by day"
)
YMD, MDY, DMY = "ymd", "mdy", "dmy"
Parts = tuple[int, int, int]


def read_days(texts: "pd.Series[str]", said: Said) -> "pd.Series[pd.Timestamp]":
    """Days of a column of dates.

    Raises
    ------
    SchemaDrift
        No dates of days, of two orders of day and month, or with a year of two digits
        that would be later than the export, or than today where that was not said.
    Unsaid
        Day and month could change places, and ``date_order`` was not said.
    """
    unique = [str(text).strip() for text in texts.unique()]
    _refuse_to_come(unique, said)
    order = _order(unique, said)
    days = {text: _day(text.strip(), order) for text in texts.unique()}
    return pd.to_datetime(texts.map(days)).astype("datetime64[us]")


def _refuse_to_come(texts: Iterable[str], said: Said) -> None:
    """Refuse years of two digits that no figure can have: 99 is no year of ours."""
    exported = said.get("exported", "")
    last = dt.date.fromisoformat(exported) if exported else _today()
    latest = (last + dt.timedelta(days=1)).year  # the vendor's day may be ahead
    for m in filter(None, map(_SHORT.fullmatch, texts)):
        if (year := _CENTURY + int(m[4])) > latest:
            raise SchemaDrift(
                f"the column of dates needs years that have come, got {m[0]!r}: a year "
                f"of two digits is the last number and of this century, and {year} is "
                f"after {f'the export of {exported}' if exported else 'today'}; write "
                "years with four digits"
            )


def _order(texts: Collection[str], said: Said) -> str:
    """Which of the first two numbers of ``10/01/2021`` is the day, by the column."""
    pairs = [(int(m[1]), int(m[3])) for m in map(_XXY.fullmatch, texts) if m]
    days_first = any(first > 12 for first, _ in pairs)
    days_second = any(second > 12 for _, second in pairs)
    if days_first and days_second:
        raise SchemaDrift(
            "the column of dates needs one order of day and month, got both: "
            f"{_shown(pairs, 0)} and {_shown(pairs, 1)}"
        )
    said_order = said.get("date_order", YMD)
    short = [m for m in map(_SHORT.fullmatch, texts) if m]
    if short and said_order == YMD:
        raise _of_two_digits(short, DMY if days_first else MDY)
    if days_first or days_second:
        found = DMY if days_first else MDY
        if said_order not in (YMD, found):
            raise SchemaDrift(
                f"date_order={said_order} was said, but the dates are {found}: "
                "leave it out"
            )
        return found
    if all(first == second for first, second in pairs):
        return DMY  # both orders mean the same days
    first, second = next(pair for pair in pairs if pair[0] != pair[1])
    why = f"{first:02d}/{second:02d} may be a day of either month: dmy, or mdy"
    example = min((MDY, DMY), key=lambda order: _span(texts, order))
    known = {"date_order": said_order.replace(YMD, "")}
    return need(known, "date_order", why, example)


def _of_two_digits(short: Sequence[re.Match[str]], example: str) -> Unsaid:
    """The question after the order of dates whose year could be any of the numbers."""
    why = (
        f"{short[0][0]} has a year of two digits, read as its last number: dmy, or mdy"
    )
    return Unsaid("date_order", why + _year_first(short), example)


def _year_first(short: Collection[re.Match[str]]) -> str:
    """What to do with dates of two digits that may begin with the year."""
    try:
        first = [dt.date(_CENTURY + int(m[1]), int(m[3]), int(m[4])) for m in short]
    except ValueError:
        return ""
    if any(len(m[1]) < 2 for m in short) or max(first) > _today():
        return ""
    return f"; where the year stands first, write it with four digits, as in {first[0]}"


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _span(texts: Collection[str], order: str) -> dt.timedelta:
    """From the first day to the last; dates that are read right are close together."""
    days = [_day(text, order) for text in texts]
    return max(days) - min(days)


def _shown(pairs: Iterable[tuple[int, int]], at: int) -> str:
    pair = next(pair for pair in pairs if pair[at] > 12)
    return f"{pair[0]:02d}/{pair[1]:02d}"


def _day(text: str, order: str) -> dt.date:
    try:
        parts = next(_parts(text, order))
        if not FIRST_YEAR <= parts[0] <= LAST_YEAR:
            raise ValueError
        return dt.date(*parts)
    except (StopIteration, ValueError) as error:
        raise SchemaDrift(
            f"the column of dates needs {_WANTED}; got {text!r:.60}{_serial(text)}"
        ) from error


def _serial(text: str) -> str:
    """What a spreadsheet's number of a day stands for."""
    if not _SERIAL.fullmatch(text):
        return ""
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(text[:5]))
    return (
        f", which is how a spreadsheet counts {day}: give the column the form of a "
        "date there and save it again"
    )


def looks_like_day(text: str) -> bool:
    """Whether a text has the form of a day, whatever the order of day and month."""
    return any(True for _ in _parts(text.strip(), DMY))


def _parts(text: str, order: str) -> Iterator[Parts]:
    """Year, month and day, by the form that a text has."""
    if m := _YMD.fullmatch(text):
        yield int(m[1]), int(m[3]), int(m[4])
    elif m := _PLAIN.fullmatch(text):
        yield int(m[1]), int(m[2]), int(m[3])
    elif m := _XXY.fullmatch(text):
        one, two = int(m[1]), int(m[3])
        year = int(m[4]) + (_CENTURY if len(m[4]) < 4 else 0)
        yield (year, two, one) if order == DMY else (year, one, two)
    else:
        for form in _NAMED:
            if (m := form.fullmatch(text.casefold())) and m["m"] in _MONTHS:
                yield int(m["y"]), _MONTHS[m["m"]], int(m["d"])
