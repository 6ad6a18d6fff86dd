"""News about an app: its share of the articles that GDELT monitors, a day, UTC.

One timeline answers one query in one source country: how many articles matched on
each day (``value``), among how many monitored (``norm``). GDELT tells its faults as
sentences, sometimes with a status of success, and its JSON may hold characters that
JSON forbids.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pandas as pd

from migration.errors import (
    CannotAsk,
    NoData,
    RateLimited,
    SchemaDrift,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources.archive import unpacked
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import identifiers
from migration.sources.cards import card
from migration.sources.raw import Raw
from migration.sources.tables import refuse_rows, to_days

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "gdelt"
METRICS = ("news_share", "articles")
ZONE = "UTC"
WORLD = "WW"
_PACE = 6.5  # one question in five seconds is allowed, and more is punished for long
_SILENCE = 120.0
_SHORTEST = 30  # days asked at least: a shorter timeline comes by the hour
_MOST = 2**53
_LIMIT = re.compile(r"limit requests to one every", re.IGNORECASE)
# Where GDELT's name of a country is not the study's without its spaces; not verified.
_COUNTRIES = {"CZ": "czechrepublic"}
_SERIES = "Article Count"
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T000000Z")
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def plan(study: "Study", window: Window) -> Plan:
    """Ask for the timeline of each app and control, in the world and each market.

    Raises
    ------
    StudyError
        The option ``markets`` names one that the study has not.
    """
    base = study.source(SOURCE).options.get("address", card(SOURCE).address)
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
            check=_check,
            pace=_PACE,
            silence=_SILENCE,
            what=f"news about {app} in {market}",
        )


def queries(study: "Study") -> dict[str, tuple[str, str]]:
    """What is asked of GDELT, to the app and market that it is about.

    An app's several identifiers are alternatives: an article counts once.
    """
    options = study.source(SOURCE).options
    countries = {**_COUNTRIES, **options.get("countries", {})}
    asked = {}
    for app, names in identifiers(study, SOURCE).items():
        words = names[0] if len(names) == 1 else f"({' OR '.join(names)})"
        for code in _markets(study):
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
    parts = [
        _flagged(parse(content), entry.retrieved_at).assign(query=query)
        for entry, content in sorted(raw, key=lambda pair: pair[0].retrieved_at)
        if (query := _query_of(entry.url)) in asked
    ]
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


def parse(raw: bytes) -> pd.DataFrame:
    """Days of one timeline: ``period``, ``articles`` and ``monitored``; pure.

    Raises
    ------
    RateLimited, CannotAsk, UnexpectedContent
        A sentence of GDELT's instead of a timeline: asked too fast, or a query that
        it does not take; or a page.
    NoData
        No article in all of the days.
    SchemaDrift
        Another resolution than days, other series, or counts that are none.
    """
    reply = _json(raw)
    timeline = reply.get("timeline") if isinstance(reply, dict) else reply
    if timeline in (None, []) and isinstance(reply, dict):
        raise NoData("gdelt knows no article in these days")
    details = reply.get("query_details") if isinstance(reply, dict) else None
    step = details.get("date_resolution") if isinstance(details, dict) else None
    if step != "day":
        raise SchemaDrift(f"gdelt needs a timeline by day, got one by {step!r}")
    points = pd.DataFrame(list(_points(timeline)), columns=["date", "value", "norm"])
    if points.empty:
        raise NoData("gdelt knows no day of these days")
    days = to_days(points["date"], source=SOURCE)
    counts = pd.DataFrame(
        {"period": days, "articles": points["value"], "monitored": points["norm"]}
    ).drop_duplicates()
    repeats = counts.duplicated("period")
    refuse_rows(counts, repeats, source=SOURCE, fault="two counts of a day")
    return counts.sort_values("period", ignore_index=True)


def _points(timeline: Any) -> Iterator[tuple[str, float, float]]:
    whole = isinstance(timeline, list) and len(timeline) == 1
    series = timeline[0] if whole and isinstance(timeline[0], dict) else {}
    data = series.get("data")
    if series.get("series") != _SERIES or not isinstance(data, list):
        raise SchemaDrift(
            f"gdelt needs one series {_SERIES!r} with a list of days, got "
            f"{str(timeline)[:120]}"
        )
    for point in data:
        own: Any = point if isinstance(point, dict) else {}
        date = _STAMP.fullmatch(str(own.get("date")))
        value, norm = own.get("value"), own.get("norm")
        if not date or not _is_count(value) or not _is_count(norm) or value > norm:
            raise SchemaDrift(
                "gdelt needs a date, a count and at least as many articles monitored "
                f"for each day, got {str(point)[:120]}"
            )
        yield "-".join(date.groups()), float(value), float(norm)


def _is_count(number: Any) -> bool:
    """A whole number; True is an int in Python, and not a count."""
    whole = type(number) is int or (type(number) is float and number.is_integer())
    return whole and 0 <= number < _MOST


def _json(raw: bytes) -> Any:
    """What was sent as JSON, with what JSON forbids taken out of its texts."""
    plain = unpacked(raw)[-1]
    text = plain.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[")):
        raise _said(text)
    for form in (text, _mended(text)):
        try:
            return json.loads(form, strict=False)
        except (ValueError, RecursionError):
            continue
    raise UnexpectedContent(
        f"gdelt needs JSON, got what begins with {text[:60]!r} and cannot be read: "
        "fetch it again"
    )


def _said(text: str) -> Exception:
    """The error that a sentence of GDELT's stands for."""
    if _LIMIT.search(text[:400]):
        return RateLimited(f"gdelt asks for patience: {text[:120].strip()!r}")
    if not text.strip() or text.startswith("<"):
        return UnexpectedContent(
            f"gdelt needs JSON, got {text[:60]!r}: try again later"
        )
    return CannotAsk(
        f"gdelt does not take the query and says {text[:200].strip()!r}: correct the "
        "app's identifiers at gdelt"
    )


def _mended(text: str) -> str:
    """Without the backslashes that escape nothing."""
    return _ESCAPE.sub(lambda found: found[0] if found[1] else "", text)


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
    known = counts["query"].unique()
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


def _markets(study: "Study") -> tuple[str, ...]:
    chosen = tuple(study.source(SOURCE).options.get("markets", (WORLD, "all")))
    return tuple(
        code
        for name in chosen
        for code in ((WORLD,) if name == WORLD else study.expand(name))
    )


def _country(study: "Study", code: str, countries: dict[str, str]) -> str:
    plain = re.sub(r"[^a-z]", "", study.market(code).name.lower())
    return f" sourcecountry:{countries.get(code, plain)}"
