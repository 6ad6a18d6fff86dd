"""Articles about a study's apps among the thousand most read of a country, UTC.

The service rounds views up to the next hundred: every one is an interval. An article
outside a whole list is taken to have been read at most as often as the last one on it.
That bound is not certain: an article that was left out for having few readers, who read
it often, can exceed it. A list that is shorter ends where no more than a thousand
people read an article, and says nothing of how often they did.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.errors import NoData, SchemaDrift
from migration.panel import COLUMNS
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import add_up, end_in_time, identifiers
from migration.sources.cards import card
from migration.sources.raw import Raw, naming
from migration.sources.suppressed import lay_out, parts_of, table_of
from migration.sources.wikimedia import PACE
from migration.sources.wikimedia.charts import (
    LENGTH,
    Chart,
    Place,
    chart_address,
    is_chart,
    read_chart,
)
from migration.sources.wikimedia.daily import UNSETTLED
from migration.sources.wikimedia.names import split_name
from migration.sources.window import days_of, narrowed

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "wikipedia_country_top"
METRICS = ("views", "rank")
ZONE = "UTC"
STATUSES = (200, 404)  # a 404 is an answer here
FIRST = dt.date(2021, 1, 1)
STEP = 100
# Countries that the service's code of 2023 refuses; that it answers 404 is inferred.
DENIED = frozenset((
    "AE", "AF", "AZ", "BH", "BI", "BY", "CN", "CU", "DJ", "EG", "ER", "ET", "GQ", "IQ",
    "IR", "KP", "KZ", "LA", "LY", "MM", "PK", "RU", "RW", "SA", "SD", "SG", "SO", "SY",
    "TH", "TJ", "TM", "TR", "UZ", "VE", "VN", "YE",
))  # fmt: skip


def plan(study: "Study", window: Window) -> Plan:
    """Ask for each day's list of each market, from 1 January 2021 on.

    The options ``first`` and ``last`` narrow the days. A country that the service is
    known to refuse is asked for one day, and for the others only if that is answered.
    """
    spec = study.source(SOURCE)
    base = str(spec.options.get("address", card(SOURCE).address))
    first, last = narrowed(window, spec)
    for country in (m.code for m in study.markets if m.code != "WW"):
        served = country not in DENIED
        for day in days_of((max(first, FIRST), last)):
            answer = yield _ask(base, country, day)
            served = served or (answer is not None and answer.status == 200)
            if not served:
                break


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Views and best rank of a study's apps and controls in each market.

    The articles of an app in a country are those that were on one of its lists on the
    days at hand. ``attrs`` names the ``articles``, the markets that have no list
    (``without_list``: refused, or no data) and how many lists were ``short``.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        A file is not what the service promises.
    NoData
        No list of any market is kept.
    """
    codes = {market.code for market in study.markets} - {"WW"}
    first, last = narrowed((dt.date.min, dt.date.max), study.source(SOURCE))
    charts = [
        one for one in parse(raw) if one.country in codes and first <= one.day <= last
    ]
    lists, named = _lists(charts), _names(study)
    if lists.empty or not named:
        raise NoData(
            f"{SOURCE}: no list of any market is kept, or no app has articles: fetch "
            "again, or name them in the study"
        )
    placed = _placed(charts, named)
    views = placed.assign(lower=placed["upper"] - (STEP - 1)).drop(columns="rank")
    grid = lay_out(views, lists.drop(columns="length"), named)
    summed = add_up(grid.assign(source=SOURCE, metric="views", zone=ZONE))
    made = pd.concat([summed, _ranks(placed, lists, named)], ignore_index=True)
    made = end_in_time(made, study, SOURCE).reset_index(drop=True)
    made.attrs = {
        "without_list": sorted(codes - set(lists["market"])),
        "short": int((lists["length"] < LENGTH).sum()),
        "articles": parts_of(grid),
    }
    return made.astype({"status": "str"})


def parse(raw: Raw) -> list[Chart]:
    """Every list, the last read of a country and day; pure."""
    found: dict[tuple[str, dt.date], Chart] = {}
    for entry, content in sorted(raw, key=lambda pair: pair[0].retrieved_at):
        if is_chart(entry.url):
            with naming(entry):
                one = _read(entry.url, content, status=entry.status)
            found[one.country, one.day] = one
    return list(found.values())


def _ask(base: str, country: str, day: dt.date) -> Ask:
    return Ask(
        url=chart_address(base, country, day),
        name=file_name(country.lower(), str(day), suffix="json"),
        settles=day + UNSETTLED,
        accept=STATUSES,
        absence="json",
        pace=PACE,
        check=_check,
        what=f"most read in {country} on {day}",
    )


def _check(answer: Answer) -> None:
    _read(answer.url, answer.content, status=answer.status)


def _read(url: str, content: bytes, *, status: int) -> Chart:
    chart = read_chart(url, content, status=status)
    for one in chart.places or ():
        if one.views % STEP:
            raise SchemaDrift(
                f"{url}: needs views rounded up to hundreds, got {one.views} of "
                f"{one.title}: the intervals would be wrong"
            )
    return chart


def _names(study: "Study") -> dict[str, tuple[str, ...]]:
    """Identifiers, where the option ``identifiers_of`` says so those of a source."""
    other = study.source(SOURCE).options.get("identifiers_of")
    own = identifiers(study, SOURCE)
    borrowed = {a.id: a.ids[other] for a in study.apps if other in a.ids}
    return {**borrowed, **own}


def _lists(charts: Sequence[Chart]) -> pd.DataFrame:
    """Each list's length, and the bound that is taken for an article outside it."""
    rows = (
        (one.day, one.country, len(one.places), _bound(one.places))
        for one in charts
        if one.places is not None
    )
    return table_of(rows, ("period", "market", "length", "bound"))


def _bound(places: Sequence[Place]) -> float:
    return float(min(p.views for p in places)) if len(places) >= LENGTH else np.inf


def _placed(
    charts: Sequence[Chart], named: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Where the articles of each app stood on the lists."""
    owner = {split_name(n, SOURCE): app for app, names in named.items() for n in names}
    rows = (
        (owner[x.project, x.title], one.day, one.country, *_numbers(x))
        for one in charts
        for x in one.places or ()
        if (x.project, x.title) in owner
    )
    return table_of(rows, ("app", "period", "market", "part", "upper", "rank"))


def _numbers(place: Place) -> tuple[str, int, int]:
    return f"{place.project}/{place.title}", place.views, place.rank


def _ranks(
    placed: pd.DataFrame, lists: pd.DataFrame, apps: Iterable[str]
) -> pd.DataFrame:
    """The best place of each app; off the list it is beyond the last."""
    best = placed.groupby(["app", "period", "market"])["rank"].min().reset_index()
    rows = table_of([[app] for app in apps], ["app"]).merge(lists, how="cross")
    rank = rows.merge(best, how="left")["rank"]
    return rows.assign(
        source=SOURCE,
        metric="rank",
        zone=ZONE,
        value=rank,
        lower=rank.fillna(rows["length"] + 1.0),
        upper=rank.fillna(np.inf),
        status=np.where(rank.isna(), "censored", "observed"),
    )[list(COLUMNS)]
