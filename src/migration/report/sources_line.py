"""One line that says which data a report is of: sources, days, when retrieved."""

from collections.abc import Mapping, Sequence
from typing import Any

UNRECORDED = "not recorded"
UNKNOWN = f"day of retrieval {UNRECORDED}"
Row = Mapping[str, Any]


def data_line(vintage: Sequence[Row], *, simulated: bool) -> str:
    """Observed or simulated, then each source with its days and its retrieval.

    What nobody noted is said to be not recorded; invented data were not retrieved.
    """
    kind = "SIMULATED data" if simulated else "Observed data"
    rows: dict[str, list[Row]] = {}
    for row in vintage:
        rows.setdefault(str(row.get("source") or ""), []).append(row)
    named = [_source(name, held) for name, held in rows.items() if name]
    return f"{kind}: {'; '.join(named)}." if named else f"{kind}."


def _source(name: str, rows: Sequence[Row]) -> str:
    first, last = _known(rows, "first_day"), _known(rows, "last_day")
    days = f"{min(first)} to {max(last)}" if first and last else ""
    got = _known(rows, "retrieved") or _known(rows, "retrieved_at")
    dated = sorted(text for text in got if text[:1].isdigit())
    ends = " to ".join(dict.fromkeys([dated[0], dated[-1]])) if dated else ""
    some = f", some {UNRECORDED}" if ends and len(dated) < len(got) else ""
    invented = name.startswith("simulated") and not ends
    when = "" if invented else f"retrieved {ends}{some}" if ends else UNKNOWN
    return ", ".join(filter(None, (name, days and f"days {days}", when)))


def _known(rows: Sequence[Row], column: str) -> list[str]:
    """The days of a column, or the words in a day's place."""
    found = (str(row.get(column) or "") for row in rows)
    return [text[:10] if text[:1].isdigit() else text for text in found if text]
