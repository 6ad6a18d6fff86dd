"""Headline rows of two runs: which are of one thing, and which of their cells moved.

The one comparison of numbers: the index, the feed and ``migration diff`` tell of it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-6
_TOLD = ("app", "source", "event", "days")
_IN_WORDS = "change"  # the numbers, rounded; words alone where there are none
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A cell of a headline that is another now; None where a row is new or gone."""

    row: str
    column: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """The rows of two runs that are of one thing; None where a run has none."""

    name: str
    old: Row | None
    new: Row | None

    def moved(self, tolerance: float = TOLERANCE) -> Iterator[Moved]:
        """Cells that differ; a number, by more than a share of the larger, or of 1."""
        old, new = self.old or {}, self.new or {}
        both = _has_number(old) and _has_number(new)
        for column in {**old, **new}:
            cells = old.get(column), new.get(column)
            if column == _IN_WORDS and both:
                continue
            if _differ(*cells, tolerance):
                yield Moved(row=self.name, column=column, old=cells[0], new=cells[1])


def paired(old: Sequence[Row], new: Sequence[Row]) -> list[Pair]:
    """Rows of two runs by what they are of, whatever their places.

    Rows that are of one thing in one run are told apart by their order.
    """
    was, now = _keyed(old), _keyed(new)
    keys = list(dict.fromkeys([*was, *now]))
    shared = Counter(told for told, _, number in keys if number == 1)
    return [
        Pair(name=_name(key, shared[key[0]] > 1), old=was.get(key), new=now.get(key))
        for key in keys
    ]


_Key = tuple[str, str, int]  # what is told, the estimand, and which one of its like


def _keyed(rows: Sequence[Row]) -> dict[_Key, Row]:
    found: dict[_Key, Row] = {}
    for row in rows:
        told = ", ".join(str(row[key]) for key in _TOLD if row.get(key))
        told = told or ", ".join(v for v in row.values() if isinstance(v, str))
        number, estimand = 1, str(row.get("estimand") or "")
        while (told or "row", estimand, number) in found:
            number += 1
        found[told or "row", estimand, number] = row
    return found


def _name(key: _Key, is_shared: bool) -> str:
    told, estimand, number = key
    name = f"{told}, {estimand}" if is_shared and estimand else told
    return f"{name} ({number})" if number > 1 else name


def _differ(old: Any, new: Any, tolerance: float) -> bool:
    if _is_number(old) and _is_number(new):
        if math.isnan(old) or math.isnan(new):
            return math.isnan(old) != math.isnan(new)
        return bool(abs(new - old) > tolerance * max(1.0, abs(old), abs(new)))
    return bool(old != new)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_number(row: Row) -> bool:
    return _is_number(row.get("estimate"))
