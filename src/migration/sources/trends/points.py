"""The numbers behind a widget, over time or by region; pure.

They come as texts beside "<1" in ``formattedValue``, and that is what is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from migration.errors import NoData, SchemaDrift
from migration.sources.trends.cells import Array, as_number, is_percentage, read_cells
from migration.sources.trends.dates import FIRST, LAST, Periods
from migration.sources.trends.lines import Mask
from migration.sources.trends.widgets import unguard

_ONCE = "each time once"


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeseries:
    """Periods (T,), value and bounds (T, N), and what was not over or not asked."""

    periods: Periods
    value: Array
    lower: Array
    upper: Array
    partial: Mask
    asked: Mask


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """Codes (R,) of places, value and bounds (R, N); ``compared`` are percentages."""

    codes: tuple[str, ...]
    compared: bool
    value: Array
    lower: Array
    upper: Array


def parse_timeseries(content: bytes, *, items: int) -> Timeseries:
    """Interest over time of some items, of one window or of several.

    Raises
    ------
    NoData
        Nothing was searched for often enough.
    UnexpectedContent, SchemaDrift
        Not JSON, or another shape.
    """
    points = _default(content, "timelineData")
    if not points:
        raise NoData("trends has no interest over time of this: too few searches")
    _need(all(isinstance(point, dict) for point in points), "points that are objects")
    if "columnData" in points[0]:
        return _ranges([_columns(point, items) for point in points], items)
    return _lines(points, items)


def parse_map(content: bytes, *, items: int) -> Map:
    """Interest by region of some items.

    Raises
    ------
    NoData
        No place at all.
    UnexpectedContent, SchemaDrift
        Not JSON, or another shape.
    """
    places = _default(content, "geoMapData")
    if not places:
        raise NoData("trends has no interest by region of this: too few searches")
    _need(all(isinstance(place, dict) for place in places), "places that are objects")
    codes = tuple(place.get("geoCode") for place in places)
    _need(
        all(isinstance(code, str) and code for code in codes)
        and len(set(codes)) == len(codes),
        "a geoCode for each place, each once",
    )
    cells = [cell for place in places for cell in _cells(place, items)]
    signs = {is_percentage(cell) for cell in cells if cell.strip()}
    _need(len(signs) < 2, "numbers or percentages, not both")
    numbers = [as_number(cell) for cell in cells]
    value, lower, upper = read_cells(numbers, width=items, name="trends' map")
    return Map(
        codes=codes,
        compared=signs == {True} or (not signs and items > 1),
        value=value,
        lower=lower,
        upper=upper,
    )


def _lines(points: Sequence[Mapping[str, Any]], items: int) -> Timeseries:
    """All items over the same periods."""
    periods = _times([point.get("time") for point in points])
    cells = [cell for point in points for cell in _cells(point, items)]
    value, lower, upper = read_cells(cells, width=items, name="trends' timeline")
    partial = np.array([_is_partial(point) for point in points])
    order = periods.argsort(kind="stable")
    _need(len(np.unique(periods)) == len(periods), _ONCE)
    return Timeseries(
        periods=periods[order],
        value=value[order],
        lower=lower[order],
        upper=upper[order],
        partial=np.repeat(partial[order, None], items, axis=1),
        asked=np.ones(value.shape, dtype=bool),
    )


def _ranges(rows: Sequence[Sequence[Mapping[str, Any]]], items: int) -> Timeseries:
    """Each item over a window of its own; -1 stands where it has no point."""
    held = [
        (column, point)
        for row in rows
        for column, point in enumerate(row)
        if point.get("value") != -1
    ]
    _need(bool(held), "points")
    times = _times([point.get("time") for _, point in held])
    periods, row = np.unique(times, return_inverse=True)
    at = (row, np.array([column for column, _ in held]))
    _need(len(set(zip(*map(np.ndarray.tolist, at), strict=True))) == len(held), _ONCE)
    cells = [
        _cell(point.get("formattedValue"), point.get("value"), has=True)
        for _, point in held
    ]
    found = read_cells(cells, width=1, name="trends' ranges")[:, :, 0]
    shape = (len(periods), items)
    value, lower, upper = (_scatter(x, at, np.full(shape, np.nan)) for x in found)
    unsure = np.array([_is_partial(point) for _, point in held])
    return Timeseries(
        periods=periods,
        value=value,
        lower=lower,
        upper=upper,
        partial=_scatter(unsure, at, np.zeros(shape, dtype=bool)),
        asked=_scatter(np.True_, at, np.zeros(shape, dtype=bool)),
    )


def _scatter(x: Any, at: tuple[Any, Any], blank: Any) -> Any:
    """A grid with values at their places."""
    blank[at] = x
    return blank


def _columns(point: Mapping[str, Any], items: int) -> list[Mapping[str, Any]]:
    found = point.get("columnData")
    _need(
        isinstance(found, list)
        and len(found) == items
        and all(isinstance(one, dict) for one in found),
        f"{items} columns a row",
    )
    return list(found or ())


def _cells(row: Mapping[str, Any], items: int) -> list[str]:
    """Texts of one row; a cell without data is blank, whatever else stands there."""
    parts = [row.get(key) for key in ("formattedValue", "value", "hasData")]
    _need(
        all(isinstance(part, list) and len(part) == items for part in parts),
        f"lists of {items} in formattedValue, value and hasData",
    )
    return [_cell(t, n, has=has) for t, n, has in zip(*parts, strict=True)]


def _cell(text: Any, number: Any, *, has: Any) -> str:
    """The text of one cell, where it agrees with the number beside it."""
    _need(
        isinstance(text, str) and type(number) is int and isinstance(has, bool),
        "a text, a whole number and true or false in each cell",
    )
    if not has:
        return ""
    plain = as_number(text)
    _need(
        not plain.isdigit() or plain == str(number),
        "one number in value and in formattedValue",
    )
    _need(bool(plain), "a text where there are data")
    return str(text)


def _is_partial(point: Mapping[str, Any]) -> bool:
    partial = point.get("isPartial", False)
    _need(isinstance(partial, bool), "isPartial as true or false")
    return bool(partial)


def _times(texts: Sequence[Any]) -> Periods:
    """Seconds since 1970 in UTC, as texts."""
    plain = [
        text
        for text in texts
        if isinstance(text, str) and text.isascii() and text.isdigit()
    ]
    _need(
        len(plain) == len(texts) and all(len(text) <= 10 for text in plain),
        "times in seconds",
    )
    found = np.array(plain, dtype=np.int64).astype("datetime64[s]")
    inside = (found >= np.datetime64(FIRST)) & (found <= np.datetime64(LAST))
    _need(bool(inside.all()), f"times of {FIRST} to {LAST}")
    return found


def _default(content: bytes, key: str) -> list[Any]:
    answer = unguard(content, name=f"trends' {key}")
    inside = answer.get("default") if isinstance(answer, dict) else None
    found = inside.get(key) if isinstance(inside, dict) else None
    _need(isinstance(found, list), f"a list {key}")
    return list(found or ())


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise SchemaDrift(
            f"trends' answer needs {what} and is of another shape: the protocol is not "
            "an offered one and may have changed"
        )
