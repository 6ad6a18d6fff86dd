"""Known breaks of the series themselves: a rename or a level shift is no effect."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from migration.sources.assemble import identifiers
from migration.sources.tables import read_table, refuse_rows, to_days

if TYPE_CHECKING:
    from migration.study import Study

TABLE = "series_events"
SEVERAL = "several"  # as the table writes a break that no one series owns
_HEAD = ["start", "end", "source", "app_id", "event", "reference"]


def breaks_of(
    raws: Mapping[str, bytes], study: "Study", source: str
) -> list[dict[str, str]]:
    """Breaks in the series of a source, by the names that its panel has.

    Parameters
    ----------
    raws : mapping of str to bytes
        Tables of breaks by file name.

    Returns
    -------
    list of dict
        ``app`` (the study's id, a control's identifier, or ``"all"``), ``day`` in ISO
        form and ``what``, which names the identifier and what was seen there.

    Raises
    ------
    SchemaDrift
        The table has other columns, or a date that is none.
    """
    if not raws:
        return []
    table = pd.concat([parse(raw, source=source) for raw in raws.values()])
    own = {n: app for app, names in identifiers(study, source).items() for n in names}
    own[SEVERAL] = "all"
    return [
        {
            "app": own[row["app_id"]],
            "day": f"{row['day']:%F}",
            "what": _what(row["app_id"], row["event"]),
        }
        for row in table.to_dict("records")
        if row["source"] == source and row["app_id"] in own
    ]


def parse(raw: bytes, *, source: str) -> pd.DataFrame:
    """Rows of a table of breaks, with the first day of each as ``day``; pure."""
    table = read_table(raw, source=source, head=_HEAD)
    for name in ("app_id", "event"):
        wrong = table[name] == ""
        refuse_rows(table, wrong, source=source, fault=f"no {name}")
    return table.assign(day=to_days(table["start"], source=source))


def _what(name: str, event: str) -> str:
    return f"{'several series' if name == SEVERAL else name}: {event}"
