"""A long frame at an estimator's door: columns, units, days and numbers, or a refusal.

Every refusal says what was needed, what came and what to do; the frame stays as it is.
"""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.inference.arrays import Mask

MOST_DAYS = 4_000  # from the baseline's first: eleven years
LARGEST = 1e100  # squares of squares stay finite
SMALLEST = 1e-100
ARROW_DATES = ("date32", "date64")  # said to be days, but without a zone to ask for


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
    _check_columns(frame, [design.unit, design.period, design.outcome, *more])
    kept = frame[_check_units(frame, design)]
    _check_days(kept, design)
    return kept


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
    size = np.abs(values.to_numpy(dtype=float, na_value=np.nan))
    without_end = np.isinf(size)
    if without_end.any() and not endless:
        raise PanelError(
            f"{column!r} holds {int(without_end.sum())} infinite values; the log of "
            "zero is an interval, not a number (see migration.to_outcome)"
        )
    size = size[~without_end]
    largest = float(np.nanmax(size, initial=0.0))
    if largest > LARGEST or 0 < largest < SMALLEST:
        raise PanelError(
            f"{column!r} reaches {largest:.3g}, beyond what can be squared and summed "
            f"(needed {SMALLEST:g} to {LARGEST:g}): look at the value, or change the "
            "unit"
        )


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


def units_by_days(
    kept: pd.DataFrame, design: Design, units: Sequence[str]
) -> pd.DataFrame:
    """Outcomes as units by days, NaN where there is no row.

    Every row is put in its place at once: a pivot would sort them all first.

    Parameters
    ----------
    kept : DataFrame
        As :func:`rows_of` gives it.
    design : Design
    units : sequence of str
        Rows of the answer.

    Raises
    ------
    PanelError
        For rows that repeat a unit and day.
    """
    row, names = pd.factorize(kept[design.unit])
    row = pd.Index(units).get_indexer(pd.Index(names).astype(str))[row]
    column, found = pd.factorize(kept[design.period])
    days = pd.DatetimeIndex(found)
    place = np.empty(len(days), dtype=np.int64)
    place[days.argsort()] = np.arange(len(days))
    cell = row * len(days) + place[column]
    if np.bincount(cell, minlength=1).max() > 1:
        check_unique(kept, [design.unit, design.period])
    wide = np.full(len(units) * len(days), np.nan)
    wide[cell] = kept[design.outcome].to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(
        wide.reshape(len(units), len(days)),
        index=pd.Index(units, name=design.unit),
        columns=days.sort_values().rename(design.period),
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


def _check_units(frame: pd.DataFrame, design: Design) -> Mask:
    """Which rows are of the design's units."""
    row, names = pd.factorize(frame[design.unit])
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
    return np.array([name in wanted for name in names], dtype=bool)[row]


def _check_days(kept: pd.DataFrame, design: Design) -> None:
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
    if dayless := int(period.isna().sum()):
        whose = kept.loc[period.isna().to_numpy(), design.unit].iloc[0]
        raise PanelError(
            f"{dayless} rows have no day in {design.period!r}, the first of {whose}; "
            "date them, or drop them"
        )
    if _has_hours(period):
        raise PanelError(f"{design.period!r} holds times of day; use whole days")
    if (period.max() - design.baseline[0]).days > MOST_DAYS:
        raise PanelError(
            f"the data reach {period.max():%F}, more than {MOST_DAYS} days after the "
            f"baseline's first ({design.baseline[0]:%F}); leave out the days that no "
            "window needs"
        )


def _has_hours(period: "pd.Series[pd.Timestamp]") -> bool:
    if isinstance(period.dtype, np.dtype):
        days = period.to_numpy()
        return bool((days != days.astype("datetime64[D]")).any())
    return bool((period != period.dt.normalize()).any())
