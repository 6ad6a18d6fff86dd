"""Dates on which nothing, or something known, should be seen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.checks.moved import before, days_of, moved_design
from migration.clock import event_day, touched_days
from migration.design import Days, Design, check_outcome, zone_for
from migration.errors import DesignError, MigrationError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row
from migration.inference.rule import ALPHA
from migration.inference.sample import MIN_BLOCKS, MIN_DAYS
from migration.panel import is_simulated
from migration.results import COLUMNS, CheckResult

if TYPE_CHECKING:
    from migration.study import Event, Study

NEGATIVE, POSITIVE = "negative", "positive"
YEAR = pd.DateOffset(years=1)
LONGEST_LOCAL = MIN_DAYS // MIN_BLOCKS  # days of a window with a baseline of two weeks
FIRST = ["control", "kind", "first_day", "last_day", "baseline_first", "baseline_last"]
LAST = ["n_controls", "can_tell", "reached", "why"]


@dataclass(frozen=True, kw_only=True)
class _Date:
    """A control, and the days that it needs."""

    name: str
    kind: str
    event: str
    day: pd.Timestamp
    window: tuple[int, int]
    baseline: Days

    @property
    def window_days(self) -> Days:
        first, last = (self.day + pd.Timedelta(days=k) for k in self.window)
        return first, last


def control_dates(study: "Study", frame: pd.DataFrame, *, app: str) -> CheckResult:
    """Estimate where nothing happened, and where something did, by the same rule.

    Negative controls are the study's placebo events and the dates of its focal events a
    year earlier; positive ones are its positive controls. A placebo or positive control
    lies among events, so it has a baseline of its own: the 14 days before it, and a
    window of at most three days. A year earlier the study's own baseline and windows
    are used, a year earlier.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`; its ``attrs`` name source
        and zone.
    app : str
        Id in the study.

    Returns
    -------
    CheckResult
        ``frame`` has one row a control. ``reached`` is False where the data do not hold
        its days, and ``why`` names the days that would be needed. ``can_tell`` is False
        where too few unrelated series let the rule find anything at 5%: such a negative
        control cannot fail. ``passed`` is None where no control can tell.

    Raises
    ------
    DesignError
        The frame has no day of the app, or the study no event to make a control of.
    """
    check_outcome(frame)
    zone = zone_for(study, frame.attrs.get("source", ""))
    known = days_of(frame, study.app(app).id, "y")
    if known is None:
        raise DesignError(
            f"control_dates needs a series of {app!r}, the frame has no number of it"
        )
    dates = _dates(study, zone, app)
    if not dates:
        raise DesignError(
            "control_dates needs a placebo, a positive control or a focal event of "
            f"{app!r} in the study, got none"
        )
    rows = [_row(study, frame, app, date, known) for date in dates]
    table = pd.DataFrame(rows)[[*FIRST, *COLUMNS, *LAST]]
    able = table[table["reached"] & table["can_tell"]]
    return CheckResult(
        check="control dates",
        question="Is nothing found where nothing happened, and something where it did?",
        answer=_answer(table),
        passed=None if able.empty else bool(_as_they_should(able).all()),
        frame=table,
        simulated=is_simulated(frame),
    )


def _dates(study: "Study", zone: str, app: str) -> list[_Date]:
    found = []
    for event in study.events:
        if event.apps != ("all",) and app not in event.apps:
            continue
        if event.role in ("placebo", "positive control"):
            found.append(_local(event, zone))
        elif event.role == "focal":
            found.append(_earlier(study, event, zone))
    return sorted(found, key=lambda date: (date.kind, date.day))


def _local(event: "Event", zone: str) -> _Date:
    """Among other events: two weeks of its own, from the first day that it touches."""
    day = pd.Timestamp(touched_days(event, zone)[0])
    first, last = event.window or (0, LONGEST_LOCAL - 1)
    return _Date(
        name=event.id,
        kind=POSITIVE if event.role == "positive control" else NEGATIVE,
        event=event.id,
        day=day,
        window=(first, min(last, first + LONGEST_LOCAL - 1)),
        baseline=before(day, MIN_DAYS),
    )


def _earlier(study: "Study", event: "Event", zone: str) -> _Date:
    """The same days of the year before, when there was no such event."""
    start, end = (pd.Timestamp(d) for d in (study.baseline.start, study.baseline.end))
    return _Date(
        name=f"{event.id}, a year earlier",
        kind=NEGATIVE,
        event=event.id,
        day=pd.Timestamp(event_day(event, zone).day_zero) - YEAR,
        window=event.window or (0, 0),
        baseline=(start - YEAR, end - YEAR),
    )


def _row(
    study: "Study", frame: pd.DataFrame, app: str, date: _Date, known: Days
) -> dict[str, object]:
    numbers: dict[str, object] = dict.fromkeys(COLUMNS, np.nan)
    numbers |= {"n_controls": 0, "can_tell": False}
    why = _out_of_reach(date, known)
    if not why:
        try:
            numbers |= _estimated(frame, _design(study, frame, app, date))
        except MigrationError as error:
            why = f"refused: {error}"
    return {
        "control": date.name,
        "kind": date.kind,
        "first_day": date.window_days[0],
        "last_day": date.window_days[1],
        "baseline_first": date.baseline[0],
        "baseline_last": date.baseline[1],
        **numbers,
        "reached": not why,
        "why": why,
    }


def _out_of_reach(date: _Date, known: Days) -> str:
    first, last = date.baseline[0], date.window_days[1]
    if known[0] <= first and last <= known[1]:
        return ""
    return (
        f"OUT OF REACH: needs {first:%F} to {last:%F}, the data cover {known[0]:%F} to "
        f"{known[1]:%F}"
    )


def _design(study: "Study", frame: pd.DataFrame, app: str, date: _Date) -> Design:
    moved = {
        "event": date.day,
        "window": date.window,
        "baseline": date.baseline,
        "event_name": date.name,
    }
    return moved_design(study, frame, app=app, event=date.event, moved=moved)


def _estimated(frame: pd.DataFrame, design: Design) -> dict[str, object]:
    """Net of unrelated series where there are two, else of nothing, and so said."""
    number = len(design.controls)
    normal = "market-adjusted" if number > 1 else "constant mean"
    _, contrast = window_effect(frame, design, normal=normal)
    can_tell = 1 / (1 + number) <= ALPHA
    return {**decide_row(contrast), "n_controls": number, "can_tell": can_tell}


def _as_they_should(table: pd.DataFrame) -> "pd.Series[bool]":
    found = table["p_value"] <= ALPHA
    return found == (table["kind"] == POSITIVE)


def _answer(table: pd.DataFrame) -> str:
    reached = table[table["reached"]]
    said = [
        f"{row['control']} ({row['kind']}): {row['estimate']:.3g}, p = "
        f"{row['p_value']:.2g}{_judged(row)}"
        for _, row in reached.iterrows()
    ]
    left = [
        f"{r['control']} {r['why']}" for _, r in table[~table["reached"]].iterrows()
    ]
    counted = f"{len(reached)} of {len(table)} reached"
    return "; ".join([counted, *said, *left, *_by_chance(reached)])


def _by_chance(reached: pd.DataFrame) -> list[str]:
    """How often chance alone would find something on one of the negative dates."""
    negative = reached[(reached["kind"] == NEGATIVE) & reached["can_tell"]]
    if not (negative["p_value"] <= ALPHA).any():
        return []
    often = min(len(negative) * ALPHA, 1.0)
    return [
        f"by chance something is found on one or more of {len(negative)} negative "
        f"dates in up to {often:.0%} of cases"
    ]


def _judged(row: pd.Series) -> str:
    if not row["can_tell"]:
        return f" (cannot tell: {row['n_controls']} unrelated series)"
    well = (row["p_value"] <= ALPHA) == (row["kind"] == POSITIVE)
    return ", as it should be" if well else ", NOT as it should be"
