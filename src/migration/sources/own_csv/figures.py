"""Figures as vendors write them, made into numbers and bounds.

Thousands separators, signs of currency and ``%`` are taken off. "1,234" alone is a
thousand here and one and a quarter there: a column that does not show which is asked
about, except of ranks, which are whole.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.errors import SchemaDrift
from migration.sources.own_csv.said import Said, need

BLANK = frozenset(
    ("", "-", "–", "—", "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "unranked")
)
PERCENT = "%"
_LARGEST = 2.0**53  # beyond it a float no longer counts by ones
_PLACE = re.compile(r"#(?=\s*[0-9])")  # how places are marked, as "#12"
_SPACES = re.compile(r"(?<=[0-9])[ '’\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_PLAIN = re.compile(r"-?[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_TWO = re.compile(r"-?[0-9]{1,3}[.,][0-9]{3}")
_GROUPED = {  # sign of the decimals: numbers in which the other one groups digits
    ".": re.compile(
        r"-?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|-?[0-9]{1,3}(?:,[0-9]{3}){2,}"
        r"|-?[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?"  # lakhs, as in India
    ),
    ",": re.compile(
        r"-?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|-?[0-9]{1,3}(?:\.[0-9]{3}){2,}"
    ),
}
_FRACTION = re.compile(r"-?[0-9]+([.,])[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_WANTED = "numbers such as 1234, 1,234.5, >500 or a blank"


@dataclass(frozen=True)
class Cell:
    """One text taken apart: its digits, what stood before them, and its unit."""

    digits: str
    sign: str
    unit: str


def read_figures(
    texts: "pd.Series[str]", said: Said, *, rank: bool
) -> tuple[pd.DataFrame, str]:
    """Numbers, bounds and blanks of a column, and the unit that its cells carry.

    Parameters
    ----------
    texts : Series of str
    said : mapping
        ``decimal`` where it is ambiguous; ``off``, which reads as a blank.
    rank : bool
        Places on a chart: whole numbers, 1 or more.

    Returns
    -------
    DataFrame
        ``value, lower, upper`` (all NaN where blank) and ``blank``, by the index of
        ``texts``.
    str
        ``"%"``, a sign of currency, or empty.

    Raises
    ------
    SchemaDrift
        No numbers, numbers written in two ways, or of two units.
    Unsaid
        A sign that may divide thousands or decimals, and ``decimal`` was not said.
    """
    unique = list(texts.unique())
    blank = {text for text in unique if _is_blank(text, said)}
    cells = {
        text: _take_apart(_without_mark(text) if rank else text)
        for text in unique
        if text not in blank
    }
    decimal = _decimal((cell.digits for cell in cells.values()), said, whole=rank)
    bounds = {t: _bounds(t, c, decimal, rank=rank) for t, c in cells.items()}
    bounds |= dict.fromkeys(blank, (np.nan, np.nan, np.nan))
    table = np.array([bounds[text] for text in texts.tolist()]).reshape(-1, 3)
    frame = pd.DataFrame(table, columns=["value", "lower", "upper"], index=texts.index)
    return frame.assign(blank=texts.isin(blank)), _unit(cells)


def is_figure(text: str, said: Said) -> bool:
    """Whether a text has the shape of a figure or of a place, or is blank."""
    plain = _without_mark(text)
    return _is_blank(text, said) or _has_shape(_take_apart(plain).digits)


def _without_mark(text: str) -> str:
    """A place without its sign; a sign alone stays, to be refused as it is written."""
    place = text.strip()
    return place[1:] if _PLACE.match(place) else place


def _has_shape(digits: str) -> bool:
    return bool(_PLAIN.fullmatch(digits) or _TWO.fullmatch(digits) or _shows(digits))


def _is_blank(text: str, said: Said) -> bool:
    word = text.strip().casefold()
    return word in BLANK or ("off" in said and word == said["off"].casefold())


def _take_apart(text: str) -> Cell:
    rest = text.strip()
    sign = rest[:1] if rest[:1] in ("<", ">") else ""
    rest = rest[len(sign) :].strip()
    unit = PERCENT if rest.endswith(PERCENT) else ""
    rest = rest.removesuffix(PERCENT).strip()
    for end in (0, -1):
        if rest and unicodedata.category(rest[end]) == "Sc":
            unit += rest[end]
            rest = rest.strip(rest[end]).strip()
    return Cell(_SPACES.sub("", rest), sign, unit)


def _decimal(digits: Iterable[str], said: Said, *, whole: bool) -> str:
    """The sign of the decimals: as the column shows, else as was said."""
    shown: dict[str, str] = {}
    doubtful = ""
    for text in digits:
        if _TWO.fullmatch(text) and not text.lstrip("-").startswith("0"):
            doubtful = doubtful or text
        elif sign := _shows(text):
            shown.setdefault(sign, text)
    if len(shown) > 1:
        raise SchemaDrift(
            f"a column of figures needs one way of writing them, got both "
            f"{shown['.']!r:.40} and {shown[',']!r:.40}"
        )
    said_sign = said.get("decimal", "")
    if shown and said_sign and said_sign not in shown:
        raise SchemaDrift(
            f"decimal={said_sign} was said, but the figures are written as "
            f"{next(iter(shown.values()))!r:.40}: leave it out"
        )
    if shown or not doubtful or whole:
        return next(iter(shown), said_sign or ".")
    why = f"{doubtful} may be a whole number, or have decimals"
    return need(said, "decimal", why, "," if "." in doubtful else ".")


def _shows(text: str) -> str:
    """Which sign divides the decimals of a number that leaves no doubt; else empty."""
    for sign, form in _GROUPED.items():
        if form.fullmatch(text):
            return sign
    found = _FRACTION.fullmatch(text)
    return found[1] if found else ""


def _bounds(
    text: str, cell: Cell, decimal: str, *, rank: bool
) -> tuple[float, float, float]:
    number = _number(cell.digits, decimal, rank=rank)
    least = {"<": 2, ">": 0}.get(cell.sign, 1)
    if number is None or (rank and (number < least or number % 1)):
        wanted = f"places, 1 or more, such as 12 or {'>500'!r}" if rank else _WANTED
        hint = "; where it stands for a place off the chart, say off" if rank else ""
        raise SchemaDrift(f"the figures need {wanted}; got {text!r:.60}{hint}")
    if cell.sign == ">":
        return np.nan, number + 1 if rank else number, np.inf
    if cell.sign == "<":
        return np.nan, 1.0 if rank else min(0.0, number), number - 1 if rank else number
    return number, number, number


def _number(digits: str, decimal: str, *, rank: bool) -> float | None:
    """A number, None where it is none; of ranks every sign divides thousands."""
    if rank and _TWO.fullmatch(digits):
        digits = digits.replace(",", "").replace(".", "")
    elif not _has_shape(digits):
        return None
    other = "," if decimal == "." else "."
    plain = digits.replace(other, "").replace(decimal, ".")
    number = float(plain) if len(plain) < 400 else np.inf
    return number if abs(number) <= _LARGEST else None


def _unit(cells: dict[str, Cell]) -> str:
    units = {cell.unit for cell in cells.values()}
    if len(units) > 1:
        shown = ", ".join(sorted(map(repr, units)))
        raise SchemaDrift(
            f"a column of figures needs one unit, got {shown}: divide the file"
        )
    return units.pop() if units else ""
