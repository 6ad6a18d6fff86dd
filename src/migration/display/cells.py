"""Any frame as cells of text, with headings in words."""

from typing import Any

import pandas as pd

from migration.display import words

HEADINGS = {
    "std_error": "Std. error",
    "conf_low": "95% low",
    "conf_high": "95% high",
    "p_value": "p",
    "p_block": "p of block-t",
    "p_rank": "p of the rank",
    "sup_wald_rank_p": "p of the rank of sup-Wald",
    "p_family": "p, family",
    "p_discovery": "p, discovery",
    "n_controls": "Unrelated series",
    "t": "t",
    "sha256": "SHA-256",
    "url": "URL",
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
    if column == "p" or column.startswith("p_") or column.endswith("_p"):
        return words.p_value(float(value))
    if isinstance(value, float):
        return words.number(value) if abs(value) < 1000 else words.figure(value)
    if isinstance(value, int) or hasattr(value, "item"):
        return f"{value:,}"
    return str(value)
