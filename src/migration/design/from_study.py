"""A design made from a study: its app, its event, its calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.clock import EventDay, event_day, touched_days
from migration.design.contrast import ONE_DAY, Design
from migration.design.days import Days, as_day, as_days, as_names, as_pair, by_name
from migration.design.outcome_frame import check_outcome
from migration.design.unrelated import LACKS, STILL, why_left_out

if TYPE_CHECKING:
    from migration.study import Event, Study

_WHY = {
    LACKS: "they have no number on some day of the baseline or the window",
    STILL: "they never move over the baseline",
}


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
        Ids in the study. Where ``treated`` is given too, the calendar and the
        competitors are those of all of its apps.
    market : str, optional
        ISO code, for a frame whose units are ``app:market``.
    changes
        Any field of :class:`Design`, over what the study says.

    Raises
    ------
    DesignError
        If the frame lacks the app, or the study's windows cannot be meant.
    """
    check_outcome(frame, str(changes.get("outcome", "y")))
    place = _place(study, frame, market)
    suffix = f":{market}" if market else ""
    units = as_names(changes.get("treated", study.app(app).id + suffix), "treated")
    made = _declared(study, units, event, place) | changes
    notes = _other_days(study, event, place) + _left_out(frame) + _doubted(frame)
    made.setdefault("breaks", _breaks(frame, units))
    if "controls" not in made:
        listed = study.source(frame.attrs["source"]).controls
        made["controls"], left_out = _complete(
            frame, made, [c + suffix for c in listed]
        )
        notes += left_out
    label, why = _identify(study, made, units, place)
    made.setdefault("notes", tuple(why + notes))
    made.setdefault("identification", label)
    return Design(**made)


@dataclass(frozen=True)
class _Place:
    """Whose days a frame has: of one zone, or of several that were averaged."""

    zones: tuple[str, ...]
    market: str | None
    averaged: tuple[str, ...] = ()  # the zone of each averaged market

    def day(self, event: "Event") -> EventDay:
        """Its day in the zone; of several zones the last, when it is over in all."""
        return max((event_day(event, z) for z in self.zones), key=lambda d: d.day_zero)

    def touched(self, event: "Event") -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day on which it shows in any of the zones."""
        days = [touched_days(event, zone) for zone in self.zones]
        first, last = min(d[0] for d in days), max(d[1] for d in days)
        return pd.Timestamp(first), pd.Timestamp(last)


def _place(study: "Study", frame: pd.DataFrame, market: str | None) -> _Place:
    """A frame knows its days' zone; without one they are of the markets' zones."""
    own = frame.attrs.get("zone")
    zone = own or zone_for(study, frame.attrs.get("source", ""), market=market)
    averaged = not market and "metric" in frame.attrs and "zone" not in frame.attrs
    left_out, held = frame.attrs.get("left_out", {}), frame.attrs.get("averaged")
    used = [m for m in study.markets if averaged and m.code not in left_out]
    each = tuple(m.zone for m in used if held is None or m.code in held)
    zones = tuple(sorted(set(each) or {zone}))
    return _Place(zones, market or frame.attrs.get("market"), each)


def _apps(units: Iterable[str]) -> set[str]:
    return {unit.partition(":")[0] for unit in units}


def _declared(
    study: "Study", units: tuple[str, ...], event: str, place: _Place
) -> dict[str, Any]:
    """What the study says of some units and one event, before anything is changed."""
    focal, day = study.event(event), place.day(study.event(event))
    rivals = [a.id for a in study.apps if a.role != "control"]
    suffixes = {unit.removeprefix(unit.partition(":")[0]) for unit in units}
    return {
        "outcome": "y",
        "treated": units,
        "window": focal.window or (0, 0),
        "event": pd.Timestamp(day.day_zero),
        "touched": _split(place, focal),
        "baseline": (study.baseline.start, study.baseline.end),
        "other_events": _other_focal(study, focal, place),
        "competitors": [
            rival + suffix
            for rival in rivals
            for suffix in sorted(suffixes)
            if rival not in _apps(units)
        ],
        "event_name": focal.id,
        "rule": day.rule,
    }


def _split(place: _Place, event: "Event") -> pd.Timestamp | None:
    """The earliest day that the event split, in any of the zones."""
    days = [event_day(event, zone).partial for zone in place.zones]
    return min((pd.Timestamp(day) for day in days if day), default=None)


def _breaks(frame: pd.DataFrame, units: tuple[str, ...]) -> dict[str, pd.Timestamp]:
    """Known breaks of the treated series, as the frame's source knows them."""
    known = frame.attrs.get("breaks", [])
    touched = _apps(units) | {"all"}
    return {b["what"]: pd.Timestamp(b["day"]) for b in known if b["app"] in touched}


