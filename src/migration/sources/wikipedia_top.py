"""English Wikipedia articles among the hundred most read of a day, UTC.

An article outside the hundred had at most the views of the hundredth: its views are
censored between 0 and that threshold, its rank beyond 100.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.sources.assemble import add_up, best_rank, only_named, to_apps
from migration.sources.raw import Raw
from migration.sources.tables import read_table, refuse_rows, to_days

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "wikipedia_top"
METRICS = ("views", "rank")
ZONE = "UTC"
CHART_SIZE = 100
_HEAD = ["date", "article", "views", "rank", "top100_threshold_views", "censored"]
_COUNT = r"[1-9][0-9]{0,14}"


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Views and ranks of the articles of a study's apps."""
    rows = parse(raw.files)
    views = rows[rows["metric"] == "views"]
    ranks = rows[rows["metric"] == "rank"]
    both = pd.concat(
        [
            to_apps(views, study, SOURCE, combine=add_up),
            to_apps(ranks, study, SOURCE, combine=best_rank),
        ],
        ignore_index=True,
    )
    return only_named(both, study, SOURCE)


def parse(raws: Mapping[str, bytes]) -> pd.DataFrame:
    """Panel rows of views and ranks, from files by name; pure.

    Raises
    ------
    UnexpectedContent
        Not a table of text.
    SchemaDrift
        Other columns, a rank beyond 100, views below the day's threshold, a number
        for an article outside the hundred, or a day twice.
    """
    table = pd.concat([_table(raw) for raw in raws.values()], ignore_index=True)
    _refuse(table, table.duplicated(["date", "article"]), "an article twice a day")
    views, ranks, threshold = (_numbers(table, name) for name in _HEAD[2:5])
    off = table["censored"] == "1"
    inside = (ranks <= CHART_SIZE) & (views >= threshold)
    _refuse(table, ~off & ~inside, "a row on the chart that cannot be there")
    _refuse(table, off & (views.notna() | ranks.notna()), "numbers off the chart")
    first_off = pd.Series(float(CHART_SIZE + 1), index=table.index)
    return pd.concat(
        [
            _rows(table, "views", views, (0 * threshold, threshold)),
            _rows(table, "rank", ranks, (first_off, first_off + np.inf)),
        ],
        ignore_index=True,
    )


def _rows(
    table: pd.DataFrame,
    metric: str,
    value: "pd.Series[float]",
    bounds: tuple["pd.Series[float]", "pd.Series[float]"],
) -> pd.DataFrame:
    off = value.isna()
    return pd.DataFrame(
        {
            "source": SOURCE,
            "metric": metric,
            "app": table["article"],
            "market": "WW",
            "period": table["period"],
            "zone": ZONE,
            "value": value,
            "lower": value.fillna(bounds[0]),
            "upper": value.fillna(bounds[1]),
            "status": np.where(off, "censored", "observed"),
        }
    ).astype({"status": "str"})


def _table(raw: bytes) -> pd.DataFrame:
    table = read_table(raw, source=SOURCE, head=_HEAD)
    _refuse(table, ~table["censored"].isin(["0", "1"]), "'censored' neither 0 nor 1")
    _refuse(table, table["article"] == "", "no article")
    return table.assign(period=to_days(table["date"], source=SOURCE))


def _numbers(table: pd.DataFrame, name: str) -> "pd.Series[float]":
    empty = table[name] == ""
    may_be_empty = (table["censored"] == "1") & (name != "top100_threshold_views")
    count = table[name].str.fullmatch(_COUNT, na=False)
    _refuse(table, ~count & ~(empty & may_be_empty), f"{name} that are not counts")
    return pd.to_numeric(table[name].mask(empty)).astype("float64")


def _refuse(table: pd.DataFrame, wrong: "pd.Series[bool]", fault: str) -> None:
    refuse_rows(table, wrong, source=SOURCE, fault=fault)
