"""Frames of search interest with several requests a unit, as one series a unit."""

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import PanelError
from migration.inference.long_frame import check_numbers, check_unique, rows_of
from migration.inference.requests import linked, spliced


def with_requests(frame: pd.DataFrame, design: Design, request: str) -> pd.DataFrame:
    """One row a unit and day from rows of several requests, their scales cancelled.

    Parameters
    ----------
    frame : DataFrame
        Left as it is.
    design : Design
    request : str
        Column that names the request.

    Raises
    ------
    PanelError
        For rows that repeat, for values known only between bounds, for silent requests,
        and for requests that share no day.
    """
    unit, period, outcome = design.unit, design.period, design.outcome
    kept = rows_of(frame, design, [request])
    rows = kept[[unit, period, request, outcome]]
    if nameless := int(rows[request].isna().sum()):
        raise PanelError(f"{nameless} rows name no {request!r}; name it, or drop them")
    _check_hidden(kept, design)
    check_numbers(rows, outcome)
    check_unique(rows, [unit, period, request])
    if bool((rows[outcome] < 0).any()):
        raise PanelError(f"{outcome!r} needs values of 0 or more for 'poisson'")
    parts = [
        _one_unit(part, name, design, request) for name, part in rows.groupby(unit)
    ]
    made = pd.concat(parts, ignore_index=True)
    made.attrs = dict(frame.attrs)
    return made


def _check_hidden(kept: pd.DataFrame, design: Design) -> None:
    """Refuse "<1" where another request has a number: its high draws alone would count.

    Without another request the day has no number, and the estimator says so.
    """
    lower = f"{design.outcome}_lower"
    if lower not in kept.columns:
        return
    hidden = kept[design.outcome].isna() & kept[lower].notna()
    if hidden.any():
        first = kept.loc[hidden.to_numpy()].iloc[0]
        raise PanelError(
            f"{int(hidden.sum())} values of the requests are known only between bounds "
            f"('<1'), the first of {first[design.unit]} on {first[design.period]:%F}: "
            "spliced without them, a day would count only where it is high; ask again "
            "beside a term of the same size, or take one request a unit and "
            "bounded_effect"
        )


def _one_unit(
    rows: pd.DataFrame, name: object, design: Design, request: str
) -> pd.DataFrame:
    wide = rows.pivot(index=request, columns=design.period, values=design.outcome)
    y = wide.to_numpy(dtype=float)
    positive = np.where(np.isfinite(y), y, 0) > 0
    heard = np.asarray(positive.any(axis=1))
    if not heard.all():
        silent = [str(r) for r, h in zip(wide.index, heard, strict=True) if not h]
        raise PanelError(f"requests {silent[:5]} of {name} hold no positive number")
    if not linked(positive):
        raise PanelError(
            f"the requests of {name} do not share a day with a positive number, each "
            "with another: nothing brings them to one scale; ask for overlapping days"
        )
    return pd.DataFrame(
        {
            design.unit: name,
            design.period: wide.columns,
            design.outcome: spliced(y) if len(y) > 1 else y[0],
        }
    )
