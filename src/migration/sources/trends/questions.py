"""What the live mode asks for: requests of up to five items, chained by an anchor."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.ask import Window, file_name
from migration.sources.places import check_code
from migration.sources.trends.exports import SOURCE
from migration.study.fields import WORLD

if TYPE_CHECKING:
    from migration.study import Study

EXPLORE = "/trends/api/explore"
MOST_ITEMS = 5
SHORTEST, LONGEST = 8, 269  # days of a window that is answered by day
OVERLAP = 60  # days that two windows share
SETTLING = 3  # days: the newest are from another sample of searches
LINES, MAP = "TIMESERIES", "GEO_MAP"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of a request."""

    keyword: str
    geo: str
    time: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request: its items, which part of the page is wanted, and which draw."""

    items: tuple[Item, ...]
    widget: str = LINES
    draw: int = 1

    def url(self, base: str) -> str:
        """The page that gives the token."""
        listed = [
            {
                "keyword": item.keyword,
                "time": item.time,
                "geo": "" if item.geo == WORLD else item.geo,
            }
            for item in self.items
        ]
        request = {"comparisonItem": listed, "category": 0, "property": ""}
        return f"{base}{EXPLORE}?hl=en-US&tz=0&req={as_query(request)}"

    def address(self, base: str) -> str:
        """What the store knows the answer by: it holds no token."""
        return f"{self.url(base)}#{self.widget}-{self.draw}"

    @property
    def last(self) -> dt.date:
        """Last day asked for."""
        return max(dt.date.fromisoformat(item.time[-10:]) for item in self.items)

    @property
    def settles(self) -> dt.date:
        """Day on which an answer may still be of the newest searches."""
        return self.last + dt.timedelta(days=SETTLING)

    @property
    def name(self) -> str:
        """File that keeps the answer."""
        parts = [part for i in self.items for part in (i.keyword, i.geo)]
        days = self.items[0].time.replace(" ", "-")
        return file_name(self.widget, *parts, days, str(self.draw), suffix="json")

    @property
    def what(self) -> str:
        """Words for a person."""
        keywords = dict.fromkeys(item.keyword for item in self.items)
        geos = dict.fromkeys(item.geo for item in self.items)
        days = self.items[0].time.replace(" ", " to ")
        return (
            f"{self.widget.lower().replace('_', ' ')} of {', '.join(keywords)} in "
            f"{', '.join(geos)}, {days}, draw {self.draw}"
        )


def question_of(address: str) -> Question:
    """The question that an address was kept for.

    Raises
    ------
    SchemaDrift
        It is none of ours.
    """
    parts = urlsplit(address)
    widget, _, draw = parts.fragment.rpartition("-")
    try:
        request = json.loads(parse_qs(parts.query)["req"][0])
        items = tuple(
            Item(
                keyword=str(one["keyword"]),
                geo=check_code(str(one["geo"])),
                time=str(one["time"]),
            )
            for one in request["comparisonItem"]
        )
        if widget not in (LINES, MAP) or not items:
            raise ValueError(f"the widget {widget!r}")
        return Question(items=items, widget=widget, draw=int(draw))
    except (KeyError, TypeError, ValueError, CannotAsk) as error:
        raise SchemaDrift(
            f"trends' store holds an answer to {address[:120]!r}, which is no question "
            f"of ours ({error!s:.80}): leave the file out with the option leave_out"
        ) from error


def questions(
    study: "Study", window: Window, keywords: Mapping[str, str]
) -> Iterator[Question]:
    """All requests of a study, first draws only.

    One keyword beside up to five markets has one scale; the first market is in each
    request and chains them. With the option ``compare = "apps"`` it is one market
    beside up to five apps, chained by the first app.

    Raises
    ------
    CannotAsk
        An option that is none, or days too few to be answered by day.
    """
    options = study.source(SOURCE).options
    words = list(dict.fromkeys(keywords.values()))
    groups = _groups(words, _geos(study, options), options)
    for first, last in windows(window):
        yield from (_ask(pairs, f"{first} {last}") for pairs in groups)
    if options.get("regions", False):
        whole = f"{window[0]} {window[1]}"
        yield from (_ask([(word, WORLD)], whole, MAP) for word in words)


def windows(window: Window) -> list[tuple[dt.date, dt.date]]:
    """Windows of up to 269 days, each sharing 60 with the one before it.

    Raises
    ------
    CannotAsk
        Fewer than eight days, which are answered by hour.
    """
    first, last = window
    if (last - first).days + 1 < SHORTEST:
        raise CannotAsk(
            f"trends answers by day from {SHORTEST} days on, got {first} to {last}: "
            "ask for more days with since and until"
        )
    found = []
    while (last - first).days + 1 > LONGEST:
        end = first + dt.timedelta(days=LONGEST - 1)
        found.append((first, end))
        first = end - dt.timedelta(days=OVERLAP - 1)
    return [*found, (first, last)]


def chunks(things: Sequence[str]) -> Iterator[list[str]]:
    """Groups of up to five, the first thing in each."""
    if len(things) <= 1:
        yield from ([thing] for thing in things)
        return
    anchor, rest = things[0], things[1:]
    for at in range(0, len(rest), MOST_ITEMS - 1):
        yield [anchor, *rest[at : at + MOST_ITEMS - 1]]


def as_query(value: Mapping[str, Any]) -> str:
    """JSON as part of a query."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return quote(text, safe="")


def _groups(
    words: Sequence[str], geos: Sequence[str], options: Mapping[str, Any]
) -> list[list[tuple[str, str]]]:
    """Keywords and places of each request; the world is a request of its own."""
    world = [[(word, WORLD)] for word in words] if options.get("world", True) else []
    compare = options.get("compare", "markets")
    if compare == "markets":
        some = [[(w, geo) for geo in part] for w in words for part in chunks(geos)]
    elif compare == "apps":
        some = [[(w, geo) for w in part] for geo in geos for part in chunks(words)]
    else:
        raise CannotAsk(
            f"the option compare needs 'markets' or 'apps', got {compare!r:.40}"
        )
    return world + some


def _ask(pairs: Sequence[tuple[str, str]], time: str, widget: str = LINES) -> Question:
    items = tuple(Item(keyword=word, geo=geo, time=time) for word, geo in pairs)
    return Question(items=items, widget=widget)


def _geos(study: "Study", options: Mapping[str, Any]) -> list[str]:
    """The study's markets, the anchor first."""
    codes = [market.code for market in study.markets if market.code != WORLD]
    anchor = options.get("anchor", codes[0] if codes else "")
    if anchor not in codes and codes:
        raise CannotAsk(
            f"the option anchor needs one of the study's markets, got {anchor!r:.40}"
        )
    return sorted(codes, key=lambda code: code != anchor)
