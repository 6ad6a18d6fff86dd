"""News about an app: its share of the articles that GDELT monitors, a day, UTC.

One timeline answers one query in one source country: how many articles matched on
each day (``value``), among how many monitored (``norm``). GDELT tells its faults as
sentences, sometimes with a status of success, and its JSON may hold characters that
JSON forbids.
"""

import datetime as dt
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from migration.errors import NoData
from migration.panel import check_panel
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import identifiers
from migration.sources.cards import card
from migration.sources.gdelt.timeline import SOURCE, parse
from migration.sources.options import FORBID, read_options
from migration.sources.raw import Raw, naming

if TYPE_CHECKING:
    from migration.study import Study

__all__ = ["METRICS", "SOURCE", "ZONE", "panel", "parse", "plan", "queries"]

METRICS = ("news_share", "articles")
ZONE = "UTC"
WORLD = "WW"
_PACE = 6.5  # one question in five seconds is allowed, and more is punished for long
_SILENCE = 120.0
_SHORTEST = 30  # days asked at least: a shorter timeline comes by the hour
# Where GDELT's name of a country is not the study's without its spaces; not verified.
_COUNTRIES = {"CZ": "czechrepublic"}


@dataclass(frozen=True, kw_only=True, config=FORBID)
class Options:
    """The options of the source in a study.

    Attributes
    ----------
    markets : tuple of str
        Codes or groups of markets, ``"WW"`` for the world and ``"all"``.
    countries : mapping of str to str
        Code to GDELT's name of a country, where it is another than the study's.
    address : str
    verified : tuple of str
        Queries that somebody has tried; nothing is made of it.
    """

    markets: tuple[str, ...] = (WORLD, "all")
    countries: dict[str, str] = Field(default_factory=dict)
    address: str = ""
    verified: tuple[str, ...] = ()


def plan(study: "Study", window: Window) -> Plan:
    """Ask for the timeline of each app and control, in the world and each market.

    Raises
    ------
    CannotAsk
        An option is unknown or cannot be meant.
    StudyError
        The option ``markets`` names one that the study has not.
    """
    base = read_options(study, SOURCE, Options).address or card(SOURCE).address
    last = window[1]
    first = min(window[0], last - dt.timedelta(days=_SHORTEST - 1))
    for query, (app, market) in queries(study).items():
        asked = {
            "query": query,
            "mode": "timelinevolraw",
            "format": "json",
            "startdatetime": f"{first:%Y%m%d}000000",
            "enddatetime": f"{last:%Y%m%d}235959",
            "timelinesmooth": "0",
        }
        yield Ask(
            url=f"{base}?{urlencode(asked)}",
            name=file_name(app, market, str(first), str(last), suffix="json"),
            kind="any",  # its faults are sentences, whatever type it declares
            settles=last + dt.timedelta(days=1),
            absence="json",
            check=_check,
            pace=_PACE,
            silence=_SILENCE,
            what=f"news about {app} in {market}",
        )


def queries(study: "Study") -> dict[str, tuple[str, str]]:
    """What is asked of GDELT, to the app and market that it is about.

    An app's several identifiers are alternatives: an article counts once.
    """
    options = read_options(study, SOURCE, Options)
    countries = {**_COUNTRIES, **options.countries}
    asked = {}
    for app, names in identifiers(study, SOURCE).items():
        words = names[0] if len(names) == 1 else f"({' OR '.join(names)})"
        for code in _markets(study, options.markets):
            place = "" if code == WORLD else _country(study, code, countries)
            asked[f"{words}{place}"] = (app, code)
    return asked


def panel(raw: Raw, study: "Study") -> pd.DataFrame:
    """Shares and numbers of articles about the apps and controls, by source country.

    A day that had not ended, or not begun, when it was read is partial. Of two
    answers for one day the later is used. ``attrs["absent"]`` lists the apps and
    markets for which nothing is known, ``attrs["queries"]`` what was asked of each
    app.

    Raises
    ------
    NoData
        No answer to any of the study's queries.
    """
    asked = queries(study)
    parts = []
    for entry, content in sorted(raw, key=lambda pair: pair[0].retrieved_at):
        if (query := _query_of(entry.url)) in asked:
            with naming(entry):
                counts = parse(content)
            parts.append(_flagged(counts, entry.retrieved_at).assign(query=query))
    if not parts:
        raise NoData("no timeline of the study's queries is kept: fetch them first")
    counts = pd.concat(parts).drop_duplicates(["query", "period"], keep="last")
    made = check_panel(pd.concat([_rows(counts, asked, metric) for metric in METRICS]))
    found = set(counts["query"])
    made.attrs = {
        "absent": [list(about) for query, about in asked.items() if query not in found],
        "queries": {app: query for query, (app, market) in reversed(asked.items())},
    }
    return made.reset_index(drop=True)


def _check(answer: Answer) -> None:
    parse(answer.content)


def _flagged(counts: pd.DataFrame, retrieved_at: str) -> pd.DataFrame:
    """Whether each day was over when it was read."""
    read = pd.Timestamp(retrieved_at[:10] or "9999-12-31")
    return counts.assign(partial=counts["period"] >= read)


def _rows(
    counts: pd.DataFrame, asked: dict[str, tuple[str, str]], metric: str
) -> pd.DataFrame:
    """One metric on every day from the first to the last of all answers."""
    days = pd.date_range(counts["period"].min(), counts["period"].max(), unit="us")
    known = [query for query in asked if query in set(counts["query"])]
    cells = pd.MultiIndex.from_product([known, days], names=["query", "period"])
    table = counts.set_index(["query", "period"]).reindex(cells).reset_index()
    value, ceiling = table["articles"], np.inf
    if metric == METRICS[0]:
        monitored = table["monitored"].where(table["monitored"] > 0)
        value, ceiling = 100 * value / monitored, 100.0
    partial = table["partial"].eq(True) & value.notna()
    floor = value.where(~partial, 0.0) if metric == METRICS[0] else value
    status = np.select([value.isna(), partial], ["missing", "partial"], "observed")
    about = [asked[query] for query in table["query"]]
    words = {"app": [app for app, _ in about], "market": [code for _, code in about]}
    numbers = {"value": value, "lower": floor, "upper": value.mask(partial, ceiling)}
    head = {"source": SOURCE, "metric": metric, "zone": ZONE, "status": status}
    frame = pd.DataFrame({"period": table["period"], **words, **numbers, **head})
    return frame.astype({**dict.fromkeys([*words, *head], "str")})


def _query_of(url: str) -> str:
    return "".join(parse_qs(urlsplit(url).query).get("query", []))


def _markets(study: "Study", chosen: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        code
        for name in chosen
        for code in ((WORLD,) if name == WORLD else study.expand(name))
    )


def _country(study: "Study", code: str, countries: dict[str, str]) -> str:
    plain = re.sub(r"[^a-z]", "", study.market(code).name.lower())
    return f" sourcecountry:{countries.get(code, plain)}"
