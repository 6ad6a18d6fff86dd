"""A frame and a design into arrays: one row the treated series, the rest controls.

The door at which an estimator checks its input once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Days, Design
from migration.errors import DesignError, PanelError
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.copies import copies
from migration.inference.long_frame import check_numbers, placed_rows, units_by_days
from migration.outcomes import INSTALLS, PLACES

MIN_BLOCKS = 4
MIN_DAYS = 14
MOST_DARK = 0.25  # of the days without any unit: more are no gaps, but another calendar


@dataclass(frozen=True, eq=False)
class Sample:
    """Series of a design as arrays.

    Attributes
    ----------
    y : (1 + J, T) array
        Row 0 is the mean of the treated units; complete on baseline and window days.
    controls : tuple of str
        Names of rows 1..J.
    days : (T,) DatetimeIndex
        Every day from the baseline's first to the data's last.
    baseline, window : (T,) masks
    event_time : (T,) array
        Days since day zero.
    """

    y: Array
    controls: tuple[str, ...]
    days: pd.DatetimeIndex
    baseline: Mask
    window: Mask
    event_time: Ints

    @property
    def weekday(self) -> Ints:
        """0 for Monday to 6 for Sunday, shape (T,)."""
        return np.asarray(self.days.day_of_week, dtype=np.int64)

    def span(self, first: pd.Timestamp, last: pd.Timestamp) -> Mask:
        """Mask of the days from ``first`` to ``last``, both included."""
        return np.asarray((self.days >= first) & (self.days <= last))


def arrange(
    frame: pd.DataFrame,
    design: Design,
    *,
    spans: tuple[Days, ...] = (),
    min_blocks: int = MIN_BLOCKS,
) -> Sample:
    """Bring a long frame into the arrays of a design, refusing what it cannot mean.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; columns as the design names them.
    design : Design
    spans : tuple of (first, last)
        Further days that must be complete, beside baseline and window.
    min_blocks : int
        Baseline blocks of the window's length that the method needs.

    Raises
    ------
    PanelError
        For repeats, gaps, text, infinities or zones in the frame.
    DesignError
        For unknown units, too short a baseline, or days outside the data.
    """
    wide, inside = laid_out(frame, design, spans, min_blocks)
    check_complete(wide, inside, frame, design)
    sample = sample_of(wide, design)
    check_movement(sample, design)
    return sample


def laid_out(
    frame: pd.DataFrame, design: Design, spans: tuple[Days, ...], min_blocks: int
) -> tuple[pd.DataFrame, Mask]:
    """Units by every day of the data, and which days must be complete."""
    wide = _wide(frame, design)
    days = pd.date_range(design.baseline[0], wide.columns.max())
    needed = (design.baseline, design.window_days, *spans)
    _check_days(wide, design, needed, min_blocks)
    inside = np.zeros(len(days), dtype=bool)
    for first, last in needed:
        inside |= np.asarray((days >= first) & (days <= last))
    same = days.equals(wide.columns)
    return (wide if same else wide.reindex(columns=days)), inside


def sample_of(wide: pd.DataFrame, design: Design) -> Sample:
    """Arrays of units by days, the treated ones averaged into row 0."""
    # Row by row in memory: sums over days then run in one order, whatever made it.
    y = np.ascontiguousarray(wide.to_numpy(dtype=float))
    days = pd.DatetimeIndex(wide.columns)
    n_treated = len(design.treated)
    return Sample(
        y=np.vstack([y[:n_treated].mean(axis=0), y[n_treated:]]),
        controls=design.controls,
        days=days,
        baseline=np.asarray(days <= design.baseline[1]),
        window=np.asarray(
            (days >= design.window_days[0]) & (days <= design.window_days[1])
        ),
        event_time=np.asarray((days - design.event) // ONE_DAY, dtype=np.int64),
    )


def _wide(frame: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Units by days, treated first, then controls, as the design orders them."""
    rows = placed_rows(frame, design)
    check_numbers(rows.kept, design.outcome)
    return units_by_days(rows, design, [*design.treated, *design.controls])


def _check_days(
    wide: pd.DataFrame, design: Design, needed: tuple[Days, ...], min_blocks: int
) -> None:
    first, last = pd.Timestamp(wide.columns.min()), pd.Timestamp(wide.columns.max())
    for start, end in needed:
        if start < first or end > last:
            raise DesignError(
                f"the design needs {start:%F} to {end:%F}, the data cover {first:%F} "
                f"to {last:%F}; move the baseline or the window"
            )
    n_days = (design.baseline[1] - design.baseline[0]).days + 1
    if n_days < MIN_DAYS:
        raise DesignError(
            f"the day-of-week pattern needs {MIN_DAYS} baseline days (two of each "
            f"weekday), got {n_days}; lengthen the baseline"
        )
    if n_days < min_blocks * design.length:
        raise DesignError(
            f"a window of {design.length} days needs {min_blocks * design.length} "
            f"baseline days ({min_blocks} blocks of its length), got {n_days}; "
            "lengthen the baseline or shorten the window"
        )


