"""The answer of a whole report, put together from its results."""

from collections.abc import Iterable, Mapping

import pandas as pd

from migration.checks.second_event import CLEAN
from migration.display.forest import refused_of
from migration.display.leads import lead
from migration.display.plots_ledger import check_clashes
from migration.display.sentences import sentence
from migration.display.words import day_range, sentence_case
from migration.estimators.apps import AppEffects
from migration.estimators.diversion import DiversionResult
from migration.estimators.persistence import PersistenceResult
from migration.estimators.undiverted import NoDiversion
from migration.results import CheckResult, EffectResult


def answer(
    results: AppEffects | Mapping[str, EffectResult],
    *,
    what: str,
    sensitivity: Mapping[str, CheckResult] | None = None,
    later: Mapping[str, CheckResult] | None = None,
    people: str = "",
) -> str:
    """All results in one sentence, a line each, then what of the later event is known.

    The last lines say whether the later event's own effect can be told, and whose the
    series are. One result alone is its own first sentence.

    Parameters
    ----------
    results : AppEffects or mapping of str to EffectResult
        Name to result. Of ``AppEffects`` each app that was refused is named, too.
    what : str
        What was measured: ``"new installs"``.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``.
    later : mapping, optional
        Of :func:`migration.checks.second_event.second_events`, by name.
    people : str
        Who is behind the series, from the source's card.
    """
    named = results.answered if isinstance(results, AppEffects) else results
    signs = sensitivity or {}
    first = [lead(named, what=what, sensitivity=signs)] if len(named) > 1 else []
    said = [
        sentence(result, f"{what} of {name}", sensitivity=signs.get(name))
        for name, result in named.items()
    ]
    said += [
        f"No effect on {what} of {name} can be given: {reason.rstrip('.')}."
        for name, reason in refused_of(results).items()
    ]
    told = {name: c for name, c in (later or {}).items() if c.passed is not None}
    closing = [_later(told)] if told else []
    if people:
        closing.append(f"Seen here: {people}.")
    return "\n".join([*first, *said, *closing])


def _changed(diverted: DiversionResult | NoDiversion) -> list[str]:
    """Who gained and who lost, who is not counted, or why nobody is."""
    if isinstance(diverted, NoDiversion):
        return [f"Who gained and who lost is {diverted.answer}."]
    days = day_range(*diverted.design.window_days)
    found = "; ".join(diverted.findings)
    absent = [f"{app} is not counted: {why}" for app, why in diverted.refused.items()]
    return [
        f"In {days}, in {diverted.counted}, beyond normal (95% intervals): {found}.",
        *(f"{sentence_case(one)}." for one in absent),
    ]


def _later(checks: Mapping[str, CheckResult]) -> str:
    """For which apps the later event's own effect is identified, and why not."""
    closed = {name: check for name, check in checks.items() if not check.passed}
    if not closed:
        return f"The later event's own effect is identified for {_listed(checks)}."
    routes = pd.concat([check.frame for check in closed.values()])
    absent = routes[~routes["open"].astype(bool)]
    grave = absent["route"] == CLEAN
    parting = list(dict.fromkeys(absent.loc[~grave, "route"]))
    said = list(dict.fromkeys(absent.loc[grave, "why"]))
    if parting:
        said.insert(0, f"it would take {' or '.join(parting)}, which is not seen")
    return (
        f"The later event's own effect is not identified for {_listed(closed)}: "
        f"{'; '.join(said)}."
    )


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def record_answer(clashes: pd.DataFrame, views: pd.DataFrame) -> str:
    """Say how far the published figures agree, and what the chart can show.

    Parameters
    ----------
    clashes : DataFrame
        Of :func:`migration.sources.clashes`.
    views : DataFrame
        Panel of views with the chart's end as a bound.
    """
    check_clashes(clashes, "record_answer")
    same = int(clashes["same_vendor"].fillna(False).astype(bool).sum())
    largest = clashes["ratio"].max()
    censored = float((views["status"] == "censored").mean())
    return (
        f"{len(clashes)} pairs of published figures cannot both be right, {same} of "
        f"them of one vendor with itself; the largest ratio is {largest:.1f}. On "
        f"{censored:.0%} of the article-days the views are known only to lie below "
        "the hundredth place of the chart."
    )


def migration_answer(
    diverted: DiversionResult | NoDiversion,
    lasted: Mapping[str, PersistenceResult],
    *,
    later: Iterable[CheckResult] = (),
    checks: Iterable[CheckResult] = (),
    people: str = "",
) -> str:
    """Say who gained, who lost, how long it lasted and how sure that is, one a line.

    Parameters
    ----------
    diverted : DiversionResult or NoDiversion
    lasted : mapping of str to PersistenceResult
        By the app's name.
    later : iterable of CheckResult
        Of :func:`migration.checks.equivalence.identification_gap`, an app each.
    checks : iterable of CheckResult
        What else the finding rests on.
    people : str
        Who is behind the series, from the source's card.
    """
    said = [
        *_changed(diverted),
        *(f"What was left for {name}: {r.answer}." for name, r in lasted.items()),
        *(
            f"{check.question} {sentence_case(check.answer)}."
            for check in (*later, *checks)
        ),
    ]
    simulated = diverted.simulated or any(r.simulated for r in lasted.values())
    mark = "SIMULATED: " if simulated else ""
    told = [f"{mark}{line}" for line in said]
    return "\n".join([*told, f"Seen here: {people}."] if people else told)
