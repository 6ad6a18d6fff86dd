"""A study's design held against other days than the event's own."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.design import ONE_DAY, Days, Design, design_for

if TYPE_CHECKING:
    from migration.study import Study


def moved_design(
    study: "Study",
    frame: pd.DataFrame,
    *,
    app: str,
    event: str,
    moved: dict[str, Any],
) -> Design:
    """The design of an app and an event, on days of another date.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        As for :func:`migration.design.design_for`.
    app, event : str
    moved : dict
        ``event`` (day zero), ``baseline``, ``window`` and ``event_name``.

    Returns
    -------
    Design
        Its controls are the unrelated series with a number on all of its days; no other
        event is in it, because its days are not those of the study.
    """
    listed = study.source(frame.attrs["source"]).controls
    plain = {"other_events": {}, "identification": "", "notes": (), "rule": "moved"}
    made = design_for(
        study, frame, app=app, event=event, controls=(), identification="combined path"
    ).but(**moved, **plain)
    spans = made.baseline, made.window_days
    return made.but(controls=complete(frame, listed, spans, outcome=made.outcome))


def complete(
    frame: pd.DataFrame,
    units: tuple[str, ...],
    spans: tuple[Days, ...],
    *,
    outcome: str,
) -> tuple[str, ...]:
    """Those of the units that have a number on every day of every span."""
    days = sum((last - first).days + 1 for first, last in spans)
    inside = pd.Series(False, index=frame.index)
    for first, last in spans:
        inside |= frame["period"].between(first, last)
    kept = frame[inside & frame["unit"].isin(units) & frame[outcome].notna()]
    numbers = kept.groupby("unit")["period"].nunique()
    return tuple(unit for unit in units if numbers.get(unit, 0) == days)


def days_of(frame: pd.DataFrame, unit: str, outcome: str) -> Days | None:
    """First and last day on which a unit has a number."""
    own = frame.loc[(frame["unit"] == unit) & frame[outcome].notna(), "period"]
    return None if own.empty else (pd.Timestamp(own.min()), pd.Timestamp(own.max()))


def before(day: pd.Timestamp, length: int) -> Days:
    """The ``length`` days that end the day before."""
    return day - ONE_DAY * length, day - ONE_DAY
