"""A long frame at an estimator's door: columns, units, days and numbers, or a refusal.

Every refusal says what was needed, what came and what to do; the frame stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.inference.arrays import Array, Ints, Mask

MOST_DAYS = 4_000  # from the baseline's first: eleven years
LARGEST = 1e100  # squares of squares stay finite
SMALLEST = 1e-100
ARROW_DATES = ("date32", "date64")  # said to be days, but without a zone to ask for


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a design's units, and the unit and day of each.

    Attributes
    ----------
    kept : DataFrame
    unit, day : (n,) arrays
        Places in ``names`` and ``days``.
    names : list of str
        Units that the frame has, those of no design among them.
    days : DatetimeIndex
        In order of their first rows.
    """

    kept: pd.DataFrame
    unit: Ints
    names: list[str]
    day: Ints
    days: pd.DatetimeIndex


def rows_of(
    frame: pd.DataFrame, design: Design, more: Sequence[str] = ()
) -> pd.DataFrame:
    """Rows of a design's units, once units and days are what they must be.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    more : sequence of str
        Columns needed beside unit, period and outcome.

    Raises
    ------
    PanelError
        For what is no frame, columns that lack or repeat, and rows without a unit or a
        day, or with an hour, a zone or text for one.
    DesignError
        For unknown units.
    """
    return placed_rows(frame, design, more).kept


def placed_rows(frame: pd.DataFrame, design: Design, more: Sequence[str] = ()) -> Rows:
    """The same, and the unit and day of each row, told once for whoever needs them."""
    _check_columns(frame, [design.unit, design.period, design.outcome, *more])
    unit, names = _units_of(frame[design.unit])
    wanted = _check_units(unit, names, design)[unit]
    whole = bool(wanted.all())
    kept = frame if whole else frame[wanted]
    day, days = _days_of(kept, design)
    return Rows(kept, unit if whole else unit[wanted], names, day, days)


def check_numbers(kept: pd.DataFrame, column: str, *, endless: bool = False) -> None:
    """Refuse a column of anything but numbers that can be squared and summed.

    Missing numbers pass: whether a day is needed is for the estimator to say. With
    ``endless`` infinities pass too (a place off the chart, an open bound).
    """
    values = kept[column]
    kind, known = values.dtype, pd.api.types
    odd = known.is_complex_dtype(kind) or known.is_bool_dtype(kind)
    if odd or not known.is_numeric_dtype(kind):
        raise PanelError(
            f"{column!r} holds {kind}, needs numbers: use pandas.to_numeric, or the "
            "real part of complex ones"
        )
    given = values.to_numpy(dtype=float, na_value=np.nan)
    largest = _largest(given)
    if np.isinf(largest):
        without_end = np.isinf(given)
        if not endless:
            raise PanelError(
                f"{column!r} holds {int(without_end.sum())} infinite values; the log "
                "of zero is an interval, not a number (see migration.to_outcome)"
            )
        largest = _largest(given[~without_end])
    if largest > LARGEST or 0 < largest < SMALLEST:
        raise PanelError(
            f"{column!r} reaches {largest:.3g}, beyond what can be squared and summed "
            f"(needed {SMALLEST:g} to {LARGEST:g}): look at the value, or change the "
            "unit"
        )


def _largest(given: Array) -> float:
    """Size of the number farthest from zero; 0 where there is none."""
    low, high = np.fmin.reduce(given, initial=0.0), np.fmax.reduce(given, initial=0.0)
    return float(max(-low, high))


def check_unique(kept: pd.DataFrame, keys: Sequence[str]) -> None:
    """Refuse rows that repeat one unit and day (and what else the keys name)."""
    repeats = kept.duplicated(list(keys))
    if repeats.any():
        first = kept.loc[repeats.to_numpy(), list(keys)].iloc[0]
        told = " on ".join(
            f"{value:%F}" if isinstance(value, pd.Timestamp) else str(value)
            for value in first
        )
        raise PanelError(
            f"{repeats.sum()} of the rows repeat a ({', '.join(keys)}), the first "
            f"{told}; aggregate them"
        )


