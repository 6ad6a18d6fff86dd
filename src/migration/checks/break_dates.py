"""Breaks at dates nobody named: a chance for the declared dates to be wrong."""

from typing import Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Days, Design
from migration.estimators import finish
from migration.estimators.interrupted_series.segments import Segment, prepare
from migration.inference.arrays import Array, without_weekly_cycle
from migration.inference.breaks import TRIM, break_interval, break_path, sup_wald
from migration.inference.contrast import residuals
from migration.inference.rule import ALPHA, rank_p
from migration.numerals import p_words
from migration.results import CheckResult

COLUMNS = [
    *("last_day_before", "conf_first", "conf_last", "event", "known_break"),
    "sup_wald_rank_p",
]


def break_dates(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> CheckResult:
    """Ask the series itself where its level breaks, and compare with the events.

    Least squares breaks of the mean, their number by BIC (Bai and Perron 2003,
    doi:10.1002/jae.659), each with an interval (Bai 1997,
    doi:10.1162/003465397557132). Noise with memory makes BIC see breaks where there are
    none (one at no event in 27 of the 40 first unrelated series that ship), so the
    largest Wald statistic (Andrews 1993, doi:10.2307/2951764) is ranked among those of
    the unrelated series, and its break alone is judged. It may falsify a date; it never
    makes one: a path that rises for days breaks after the day on which the rise began.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.interrupted_series.interrupted_series`.
    design : Design
    normal : {"market-adjusted", "constant mean", "market model"}

    Returns
    -------
    CheckResult
        ``passed`` is None where the largest break is not told from those of unrelated
        series, or is a break of the series that the design knows of; False where no
        focal event lies in its interval either. The frame has one row a break; an event
        of several days counts with each of them. A known break is named in
        ``known_break`` and is no event; nor is any other dated event (see
        ``calendar_collisions``). Its ``attrs`` hold the day on which each of the
        ``events`` came and its first full one, and the ends of the ``days`` searched.
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
    found = _breaks(y[0], days, _spans(design, segments), trim)
    found["known_break"] = _known(design, found)
    statistic, place = sup_wald(y[whole], np.ones((len(days), 1)), trim=trim)
    rank = rank_p(float(statistic[0]), statistic[1:])
    table = found.assign(sup_wald_rank_p=rank)[COLUMNS]
    table.attrs = {
        "events": _marks(design, segments),
        "days": [f"{day:%F}" for day in (days[0], days[-1])],
    }
    return CheckResult(
        check="break dates",
        question="Would the series itself break where the events are?",
        answer=_answer(table, rank, days[place[0] - 1], int(whole.sum()) - 1),
        passed=_passed(table, rank, days[place[0] - 1]),
        frame=table,
        simulated=bool(frame.attrs.get("simulated", False)),
    )


def _spans(design: Design, segments: tuple[Segment, ...]) -> dict[str, Days]:
    """First day that an event touches and its first full one, by name."""
    return {
        s.name: design.other_events.get(s.name, (s.start, s.start)) for s in segments
    }


def _marks(design: Design, segments: tuple[Segment, ...]) -> dict[str, list[str]]:
    """The day on which each event came and its first full one, as text."""
    spans = _spans(design, segments)
    if design.touched is not None:
        spans[design.event_name] = (design.touched, design.event)
    return {name: [f"{day:%F}" for day in days] for name, days in spans.items()}


def _breaks(
    y: Array, days: pd.DatetimeIndex, events: dict[str, Days], trim: float
) -> pd.DataFrame:
    ones = np.ones((len(y), 1))
    path = break_path(y, ones, most=len(events) + 1, trim=trim)
    rows = []
    for place, last in enumerate(path.chosen):
        low, high = break_interval(y, ones, path.chosen, place)
        ends = (
            days[min(max(low, 1), len(days)) - 1],
            days[min(max(high, 1), len(days)) - 1],
        )
        inside = [
            name
            for name, (touched, full) in events.items()
            if ends[0] < full and touched <= ends[1] + ONE_DAY
        ]
        rows.append((days[last - 1], *ends, ", ".join(inside), "", np.nan))
    return pd.DataFrame(rows, columns=COLUMNS)


def _known(design: Design, table: pd.DataFrame) -> list[str]:
    """Breaks of the series itself, known beforehand, in the interval of each row."""
    return [
        "; ".join(
            f"{day:%F}, {what}"
            for what, day in design.breaks.items()
            if row["conf_first"] < day <= row["conf_last"] + ONE_DAY
        )
        for _, row in table.iterrows()
    ]


def _passed(table: pd.DataFrame, rank: float, largest: pd.Timestamp) -> bool | None:
    """Whether the one break that chance does not make is at an event."""
    if table.empty or not rank <= ALPHA:
        return None
    nearest = (table["last_day_before"] - largest).abs().argmin()
    event, known = table[["event", "known_break"]].iloc[int(nearest)]
    return None if known and not event else bool(event)


def _answer(
    table: pd.DataFrame, rank: float, largest: pd.Timestamp, n_others: int
) -> str:
    ranked = (
        f"the largest Wald statistic, after {largest:%F}, has rank {p_words(rank)} "
        f"among {n_others} unrelated series"
    )
    if table.empty:
        return f"no break pays by BIC; {ranked}"
    said = [
        f"after {row['last_day_before']:%F} ({row['conf_first']:%F} to "
        f"{row['conf_last']:%F}): {row['event'] or 'no focal event'}{_cause(row)}"
        for _, row in table.iterrows()
    ]
    return f"breaks {'; '.join(said)}; {ranked}"


def _cause(row: "pd.Series[Any]") -> str:
    known = row["known_break"]
    return f", but the series is known to break ({known})" if known else ""
