"""From sightings to panel rows, and what is said of them."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.errors import NoData
from migration.panel import COLUMNS, check_panel
from migration.sources.assemble import add_up, best_rank, identifiers, to_apps
from migration.sources.google_play.options import SOURCE
from migration.sources.google_play.places import (
    METRICS,
    RANKS,
    UNKNOWN,
    UNPLACED,
    WORLD,
)
from migration.sources.google_play.reading import Seen, read_all
from migration.sources.raw import Raw
from migration.sources.sightings import to_days

if TYPE_CHECKING:
    from migration.study import Study

_SERIES = ["metric", "app", "market"]
_BOUNDS = ["lower", "upper"]


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Ranks by market and its local day, and counters of the world by UTC day.

    A day on which no page was captured has no row. An app that a chart lacks is
    censored past the end of what was captured of it; captures of one day that differ
    give the interval that holds them. Charts whose address names no country are
    metrics of their own, ``rank_unplaced`` and so on, in the market ``ZZ``, which is
    none. ``attrs`` say how many charts there are and how long, which apps have no
    page, and whose counter fell.

    Raises
    ------
    NoData
        No capture of a chart or of an app of the study.
    """
    zones = {m.code: m.zone for m in study.markets} | {WORLD: "UTC", UNKNOWN: "UTC"}
    apps = sorted({n for ids in identifiers(study, SOURCE).values() for n in ids})
    metrics = study.source(SOURCE).metrics
    seen = [one for one in read_all(raw) if _is_wanted(one, zones, metrics)]
    found = sightings(seen, apps)
    if found.empty:
        raise NoData(
            "no chart and no app page of the study is kept: run `migration fetch`"
        )
    days = to_days(found, zones, source=SOURCE).astype({"source": "str"})
    ranked = days["metric"].isin(RANKS)
    rows = [
        to_apps(days[ranked], study, SOURCE, combine=best_rank),
        to_apps(days[~ranked], study, SOURCE, combine=add_up),
    ]
    both = pd.concat([part for part in rows if not part.empty], ignore_index=True)
    made = check_panel(_with_missing(both, study.source(SOURCE).metrics))
    made.attrs = _about(seen, found, apps)
    return made


def sightings(seen: Iterable[Seen], apps: Sequence[str]) -> pd.DataFrame:
    """One row a page, metric and app: ``lower`` and ``upper`` bound the number."""
    rows = [row for one in seen for row in _rows(one, apps)]
    frame = pd.DataFrame(rows, columns=[*_SERIES, "instant", *_BOUNDS])
    bounds = dict.fromkeys(_BOUNDS, "float64")
    times = {"instant": "datetime64[us, UTC]"}
    return frame.astype(dict.fromkeys(_SERIES, "str") | bounds | times)


def _is_wanted(one: Seen, markets: Collection[str], metrics: Collection[str]) -> bool:
    """Whether a page shows a chart that a study names, or is an app's own."""
    place = one.place
    if one.counters is not None:
        return True
    return place.market in markets and place.metric(place.chart) in metrics


def _rows(one: Seen, apps: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    place = one.place
    if one.chart is not None:
        metric = place.metric(place.chart)
        for app in apps:
            if bounds := _rank(one, app):
                yield (metric, app, place.market, one.when, *bounds)
    if one.counters is not None and place.name in apps:
        counters = one.counters
        about = (place.name, WORLD, one.when)
        yield ("installs", *about, counters.lower, counters.upper)
        if counters.ratings is not None:
            yield ("ratings", *about, counters.ratings, counters.ratings)


def _rank(one: Seen, app: str) -> tuple[float, float] | None:
    """A place; past the end of a page that begins with the first; else nothing."""
    chart = one.chart
    if chart is None:
        return None
    if place := chart.place(app):
        return place, place
    return None if chart.start else (chart.end + 1, np.inf)


def _with_missing(rows: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """A missing day for each app of metrics of which there is nothing at all."""
    first = rows.groupby("app", as_index=False)["period"].min()
    empty = [
        first.assign(
            source=SOURCE, metric=name, zone="UTC", status="missing",
            market=UNKNOWN if name.endswith(UNPLACED) else WORLD,
            value=np.nan, lower=np.nan, upper=np.nan,
        )
        for name in METRICS
        if name in wanted and name not in set(rows["metric"])
    ]  # fmt: skip
    whole = pd.concat([rows, *empty], ignore_index=True)[list(COLUMNS)]
    words = ["source", "metric", "app", "market", "zone", "status"]
    typed: pd.DataFrame = whole.astype(dict.fromkeys(words, "str"))
    return typed


def _about(
    seen: Sequence[Seen], found: pd.DataFrame, apps: Sequence[str]
) -> dict[Hashable, Any]:
    ends: dict[str, list[int]] = {}
    for one in seen:
        if one.chart is not None:
            ends.setdefault(one.place.metric(one.place.chart), []).append(one.chart.end)
    pages = set(found.loc[found["metric"] == "installs", "app"])
    return {
        "charts": {metric: len(some) for metric, some in sorted(ends.items())},
        "chart_size": {m: [min(some), max(some)] for m, some in sorted(ends.items())},
        "without_page": [app for app in apps if app not in pages],
        "fell": _fell(found),
    }


def _fell(found: pd.DataFrame) -> list[str]:
    """Apps whose counter is lower than it was: corrected, or of an older page."""
    counts = found[found["metric"] == "installs"].sort_values("instant")
    most = counts.groupby("app")["lower"].cummax()
    return sorted(set(counts.loc[counts["upper"] < most, "app"]))
