"""A result's effect by day, as plain values that an index can draw from."""

import math
from typing import Any

from migration.results import EffectResult, is_log_ratio

BEFORE = 7  # days before the window that a small drawing shows
DIGITS = 4
COLUMNS = {"estimate": "estimate", "low": "conf_low", "high": "conf_high"}


def daily_path(name: str, result: EffectResult) -> dict[str, Any] | None:
    """Days from the event, estimates and interval ends; None where there is no path.

    What is not known, or not bounded, is None.
    """
    effects = result.effects
    if effects.index.name != "event_time" or not len(effects):
        return None
    first, last = result.design.window
    shown = effects.loc[first - BEFORE : last]
    if not len(shown):
        return None
    columns = {
        label: [_plain(value) for value in shown[column]]
        for label, column in COLUMNS.items()
    }
    about = {"app": name, "event": result.design.event_name}
    days = [int(day) for day in shown.index]
    return {**about, "log": is_log_ratio(result), "days": days, **columns}


def _plain(value: float) -> float | None:
    return round(float(value), DIGITS) if math.isfinite(value) else None
