"""Series that are totals of others: an app is told from nothing that holds it."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from migration.study.metrics import is_rank

CALLED = frozenset(
    (
        "total",
        "totals",
        "grand total",
        "sum",
        "all",
        "all apps",
        "overall",
        "everything",
    )
)
NEAR = 1e-3  # of the total: figures are rounded
LEAST_DAYS, LEAST_PARTS = 10, 3


def totals_among(panel: pd.DataFrame, names: Collection[str]) -> dict[str, str]:
    """Of each series that is a total, or is called one: why it is no control.

    Parameters
    ----------
    panel : DataFrame
        Of one metric, with the study's apps.
    names : collection of str
        Those that could be controls.
    """
    if panel.empty or is_rank(str(panel["metric"].iloc[0])):
        return {}
    found = {
        name: "called a total, and it may hold the study's apps"
        for name in names
        if " ".join(name.split()).casefold() in CALLED
    }
    return found | {
        name: "the sum of all other series, the study's apps among them"
        for name in _sums(panel)
        if name in names
    }


def _sums(panel: pd.DataFrame) -> list[str]:
    """Series that equal, on every day, the sum of all others of that day.

    Beside one app that dwarfs the others both it and the sum do so, as near as figures
    are rounded: a sum is at least each of its parts, so that the larger one is it.
    """
    wide = panel.pivot_table(
        index=["market", "period"], columns="app", values="value", observed=True
    )
    y = wide.to_numpy(dtype=float)
    if y.shape[0] < LEAST_DAYS or y.shape[1] <= LEAST_PARTS:
        return []
    rest = np.nansum(y, axis=1, keepdims=True) - y
    is_sum = np.abs(rest - y) <= NEAR * y
    held = (is_sum | np.isnan(y)).all(axis=0) & (is_sum.sum(axis=0) >= LEAST_DAYS)
    whole = np.where(held, np.nansum(y, axis=0), -np.inf)
    return [str(name) for name in wide.columns[held & (whole == whole.max())]]
