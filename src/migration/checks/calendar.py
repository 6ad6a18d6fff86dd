"""Other dated events inside a design's windows, and breaks of the series themselves."""

from typing import TYPE_CHECKING

import pandas as pd

from migration.clock import touched_days
from migration.design import Design, events_between
from migration.errors import PanelError
from migration.estimators.choices import check_design
from migration.outcomes import WORLD
from migration.results import CheckResult

if TYPE_CHECKING:
    from migration.study import Event, Study

BREAK = "series-break"
INSEPARABLE = "; they are part of the world's count and cannot be taken out of it"
COLUMNS = ["id", "label", "first_day", "last_day", "where", "severity", "markets"]


def calendar_collisions(
    study: "Study", design: Design, *, app: str, zone: str, market: str | None = None
) -> CheckResult:
    """Name every other dated event inside baseline, gap or window.

    Parameters
    ----------
    study : Study
    design : Design
    app : str
        Outcome whose events count.
    zone : str
        Zone of the series' days.
    market : str, optional
        Keep the events that touch this market; by default all, with their markets.

    Returns
    -------
    CheckResult
        ``passed`` is False when an event of high severity lies inside the window. The
        design's own known breaks of the series are rows too. The frame's ``attrs`` hold
        first and last day of ``baseline`` and ``window``.
    """
    check_design(design)
    days = design.baseline[0], design.window_days[1]
    rows = [
        _row(event, design, zone)
        for event in events_between(study, days, app=app, zone=zone, market=market)
        if event.id != design.event_name
    ]
    rows += _breaks(design)
    found = pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["first_day", "id"], ignore_index=True
    )
    found.attrs.update(_spans(design))
    inside = found[found["where"] == "window"]
    grave = int((inside["severity"] == "high").sum())
    return CheckResult(
        check="calendar collisions",
        question="Which other dated events lie inside the design's days?",
        answer=(
            f"{len(inside)} other event{'' if len(inside) == 1 else 's'} inside the "
            f"window, {grave} of high severity; "
            f"{len(found) - len(inside)} in the baseline or the gap"
        ),
        passed=grave == 0,
        frame=found,
        simulated=study.simulated,
    )


def _row(event: "Event", design: Design, zone: str) -> dict[str, object]:
    start, end = (pd.Timestamp(day) for day in touched_days(event, zone))
    return {
        "id": event.id,
        "label": event.label,
        "first_day": start,
        "last_day": end,
        "where": _place(design, start, end),
        "severity": event.severity,
        "markets": ", ".join(event.markets),
    }


def _breaks(design: Design) -> list[dict[str, object]]:
    """The series' own breaks are events too: they look like migration."""
    inside = design.breaks_between(design.baseline[0], design.window_days[1])
    return [
        {
            "id": BREAK,
            "label": f"the series itself breaks: {what}",
            "first_day": day,
            "last_day": day,
            "where": _place(design, day, day),
            "severity": "high",
            "markets": "all",
        }
        for what, day in inside.items()
    ]


def _spans(design: Design) -> dict[str, list[str]]:
    """First and last day of baseline and window, as text: attrs go into files."""
    spans = {"baseline": design.baseline, "window": design.window_days}
    return {name: [f"{day:%F}" for day in days] for name, days in spans.items()}


def _place(design: Design, start: pd.Timestamp, end: pd.Timestamp) -> str:
    """The part of the design that an event touches; the window counts first."""
    if start <= design.window_days[1] and end >= design.window_days[0]:
        return "window"
    return "baseline" if start <= design.baseline[1] else "gap"


def contaminated_markets(study: "Study", frame: pd.DataFrame) -> CheckResult:
    """List the markets that the study doubts, why, and whether the frame holds them.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        A panel, or an outcome of :func:`migration.outcomes.to_outcome`, by market,
        averaged over markets, of one market or of the world.

    Returns
    -------
    CheckResult
        ``passed`` is False where a doubted market is in the frame by itself, in its
        average or in the world's count. ``frame``: ``market``, ``name``,
        ``excluded``, ``used``, ``why``.
    """
    held, everywhere = _markets_of(frame)
    rows = [
        {
            "market": m.code,
            "name": m.name,
            "excluded": m.excluded,
            "used": everywhere or m.code in held,
            "why": m.contaminated or "excluded by the study",
        }
        for m in study.markets
        if m.contaminated or m.excluded
    ]
    found = pd.DataFrame(rows, columns=["market", "name", "excluded", "used", "why"])
    used = list(found.loc[found["used"].astype(bool), "market"])
    return CheckResult(
        check="contaminated markets",
        question="Is a market used whose contrast is not clean?",
        answer=(
            f"{len(used)} of {len(found)} doubted markets are used"
            + (f": {', '.join(used)}" if used else "")
            + (INSEPARABLE if used and everywhere else "")
        ),
        passed=not used,
        frame=found,
        simulated=study.simulated,
    )


def _markets_of(frame: pd.DataFrame) -> tuple[set[str], bool]:
    """Codes whose days a panel or an outcome holds, and whether it is of the world."""
    if not isinstance(frame, pd.DataFrame) or not {"unit", "market"} & set(frame):
        raise PanelError(
            "contaminated_markets needs a panel or an outcome, a DataFrame with a "
            f"'market' or a 'unit', got {type(frame)}"
        )
    if "market" in frame:
        held = set(frame["market"].unique())
        return held, WORLD in held
    if averaged := frame.attrs.get("averaged"):
        return set(averaged), False
    if market := frame.attrs.get("market"):
        return {market}, False
    units = frame["unit"].astype(str).unique()
    held = {unit.rpartition(":")[2] for unit in units if ":" in unit}
    return held, not held or WORLD in held
