"""What ranks bound where they give no estimate: at least so much, or at most.

Off the chart the index may be anything below its end, and at first place anything
above. A median is bounded as soon as half of the days are (Powell 1984,
doi:10.1016/0304-4076(84)90004-6; Manski 2003 for the bounds), a mean is not.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.rank_cells import Cells
from migration.estimators.rank_result import (
    RankResult,
    bound_row,
    in_words,
    label_of_bound,
)
from migration.inference.arrays import Array, Mask
from migration.results import COLUMNS

NAME = "median of -log rank"
INFERENCE = (
    "none: a bound on what was seen, with no sampling error in it; the chart's end "
    "stands for every day off it"
)
AMONG_SERIES = "among unrelated series"
Pair = tuple[float, float]


def bound_effect(
    frame: pd.DataFrame, design: Design, cells: Cells, why: str, **more: Any
) -> RankResult:
    """Bound the window's median day less the baseline's, the median market's.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    cells : Cells
    why : str
        Why there is no estimate.
    more
        Further fields of the result; ``downloads`` is a callable of the headline.

    Raises
    ------
    DesignError
        Where not even a bound is known.
    """
    found = window_bounds(cells, cells.treated, cells.window)
    if not np.isfinite(found).any():
        raise DesignError(
            f"{cells.treated} is off the chart of {cells.chart_size}, or first on it, "
            "on most days of the window and of the baseline alike: ranks bound no "
            "effect; use counts, or a longer chart"
        )
    headline = bound_row(*found)
    to_downloads = more.pop("downloads")
    return RankResult(
        method="rank event study, bounds",
        estimand=NAME,
        identification=label_of_bound(design),
        inference=INFERENCE,
        design=design,
        headline=headline,
        effects=_daily(cells, design),
        secondary=beside_bound(cells),
        calibration=_uncalibrated(cells),
        mde={"power": 0.8, "n_series": float(len(cells.lower) - 1)},
        warnings=_warnings(cells, design, why, headline),
        downloads=to_downloads(headline),
        **more,
        **finish.attributes(frame),
    )


def window_bounds(cells: Cells, series: str, window: Mask) -> Pair:
    """Bounds of the median market's (median of window - median of baseline)."""
    low, high = cells.lower[series], cells.upper[series]
    base = (
        cells.baseline & ~window if (cells.baseline & window).any() else cells.baseline
    )
    ends = _medians(low, window), _medians(high, base)
    tops = _medians(high, window), _medians(low, base)
    lower, upper = ends[0] - ends[1], tops[0] - tops[1]
    seen = ~np.isnan(lower) & ~np.isnan(upper)
    if not seen.any():
        return -np.inf, np.inf
    return float(np.median(lower[seen])), float(np.median(upper[seen]))


def _medians(values: Array, span: Mask) -> Array:
    """Median over some days, by market; NaN where no day is known."""
    rows = (row[~np.isnan(row)] for row in values[:, span])
    return np.array([np.median(row) if len(row) else np.nan for row in rows])


def _daily(cells: Cells, design: Design) -> pd.DataFrame:
    """Bounds of each day of the window and after, less the baseline's median day."""
    after = np.flatnonzero(cells.event_time(design) >= 0)
    days = np.arange(len(cells.days))
    rows = [
        bound_row(*window_bounds(cells, cells.treated, days == day)) for day in after
    ]
    daily = pd.DataFrame(rows, columns=list(COLUMNS))
    daily.index = pd.Index(cells.event_time(design)[after], name="event_time")
    daily.insert(0, "period", cells.days[after])
    return daily


def beside_bound(cells: Cells) -> pd.DataFrame:
    """How often baseline blocks, and unrelated series, have a bound so far out.

    Of a rise the lower bound is compared, of a fall, which has none, the upper. For
    that a place that was seen is its number: half a place to each side is much at the
    top of a chart and nothing at its end, so that bounds at the end would win.
    """
    shown, cells = window_bounds(cells, cells.treated, cells.window), _exact(cells)
    blocks = [window_bounds(cells, cells.treated, block) for block in _blocks(cells)]
    own = window_bounds(cells, cells.treated, cells.window)
    others = [
        window_bounds(cells, name, cells.window)
        for name in cells.lower
        if name != cells.treated
    ]
    end, way = ("lower", "rise") if _rises(own) else ("upper", "fall")
    rows = [
        _row(f"{end} bound among baseline blocks", shown, own, blocks),
        _row(f"{end} bound {AMONG_SERIES}", shown, own, others),
    ]
    assumes = [
        f"{what} are exchangeable; of a {way} alone, smallest p 1/{len(held) + 1}"
        for what, held in (("blocks", blocks), ("series of one chart", others))
    ]
    return pd.DataFrame(rows).assign(size_here=np.nan, assumes=assumes)


def _rises(own: Pair) -> bool:
    return bool(np.isfinite(own[0])) and not own[1] < 0


def _exact(cells: Cells) -> Cells:
    """The same cells with every place that was seen at the middle of its interval."""
    lower, upper = {}, {}
    for name, low in cells.lower.items():
        high = cells.upper[name]
        seen = np.isfinite(low) & np.isfinite(high)
        middle = (np.where(seen, low, 0) + np.where(seen, high, 0)) / 2
        lower[name] = np.where(seen, middle, low)
        upper[name] = np.where(seen, middle, high)
    return replace(cells, lower=lower, upper=upper)


def _row(test: str, shown: Pair, own: Pair, others: list[Pair]) -> dict[str, Any]:
    rises = _rises(own)
    beyond = sum(low >= own[0] if rises else high <= own[1] for low, high in others)
    known = np.isfinite(own).any() and len(others) > 0
    p_value = (1 + beyond) / (1 + len(others)) if known else np.nan
    return {"test": test, **bound_row(*shown), "p_value": p_value}


def _blocks(cells: Cells) -> list[Mask]:
    """Whole blocks of the window's length, counted back from the baseline's end."""
    length = int(cells.window.sum())
    end = int(np.flatnonzero(cells.baseline)[-1]) + 1
    days = np.arange(len(cells.days))
    starts = range(end - length, -1, -length)
    return [(days >= start) & (days < start + length) for start in starts]


def _uncalibrated(cells: Cells) -> pd.DataFrame:
    index = pd.Index(["all"], name="volume")
    row = {"n": [len(cells.lower) - 1], "rejection": [np.nan]}
    return pd.DataFrame(row, index=index)


def _warnings(
    cells: Cells, design: Design, why: str, headline: pd.Series
) -> tuple[str, ...]:
    n_controls = len(cells.lower) - 1
    said = [
        *design.notes,
        f"{in_words(headline)}, never a point: {why}",
        "not calibrated: a bound has no size at 5% as an estimate has; how many of "
        f"{n_controls} unrelated series on the same chart have such a bound stands "
        "among the other tests",
    ]
    return tuple(said)
