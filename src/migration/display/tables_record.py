"""Tables of clashes between published figures, and of what the data are."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from migration.display import words
from migration.display.cells import to_cells
from migration.display.gt import Table, Words, make_table
from migration.display.plots_ledger import check_clashes, short_count, vintage_words
from migration.errors import DisplayError

VINTAGE = {
    "source": "source",
    "origin": "origin",
    "retrieved_at": "retrieved",
    "first_day": "first_day",
    "last_day": "last_day",
}
FILE = {"name": "file", "retrieved_at": "retrieved", "sha256": "sha256"}
SHOWN_HASH = 12
UNRECORDED = "not recorded"


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
            notes=[*([citation] if citation else []), *_not_used(vintage)],
            simulated=bool(vintage.get("simulated", False)),
        ),
    )


def _not_used(vintage: Mapping[str, Any]) -> list[str]:
    """What a study names and no file holds, and how much the files hold beyond it."""
    absent = [str(name) for name in vintage.get("absent", ())]
    others = vintage.get("left_out", {}).get("n_apps", 0)
    notes = [f"Named in the study and in no file: {', '.join(absent)}."]
    more = [f"Series in the files that the study does not name: {others}."]
    return (notes if absent else []) + (more if others else [])


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
    vendors = _vendors(vintage)
    rows = [
        {**shared, **vendors.get(item.get("name"), {}), **_kept(item, FILE)}
        for item in files
    ]
    return rows or ([shared] if shared else [])


def _vendors(vintage: Mapping[str, Any]) -> dict[Any, dict[str, Any]]:
    """Who made the figures of each file that somebody brought."""
    readings = vintage.get("readings", [])
    return {
        one.get("file"): {"vendor": one["vendor"]}
        for one in readings
        if isinstance(one, Mapping) and one.get("vendor")
    }


def _kept(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What is there and says something, under the name shown."""
    return {
        shown: str(given[name])[:SHOWN_HASH] if name == "sha256" else given[name]
        for name, shown in names.items()
        if given.get(name) not in (None, "")
    } | ({"retrieved": UNRECORDED} if given.get("retrieved_at") == "" else {})


def _figure(row: "pd.Series", side: str) -> str:
    low, high = (float(row[f"{side}_{end}"]) for end in ("lower", "upper"))
    value = short_count(low)
    if high != low:
        value = f"{short_count(low)} to {short_count(high)}"
    start, end = (pd.Timestamp(row[f"{side}_{edge}"]) for edge in ("start", "end"))
    told = f"{row[f'{side}_vendor']}, {vintage_words(str(row[f'{side}_vintage']))}"
    return f"{value} in {words.day_range(start, end)} ({told})"
