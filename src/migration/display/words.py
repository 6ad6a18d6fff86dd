"""Numbers and days as a reader wants them, in English whatever the locale."""

import math
import re

import pandas as pd

from migration.numerals import MINUS as MINUS
from migration.numerals import p_value as p_text
from migration.numerals import p_words as p_words
from migration.numerals import with_minus as with_minus
from migration.results import LOG_OUTCOMES, EffectResult

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
UNBOUNDED = "unbounded"
NOTHING = "–"
OWN = "own_csv"  # files that a reader brought: a format, and nobody's name
LABEL = 30  # letters of a name that leave a figure its room
_FIRST_WORD = re.compile(r"[a-z]+[ ,]")
EASILY_READ = 10_000.0  # a percent change beyond this is given as a multiple


def number(value: float, digits: int = 2) -> str:
    """A number with fixed digits after the point; infinities are ``unbounded``."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return UNBOUNDED
    text = f"{value:,.{digits}f}"
    zero = not text.strip("-0.,")
    return text.lstrip("-") if zero else text.replace("-", MINUS)


def percent_change(log_ratio: float) -> str:
    """``exp(x) - 1`` as a percentage, or as a multiple where that is easier to read."""
    if math.isnan(log_ratio):
        return NOTHING
    change = 100 * math.expm1(log_ratio) if log_ratio < 500 else math.inf
    if math.isinf(log_ratio) or math.isinf(change):
        return UNBOUNDED
    if change > EASILY_READ:
        return f"×{change / 100 + 1:,.0f}"
    return f"{number(change, 1 if abs(change) < 9.95 else 0)}%"


def signed(text: str) -> str:
    """The same with a plus, where it is a gain."""
    return f"+{text}" if text[:1].isdigit() and text.strip("0.%") else text


def effect(value: float, *, log: bool) -> str:
    """An effect in percent where it is a log ratio, else in units of the outcome."""
    return percent_change(value) if log else number(value)


def interval(low: float, high: float, *, log: bool = False) -> str:
    """``low to high``; an end that has no bound says so."""
    if math.isnan(low) and math.isnan(high):
        return NOTHING
    if math.isinf(low) and math.isinf(high):
        return UNBOUNDED
    return f"{effect(low, log=log)} to {effect(high, log=log)}"


def bounded(low: float, high: float, *, log: bool = False) -> str:
    """Say a bound that has no point: ``at least 1.59``, ``between 1.00 and 2.00``."""
    if math.isinf(low) and math.isinf(high):
        return UNBOUNDED
    if math.isinf(high):
        return f"at least {effect(low, log=log)}"
    if math.isinf(low):
        return f"at most {effect(high, log=log)}"
    return f"between {effect(low, log=log)} and {effect(high, log=log)}"


def p_value(value: float) -> str:
    """Two significant digits; what is below 0.001 says only that."""
    return p_text(value) or NOTHING


def day(value: pd.Timestamp, *, year: bool = True) -> str:
    """``6 January 2021``."""
    text = f"{value.day} {MONTHS[value.month - 1]}"
    return f"{text} {value.year}" if year else text


def day_range(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """``6–14 January 2021``, or both days in full where the month changes."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{day(first, year=first.year != last.year)} to {day(last)}"


def treated_name(result: EffectResult) -> str:
    """The treated units, joined."""
    return ", ".join(result.design.treated)


def days(count: int) -> str:
    """``1 day`` or ``3 days``."""
    return f"{count} day" if count == 1 else f"{count:,} days"


def figure(value: float) -> str:
    """A measured value: whole from a hundred on, else three digits."""
    if not math.isfinite(value):
        return number(value)
    if abs(value) >= 100:
        return f"{value:,.0f}".replace("-", MINUS)
    return f"{value:.3g}".replace("-", MINUS)


def plain(text: str) -> str:
    """``new_installs`` as ``new installs``."""
    return text.replace("_", " ").replace("-", " ").strip()


def source(name: str) -> str:
    """``wikipedia_top`` as ``Wikipedia top``; files that a reader brought have no name.

    >>> source("own_csv")
    "files of one's own"
    """
    return "files of one's own" if name == OWN else sentence_case(plain(name))


def label(text: str, most: int = LABEL) -> str:
    """A name for a figure, where it is long without its middle; lines by themselves.

    Both ends stay, for names differ at either. The whole name is in the alternative
    text and in tables.

    Examples
    --------
    >>> label("new installs, Flathub, of a very long name", most=20)
    'new installs…ng name'
    """
    head = (2 * most) // 3 - 1
    tail = most - head - 1
    return "\n".join(
        line if len(line) <= most else f"{line[:head].rstrip()}…{line[-tail:].lstrip()}"
        for line in text.split("\n")
    )


def short_day(value: pd.Timestamp) -> str:
    """``6 Jan 2021``, for a cell of a table."""
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def quantity(result: EffectResult) -> str:
    """Of what a percent change is: on a ramp the two kinds of mean differ."""
    if result.estimand == "log ratio of means":
        return "ratio of means"
    logs = result.estimand == "mean of outcome" and result.outcome in LOG_OUTCOMES
    return "mean of logs" if logs else ""


def estimand(result: EffectResult) -> str:
    """What is estimated: with logarithms, of which quantity they are."""
    if result.estimand == "mean of outcome" and result.outcome:
        return f"mean of {plain(result.outcome)}"
    return result.estimand


def sentence_case(text: str) -> str:
    """The first letter large, the rest as it was."""
    return text[:1].upper() + text[1:]


def sentence_start(text: str) -> str:
    """A text whose first word is large, where that is a word and no identifier."""
    return sentence_case(text) if _FIRST_WORD.match(text) else text
