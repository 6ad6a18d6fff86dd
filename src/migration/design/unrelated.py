"""Which unrelated series a design is held against: one rule, for whoever asks."""

from collections.abc import Iterable, Sequence

import pandas as pd

from migration.design.outcome_frame import NUMBERS_ONLY

BOUNDED = ("minus_log_rank", "log_installs")  # outcomes whose bounds are all there is
LACKS, STILL = "no number", "never moves"
Span = tuple[pd.Timestamp, pd.Timestamp]


def why_left_out(
    frame: pd.DataFrame, outcome: str, listed: Iterable[str], spans: Sequence[Span]
) -> dict[str, tuple[str, int]]:
    """Of each series that a design cannot be held against: what is against it.

    A rank between bounds is known, where bounds are of use: no unrelated app is on a
    chart on every day. A series that never moves over the baseline says nothing about
    chance.

    Parameters
    ----------
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`.
    outcome : str
        Its column.
    listed : iterable of str
        Units of the frame, or such as it does not have.
    spans : sequence of (first, last)
        Days on which each must be known, the baseline first.

    Returns
    -------
    dict of str to (str, int)
        ``LACKS`` and the number of days, or ``STILL`` and that of the baseline's.
    """
    names = list(listed)
    rows = frame[frame["unit"].isin(names)]
    bounded = frame.attrs.get("outcome") in BOUNDED
    numbers_only = bool(frame.attrs.get(NUMBERS_ONLY))
    known = _known(rows, outcome, bounded=bounded and not numbers_only)
    inside = rows["period"].between(*spans[0])
    for span in spans[1:]:
        inside |= rows["period"].between(*span)
    numbers = (known & inside).groupby(rows["unit"].to_numpy()).sum()
    days = sum((last - first).days + 1 for first, last in spans)
    lacking = {one: days - int(numbers.get(one, 0)) for one in names}
    still = _still(rows[rows["period"].between(*spans[0])], outcome)
    length = (spans[0][1] - spans[0][0]).days + 1
    found = {one: (LACKS, lack) for one, lack in lacking.items() if lack}
    whole = (one for one in names if one not in found and one in still)
    return found | dict.fromkeys(whole, (STILL, length))


def _known(frame: pd.DataFrame, outcome: str, *, bounded: bool) -> "pd.Series[bool]":
    """Rows with a number, or for ranks with a bound."""
    known = frame[outcome].notna()
    if bounded:
        for end in (f"{outcome}_lower", f"{outcome}_upper"):
            known |= frame[end].notna()
    return known


def _still(rows: pd.DataFrame, outcome: str) -> set[str]:
    """Series with one number on every row."""
    whole = rows[outcome].notna().groupby(rows["unit"].to_numpy()).all()
    ends = rows.groupby("unit")[outcome].agg(["min", "max"])
    same = (ends["min"] == ends["max"]) & whole
    return set(same.index[same])
