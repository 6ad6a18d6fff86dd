"""A frame of ranks into cells: an interval a series, market and day.

A unit is ``app:market``, or ``app`` alone where there is one market; the units of one
app are one series, hit by one shock.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError, PanelError
from migration.estimators.choices import is_whole
from migration.estimators.rank_result import app_of
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.long_frame import check_numbers, check_unique, rows_of
from migration.inference.sample import MIN_BLOCKS, MIN_DAYS
from migration.outcomes import INSTALLS

CLOSE = 1e-9
CEILING = -np.log(1.5)


@dataclass(frozen=True, eq=False)
class Cells:
    """Ranks of one design as intervals of the latent index.

    Attributes
    ----------
    lower, upper : dict of str to (M, T) array
        By series, the treated one first; NaN where nothing is known.
    days : (T,) DatetimeIndex
        From the baseline's first to the window's last, or the data's.
    baseline, window : (T,) masks
    chart_size : int
    """

    lower: dict[str, Array]
    upper: dict[str, Array]
    days: pd.DatetimeIndex
    baseline: Mask
    window: Mask
    chart_size: int

    @property
    def treated(self) -> str:
        """Name of the treated series."""
        return next(iter(self.lower))

    @property
    def weekday(self) -> Ints:
        """0 for Monday to 6 for Sunday, shape (T,)."""
        return np.asarray(self.days.day_of_week, dtype=np.int64)

    def event_time(self, design: Design) -> Ints:
        """Days since day zero, shape (T,)."""
        return np.asarray((self.days - design.event) // ONE_DAY, dtype=np.int64)


def to_cells(frame: pd.DataFrame, design: Design, chart_size: int) -> Cells:
    """Bring ranks, or an outcome with bounds, into cells.

    Parameters
    ----------
    frame : DataFrame
        Long. With columns ``<outcome>_lower`` and ``<outcome>_upper``, the bounds of
        -log rank as ``to_outcome(panel, "minus_log_rank")`` gives them; else the
        outcome holds ranks: whole numbers of 1 to K, inf off the chart, NaN missing.
    design : Design
    chart_size : int
        K, the last rank that the chart shows.

    Raises
    ------
    PanelError, DesignError
        For what cannot be a rank, another chart's end, crossed bounds, repeats,
        unknown units, or too few days.
    """
    _check_chart(chart_size)
    kept = _kept(frame, design)
    _check_outcome(frame)
    read = _given if _bounds_of(kept, design) else _ranks
    ends = read(kept, design, chart_size)
    kept = kept.assign(low=ends[0], high=ends[1])
    days = _days(kept, design)
    low, high = (_wide(kept, design, c, days) for c in ("low", "high"))
    lower, upper = {}, {}
    for name, units in series_of(design).items():
        rows = sorted(units)
        lower[name], upper[name] = low.loc[rows].to_numpy(), high.loc[rows].to_numpy()
    window = (days >= design.window_days[0]) & (days <= design.window_days[1])
    cells = Cells(
        lower,
        upper,
        days,
        np.asarray(days <= design.baseline[1]),
        np.asarray(window),
        chart_size,
    )
    _check_treated(cells)
    return cells


def series_of(design: Design) -> dict[str, list[str]]:
    """Units by series: the treated ones together, the controls by app."""
    found = {
        ", ".join(sorted({app_of(u) for u in design.treated})): list(design.treated)
    }
    for unit in design.controls:
        found.setdefault(app_of(unit), []).append(unit)
    return found


def _kept(frame: pd.DataFrame, design: Design) -> pd.DataFrame:
    kept = rows_of(frame, design)
    for column in (design.outcome, *_bounds_of(kept, design)):
        check_numbers(kept, column, endless=True)
    check_unique(kept, [design.unit, design.period])
    return kept


def _bounds_of(kept: pd.DataFrame, design: Design) -> list[str]:
    """Columns of the bounds, where the frame has both."""
    ends = [f"{design.outcome}_lower", f"{design.outcome}_upper"]
    return ends if set(ends) <= set(kept.columns) else []


def _given(kept: pd.DataFrame, design: Design, size: int) -> tuple[Array, Array]:
    """Bounds that the frame carries, when they are those of this chart."""
    low, high = (
        kept[column].to_numpy(dtype=float, na_value=np.nan)
        for column in _bounds_of(kept, design)
    )
    end = -np.log(size + 0.5)
    off = np.isneginf(low) & np.isfinite(high)
    _refuse(kept, design, low > high, "have a lower bound above the upper")
    wrong = off & (np.abs(high - end) > CLOSE)
    _refuse(
        kept,
        design,
        wrong,
        f"are off a chart that does not end at {size} (bound {end:.4f}): "
        "give its own chart_size, and markets one by one, not their average",
    )
    beyond = np.isfinite(low) & (low < end - CLOSE)
    _refuse(kept, design, beyond, f"are beyond {size}, the chart's end")
    beyond = np.isfinite(high) & (high > -np.log(0.5) + CLOSE)
    _refuse(kept, design, beyond, "are better than first: the outcome is no -log rank")
    return low, high


def _ranks(kept: pd.DataFrame, design: Design, size: int) -> tuple[Array, Array]:
    """Intervals of the latent index from ranks; inf is off the chart."""
    rank = kept[design.outcome].to_numpy(dtype=float, na_value=np.nan)
    off = np.isposinf(rank)
    whole = np.isnan(rank) | off | (rank == np.floor(rank))
    _refuse(kept, design, ~whole, "are no whole number: a rank is 1, 2, ... K")
    wrong = ((rank < 1) | (rank > size)) & ~off
    _refuse(kept, design, wrong, f"are outside 1 to {size}; off the chart is inf")
    with np.errstate(divide="ignore"):
        low = np.where(off, -np.inf, -np.log(rank + 0.5))
        best = np.where(rank > 1, rank - 0.5, 0.0)
        high = np.where(off, -np.log(size + 0.5), -np.log(best))
    high[np.isnan(rank)] = np.nan
    return low, high


def _days(kept: pd.DataFrame, design: Design) -> pd.DatetimeIndex:
    first, last = kept[design.period].min(), kept[design.period].max()
    for start, end in (design.baseline, design.window_days):
        if start < first or end > last:
            raise DesignError(
                f"the design needs {start:%F} to {end:%F}, the data cover {first:%F} "
                f"to {last:%F}; move the baseline or the window"
            )
    n_days = (design.baseline[1] - design.baseline[0]).days + 1
    needed = max(MIN_DAYS, MIN_BLOCKS * design.length)
    if n_days < needed:
        raise DesignError(
            f"a window of {design.length} days needs {needed} baseline days "
            f"({MIN_BLOCKS} blocks of its length and two of each weekday), got "
            f"{n_days}; lengthen the baseline or shorten the window"
        )
    return pd.date_range(design.baseline[0], last)


def _wide(
    kept: pd.DataFrame, design: Design, column: str, days: pd.DatetimeIndex
) -> pd.DataFrame:
    """Units by days."""
    wide = kept.pivot(index=design.unit, columns=design.period, values=column)
    return wide.reindex(columns=days).astype(float)


def _check_treated(cells: Cells) -> None:
    known = ~np.isnan(cells.lower[cells.treated]).all(axis=0)
    gaps = (cells.baseline | cells.window) & ~known
    if gaps.any():
        raise PanelError(
            f"{cells.treated} has no rank in any market on {int(gaps.sum())} days of "
            f"baseline or window, the first {cells.days[gaps][0]:%F}: missing is not "
            "off the chart; choose days on which the chart was seen"
        )


def _check_outcome(frame: pd.DataFrame) -> None:
    if frame.attrs.get("outcome") == INSTALLS:
        raise DesignError(
            f"{INSTALLS!r} has the band of b in every bound, so that no two days are "
            "compared under one b: give the ranks, to_outcome(panel, "
            "'minus_log_rank'), and the band as b_band; the result's downloads, and "
            "in_downloads(), then say what it is in log installs"
        )


def _check_chart(size: object) -> None:
    if not is_whole(size) or int(size) < 2:  # type: ignore[call-overload]
        raise DesignError(
            f"chart_size needs the last rank that the chart shows, a whole number of 2 "
            f"or more, got {size!r}: without it an app off the chart has no bound"
        )


def _refuse(kept: pd.DataFrame, design: Design, wrong: Mask, fault: str) -> None:
    if wrong.any():
        row = kept[wrong].iloc[0]
        raise PanelError(
            f"{int(wrong.sum())} ranks {fault}; the first is {row[design.unit]} on "
            f"{row[design.period]:%F} ({design.outcome} {row[design.outcome]})"
        )
