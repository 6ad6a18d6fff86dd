"""What a researcher says of a file that the file does not say itself.

A declaration is text by key. What is not said and cannot be read is asked for by
:class:`Unsaid`, which carries an answer that would do, so that everything that is
lacking can be told at once.
"""

import codecs
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from migration.clock import known_zones
from migration.errors import CannotAsk
from migration.sources.places import market_of
from migration.study.fields import FIRST_YEAR, LAST_YEAR, near
from migration.study.metrics import is_rank

if TYPE_CHECKING:
    import pandas as pd

Said = Mapping[str, str]
OFF_CHART, MISSING = "off-chart", "missing"
OF_MARKET = "market"  # the days are those of each market's own zone
LONGEST = 200
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")


class Unsaid(CannotAsk):
    """A declaration that a file needs; ``example`` is one that it would take."""

    def __init__(self, key: str, why: str, example: str) -> None:
        super().__init__(f"say {key}: {why}, such as {as_option(key, example)}")
        self.key, self.why, self.example = key, why, example


def as_option(key: str, value: str) -> str:
    """A declaration as the command takes it."""
    pair = f"{key}={value}"
    return f"--say {pair}" if re.fullmatch(r"[\w.,=:/+-]+", pair) else f'--say "{pair}"'


def need(said: Said, key: str, why: str, example: str) -> str:
    """What was said under a key.

    Raises
    ------
    Unsaid
        Nothing.
    """
    if not said.get(key):
        raise Unsaid(key, why, example)
    return said[key]


def check_said(said: Mapping[str, str]) -> dict[str, str]:
    """The declarations in their one form; what is blank was not said.

    Raises
    ------
    CannotAsk
        A key that is not known, or a value that its key cannot have.
    """
    found = {}
    for key, text in said.items():
        if key not in KEYS:
            raise CannotAsk(f"a file takes no declaration {key!r}: {near(key, KEYS)}")
        value = " ".join(str(text).split()) if text is not None else ""
        if value:
            found[key] = _checked(key, value)
    return found


def are_ranks(metrics: "pd.Series[str]") -> "pd.Series[bool]":
    """Whether each of a column of metrics is a place on a chart."""
    return metrics.isin([name for name in metrics.unique() if is_rank(name)])


def _checked(key: str, text: str) -> str:
    what, read = KEYS[key]
    try:
        return read(text)
    except ValueError as error:
        why = f" ({error})" if str(error) else ""
        raise CannotAsk(f"{key} needs {what}, got {text!r:.60}{why}") from error


def _text(text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"at most {LONGEST} printable characters")
    return text


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ValueError
    return text


def _day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    day = dt.date.fromisoformat(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return text


def _zone(text: str) -> str:
    if text != OF_MARKET and text not in known_zones():
        raise ValueError
    return text


def _market(text: str) -> str:
    found = market_of(text)
    if found is None:
        raise ValueError
    return found


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text) or text == "1":
        raise ValueError
    return text


def _encoding(text: str) -> str:
    try:
        "".encode(text)  # a codec that is none of text is refused here
        return codecs.lookup(text).name
    except (LookupError, UnicodeError) as error:
        raise ValueError from error


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return read


KEYS: dict[str, tuple[str, Callable[[str], str]]] = {
    "vendor": ("who made the figures, such as 'Sensor Tower'", _text),
    "exported": ("the day of the export, such as 2021-07-02", _day),
    "metric": (
        "what is measured, of a-z, 0-9 and _, such as downloads, or rank_social for a "
        "second chart",
        _slug,
    ),
    "market": ("a country, such as IN or India, or WW for the world", _market),
    "zone": (f"a zone of IANA, such as UTC, or {OF_MARKET!r} for each's own", _zone),
    "unit": ("what a figure counts, such as 'installs a day'", _text),
    "date_order": ("one of ymd, mdy, dmy", _one_of("ymd", "mdy", "dmy")),
    "decimal": ("the decimal sign, '.' or ','", _one_of(".", ",")),
    "chart_size": ("the last place of the chart, 2 or more, such as 200", _size),
    "chart": ("one of the file's charts, such as topfreeapplications", _text),
    "category": ("one of the file's categories, such as 'Social Networking'", _text),
    "device": ("one of the file's devices or platforms, such as iphone", _text),
    "app": ("which app it is, for a file of one app", _text),
    "blank": (
        f"{OFF_CHART!r} or {MISSING!r}: what a rank left blank means",
        _one_of(OFF_CHART, MISSING),
    ),
    "off": ("what stands for a place off the chart, such as 0", _text),
    "granularity": ("'day', where each figure is of one day", _one_of("day")),
    "encoding": ("how the text is coded, such as cp1252", _encoding),
    "form": ("the form of the file, such as plain", _text),
    "use": ("'no', and nothing of the file is read", _one_of("yes", "no")),
    **{
        f"{name}_column": (f"the header of the column of the {name}", _text)
        for name in ("date", "app", "market", "value", "lower", "upper")
    },
}
