"""Tables of the ledger of published figures: what it holds, and who printed it."""

from typing import TYPE_CHECKING

import pandas as pd

from migration.display import words
from migration.display.gt import Table, Words, check_frame, make_table
from migration.display.plots_ledger import check_clashes, vintage_words
from migration.errors import DisplayError

if TYPE_CHECKING:
    from migration.study import Study

LEDGER = ("app", "quantity", "vendor", "start", "end", "source_date", "status")
FEW = 3  # figures of a quantity that have a row of their own
COUNTS = ("Figures", "Vendors", "No date of publication")


def table_ledger(ledger: pd.DataFrame) -> Table:
    """How many figures were published, on what, by how many firms, about which days.

    Parameters
    ----------
    ledger : DataFrame
        Of :func:`migration.sources.load_ledger`. Quantities of an app with fewer than
        three figures share a row.

    Raises
    ------
    DisplayError
        If something else came, or nothing.
    """
    figures = check_frame(ledger, LEDGER, "table_ledger")
    if figures.empty:
        raise DisplayError("table_ledger needs at least one figure, got none")
    number = figures.groupby(["app", "quantity"])["vendor"].transform("size")
    of = figures["quantity"].map(words.plain).where(number >= FEW, "")
    groups = figures.groupby(["app", of])
    rows = [_counted(str(app), str(name), held) for (app, name), held in groups]
    order = pd.DataFrame(rows).sort_values(
        ["App", "rest", "Figures"], ascending=[True, True, False], kind="stable"
    )
    return make_table(
        order.drop(columns="rest"),
        Words(
            name="table-ledger",
            caption="Published figures in the ledger",
            stub="App",
            right=COUNTS,
            notes=(
                f"{len(figures)} figures, each as it was printed; those that were "
                "printed as words (millions) have no number.",
            ),
            simulated=bool(ledger.attrs.get("simulated", False)),
        ),
    )


def table_citations(clashes: pd.DataFrame) -> Table:
    """Where the figures that contradict each other were printed, each article once."""
    check_clashes(clashes, "table_citations")
    sides = [
        pd.DataFrame(
            {
                "Publisher": clashes[f"{side}_publisher"],
                "Published": clashes[f"{side}_vintage"].map(vintage_words),
                "Address": clashes[f"{side}_source_url"],
            }
        )
        for side in ("first", "second")
    ]
    cells = pd.concat(sides).drop_duplicates().sort_values(["Publisher", "Address"])
    return make_table(
        cells,
        Words(
            name="table-citations",
            caption="Where the contradicting figures were printed",
            stub="Publisher",
            simulated=bool(clashes.attrs.get("simulated", False)),
        ),
    )


def table_event_citations(study: "Study") -> Table:
    """The citation of each dated event of a study."""
    cells = pd.DataFrame(
        {
            "Event": [event.label for event in study.events],
            "Citation": [event.citation for event in study.events],
        }
    )
    return make_table(
        cells,
        Words(
            name="table-citations",
            caption="Where the calendar comes from",
            stub="Event",
            simulated=study.simulated,
        ),
    )


def _counted(app: str, of: str, held: pd.DataFrame) -> dict[str, object]:
    """One row; an empty quantity stands for those with few figures."""
    n_other = held["quantity"].nunique()
    undated = (held["source_date"] == "").sum()
    return {
        "App": app,
        "Quantity": of or f"{n_other} other{'' if n_other == 1 else 's'}",
        "Figures": len(held),
        "Vendors": held["vendor"].nunique(),
        "About": _days(held),
        "No date of publication": int(undated),
        "rest": not of,
    }


def _days(held: pd.DataFrame) -> str:
    first, last = held["start"].min(), held["end"].max()
    if pd.isna(first) or pd.isna(last):
        return words.NOTHING
    return words.day_range(first, last)
