"""Means of two periods: arithmetic before any model."""

import numpy as np
import pandas as pd

from migration.errors import PanelError
from migration.outcomes.scales import PLACES


def period_means(
    frame: pd.DataFrame, *, before: tuple[str, str], during: tuple[str, str]
) -> pd.DataFrame:
    """Means of two periods and their ratio, by unit: arithmetic, not an estimate.

    Of places in a list the means are geometric, and of their numbers: a ratio above one
    is a worse place.

    Parameters
    ----------
    frame : DataFrame
        Counts, as ``to_outcome(panel, "count")`` gives them; or places, as
        ``to_outcome(panel, "minus_log_rank")``.
    before, during : (first, last)
        Both ends included. A unit that lacks a day of either has no ratio.

    Returns
    -------
    DataFrame
        ``unit``, ``before``, ``during``, ``ratio``; largest ratio first.

    Raises
    ------
    PanelError
        If no unit has a number in one of the periods.
    """
    wide = frame.pivot(index="period", columns="unit", values="y").sort_index()
    means = {}
    for name, (first, last) in {"before": before, "during": during}.items():
        means[name] = wide.reindex(pd.date_range(first, last)).mean(skipna=False)
        if means[name].isna().all():
            raise PanelError(
                f"no unit has a number on every day from {first} to {last}; the frame "
                f"covers {wide.index.min():%F} to {wide.index.max():%F}"
            )
    if frame.attrs.get("outcome") == PLACES:
        means = {name: np.exp(-mean) for name, mean in means.items()}
    found = pd.DataFrame(means).assign(ratio=means["during"] / means["before"])
    found.attrs = dict(frame.attrs)
    return found.sort_values("ratio", ascending=False).reset_index()
