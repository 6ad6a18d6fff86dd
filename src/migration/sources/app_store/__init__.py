"""The App Store: ranks in the charts of free iPhone apps, and counts of ratings.

Apple gives today's charts only. ``plan`` collects them forward, and asks the archive
for what it captured of the study's days. Every place that shows a chart is a metric of
its own, because places differ in what they rank; see :mod:`.places`.
"""

from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import NoData
from migration.sources.app_store.asking import plan as plan
from migration.sources.app_store.days import (
    nothing_known,
    sightings,
    summary,
)
from migration.sources.app_store.options import SOURCE as SOURCE
from migration.sources.app_store.options import markets_of, options_of
from migration.sources.app_store.places import METRICS as METRICS
from migration.sources.app_store.places import RATINGS
from migration.sources.app_store.reading import read_all
from migration.sources.assemble import (
    add_up,
    best_rank,
    identifiers,
    only_named,
    to_apps,
)
from migration.sources.raw import Raw
from migration.sources.sightings import to_days

if TYPE_CHECKING:
    from migration.study import Study

ZONE = "UTC"  # of nothing but what is averaged over markets, each of which has its own
EVERY_ANSWER = True

__all__ = ["EVERY_ANSWER", "METRICS", "SOURCE", "ZONE", "panel", "plan"]


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Ranks and counts of ratings of a study's apps, by market and its local day.

    A day on which no chart was seen has no row: it is missing, which is not off the
    chart. An app that a chart of that day lacks is censored past the chart's own end.
    ``attrs`` say how many charts there are, how long, and which were stale.

    Raises
    ------
    NoData
        No chart of any of the study's markets.
    """
    ids = identifiers(study, SOURCE)
    apps = sorted({name for names in ids.values() for name in names})
    zones = {m.code: m.zone for m in study.markets}
    asked, wanted = markets_of(study, options_of(study)), _metrics(study)
    seen = [
        one
        for one in read_all(raw)
        if one.place.market in asked and one.place.metric in wanted
    ]
    if not seen:
        raise NoData(
            "no chart of any of the study's markets is kept: run `migration fetch`"
        )
    days = to_days(sightings(seen, apps), zones, source=SOURCE)
    ranks = to_apps(days[days["metric"] != RATINGS], study, SOURCE, combine=best_rank)
    ratings = to_apps(days[days["metric"] == RATINGS], study, SOURCE, combine=add_up)
    both = only_named(pd.concat([ranks, ratings], ignore_index=True), study, SOURCE)
    whole = nothing_known(both, wanted)
    whole.attrs = {**both.attrs} | summary(seen, asked)
    return whole


def _metrics(study: "Study") -> list[str]:
    return [name for name in study.source(SOURCE).metrics if name in METRICS]
