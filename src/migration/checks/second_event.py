"""Whether a second event's effect can be told from the path of the first.

After two shared events the path is the sum of both effects. Three things could part
them: a decay fitted to the first event's path, a dose that differs between markets, or
an assumption that only bounds the answer. This check says which of them the data allow
and names what else happened in the second window.
"""

from typing import TYPE_CHECKING

import pandas as pd

from migration.design import ONE_DAY, events_between
from migration.errors import DesignError
from migration.estimators.apps import AppEffects
from migration.estimators.choices import check_results
from migration.results import CheckResult, EffectResult

if TYPE_CHECKING:
    from migration.study import Study

DAYS_OF_DECAY = 5
CLEAN = "a second window without other events"
COLUMNS = ["route", "open", "why"]


def second_event(
    study: "Study", result: EffectResult, *, app: str, event: str, zone: str
) -> CheckResult:
    """Say whether the second event's own effect is identified, and by what.

    Parameters
    ----------
    study : Study
    result : EffectResult
        Of :func:`migration.estimators.abnormal_interest.abnormal_interest` for the
        first event: its daily path decides on a decay.
    app : str
    event : str
        Id of the second event; the result's design must know it.
    zone : str
        Zone of the series' days.

    Returns
    -------
    CheckResult
        ``passed`` is False unless a route is open and no other event of high severity
        lies in the second window. A route is open only to an estimate that takes it: a
        level per window, which is what ``result`` holds, fits no decay and has no dose.
    """
    check_results({app: result}, "second_event")
    if event not in result.design.other_events:
        known = sorted(result.design.other_events)
        raise DesignError(f"the design knows {known}, not {event!r}")
    key = app, event, zone
    routes = [_decay(result, event), _dose(result), _clean(study, result, key)]
    found = pd.DataFrame(routes, columns=COLUMNS)
    identified = bool(found["open"].iloc[2] and found["open"].iloc[:2].any())
    closed = "; ".join(found.loc[~found["open"], "why"])
    return CheckResult(
        check="second event",
        question=f"Is the {event}'s own effect on {study.app(app).name} identified?",
        answer=f"{'identified' if identified else 'NOT identified'}: {closed}",
        passed=identified,
        frame=found,
        simulated=result.simulated,
    )


def second_events(
    study: "Study", effects: AppEffects, *, event: str | None, zone: str
) -> dict[str, CheckResult]:
    """:func:`second_event` for each app, by the app's name.

    Without an event, which a study of one event has not, each says so.
    """
    if event is None:
        held = effects.results.items()
        return {effects.names[app]: no_later(result) for app, result in held}
    return {
        effects.names[app]: second_event(study, result, app=app, event=event, zone=zone)
        for app, result in effects.results.items()
    }


def no_later(result: EffectResult) -> CheckResult:
    """What is said of a later event where the study has none."""
    return CheckResult(
        check="second event",
        question="Is a later event's own effect identified?",
        answer="the study has no later focal event",
        passed=None,
        frame=pd.DataFrame(columns=COLUMNS),
        simulated=result.simulated,
    )


def _decay(result: EffectResult, event: str) -> tuple[str, bool, str]:
    """A decay needs days after the maximum and before the second event."""
    touched, _ = result.design.other_events[event]
    path = result.effects.set_index("period")["estimate"]
    between = path[result.design.window_days[0] : touched - ONE_DAY]
    top = pd.Timestamp(str(between.abs().idxmax()))
    left = (touched - ONE_DAY - top).days
    why = (
        f"the path before {touched:%F} is largest on {top:%F}, which leaves {left} "
        f"days to see a decay and {DAYS_OF_DECAY} are needed"
    )
    if left >= DAYS_OF_DECAY:
        why += "; there would be room, but a level per window fits no decay"
    return "a decay of the first effect", False, why


def _dose(result: EffectResult) -> tuple[str, bool, str]:
    label = result.identification
    why = f"the effect is a {label} of one series, with no dose declared by market"
    return "a dose that differs between markets", False, why


def _clean(
    study: "Study", result: EffectResult, key: tuple[str, str, str]
) -> tuple[str, bool, str]:
    """No other event of high severity may lie in the second window."""
    app, event, zone = key
    first = result.design.other_events[event][0]
    last = first + ONE_DAY * result.design.length
    others = [
        e
        for e in events_between(study, (first, last), app=app, zone=zone)
        if e.severity == "high" and e.id not in {event, result.design.event_name}
    ]
    told = "; ".join(e.label for e in others) or "nothing of high severity"
    why = f"in the second window: {told}"
    return CLEAN, not others, why
