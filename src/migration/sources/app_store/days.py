"""Sightings of apps in charts, and what is told of the charts behind a panel."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from migration.panel import COLUMNS
from migration.sources.app_store.options import SOURCE
from migration.sources.app_store.reading import Seen

RULE = (
    "A day's rank is the interval from the best to the worst of the charts seen of "
    "that day; what happened between them is not known."
)
SHOWN = 20  # stale charts that are named one by one
_SERIES = ["metric", "app", "market"]


def sightings(seen: Iterable[Seen], apps: Sequence[str]) -> pd.DataFrame:
    """One row a chart and app: ``lower`` and ``upper`` bound the place.

    Off the chart is a place after its last, with no end; the list that came counts,
    not the length that was asked for. Where a list repeats an app, places are bounds,
    see :meth:`Chart.bounds`. An app without a count of ratings has no row.
    """
    rows = [row for one in seen for row in _rows(one, apps)]
    columns = [*_SERIES, "instant", "lower", "upper"]
    frame = pd.DataFrame(rows, columns=columns)
    types = dict.fromkeys(_SERIES, "str") | {"instant": "datetime64[us, UTC]"}
    return frame.astype({**types, "lower": "float64", "upper": "float64"})


def nothing_known(panel: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    """A missing day of each series for metrics that have no chart at all."""
    known = set(panel["metric"])
    first = panel.groupby(["app", "market", "zone"], as_index=False)["period"].min()
    empty = [
        first.assign(source=SOURCE, metric=name, value=np.nan, lower=np.nan,
                     upper=np.nan, status="missing")[list(COLUMNS)]
        for name in metrics
        if name not in known
    ]  # fmt: skip
    rows = pd.concat([panel, *empty], ignore_index=True)
    words = {name: rows[name].astype("str") for name in ("source", "metric", "status")}
    whole: pd.DataFrame = rows.assign(**words)
    return whole


def summary(seen: Sequence[Seen], markets: Sequence[str]) -> dict[str, Any]:
    """What a panel's ``attrs`` say of the charts behind it.

    ``charts`` and ``chart_size`` (shortest and longest) are by metric, ``undated``
    counts charts that do not say when they were made, ``stale`` names those that were
    over a day old when they were asked, ``without`` the markets with no chart.
    """
    sizes: dict[str, list[int]] = {}
    for one in seen:
        if one.chart is not None:
            sizes.setdefault(one.place.metric, []).append(one.chart.size)
    stale = [one for one in seen if one.is_stale]
    found = {one.place.market for one in seen if one.chart is not None}
    return {
        "charts": {metric: len(some) for metric, some in sorted(sizes.items())},
        "chart_size": {m: [min(some), max(some)] for m, some in sorted(sizes.items())},
        "undated": sum(one.chart.made is None for one in seen if one.chart),
        "stale_charts": len(stale),
        "stale": [
            f"{one.place.metric} {one.place.market}: made {one.when:%F}, asked "
            f"{one.asked:%F}"
            for one in stale[:SHOWN]
        ],
        "without": [market for market in markets if market not in found],
        "rule": RULE,
    }


def _rows(one: Seen, apps: Sequence[str]) -> list[tuple[Any, ...]]:
    metric, market = one.place.metric, one.place.market
    bounds = ((app, _bounds(one, app)) for app in apps)
    return [(metric, app, market, one.when, *known) for app, known in bounds if known]


def _bounds(one: Seen, app: str) -> tuple[float, float] | None:
    """The least and the most that was seen of an app; None where nothing was."""
    if one.chart is None:
        count = one.ratings.get(app)
        return None if count is None else (count, count)
    return one.chart.bounds(app)
