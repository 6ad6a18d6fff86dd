"""A design made from a study: its app, its event, its calendar."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.clock import EventDay, event_day, touched_days
from migration.design.contrast import ONE_DAY, Days, Design, as_day, as_days, as_pair

if TYPE_CHECKING:
    from migration.study import Event, Study


def design_for(
    study: "Study",
    frame: pd.DataFrame,
    *,
    app: str,
    event: str,
    market: str | None = None,
    **changes: Any,
) -> Design:
    """Make the design of one app and one event from a study.

    The label is ``bundle`` when the study's calendar has another event that touches
    the app inside the window, and ``combined path`` after an earlier focal event.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`; its ``attrs`` name source
        and zone.
    app, event : str
        Ids in the study.
    market : str, optional
        ISO code, for a frame whose units are ``app:market``.
    changes
        Any field of :class:`Design`, over what the study says.

    Raises
    ------
    DesignError
        If the frame lacks the app, or the study's windows cannot be meant.
    """
    zone = zone_for(study, frame.attrs.get("source", ""), market=market)
    suffix, day = f":{market}" if market else "", event_day(study.event(event), zone)
    made = _declared(study, study.app(app).id + suffix, event, zone) | changes
    notes = [] if market else _other_days(study, frame, day)
    if "controls" not in made:
        listed = study.source(frame.attrs["source"]).controls
        made["controls"], left_out = _complete(
            frame, made, [c + suffix for c in listed]
        )
        notes += left_out
    label, why = _identify(study, made, app=app, zone=zone)
    made.setdefault("notes", tuple(why + notes))
    made.setdefault("identification", label)
    return Design(**made)


def _declared(study: "Study", unit: str, event: str, zone: str) -> dict[str, Any]:
    """What the study says of one unit and one event, before anything is changed."""
    focal, day = study.event(event), event_day(study.event(event), zone)
    app, colon, market = unit.partition(":")
    rivals = [a.id for a in study.apps if a.id != app and a.role != "control"]
    return {
        "outcome": "y",
        "treated": (unit,),
        "window": focal.window or (0, 0),
        "event": pd.Timestamp(day.day_zero),
        "baseline": (study.baseline.start, study.baseline.end),
        "other_events": _other_focal(study, focal, zone),
        "competitors": [rival + colon + market for rival in rivals],
        "event_name": focal.id,
        "rule": day.rule,
    }


def _complete(
    frame: pd.DataFrame, made: Mapping[str, Any], listed: list[str]
) -> tuple[list[str], list[str]]:
    """Controls with a number on every day of the design, and a note on the others."""
    event, (low, high) = as_day(made["event"], "event"), made["window"]
    spans = [as_days(made["baseline"], "baseline")]
    spans.append((event + ONE_DAY * low, event + ONE_DAY * high))
    needed = frame[frame["unit"].isin(listed)]
    inside = pd.Series(False, index=needed.index)
    for first, last in spans:
        inside |= needed["period"].between(first, last)
    numbers = needed[inside].groupby("unit")[made["outcome"]].count()
    days = sum((last - first).days + 1 for first, last in spans)
    kept = [c for c in listed if numbers.get(c, 0) == days]
    absent = len(listed) - len(kept)
    note = (
        f"{absent} of {len(listed)} unrelated series are left out: they have no number "
        "on some day of the baseline or the window"
    )
    return kept, [note] if absent else []


def zone_for(study: "Study", source: str, *, market: str | None = None) -> str:
    """Zone of a source's days: the market's, or the one the study places them in.

    Parameters
    ----------
    study : Study
    source : str
        Id in the study.
    market : str, optional
        ISO code, for a source whose days are those of each market.
    """
    return study.market(market).zone if market else study.source(source).zone


def _other_days(study: "Study", frame: pd.DataFrame, day: EventDay) -> list[str]:
    """Say for how many averaged markets the event's first full day is another one."""
    if frame.attrs.get("zone"):  # days of several zones have no one name
        return []
    event = study.event(day.event)
    days = [event_day(event, market.zone).day_zero for market in study.markets]
    other = sum(first != day.day_zero for first in days)
    note = (
        f"days of {len(days)} markets' own zones are averaged; {other} of them have "
        f"another first full day of the {event.id} than {day.day_zero}, which is used"
    )
    return [note] if other else []


def events_between(
    study: "Study", first: pd.Timestamp, last: pd.Timestamp, *, app: str, zone: str
) -> list["Event"]:
    """Dated events of the study that touch ``app`` between two days of a zone."""
    return [
        event
        for event in study.events
        if (event.apps == ("all",) or app in event.apps)
        and _touches(event, zone, first, last)
    ]


def _touches(
    event: "Event", zone: str, first: pd.Timestamp, last: pd.Timestamp
) -> bool:
    start, end = (pd.Timestamp(day) for day in touched_days(event, zone))
    return start <= last and end >= first


def _identify(
    study: "Study", made: Mapping[str, Any], *, app: str, zone: str
) -> tuple[str, list[str]]:
    """Say what a window's contrast identifies, given the calendar, and why."""
    event = as_day(made["event"], "event")
    first, last = (event + ONE_DAY * k for k in made["window"])
    end = as_day(made["baseline"][1], "baseline")
    earlier = [
        name
        for name, pair in made["other_events"].items()
        if end < as_pair(pair, name)[0] < first
    ]
    if earlier:
        told = f"after the {', '.join(earlier)} the path is the sum of both effects"
        return "combined path", [told]
    between = events_between(study, first, last, app=app, zone=zone)
    inside = [e for e in between if e.id != made["event_name"]]
    grave = [e.label for e in inside if e.severity == "high"]
    told = (
        f"the window also holds {len(inside)} other dated events, {len(grave)} of high "
        f"severity{': ' if grave else ''}{'; '.join(grave)}. The effect is of all of "
        "them together"
    )
    return ("bundle", [told]) if inside else ("window", [])


def _other_focal(study: "Study", focal: "Event", zone: str) -> dict[str, Days]:
    found = {}
    for event in study.events:
        if event.role == "focal" and event.id != focal.id:
            day = event_day(event, zone)
            first = pd.Timestamp(day.partial or day.day_zero)
            found[event.id] = (first, pd.Timestamp(day.day_zero))
    return found
