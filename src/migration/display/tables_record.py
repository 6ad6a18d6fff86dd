"""Tables of checks, of the calendar, of clashes and of what the data are."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from migration.display import words
from migration.display.gt import Table, Words, check_frame, make_table
from migration.display.plots_ledger import check_clashes, short_count, vintage_words
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
HEADINGS = {
    "std_error": "Std. error",
    "conf_low": "95% low",
    "conf_high": "95% high",
    "p_value": "p",
    "t": "t",
    "sha256": "SHA-256",
    "url": "URL",
}
VINTAGE = {
    "source": "source",
    "origin": "origin",
    "retrieved_at": "retrieved",
    "first_day": "first_day",
    "last_day": "last_day",
}
FILE = {"name": "file", "retrieved_at": "retrieved", "sha256": "sha256"}
SHOWN_HASH = 12


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


def table_check(check: CheckResult, *, rows: int = 40) -> Table:
    """The numbers behind one check, at most ``rows`` of them."""
    _check(check, "table_check")
    cells, right = to_cells(check.frame.head(rows))
    left_out = len(check.frame) - rows
    notes = [f"{words.sentence_case(check.answer)} ({STATES[check.passed]})."]
    if left_out > 0:
        notes.append(f"{left_out} more rows in result.to_frame().")
    return make_table(
        cells,
        Words(
            name="table-check",
            caption=f"{words.sentence_case(check.check)}: {check.question}",
            stub=str(cells.columns[0]),
            right=right,
            notes=notes,
            simulated=check.simulated,
        ),
    )


def table_calendar(check: CheckResult) -> Table:
    """Other dated events in baseline, gap and window."""
    frame = check_frame(
        _check(check, "table_calendar").frame, list(CALENDAR), "table_calendar"
    )
    days = {name: frame[name].map(_day) for name in ("first_day", "last_day")}
    cells = frame.assign(**days)[list(CALENDAR)].rename(columns=CALENDAR)
    return make_table(
        cells,
        Words(
            name="table-calendar",
            caption="Other dated events on the design's days",
            stub="Event",
            notes=(f"{words.sentence_case(check.answer)}.",),
            simulated=check.simulated,
        ),
    )


def table_clashes(clashes: pd.DataFrame) -> Table:
    """Pairs of published figures that cannot both be right, the widest apart first."""
    check_clashes(clashes, "table_clashes")
    apart = clashes["ratio"].where(clashes["ratio"] >= 1, 1 / clashes["ratio"])
    frame = clashes.loc[apart.sort_values(ascending=False, kind="stable").index]
    cells = pd.DataFrame(
        {
            "App": frame["app"],
            "Quantity": frame["quantity"].map(words.plain),
            "Market": frame["market"],
            "First figure": [_figure(row, "first") for _, row in frame.iterrows()],
            "Second figure": [_figure(row, "second") for _, row in frame.iterrows()],
            "Ratio": [words.number(ratio) for ratio in frame["ratio"]],
            "Clash": frame["how"],
        }
    )
    return make_table(
        cells,
        Words(
            name="table-clashes",
            caption="Published figures that contradict each other",
            stub="App",
            right=("Ratio",),
            notes=("The second figure over the first; the date is of publication.",),
            simulated=bool(clashes.attrs.get("simulated", False)),
        ),
    )


def table_vintage(vintage: Mapping[str, Any]) -> Table:
    """Which data a panel is made of: files, when they were sent, their hashes.

    Parameters
    ----------
    vintage : mapping
        ``frame.attrs["vintage"]`` or ``result.vintage``.
    """
    rows = vintage_rows(vintage)
    if not rows:
        raise DisplayError(
            "table_vintage needs the vintage of a panel, got an empty one; take it "
            "from panel.attrs['vintage'] of load_panel"
        )
    cells, right = to_cells(pd.DataFrame(rows))
    citation = str(vintage.get("citation", ""))
    return make_table(
        cells,
        Words(
            name="table-vintage",
            caption="The data and their vintage",
            stub=str(cells.columns[0]),
            right=right,
            notes=[citation] if citation else [],
            simulated=bool(vintage.get("simulated", False)),
        ),
    )


def vintage_rows(vintage: Any) -> list[dict[str, Any]]:
    """One row a file of a vintage, what holds for all of it repeated in each.

    A file's hash is cut to twelve digits: the manifest of a report has it in full.
    """
    if not isinstance(vintage, Mapping):
        raise DisplayError(
            f"a vintage needs to be a mapping, got {type(vintage).__name__}; take it "
            "from panel.attrs['vintage']"
        )
    shared = _kept(vintage, VINTAGE)
    files = [item for item in vintage.get("files", []) if isinstance(item, Mapping)]
    rows = [{**shared, **_kept(item, FILE)} for item in files]
    return rows or ([shared] if shared else [])


def _kept(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What is there and says something, under the name shown."""
    return {
        shown: str(given[name])[:SHOWN_HASH] if name == "sha256" else given[name]
        for name, shown in names.items()
        if given.get(name) not in (None, "")
    }


def to_cells(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Any frame as text, with headings in words; and which columns are numbers."""
    if frame.index.name:
        frame = frame.reset_index()
    cells, right = {}, []
    for name in frame.columns:
        heading = HEADINGS.get(str(name), words.sentence_case(words.plain(str(name))))
        column = frame[name]
        numeric = pd.api.types.is_numeric_dtype(column)
        if numeric and not pd.api.types.is_bool_dtype(column):
            right.append(heading)
        cells[heading] = [_cell(value, str(name)) for value in column]
    return pd.DataFrame(cells), right


def _cell(value: Any, column: str) -> str:
    if value is None or value is pd.NaT:
        return words.NOTHING
    if isinstance(value, pd.Timestamp):
        return words.short_day(value)
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if column == "p_value":
        return words.p_value(float(value))
    if isinstance(value, float):
        return words.number(value) if abs(value) < 1000 else words.figure(value)
    if isinstance(value, int) or hasattr(value, "item"):
        return f"{value:,}"
    return str(value)


def _day(value: pd.Timestamp) -> str:
    return words.short_day(value) if pd.notna(value) else words.NOTHING


def _figure(row: "pd.Series", side: str) -> str:
    low, high = (float(row[f"{side}_{end}"]) for end in ("lower", "upper"))
    value = short_count(low)
    if high != low:
        value = f"{short_count(low)} to {short_count(high)}"
    start, end = (pd.Timestamp(row[f"{side}_{edge}"]) for edge in ("start", "end"))
    told = f"{row[f'{side}_vendor']}, {vintage_words(str(row[f'{side}_vintage']))}"
    return f"{value} in {words.day_range(start, end)} ({told})"


def _check(check: object, what: str) -> CheckResult:
    if not isinstance(check, CheckResult):
        raise DisplayError(
            f"{what} needs a CheckResult, got {type(check).__name__}; give what a "
            "check of migration.checks returned"
        )
    return check
