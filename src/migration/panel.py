"""The common currency: one row a source, metric, app, market and day.

A row knows what is wrong with it. ``observed``: the value is what was counted.
``censored``: the value is NaN and lies between ``lower`` and ``upper`` (off the
chart, "<1", suppressed, tied). ``partial``: a value was counted, but not of the
whole day or not wholly; the truth lies between the bounds. ``missing``: nothing is
known. Days are those of ``zone`` and are stored without it.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from migration.errors import PanelError

KEY = ("source", "metric", "app", "market", "period")
COLUMNS = (*KEY, "zone", "value", "lower", "upper", "status")
STATUSES = ("observed", "censored", "partial", "missing")
_NUMBERS = ["value", "lower", "upper"]
_WORDS = ["source", "metric", "app", "market", "zone", "status"]


def check_panel(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the panel itself when it can mean what it says, else refuse.

    Parameters
    ----------
    frame : DataFrame
        The columns ``COLUMNS``, in any order; others may follow.

    Raises
    ------
    PanelError
        A column is absent or of the wrong kind, a name is empty, a status is
        unknown, a period is zoned or not a whole day, a key repeats, or value and
        bounds contradict the status. The first offending row is named.
    """
    rows = pd.DataFrame(frame)  # without attrs, which each step would copy
    _check_columns(rows)
    _check_periods(rows)
    unknown = ~rows["status"].isin(STATUSES)
    _refuse(rows, unknown, f"have a status that is not one of {', '.join(STATUSES)}")
    _check_bounds(rows)
    repeats = rows.duplicated(list(KEY), keep="first")
    _refuse(rows, repeats, "repeat a source, metric, app, market and period")
    return frame


def coverage(panel: pd.DataFrame) -> pd.DataFrame:
    """Days known and unknown of each series.

    Returns
    -------
    DataFrame
        One row a source, metric, app and market: ``first`` and ``last`` day,
        ``days`` from one to the other, and how many of them are ``observed``,
        ``censored``, ``partial`` and ``missing``. A day without a row is missing.
    """
    series = list(KEY[:-1])
    grouped = check_panel(panel).groupby(series, observed=True)["period"]
    table = grouped.agg(first="min", last="max").reset_index()
    table["days"] = (table["last"] - table["first"]).dt.days + 1
    counts = (
        panel.groupby([*series, "status"], observed=True)
        .size()
        .unstack("status", fill_value=0)
        .reindex(columns=list(STATUSES), fill_value=0)
        .reset_index()
    )
    table = table.merge(counts, on=series, validate="one_to_one")
    known = table[list(STATUSES[:-1])].sum(axis=1)
    return table.assign(missing=table["days"] - known)


def empty_panel() -> pd.DataFrame:
    """A panel with no rows and the right columns and types."""
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    numbers = dict.fromkeys(_NUMBERS, "float64")
    return frame.astype({**numbers, "period": "datetime64[us]"})


def _check_columns(frame: pd.DataFrame) -> None:
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise PanelError(
            f"a panel needs the columns {', '.join(COLUMNS)}; "
            f"{', '.join(absent)} are absent: see migration.panel"
        )
    for name in _NUMBERS:
        if not pd.api.types.is_float_dtype(frame[name]):
            raise PanelError(
                f"column {name!r} needs floats, got {frame[name].dtype}: "
                "convert it, with NaN where nothing is known"
            )
    for name in _WORDS:
        empty = frame[name].isna() | (frame[name] == "")
        _refuse(frame, empty, f"have no {name} (is Namibia's 'NA' read as missing?)")


def _check_periods(frame: pd.DataFrame) -> None:
    period = frame["period"]
    if not pd.api.types.is_datetime64_dtype(period):
        raise PanelError(
            f"periods need to be days without a zone (datetime64), got {period.dtype}: "
            "take the day in the series' own zone and name that zone in 'zone'"
        )
    _refuse(frame, period.isna(), "have no period")
    _refuse(frame, period != period.dt.normalize(), "have a period with a time of day")


def _check_bounds(frame: pd.DataFrame) -> None:
    value, lower, upper = (frame[name].to_numpy(float) for name in _NUMBERS)
    known = ~np.isnan(value)
    bounded = ~(np.isnan(lower) | np.isnan(upper))
    status = {name: (frame["status"] == name).to_numpy(bool) for name in STATUSES}
    with np.errstate(invalid="ignore"):
        outside = known & bounded & ((value < lower) | (value > upper))
        crossed = bounded & (lower > upper)
    exact = status["observed"] & bounded & ((lower != value) | (upper != value))
    nothing = np.isnan(value) & np.isnan(lower) & np.isnan(upper)
    _refuse(frame, np.isinf(value), "have an infinite value: bounds may be, values not")
    _refuse(frame, status["observed"] & ~known, "are observed without a value")
    _refuse(frame, status["partial"] & ~known, "are partial without a value")
    _refuse(frame, status["censored"] & known, "are censored with a value")
    _refuse(frame, ~status["missing"] & ~bounded, "lack a lower or an upper bound")
    _refuse(frame, status["missing"] & ~nothing, "are missing and yet hold a number")
    _refuse(frame, crossed, "have a lower bound above the upper")
    _refuse(frame, outside, "have a value outside its bounds")
    _refuse(frame, exact, "are observed with bounds that differ from the value")


def _refuse(frame: pd.DataFrame, bad: ArrayLike, fault: str) -> None:
    mask = np.asarray(bad, dtype=bool)
    if not mask.any():
        return
    first = frame.loc[mask].iloc[0]
    shown = ", ".join(f"{name}={first[name]}" for name in ("app", "market", "period"))
    raise PanelError(
        f"{int(mask.sum())} rows of the panel {fault}, the first {shown} "
        f"(value={first['value']}, lower={first['lower']}, upper={first['upper']}, "
        f"status={first['status']}): correct them before going on"
    )


def is_simulated(frame: pd.DataFrame) -> bool:
    """Whether a panel or an outcome is SIMULATED, by its attrs or by its own column.

    A merge or a pivot may lose ``attrs``; an outcome of simulated data therefore
    carries the mark as a column too.
    """
    marked = bool(frame.attrs.get("simulated", False))
    return marked or ("simulated" in frame and bool(frame["simulated"].any()))
