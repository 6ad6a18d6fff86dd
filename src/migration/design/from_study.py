"""A design made from a study: its app, its event, its calendar."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.clock import event_day, touched_days
from migration.design.contrast import ONE_DAY, Days, Design, as_day, as_pair

MARKET_DAYS = "market"  # a source whose days are those of each market's own zone

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
    source = study.source(frame.attrs.get("source", ""))
    zone = zone_for(study, source.id, market=market)
    focal = study.event(event)
    day = event_day(focal, zone)
    made: dict[str, Any] = {
        "outcome": "y",
        "window": focal.window or (0, 0),
        "event": pd.Timestamp(day.day_zero),
        "baseline": (study.baseline.start, study.baseline.end),
        "other_events": _other_focal(study, focal, zone),
        "event_name": focal.id,
        "rule": day.rule,
        **_units(study, frame, app=app, suffix=f":{market}" if market else ""),
    }
    if source.zone == MARKET_DAYS and market is None:
        made["notes"] = _other_days(study, focal, day.day_zero)
    made |= changes
    made.setdefault("identification", _identify(study, made, app=app, zone=zone))
    return Design(**made)


def _units(
    study: "Study", frame: pd.DataFrame, *, app: str, suffix: str
) -> dict[str, Any]:
    """Treated, competitors and controls, by the names of the frame's units."""
    source, known = study.source(frame.attrs["source"]), set(frame["unit"])
    rivals = [a.id + suffix for a in study.apps if a.id != app and a.role != "control"]
    return {
        "treated": (study.app(app).id + suffix,),
        "competitors": rivals,
        "controls": [c + suffix for c in source.controls if c + suffix in known],
    }


def zone_for(study: "Study", source: str, *, market: str | None = None) -> str:
    """Zone of a source's days: its own, the market's, or UTC for many markets at once.

    Parameters
    ----------
    study : Study
    source : str
        Id in the study.
    market : str, optional
        ISO code, for a source whose days are those of each market.
    """
    zone = study.source(source).zone
    if zone != MARKET_DAYS:
        return zone
    return study.market(market).zone if market else "UTC"


def _other_days(study: "Study", event: "Event", day_zero: date) -> tuple[str, ...]:
    """Say for how many markets the event's first full day is another one."""
    zones = [market.zone for market in study.markets]
    other = sum(event_day(event, zone).day_zero != day_zero for zone in zones)
    if not other:
        return ()
    return (
        f"days of {len(zones)} markets' own zones are averaged; {other} of them have "
        f"another first full day than {day_zero}, the one in UTC that is used",
    )


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


def _identify(study: "Study", made: Mapping[str, Any], *, app: str, zone: str) -> str:
    """Say what a window's contrast identifies, given the study's calendar."""
    event = as_day(made["event"], "event")
    first, last = (event + ONE_DAY * k for k in made["window"])
    end = as_day(made["baseline"][1], "baseline")
    others = made["other_events"].values()
    if any(end < as_pair(pair, "other event")[0] < first for pair in others):
        return "combined path"
    inside = events_between(study, first, last, app=app, zone=zone)
    return "bundle" if any(e.id != made["event_name"] for e in inside) else "window"


def _other_focal(study: "Study", focal: "Event", zone: str) -> dict[str, Days]:
    found = {}
    for event in study.events:
        if event.role == "focal" and event.id != focal.id:
            day = event_day(event, zone)
            first = pd.Timestamp(day.partial or day.day_zero)
            found[event.id] = (first, pd.Timestamp(day.day_zero))
    return found
