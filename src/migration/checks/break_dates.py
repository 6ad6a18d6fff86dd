"""Breaks at dates nobody named: a chance for the declared dates to be wrong."""

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.estimators import finish
from migration.estimators.interrupted_series.segments import Segment, prepare
from migration.inference.arrays import Array, without_weekly_cycle
from migration.inference.breaks import TRIM, break_interval, break_path, sup_wald
from migration.inference.contrast import residuals
from migration.inference.rule import rank_p
from migration.results import CheckResult

COLUMNS = ["last_day_before", "conf_first", "conf_last", "event", "sup_wald_rank_p"]


def break_dates(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> CheckResult:
    """Ask the series itself where its level breaks, and compare with the events.

    Least squares breaks of the mean, their number by BIC (Bai and Perron 2003,
    doi:10.1002/jae.659), each with an interval (Bai 1997,
    doi:10.1162/003465397557132). Noise with memory makes BIC see breaks where there are
    none, so the largest Wald statistic (Andrews 1993, doi:10.2307/2951764) is ranked
    among those of the unrelated series. It may falsify a date; it never makes one: a
    path that rises for days breaks after the day on which the rise began.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.interrupted_series.interrupted_series`.
    design : Design
    normal : {"market-adjusted", "constant mean", "market model"}

    Returns
    -------
    CheckResult
        ``passed`` is None without a break, False where one has no event in its
        interval. The frame has one row a break.
    """
    finish.check_normal(design, normal)
    setting = prepare(frame, design, alone=normal == "constant mean")
    sample, segments = setting.samples[-1], setting.segments
    net = residuals(sample.y, sample.baseline, normal)
    flat = without_weekly_cycle(net, sample.weekday, sample.baseline)
    seen = sample.days <= segments[-1].reach
    used = np.asarray(seen & ~np.isnan(flat[0]))
    y, days = flat[:, used], sample.days[used]
    whole = ~np.isnan(y).any(axis=1)
    trim = min(TRIM, design.length / len(days))
    found = _breaks(y[0], days, segments, trim)
    statistic, place = sup_wald(y[whole], np.ones((len(days), 1)), trim=trim)
    rank = rank_p(float(statistic[0]), statistic[1:])
    table = found.assign(sup_wald_rank_p=rank)[COLUMNS]
    return CheckResult(
        check="break dates",
        question="Would the series itself break where the events are?",
        answer=_answer(table, rank, days[place[0] - 1], int(whole.sum()) - 1),
        passed=None if table.empty else bool((table["event"] != "").all()),
        frame=table,
        simulated=bool(frame.attrs.get("simulated", False)),
    )


def _breaks(
    y: Array, days: pd.DatetimeIndex, segments: tuple[Segment, ...], trim: float
) -> pd.DataFrame:
    ones = np.ones((len(y), 1))
    path = break_path(y, ones, most=len(segments) + 1, trim=trim)
    rows = []
    for place, last in enumerate(path.chosen):
        low, high = break_interval(y, ones, path.chosen, place)
        ends = (
            days[min(max(low, 1), len(days)) - 1],
            days[min(max(high, 1), len(days)) - 1],
        )
        inside = [s.name for s in segments if ends[0] < s.start <= ends[1] + ONE_DAY]
        rows.append((days[last - 1], *ends, ", ".join(inside), np.nan))
    return pd.DataFrame(rows, columns=COLUMNS)


def _answer(
    table: pd.DataFrame, rank: float, largest: pd.Timestamp, n_others: int
) -> str:
    ranked = (
        f"the largest Wald statistic, after {largest:%F}, has rank p = {rank:.2g} "
        f"among {n_others} unrelated series"
    )
    if table.empty:
        return f"no break pays by BIC; {ranked}"
    said = [
        f"after {row['last_day_before']:%F} ({row['conf_first']:%F} to "
        f"{row['conf_last']:%F}): {row['event'] or 'no event'}"
        for _, row in table.iterrows()
    ]
    return f"breaks {'; '.join(said)}; {ranked}"