def check_complete(
    wide: pd.DataFrame, inside: Mask, frame: pd.DataFrame, design: Design
) -> None:
    """Refuse a gap on the days of a mask, and say what may be done about it."""
    gaps = np.argwhere(wide.isna().to_numpy() & inside)
    if not len(gaps):
        return
    unit, day = wide.index[gaps[0, 0]], wide.columns[gaps[0, 1]]
    _check_daily(wide, inside, design)
    role = "treated unit" if gaps[0, 0] < len(design.treated) else "control"
    raise PanelError(
        f"{design.outcome!r} lacks {len(gaps)} values on baseline or window days, the "
        f"first for {role} {unit} on {day:%F}{_censored(frame, design, unit, day)}"
    )


def _check_daily(wide: pd.DataFrame, inside: Mask, design: Design) -> None:
    """Refuse weeks, months and trading days as what they are, not as many gaps."""
    seen = wide.columns[wide.notna().any(axis=0).to_numpy() & inside]
    dark = int(inside.sum()) - len(seen)
    if len(seen) and dark > MOST_DARK * inside.sum():
        raise PanelError(
            f"no unit has {design.outcome!r} on {dark} of {int(inside.sum())} days of "
            f"baseline and window (it has on {seen[0]:%F}, then on "
            f"{seen[min(1, len(seen) - 1)]:%F}): needed one row a unit and day, so "
            "that weeks, months or trading days alone cannot be read; bring daily data"
        )


def _censored(frame: pd.DataFrame, design: Design, unit: str, day: pd.Timestamp) -> str:
    """What to do about a gap: a censored day is another matter than a missing one."""
    lower = f"{design.outcome}_lower"
    if frame.attrs.get("outcome") == INSTALLS:
        return (
            f": {INSTALLS!r} has no number on any day, only bounds, because b of a "
            "chart is known to a band and not to a point. rank_event_study on "
            "to_outcome(panel, 'minus_log_rank') gives the effect, and in_downloads() "
            "its bounds in log installs"
        )
    if lower in frame.columns:
        here = (frame[design.unit] == unit) & (frame[design.period] == day)
        bounds = [lower, f"{design.outcome}_upper"]
        if bool(frame.loc[here, bounds].notna().any(axis=None)):
            if frame.attrs.get("outcome") == PLACES:
                return (
                    ", where the place is tied, or off the chart, and known only to "
                    "lie in an interval: rank_event_study takes intervals"
                )
            return (
                ", where the value is known only to lie in an interval: for search "
                "interest of '<1' use bounded_effect, for a count of zero "
                "to_outcome(panel, 'count') with Design(estimand='log ratio of "
                "means'), for a place off the chart rank_event_study"
            )
    return "; drop the unit, or choose days on which it is complete"


def check_still(y: Array, names: Sequence[str]) -> None:
    """Refuse series that never move over the baseline, (N, T0)."""
    still = np.ptp(y, axis=1) == 0
    if still.any():
        found = [names[i] for i in still.nonzero()[0]]
        raise DesignError(
            f"{len(found)} series are constant over the whole baseline, such as "
            f"{found[:3]}; a series that never moves says nothing about chance: leave "
            "it out"
        )


def check_copies(y: Array, names: Sequence[str]) -> None:
    """Refuse series that are one: each would count anew in every rank.

    Parameters
    ----------
    y : (N, T) array
        Complete.
    names : sequence of str
        Of the rows.
    """
    found = copies(y)
    if not found:
        return
    told = "; ".join(", ".join(names[row] for row in rows[:5]) for rows in found[:3])
    raise DesignError(
        f"{sum(map(len, found))} of {len(names)} series move as {len(found)}, but for "
        f"level, scale and sign ({told}): copies of a series are one observation, and "
        "a rank among them proves nothing; keep one of each"
    )


def check_movement(sample: Sample, design: Design) -> None:
    """Refuse series that never move, copies of one another, and negative counts."""
    names = [", ".join(design.treated), *sample.controls]
    check_still(sample.y[:, sample.baseline], names)
    check_copies(sample.y[:, sample.baseline | sample.window], names)
    negative = (sample.y[:, sample.baseline | sample.window] < 0).any()
    if design.estimand == "log ratio of means" and negative:
        raise DesignError(
            "estimand 'log ratio of means' needs counts, got negative values; use "
            "'mean of outcome' for logs"
        )
