"""The kinds of value that a study's keys take, and the words for what was expected."""

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, StringConstraints

from migration.clock import known_zones
from migration.study.names import name_fault

WORLD = "WW"
ALL = "all"
FIRST_YEAR, LAST_YEAR = 1990, 2100  # beyond them a date is a slip of the pen
_Day = TypeVar("_Day", bound=date)
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
MOST = 100
_MOST_COMPARED = 300  # names that a misspelt one is held against
_NOT_ISO = {"UK": "GB", "EL": "GR"}  # reserved codes that people write


def near(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest, else which there are."""
    names = [str(name) for name in known]
    found = get_close_matches(str(word)[:MOST], names[:_MOST_COMPARED], n=1)
    if found:
        return f"did you mean {found[0]!r}?"
    if len(names) == 1:
        return f"there is only {names[0]!r}"
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"there are {listed or 'none'}"


@lru_cache(maxsize=1)
def iso_codes() -> frozenset[str]:
    """Alpha-2 codes of ISO 3166-1, ``NA`` for Namibia among them."""
    import pycountry  # reads its tables on import

    return frozenset(country.alpha_2 for country in pycountry.countries)


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise ValueError(
            "up to 100 of a-z, 0-9, '.', '_' and '-', and to start with a "
            "letter or digit"
        )
    return value


def _folder(value: str) -> str:
    if fault := name_fault(value, most=MOST, taken=frozenset()):
        raise ValueError(fault)
    return value


def _study(value: str) -> str:
    if fault := name_fault(value, most=MOST):
        raise ValueError(fault)
    return value


def _code(value: str) -> str:
    if value != WORLD and value not in iso_codes():
        known = {value.upper(), _NOT_ISO.get(value.upper(), "")} & iso_codes()
        hint = f"; did you mean {min(known)!r}?" if known else ""
        raise ValueError(
            f"a code of ISO 3166-1 alpha-2, or {WORLD!r} for the world{hint}"
        )
    return value


def _zone(value: str) -> str:
    if value not in known_zones():
        raise ValueError(
            "an IANA time zone, such as 'Asia/Kolkata'; " + _near_zone(value)
        )
    return value


def _year(value: _Day) -> _Day:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _near_zone(value: str) -> str:
    found = get_close_matches(value, sorted(known_zones()), n=1)
    return f"did you mean {found[0]!r}?" if found else "see the tz database"


Day = Annotated[date, AfterValidator(_year)]
Instant = Annotated[AwareDatetime, AfterValidator(_year)]
Text = Annotated[str, StringConstraints(min_length=1)]
Slug = Annotated[str, AfterValidator(_slug)]
FolderName = Annotated[str, AfterValidator(_folder)]
StudyName = Annotated[str, AfterValidator(_study)]
Code = Annotated[str, AfterValidator(_code)]
Zone = Annotated[str, AfterValidator(_zone)]
AppRole = Literal["origin", "destination", "neighbour", "control"]
EventRole = Literal["focal", "confounder", "placebo", "positive control"]
Severity = Literal["high", "medium", "low"]
Precision = Literal[
    "millisecond",
    "minute",
    "quarter-hour",
    "hour",
    "day",
    "week",
    "month",
    "staggered",
]
DAYS_ONLY = ("day", "week", "month", "staggered")