def _complete(
    frame: pd.DataFrame, made: Mapping[str, Any], listed: list[str]
) -> tuple[list[str], list[str]]:
    """Controls that are known on every day of the design, and notes on the others."""
    event, (low, high) = as_day(made["event"], "event"), made["window"]
    spans = [as_days(made["baseline"], "baseline")]
    spans.append((event + ONE_DAY * low, event + ONE_DAY * high))
    against = why_left_out(frame, made["outcome"], listed, spans)
    kinds = [kind for kind, _ in against.values()]
    notes = [
        f"{kinds.count(kind)} of {len(listed)} unrelated series are left out: {why}"
        for kind, why in _WHY.items()
        if kind in kinds
    ]
    return [one for one in listed if one not in against], notes


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


def _other_days(study: "Study", event: str, place: _Place) -> list[str]:
    """Say for how many averaged markets the event's first full day is an earlier."""
    if len(place.zones) == 1:
        return []
    focal = study.event(event)
    used = place.day(focal).day_zero
    days = [event_day(focal, zone).day_zero for zone in place.averaged]
    other = sum(first != used for first in days)
    note = (
        f"days of {len(days)} markets' own zones are averaged; day zero is the first "
        f"day wholly after the {focal.id} in all of them, {used}; in {other} of them "
        "an earlier one was"
    )
    return [note] if other else []


def _left_out(frame: pd.DataFrame) -> list[str]:
    """Name the markets that are no part of an average."""
    codes = sorted(frame.attrs.get("left_out", {}))
    note = (
        f"{len(codes)} contaminated markets are no part of the average: "
        f"{', '.join(codes)} (see contaminated_markets)"
    )
    return [note] if codes else []


def _doubted(frame: pd.DataFrame) -> list[str]:
    """Why the study doubts the one market that the frame is of."""
    market = frame.attrs.get("market")
    why = frame.attrs.get("contaminated", {}).get(market)
    return [f"{market} is a contaminated market: {why}"] if why else []


def events_between(
    study: "Study", days: Days, *, app: str, zone: str, market: str | None = None
) -> list["Event"]:
    """Dated events of the study that touch ``app`` between two days of a zone.

    With ``market``, only those that touch that market.
    """
    return _between(study, days, {app}, _Place((zone,), market))


def _between(
    study: "Study", days: Days, apps: set[str], place: _Place
) -> list["Event"]:
    found = []
    for event in study.events:
        start, end = place.touched(event)
        inside = start <= days[1] and end >= days[0]
        whose = event.apps == ("all",) or bool(apps & set(event.apps))
        if inside and whose and touches_market(study, event, place.market):
            found.append(event)
    return found


def touches_market(study: "Study", event: "Event", market: str | None) -> bool:
    """Whether an event touches a market; without one, any event does."""
    return (
        market is None
        or "all" in event.markets
        or market in study.expand(event.markets)
    )


def _identify(
    study: "Study", made: Mapping[str, Any], units: tuple[str, ...], place: _Place
) -> tuple[str, list[str]]:
    """Say what a window's contrast identifies, given the calendar, and why."""
    event = as_day(made["event"], "event")
    first, last = (event + ONE_DAY * k for k in made["window"])
    end = as_day(made["baseline"][1], "baseline")
    earlier = [
        name
        for name, pair in by_name(made["other_events"], "other_events").items()
        if end < as_pair(pair, name)[0] < first
    ]
    if earlier:
        told = f"after the {', '.join(earlier)} the path is the sum of both effects"
        return "combined path", [told]
    between = _between(study, (first, last), _apps(units), place)
    inside = [e for e in between if e.id != made["event_name"]]
    # Quoted: a label may hold a semicolon, and would be counted as two.
    grave = [f'"{e.label}"' for e in inside if e.severity == "high"]
    told = (
        f"the window also holds {len(inside)} other dated "
        f"event{'' if len(inside) == 1 else 's'}, {len(grave)} of high "
        f"severity{': ' if grave else ''}{', '.join(grave)}. The effect is of all of "
        "them together"
    )
    return ("bundle", [told]) if inside else ("window", [])


def _other_focal(study: "Study", focal: "Event", place: _Place) -> dict[str, Days]:
    """First day touched in any zone, first full day in all, of each other event."""
    found = {}
    for event in study.events:
        if event.role == "focal" and event.id != focal.id:
            days = [event_day(event, zone) for zone in place.zones]
            first = min(day.partial or day.day_zero for day in days)
            last = max(day.day_zero for day in days)
            found[event.id] = (pd.Timestamp(first), pd.Timestamp(last))
    return found
