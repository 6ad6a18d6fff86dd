"""Articles about a study's apps among the thousand most read of a country, UTC.

The service rounds views up to the next hundred: every one is an interval. An article
outside a whole list was read at most as often as the last one on it. A list that is
shorter ends where no more than a thousand people read an article, and says nothing of
how often they did.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.errors import NoData, SchemaDrift
from migration.panel import COLUMNS
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import add_up, end_in_time, identifiers
from migration.sources.cards import card
from migration.sources.raw import Raw
from migration.sources.suppressed import lay_out, table_of
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
KIND = "top-per-country"
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
        for day in days_of((max(first, FIRST), last)):
            answer = yield _ask(base, country, day)
            answered = answer is not None and answer.status == 200
            if country in DENIED and not answered:
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
    codes = {market.code for market in study.markets}
    charts = [one for one in parse(raw) if one.place in codes]
    lists = _lists(charts)
    if lists.empty or not _names(study):
        raise NoData(
            f"{SOURCE}: no list of any market is kept, or no app has articles: fetch "
            "again, or name them in the study"
        )
    placed = {app: _placed(charts, ids) for app, ids in _names(study).items()}
    rows = [frame for app, some in placed.items() for frame in _rows(app, some, lists)]
    made = pd.concat(rows, ignore_index=True).astype({"status": "str"})
    made = end_in_time(made, study, SOURCE).reset_index(drop=True)
    asked = codes - {"WW"}
    made.attrs = {
        "without_list": sorted(asked - set(lists["market"])),
        "short": int((lists["length"] < LENGTH).sum()),
        "articles": {app: _articles(some) for app, some in placed.items()},
    }
    return made


def parse(raw: Raw) -> list[Chart]:
    """Every list, the last read of a country and day; pure."""
    found: dict[tuple[str, dt.date], Chart] = {}
    for entry, content in sorted(raw, key=lambda pair: pair[0].retrieved_at):
        if is_chart(entry.url):
            one = _read(entry.url, content, status=entry.status)
            found[one.place, one.day] = one
    return list(found.values())


def _ask(base: str, country: str, day: dt.date) -> Ask:
    return Ask(
        url=chart_address(base, KIND, country, day),
        name=file_name(country.lower(), str(day), suffix="json"),
        settles=day + UNSETTLED,
        accept=STATUSES,
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
    """Each list's length, and the most that an article outside it was read."""
    rows = (
        (one.day, one.place, len(one.places), _bound(one.places))
        for one in charts
        if one.places is not None
    )
    return table_of(rows, ("period", "market", "length", "bound"))


def _bound(places: Sequence[Place]) -> float:
    return float(min(p.views for p in places)) if len(places) >= LENGTH else np.inf


def _placed(charts: Sequence[Chart], ids: Sequence[str]) -> pd.DataFrame:
    """Where the articles of one app stood on the lists."""
    wanted = {split_name(name, SOURCE) for name in ids}
    rows = (
        (one.day, one.place, f"{p.project}/{p.title}", p.views, p.rank)
        for one in charts
        for p in one.places or ()
        if (p.project, p.title) in wanted
    )
    return table_of(rows, ("period", "market", "part", "upper", "rank"))


def _rows(
    app: str, placed: pd.DataFrame, lists: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    about = {"source": SOURCE, "app": app, "zone": ZONE}
    views = placed.assign(lower=placed["upper"] - (STEP - 1)).drop(columns="rank")
    grid = lay_out(views, lists.drop(columns="length")).assign(**about, metric="views")
    yield add_up(grid)
    best = placed.groupby(["period", "market"])["rank"].min()
    off = lists["length"] + 1.0
    rank = lists.merge(best.reset_index(), how="left")
    yield rank.assign(
        **about,
        metric="rank",
        value=rank["rank"],
        lower=rank["rank"].fillna(off),
        upper=rank["rank"].fillna(np.inf),
        status=np.where(rank["rank"].isna(), "censored", "observed"),
    )[list(COLUMNS)]


def _articles(placed: pd.DataFrame) -> dict[str, list[str]]:
    pairs = placed[["market", "part"]].drop_duplicates()
    return {
        str(market): sorted(part) for market, part in pairs.groupby("market")["part"]
    }