def units_by_days(rows: Rows, design: Design, units: Sequence[str]) -> pd.DataFrame:
    """Outcomes as units by days, NaN where there is no row.

    Every row is put in its place at once: a pivot would sort them all first.

    Parameters
    ----------
    rows : Rows
    design : Design
    units : sequence of str
        Rows of the answer.

    Raises
    ------
    PanelError
        For rows that repeat a unit and day.
    """
    # Plain objects: text of Arrow costs more to look up than all rows to place.
    index = pd.Index(np.array(units, dtype=object), name=design.unit)
    row = index.get_indexer(pd.Index(np.array(rows.names, dtype=object)))
    place = np.empty(len(rows.days), dtype=np.int64)
    place[rows.days.argsort()] = np.arange(len(place))
    cell = (row * len(place))[rows.unit] + place[rows.day]
    taken = np.zeros(len(units) * len(place), dtype=bool)
    taken[cell] = True
    if np.count_nonzero(taken) < len(cell):
        check_unique(rows.kept, [design.unit, design.period])
    wide = np.full(len(taken), np.nan)
    wide[cell] = rows.kept[design.outcome].to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(
        wide.reshape(len(units), len(place)),
        index=index,
        columns=rows.days.sort_values().rename(design.period),
    )


def _check_columns(frame: pd.DataFrame, columns: list[str]) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise PanelError(
            f"needed a long data frame, one row a unit and day, got {type(frame)}"
        )
    names = list(frame.columns)
    if absent := [c for c in columns if c not in names]:
        raise PanelError(
            f"the frame lacks {absent}; it has {names}: rename them, or name yours in "
            "Design(unit=, period=, outcome=)"
        )
    outcome = columns[2]
    read = [*columns, f"{outcome}_lower", f"{outcome}_upper"]
    if twice := [c for c in dict.fromkeys(read) if names.count(c) > 1]:
        raise PanelError(
            f"the frame has more than one column named {twice}; keep the one that is "
            "meant, or rename the other"
        )
    if frame.empty:
        raise PanelError("needed one row a unit and day, got a frame without rows")


def _units_of(column: "pd.Series[str]") -> tuple[Ints, list[str]]:
    """Each row's unit as a place in a list of them; -1 for rows without one."""
    begins = np.ones(len(column), dtype=bool)
    if isinstance(column.dtype, pd.StringDtype):
        # Rows of a unit mostly follow one another: then few texts are to be told apart.
        same: Any = column.array[1:] == column.array[:-1]  # of unknowns: unknown
        if not isinstance(same, np.ndarray):
            same = same.to_numpy(dtype=bool, na_value=False)
        begins[1:] = ~same
    row, names = pd.factorize(pd.Index(column.array[begins]))
    return row[np.cumsum(begins) - 1], np.asarray(names, dtype=object).tolist()


def _check_units(row: Ints, names: list[str], design: Design) -> Mask:
    """Which of the units are the design's."""
    if nameless := int((row < 0).sum()):
        raise PanelError(
            f"{nameless} rows name no unit in {design.unit!r}; name it, or drop them"
        )
    known = set(names)
    if odd := [u for u in known if not isinstance(u, str)]:
        raise PanelError(
            f"{design.unit!r} holds {len(odd)} units that are not text, such as "
            f"{odd[0]!r}: use .astype(str)"
        )
    units = [*design.treated, *design.controls]
    if unknown := sorted(set(units) - known):
        near = get_close_matches(unknown[0], known, n=3) or sorted(known)[:3]
        raise DesignError(
            f"no such units: {unknown[:5]}; the frame has {len(known)} in "
            f"{design.unit!r}, such as {near}"
        )
    wanted = set(units)
    return np.array([name in wanted for name in names], dtype=bool)


def _days_of(kept: pd.DataFrame, design: Design) -> tuple[Ints, pd.DatetimeIndex]:
    """Each row's day as a place among the days, once they are what they must be."""
    period = kept[design.period]
    dated = pd.api.types.is_datetime64_any_dtype(period)
    if not dated or str(period.dtype).startswith(ARROW_DATES):
        raise PanelError(
            f"{design.period!r} holds {period.dtype}, needs days: use "
            "pandas.to_datetime"
        )
    if getattr(period.dt, "tz", None) is not None:
        raise PanelError(
            f"{design.period!r} carries the zone {period.dt.tz}; use days of the "
            "series' own zone without zone (.dt.tz_localize(None))"
        )
    day, found = pd.factorize(period)
    if dayless := int((day < 0).sum()):
        whose = kept.loc[day < 0, design.unit].iloc[0]
        raise PanelError(
            f"{dayless} rows have no day in {design.period!r}, the first of {whose}; "
            "date them, or drop them"
        )
    days = pd.DatetimeIndex(found)
    if (days != days.normalize()).any():
        raise PanelError(f"{design.period!r} holds times of day; use whole days")
    if (days.max() - design.baseline[0]).days > MOST_DAYS:
        raise PanelError(
            f"the data reach {days.max():%F}, more than {MOST_DAYS} days after the "
            f"baseline's first ({design.baseline[0]:%F}); leave out the days that no "
            "window needs"
        )
    return day, days
