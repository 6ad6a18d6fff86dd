"""An outcome at the door of what takes a study: its columns, or a refusal in words."""

import pandas as pd

from migration.errors import DesignError, PanelError

NUMBERS_ONLY = "numbers_only"  # in attrs: what has bounds alone is not known


def check_outcome(frame: object, outcome: str = "y") -> None:
    """Refuse what is no outcome of ``to_outcome``.

    Raises
    ------
    DesignError
        For what is no data frame.
    PanelError
        For columns that lack or repeat, and days with text or a zone for one.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DesignError(
            "needed an outcome of to_outcome(panel, kind), a DataFrame, got "
            f"{type(frame)}"
        )
    names = list(frame.columns)
    needed = ("unit", "period", outcome)
    if absent := [name for name in needed if name not in names]:
        raise PanelError(
            f"the frame lacks {absent}; it has {names}: give what to_outcome(panel, "
            "kind) returns"
        )
    if twice := [name for name in needed if names.count(name) > 1]:
        raise PanelError(
            f"the frame has more than one column named {twice}; keep the one that is "
            "meant, or rename the other"
        )
    days = frame["period"].dtype
    if not pd.api.types.is_datetime64_dtype(days) and len(frame):
        raise PanelError(
            f"'period' holds {days}, needs days without a zone: pandas.to_datetime, "
            "or .dt.tz_localize(None) on local days"
        )
