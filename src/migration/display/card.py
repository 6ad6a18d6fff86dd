"""What a notebook hands to the runner: headline, vintage, warnings, answer.

The card is an output of the notebook like any other. Its reader is
``migration.report.manifest``; people see the answer and the warnings.
"""

import html
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from migration.display import places, words
from migration.display.daily import daily_path
from migration.display.forest import (
    Results,
    Row,
    Sensitivity,
    forest_rows,
    named_results,
    refused_of,
    short,
)
from migration.display.leads import ALONE
from migration.display.sentences import NOT_AN_EFFECT
from migration.display.tables_record import vintage_rows
from migration.errors import DisplayError
from migration.estimators.apps import AppEffects
from migration.results import CheckResult, EffectResult

REPORT_MIME = "application/vnd.migration.report+json"
Vintage = pd.DataFrame | Mapping[str, Any]
_MARKS = re.compile(r"([\\`*_\[\]!#|])")
NOT_ESTIMATED = "not estimated: "
NUMBERS = ("estimate", "conf_low", "conf_high", "p_value")


def report_card(
    results: Results,
    *,
    answer: str,
    vintage: Iterable[Vintage] | None = None,
    warnings: Iterable[str] | None = None,
    sensitivity: Sensitivity = None,
) -> None:
    """Show the answer, and hand headline, vintage and warnings to the runner.

    Parameters
    ----------
    results : AppEffects, mapping, iterable of EffectResult, or EffectResult
        Name to result; empty for a report that estimates nothing. Of ``AppEffects``
        each app that was refused has a row with the reason.
    answer : str
        In words, made with ``sentence``; each line is a finding of its own.
    vintage : iterable of frames or mappings, optional
        Each panel used, or its ``attrs["vintage"]``; by default the results'. A
        simulated panel marks the whole report SIMULATED.
    warnings : iterable of str, optional
        By default the results', each with the name of its app.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``; an effect whose sign changes
        is handed over without its numbers.

    Raises
    ------
    DisplayError
        If the answer is empty, or something that is no result came.
    """
    from IPython.display import display

    made = card(
        results,
        answer=answer,
        vintage=vintage,
        warnings=warnings,
        sensitivity=sensitivity,
    )
    display({REPORT_MIME: made, "text/markdown": _for_people(made)}, raw=True)  # type: ignore[no-untyped-call]


def card(
    results: Results,
    *,
    answer: str,
    vintage: Iterable[Vintage] | None = None,
    warnings: Iterable[str] | None = None,
    sensitivity: Sensitivity = None,
) -> dict[str, Any]:
    """The card as plain values: what it says, its numbers, and its paths by day."""
    if not answer.strip():
        raise DisplayError(
            "report_card needs an answer in words, got an empty one; make it with "
            "sentence(result, name)"
        )
    held = results.answered if isinstance(results, AppEffects) else results
    empty = isinstance(held, Mapping | list | tuple) and not held
    named = {} if empty else named_results(results, "report_card")
    rows = _headline(named, sensitivity)
    given = [r.vintage for r in named.values()] if vintage is None else list(vintage)
    kept = [_vintage(one) for one in given]
    said = warnings_of(named) if warnings is None else list(warnings)
    return {
        "answer": words.with_minus(answer.strip()),
        "headline": [*rows, *_refused(refused_of(results), rows)],
        "paths": _paths(named, sensitivity or {}),
        "vintage": _once([row for one in kept for row in vintage_rows(one)]),
        "warnings": list(dict.fromkeys(map(_warning, said))),
        "simulated": any(result.simulated for result in named.values())
        or any(_simulated(one) for one in given),
    }


def _vintage(given: Vintage) -> Mapping[str, Any]:
    return given.attrs.get("vintage", {}) if isinstance(given, pd.DataFrame) else given


def _simulated(given: Vintage) -> bool:
    attrs = given.attrs if isinstance(given, pd.DataFrame) else given
    return bool(attrs.get("simulated", False))


def _headline(
    named: Mapping[str, EffectResult], sensitivity: Sensitivity
) -> list[dict[str, Any]]:
    if not named:
        return []
    rows = []
    forest = forest_rows(named, sensitivity, "report_card")
    for row, result in zip(forest, named.values(), strict=True):
        numbers = {name: _plain(getattr(row, name)) for name in NUMBERS}
        rows.append(
            {
                "app": row.name,
                "source": str(result.vintage.get("source", "")),
                "event": result.design.event_name,
                "days": words.day_range(*result.design.window_days),
                **(numbers if row.stable else dict.fromkeys(NUMBERS)),
                "change": _change(row, result),
                "identification": row.identification,
                "estimand": words.estimand(result),
            }
        )
    return rows


def _change(row: Row, result: EffectResult) -> str:
    if not row.stable:
        return NOT_AN_EFFECT
    return places.change_of(row, result)


def _refused(
    refused: Mapping[str, str], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A row without numbers for each app that has no estimate."""
    shared = ("source", "event", "days")
    asked = {key: rows[0][key] if rows else "" for key in shared}
    return [
        {
            "app": app,
            **asked,
            **dict.fromkeys(NUMBERS),
            "change": f"{NOT_ESTIMATED}{short(reason)}",
            "identification": "",
            "estimand": "",
        }
        for app, reason in refused.items()
    ]


def _paths(
    named: Mapping[str, EffectResult], signs: Mapping[str, CheckResult]
) -> list[dict[str, Any]]:
    """The effect by day of each result; none where its sign changes."""
    stable = {
        name: result
        for name, result in named.items()
        if name not in signs or signs[name].passed is not False
    }
    return [path for n, r in stable.items() if (path := daily_path(n, r)) is not None]


def _plain(value: float) -> float | str | None:
    """JSON knows neither infinity nor NaN."""
    if math.isnan(value):
        return None
    return words.UNBOUNDED if math.isinf(value) else value


def _warning(text: str) -> str:
    """A warning as a reader meets it; after an app's name it goes on as it is."""
    return words.with_minus(words.sentence_start(text))


def warnings_of(results: Mapping[str, EffectResult]) -> list[str]:
    """Each warning once, with the apps that it is about where not all share it.

    Where the calendar has no other event in the window, that is said, too.

    Parameters
    ----------
    results : mapping of str to EffectResult
        By the app's name.
    """
    named = dict(results)
    about: dict[str, list[str]] = {}
    for name, result in named.items():
        for text in result.warnings:
            about.setdefault(text, []).append(name)
    alone = [name for name, r in named.items() if r.identification == "window"]
    if alone:  # the calendar was asked, and had nothing
        about[ALONE] = alone
    return [
        text if len(names) == len(named) else f"{', '.join(names)}: {text}"
        for text, names in about.items()
    ]


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for at, row in enumerate(rows) if row not in rows[:at]]


def _for_people(made: Mapping[str, Any]) -> str:
    mark = "**SIMULATED.** " if made["simulated"] else ""
    return f"{mark}**Answer.** " + "\n\n".join(
        _literal(line) for line in str(made["answer"]).splitlines()
    )


def _literal(text: str) -> str:
    """Text that neither HTML nor markdown reads as anything else."""
    return _MARKS.sub(r"\\\1", html.escape(text, quote=False))
