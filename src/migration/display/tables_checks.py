"""Tables of checks: what was asked, what was found, and the numbers behind it."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from migration.display import words
from migration.display.cells import to_cells
from migration.display.gt import Table, Words, check_frame, make_table
from migration.errors import DisplayError
from migration.results import CheckResult

STATES = {True: "holds", False: "fails", None: "for information"}
CALENDAR = {
    "label": "Event",
    "first_day": "First day",
    "last_day": "Last day",
    "where": "Where",
    "severity": "Severity",
    "markets": "Markets",
}
ENDS = ("first", "last")
WINDOWS = ("first_day", "last_day", "estimate", "conf_low", "conf_high", "p_value")
BASELINES = (
    *("baseline", "first_day", "last_day", "normal"),
    *("estimate", "conf_low", "conf_high", "p_value"),
)


def table_checks(checks: Iterable[CheckResult]) -> Table:
    """Every check in a row: what was asked, what was found, whether it holds."""
    held = [_check(check, "table_checks") for check in checks]
    if not held:
        raise DisplayError("table_checks needs at least one CheckResult, got none")
    cells = pd.DataFrame(
        {
            "Check": [words.sentence_case(check.check) for check in held],
            "Question": [check.question for check in held],
            "Found": [check.answer for check in held],
            "Holds": [STATES[check.passed] for check in held],
        }
    )
    simulated = any(check.simulated for check in held)
    return make_table(
        cells,
        Words(name="table-checks", caption="Checks", stub="Check", simulated=simulated),
    )


def table_check(check: CheckResult, *, name: str = "", rows: int = 40) -> Table:
    """The numbers behind one check, at most ``rows`` of them; ``name`` says whose."""
    _check(check, "table_check")
    cells, right = to_cells(check.frame.head(rows))
    if cells.empty:  # a head over nothing looks like a table that was lost
        nothing = ["none", *[words.NOTHING] * (cells.shape[1] - 1)]
        cells = pd.DataFrame([nothing], columns=cells.columns)
    left_out = len(check.frame) - rows
    notes = [f"{words.sentence_case(check.answer)} ({STATES[check.passed]})."]
    if left_out > 0:
        notes.append(f"{left_out} more rows in result.to_frame().")
    return make_table(
        cells,
        Words(
            name="table-check",
            caption=_whose(name, f"{check.check}: {check.question}"),
            stub=str(cells.columns[0]),
            right=right,
            notes=notes,
            simulated=check.simulated,
        ),
    )


def table_sensitivity(checks: Mapping[str, CheckResult]) -> Table:
    """Each app's estimate against every defensible baseline, and whether it holds.

    Parameters
    ----------
    checks : mapping of str to CheckResult
        Of :func:`migration.checks.sensitivity.baseline_sensitivities`, by name.
    """
    held = {n: _check(check, "table_sensitivity") for n, check in checks.items()}
    if not held:
        raise DisplayError("table_sensitivity needs at least one CheckResult, got none")
    rows = [
        {"App": name, **_specification(row)}
        for name, check in held.items()
        for row in _records(check, BASELINES, "table_sensitivity")
    ]
    answers = [f"{name}: {check.answer}." for name, check in held.items()]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-sensitivity",
            caption="The same windows against other baselines and normal paths",
            stub="App",
            right=("Estimate (95%)", "p"),
            notes=("Estimates are in units of the outcome.", *answers),
            simulated=any(check.simulated for check in held.values()),
        ),
    )


def _specification(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """One baseline and what came of it."""
    ends = words.interval(float(row["conf_low"]), float(row["conf_high"]))
    return {
        "Baseline": words.sentence_case(str(row["baseline"])),
        "Days": " to ".join(words.short_day(row[f"{end}_day"]) for end in ENDS),
        "Normal path": str(row["normal"]),
        "Estimate (95%)": f"{words.number(float(row['estimate']))} ({ends})",
        "p": words.p_value(float(row["p_value"])),
    }


def table_placebos(checks: Mapping[str, CheckResult]) -> Table:
    """Each app's placebo windows: the rule on days of the baseline, before any event.

    Parameters
    ----------
    checks : mapping of str to CheckResult
        Of :func:`migration.checks.placebo.placebo_in_time`, by the app's name.
    """
    held = {name: _check(check, "table_placebos") for name, check in checks.items()}
    if not held:
        raise DisplayError("table_placebos needs at least one CheckResult, got none")
    rows = [
        {"App": name, **_window(row)}
        for name, check in held.items()
        for row in _records(check, WINDOWS, "table_placebos")
    ]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-placebos",
            caption="The rule on windows before the event, where nothing happened",
            stub="App",
            right=("Estimate (95%)", "p"),
            notes=[
                f"{name}: {check.answer} ({STATES[check.passed]})."
                for name, check in held.items()
            ],
            simulated=any(check.simulated for check in held.values()),
        ),
    )


def _window(row: Mapping[Hashable, Any]) -> dict[str, str]:
    ends = words.interval(float(row["conf_low"]), float(row["conf_high"]))
    return {
        "Days": words.day_range(row["first_day"], row["last_day"]),
        "Estimate (95%)": f"{words.number(float(row['estimate']))} ({ends})",
        "p": words.p_value(float(row["p_value"])),
    }


def table_calendar(check: CheckResult, *, name: str = "") -> Table:
    """Other dated events in baseline, gap and window; ``name`` says whose."""
    frame = check_frame(
        _check(check, "table_calendar").frame, list(CALENDAR), "table_calendar"
    )
    days = {name: frame[name].map(_day) for name in ("first_day", "last_day")}
    cells = frame.assign(**days)[list(CALENDAR)].rename(columns=CALENDAR)
    return make_table(
        cells,
        Words(
            name="table-calendar",
            caption=_whose(name, "other dated events on the design's days"),
            stub="Event",
            notes=(f"{words.sentence_case(check.answer)}.",),
            simulated=check.simulated,
        ),
    )


def _records(
    check: CheckResult, needed: Sequence[str], what: str
) -> list[dict[Hashable, Any]]:
    return check_frame(check.frame, needed, what).to_dict("records")


def _whose(name: str, text: str) -> str:
    return f"{name}: {text}" if name else words.sentence_case(text)


def _day(value: pd.Timestamp) -> str:
    return words.short_day(value) if pd.notna(value) else words.NOTHING


def _check(check: object, what: str) -> CheckResult:
    if not isinstance(check, CheckResult):
        raise DisplayError(
            f"{what} needs a CheckResult, got {type(check).__name__}; give what a "
            "check of migration.checks returned"
        )
    return check
