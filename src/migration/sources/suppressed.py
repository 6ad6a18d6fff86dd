"""Counts of which a source releases only those above a bound, by market and day.

A count that is left out is an interval from 0 to the bound, where the source had
something to say of that market on that day; else it is missing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

ALL_PARTS = ""  # of a market in which no part was ever released
_PARTS = ["app", "market", "part"]
_TYPES = {"period": "datetime64[us]"} | dict.fromkeys([*_PARTS, "status"], "str")


def table_of(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """A table of such rows with the right types, even where there is no row."""
    types = {name: _TYPES.get(name, "float64") for name in columns}
    return pd.DataFrame(list(rows), columns=list(columns)).astype(types)


def lay_out(
    released: pd.DataFrame, bounds: pd.DataFrame, apps: Iterable[str]
) -> pd.DataFrame:
    """Every part of every app in every market on every day, with bounds and a status.

    Parameters
    ----------
    released : DataFrame
        ``app, period, market, part, lower, upper``: the counts that are known, a part
        being one of those that an app's count in a market is the sum of.
    bounds : DataFrame
        ``period, market, bound``: what a count that was left out can have been at
        most; a row for each market and day on which the source says anything.
    apps : iterable of str

    Returns
    -------
    DataFrame
        ``app, market, part, period, value, lower, upper, status``: for each app and
        each market of ``bounds``, the parts that were ever released there, on each day
        from the first to the last.
    """
    if bounds.empty:
        return table_of([], [*released.columns, "value", "status"])
    days = pd.date_range(bounds["period"].min(), bounds["period"].max(), unit="us")
    pairs = table_of([[app] for app in apps], ["app"])
    pairs = pairs.merge(bounds[["market"]].drop_duplicates(), how="cross")
    pairs = pairs.merge(released[_PARTS].drop_duplicates(), how="left")
    pairs["part"] = pairs["part"].fillna(ALL_PARTS)
    grid = pairs.merge(pd.DataFrame({"period": days}), how="cross")
    grid = grid.merge(bounds, how="left").merge(released, how="left")
    known, inside = grid["lower"].notna(), grid["bound"].notna()
    exact = known & (grid["lower"] == grid["upper"])
    return grid.assign(
        value=grid["lower"].where(exact),
        lower=grid["lower"].fillna(0.0).where(known | inside),
        upper=grid["upper"].fillna(grid["bound"]),
        status=np.select([exact, known | inside], ["observed", "censored"], "missing"),
    ).drop(columns="bound")


def parts_of(grid: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Names of the parts that were released, by app and market."""
    found: dict[str, dict[str, list[str]]] = {app: {} for app in grid["app"].unique()}
    pairs = grid.loc[grid["part"] != ALL_PARTS, _PARTS].drop_duplicates()
    for app, market, part in sorted(pairs.itertuples(index=False)):
        found[app].setdefault(market, []).append(part)
    return found
