"""What could be found, told from the days before the event alone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.checks.moved import moved_design
from migration.checks.power import (
    BLOCKS,
    FORMULA,
    minimum_detectable_effect,
    smallest,
)
from migration.clock import event_day
from migration.design import ONE_DAY, Design, check_outcome, zone_for
from migration.errors import DesignError, MigrationError
from migration.estimators.apps import why_unseen
from migration.inference.power import POWER
from migration.inference.rule import ALPHA
from migration.panel import is_simulated
from migration.results import CheckResult

if TYPE_CHECKING:
    from migration.study import Study

DESIGNS = {
    "net of unrelated series": "market-adjusted",
    "alone": "constant mean",
}
NAMES = ["app", "design", "first_day", "last_day", "n_controls"]
SIZES = ["gain", "loss", "formula", "blocks_gain", "blocks_loss"]


def power_before(
    study: "Study",
    frame: pd.DataFrame,
    *,
    event: str,
    apps: Iterable[str] | None = None,
) -> CheckResult:
    """Say what each app and design could find, before anything is estimated.

    Only days of the baseline are read. Its last days stand for the window: the same
    length, the same gap before it, and what is left of the baseline. That leaves fewer
    blocks than the estimate will have, which is too pessimistic on average. But the
    error of few blocks is uncertain itself: where the formula, a lower bound, lies
    above a size found by injection, that size is too small by chance, and the answer
    says so.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`.
    event : str
        A focal event of the study: its window's length and its gap are used.
    apps : iterable of str, optional
        By default the origins and destinations.

    Returns
    -------
    CheckResult
        For information. ``frame`` has one row an app and design: ``gain`` and ``loss``
        are the smallest that the rule finds in 80% by injection with the series' own
        error; ``formula``, a lower bound; ``blocks_gain`` and ``blocks_loss`` with the
        series' own blocks drawn again; ``why`` there is none.

    Raises
    ------
    DesignError
        The event has no window.
    """
    check_outcome(frame)
    chosen = list(apps) if apps is not None else _leads(study)
    end = pd.Timestamp(study.baseline.end)
    known = frame[frame["period"] <= end].copy()
    known.attrs = frame.attrs | {"breaks": _breaks_before(frame, end)}
    asked = study, known, event, _moved(study, frame, event)
    rows = [_row(asked, app, name) for app in chosen for name in DESIGNS]
    table = pd.DataFrame(rows)[[*NAMES, *SIZES, "why"]]
    return CheckResult(
        check="power before the event",
        question="How large must an effect be to be found, judged before it?",
        answer=_answer(table, end),
        passed=None,
        frame=table,
        simulated=is_simulated(frame),
    )


def _leads(study: "Study") -> list[str]:
    return [app.id for app in study.apps if app.role in ("origin", "destination")]


def _breaks_before(frame: pd.DataFrame, end: pd.Timestamp) -> list[dict[str, object]]:
    known = frame.attrs.get("breaks", [])
    return [b for b in known if pd.Timestamp(b["day"]) <= end]


def _moved(study: "Study", frame: pd.DataFrame, event: str) -> dict[str, Any]:
    """The window at the baseline's end, its gap before it, the rest the baseline."""
    focal = study.event(event)
    if focal.window is None:
        raise DesignError(
            f"power needs a window, {event!r} declares none; choose a focal event"
        )
    zone = zone_for(study, frame.attrs.get("source", ""))
    first, last = focal.window
    zero = pd.Timestamp(event_day(focal, zone).day_zero)
    start, end = (pd.Timestamp(d) for d in (study.baseline.start, study.baseline.end))
    gap = zero + ONE_DAY * first - end
    opening = end - ONE_DAY * (last - first)
    return {
        "event": opening - ONE_DAY * first,
        "window": (first, last),
        "baseline": (start, opening - _short(gap)),
        "event_name": f"before the {event}",
    }


def _short(gap: pd.Timedelta) -> pd.Timedelta:
    """The gap, or one day where the path between holds another event's days."""
    return gap if gap <= ONE_DAY * 7 else ONE_DAY


Asked = tuple["Study", pd.DataFrame, str, dict[str, Any]]


def _row(asked: Asked, app: str, name: str) -> dict[str, object]:
    study, known, event, moved = asked
    told: dict[str, object] = dict.fromkeys(SIZES, np.nan) | {
        "why": why_unseen(known, app),
        "n_controls": 0,
    }
    try:
        if not told["why"]:
            design = moved_design(study, known, app=app, event=event, moved=moved)
            told |= {"n_controls": len(design.controls), **_sizes(known, design, name)}
    except MigrationError as error:
        told["why"] = str(error)
    first, last = (moved["event"] + ONE_DAY * k for k in moved["window"])
    return {
        "app": study.app(app).name,
        "design": name,
        "first_day": first,
        "last_day": last,
        **told,
    }


def _sizes(known: pd.DataFrame, design: Design, name: str) -> dict[str, object]:
    check = minimum_detectable_effect(known, design, normal=DESIGNS[name])
    gain, loss = (check.frame.set_index("error")[side] for side in ("gain", "loss"))
    return {
        "gain": gain["own"],
        "loss": loss["own"],
        "formula": gain[FORMULA],
        "blocks_gain": gain[BLOCKS],
        "blocks_loss": loss[BLOCKS],
        "why": _why_none(gain["own"] + loss["own"], len(design.controls)),
    }


def _why_none(size: float, number: int) -> str:
    """Why no effect is large enough to be found; empty where one is."""
    if not np.isinf(size):
        return ""
    return (
        f"among {number} unrelated series no effect, however large, has a p-value of "
        f"{ALPHA:.0%} at a power of {POWER:.0%}: name more"
    )


def _answer(table: pd.DataFrame, end: pd.Timestamp) -> str:
    best = table[table["design"] == next(iter(DESIGNS))]
    said = [
        f"{row['app']} {smallest(row['gain'], row['loss'])}"
        if not np.isnan(row["gain"])
        else f"{row['app']} has no answer"
        for _, row in best.iterrows()
    ]
    said += [
        f"but for {row['app']} the formula, a lower bound, gives {row['formula']:.3g} "
        f"and its own blocks {row['blocks_gain']:.3g} or {row['blocks_loss']:.3g}: the "
        "injected sizes are too small, because its few blocks happen to be alike"
        for _, row in best.iterrows()
        if row["formula"] > min(row["gain"], row["loss"])
    ]
    return f"at 80% power, from days up to {end:%F} alone: {'; '.join(said)}"
