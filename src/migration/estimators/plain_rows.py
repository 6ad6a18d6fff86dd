"""Tables beyond those that all results share, as plain values for JSON."""

from typing import Any

import pandas as pd


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping a row: days in ISO form, infinities as text, missing as None."""
    named = frame.reset_index() if frame.index.name else frame
    rows = named.to_dict("records")
    return [{str(key): plain(value) for key, value in row.items()} for row in rows]


def plain(value: Any) -> Any:
    """One value as JSON knows it."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return f"{value:%F}"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if value != value:
            return None
        return value if abs(value) != float("inf") else f"{value:+}"
    return value
