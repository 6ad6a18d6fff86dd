"""Which unrelated series a design is held against: one rule, for whoever asks."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from migration.design.outcome_frame import NUMBERS_ONLY

BOUNDED = ("minus_log_rank", "log_installs")  # outcomes whose bounds are all there is
LACKS, STILL = "no number", "never moves"
Span = tuple[pd.Timestamp, pd.Timestamp]
Mask: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.intp]


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
    names = list(dict.fromkeys(listed))
    place = pd.Index(names).get_indexer(pd.Index(frame["unit"]))  # -1: another unit
    rows, place = frame[place >= 0], place[place >= 0]
    bounded = frame.attrs.get("outcome") in BOUNDED
    numbers_only = bool(frame.attrs.get(NUMBERS_ONLY))
    known = _known(rows, outcome, bounded=bounded and not numbers_only)
    within = [rows["period"].between(*span).to_numpy(bool) for span in spans]
    inside = known & np.logical_or.reduce(within)
    numbers = np.bincount(place[inside], minlength=len(names))
    days = sum((last - first).days + 1 for first, last in spans)
    lacking = {one: days - int(n) for one, n in zip(names, numbers, strict=True)}
    still = _still(rows.loc[within[0], outcome], place[within[0]])
    length = (spans[0][1] - spans[0][0]).days + 1
    found = {one: (LACKS, lack) for one, lack in lacking.items() if lack}
    whole = (one for at, one in enumerate(names) if one not in found and at in still)
    return found | dict.fromkeys(whole, (STILL, length))


def _known(frame: pd.DataFrame, outcome: str, *, bounded: bool) -> Mask:
    """Rows with a number, or for ranks with a bound."""
    known = frame[outcome].notna().to_numpy(bool)
    if bounded:
        for end in (f"{outcome}_lower", f"{outcome}_upper"):
            known = known | frame[end].notna().to_numpy(bool)
    return known


def _still(values: "pd.Series[float]", place: Ints) -> set[int]:
    """Places of the series with one number on every row."""
    if not pd.api.types.is_any_real_numeric_dtype(values):
        return set()  # whoever estimates refuses it in words
    ends = values.groupby(place).agg(["min", "max", "count", "size"])
    same = (ends["min"] == ends["max"]) & (ends["count"] == ends["size"])
    return set(ends.index[same])
