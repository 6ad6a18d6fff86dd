"""Who gained what was lost, and how long it lasted, as tables."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from migration.checks.interference import ALONE, REFUSED, REST, WHOLE
from migration.display import words
from migration.display.gt import Table, Words, check_frame, make_table
from migration.errors import DisplayError
from migration.estimators.diversion import DiversionResult
from migration.estimators.persistence import PersistenceResult
from migration.estimators.undiverted import NoDiversion
from migration.results import COLUMNS, CheckResult

MARKET = "all together"
ENDS = ("conf_low", "conf_high")
LOGS = " in log points, which is not that of their percent changes"


def table_diversion(result: DiversionResult | NoDiversion) -> Table:
    """Each app's change in counts a day and in logs, and the change of them all.

    Parameters
    ----------
    result : DiversionResult
        Of :func:`migration.estimators.diversion.diversion`, or of
        :func:`migration.estimators.undiverted.diversion_or_reason`: then the table may
        hold the reason alone.
    """
    if isinstance(result, NoDiversion):
        return _no_changes(result)
    _check(result, DiversionResult, "table_diversion")
    frame = result.to_frame().replace({"app": {"market": MARKET}})
    cells = [_app(row) for row in frame.to_dict("records")]
    return make_table(
        pd.DataFrame(cells),
        Words(
            name="table-diversion",
            caption=f"Who gained and who lost, in {result.counted}, beyond normal",
            stub="App",
            right=("Normal, a day", "p", "Change, ratio of means", "p in logs"),
            notes=(
                words.sentence_case(f"{result.inference}."),
                *_ratios(result),
                *(f"{app}, not counted: {why}." for app, why in result.refused.items()),
            ),
            simulated=result.simulated,
        ),
    )


def _no_changes(result: NoDiversion) -> Table:
    none = {"App": result.origin, "Why there is no number": result.reason}
    return make_table(
        pd.DataFrame([none]),
        Words(
            name="table-diversion",
            caption="Who gained and who lost: not computed",
            stub="App",
            simulated=result.simulated,
        ),
    )


def _app(row: Mapping[Any, Any]) -> dict[str, str]:
    change = {k: words.figure(float(row[k])) for k in ("estimate", *ENDS)}
    log_change = words.percent_change(float(row["log_estimate"]))
    return {
        "App": str(row["app"]),
        "Normal, a day": words.figure(float(row["normal"])),
        "Change, a day (95%)": (
            f"{words.signed(change['estimate'])} "
            f"({change['conf_low']} to {change['conf_high']})"
        ),
        "p": words.p_value(float(row["p_value"])),
        "Change, ratio of means": words.signed(log_change),
        "p in logs": words.p_value(float(row["p_logs"])),
    }


def _ratios(result: DiversionResult) -> list[str]:
    """What each gained for one that was lost; or why there is no ratio."""
    if not result.declined:
        return [
            f"The decline of {result.origin} is not told from zero: there is no gain "
            "ratio and no diversion share."
        ]
    return [
        f"{words.sentence_case(row['quantity'])} of {row['app']}: "
        f"{words.number(row['estimate'])} ({row['set']})"
        + (
            f"; by the baseline's shares {words.number(row['benchmark'])}."
            if row["quantity"] == "diversion share"
            else "."
        )
        for row in result.ratios.to_dict("records")
    ]


def table_persistence(results: Mapping[str, PersistenceResult]) -> Table:
    """What was left of the window's effect week by week, one row an app and week.

    Parameters
    ----------
    results : mapping of str to PersistenceResult
        Of :func:`migration.estimators.persistence.persistence_for`, by name.
    """
    rows: list[dict[str, str]] = []
    for app, result in results.items():
        _check(result, PersistenceResult, "table_persistence")
        rows += [
            {"App": app, **_week(row, result)}
            for row in result.ratios.to_dict("records")
        ]
    if not rows:
        raise DisplayError("table_persistence needs one result or more, got none")
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-persistence",
            caption="What was left of the first effect, week by week",
            stub="App",
            notes=(
                "The ratio is the week's mean effect over that of the window"
                f"{LOGS if any(r.of_logs for r in results.values()) else ''}; its set "
                "is Fieller's, and may have no bounds.",
                *(f"{app}: {_decay(r)}." for app, r in results.items()),
                *dict.fromkeys(
                    words.sentence_case(f"{said}.")
                    for r in results.values()
                    for said in r.warnings
                ),
            ),
            simulated=any(r.simulated for r in results.values()),
        ),
    )


def _week(row: Mapping[Any, Any], result: PersistenceResult) -> dict[str, str]:
    absent = row["estimate"] != row["estimate"]
    log = result.of_logs
    return {
        "Days": words.day_range(row["first_day"], row["last_day"]),
        "Which": str(row["days"]),
        "Effect": words.NOTHING
        if absent
        else words.signed(words.effect(row["late"], log=log)),
        "Share left": words.number(float(row["estimate"])),
        "Set (95%)": str(row["why"])
        if absent
        else str(row["set"]).replace("-", words.MINUS),
        "Identification": str(row["identification"]),
    }


def _decay(result: PersistenceResult) -> str:
    refused = result.decay[result.decay["quantity"] == "refused"]
    if len(refused):
        return f"no half-life: {refused['why'].iloc[0]}"
    return "; ".join(
        f"{row['shape']}: {row['quantity']} {words.number(row['estimate'])} "
        f"({words.interval(row['conf_low'], row['conf_high'])})"
        for row in result.decay.to_dict("records")
    )


def table_without_days(check: CheckResult) -> Table:
    """Each app's window with and without some days, and those days alone.

    Parameters
    ----------
    check : CheckResult
        Of :func:`migration.checks.interference.without_days`.
    """
    _check(check, CheckResult, "table_without_days")
    frame = check_frame(check.frame, ("app", "days", "why", *COLUMNS), "this table")
    answered = frame[frame["days"] != REFUSED]
    refused = frame[frame["days"] == REFUSED]
    cells = [
        {"App": str(app), **_columns(rows)}
        for app, rows in answered.groupby("app", sort=False)
    ]
    none = [{"App": "none", **dict.fromkeys((WHOLE, REST, ALONE), words.NOTHING)}]
    return make_table(
        pd.DataFrame(cells or none),
        Words(
            name="table-without-days",
            caption=f"{words.sentence_case(check.check)}: {check.question}",
            stub="App",
            notes=(
                "Estimates with 95% intervals, in units of the outcome (log points of "
                "counts).",
                f"{words.sentence_case(check.answer)}.",
                *(
                    f"{app}, not answered: {why}."
                    for app, why in zip(refused["app"], refused["why"], strict=True)
                ),
            ),
            simulated=check.simulated,
        ),
    )


def _columns(rows: pd.DataFrame) -> dict[str, str]:
    """The three numbers of an app beside each other."""
    named = {str(row["days"]): row for row in rows.to_dict("records")}
    return {days: _number(named[days]) for days in (WHOLE, REST, ALONE)}


def _number(row: Mapping[Any, Any]) -> str:
    if row["estimate"] != row["estimate"]:
        return str(row["why"])
    span = words.interval(float(row["conf_low"]), float(row["conf_high"]))
    return f"{words.number(float(row['estimate']))} ({span})"


def _check(result: object, kind: type, what: str) -> None:
    if not isinstance(result, kind):
        raise DisplayError(
            f"{what} needs a {kind.__name__}, got {type(result).__name__}"
        )
