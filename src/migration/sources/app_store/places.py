"""What an address of the App Store is: which chart, of which storefront, how long.

Each place that shows a chart has a metric of its own. They differ in what they rank
(apps with games or without) and in when they are made, so that two of them are never
one series: where one ends and another begins, the step is theirs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Form = Literal["json", "xml", "html", "lookup"]
SOCIAL = "6005"  # Social Networking, where messengers stand on iOS

ADDRESSES = {
    "itunes": "https://itunes.apple.com",
    "rss": "https://rss.itunes.apple.com",
    "marketing": "https://rss.marketingtools.apple.com",
    "archive": "https://web.archive.org",
}
"""Hosts that are asked; the option ``addresses`` replaces some, ``address`` all."""

UNLIKE = {"GB": "uk"}
"""Markets whose pages on www.apple.com are not under their code: from memory."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One chart, or one look-up, of one storefront.

    ``market`` is the storefront in capitals, ``asked`` how many places were asked
    for, None where the address does not say.
    """

    metric: str
    market: str
    form: Form
    asked: int | None = None


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A live feed: which host has it, where, and what it is kept as."""

    metric: str
    host: str
    path: str
    kind: Literal["json", "xml"] = "json"


FEEDS = {
    "rss": Feed(
        metric="rank",
        host="itunes",
        path="/{cc}/rss/topfreeapplications/limit=100/json",
    ),
    "rss_social": Feed(
        metric="rank_social_networking",
        host="itunes",
        path=f"/{{cc}}/rss/topfreeapplications/limit=100/genre={SOCIAL}/json",
    ),
    "rss_xml": Feed(
        metric="rank",
        host="itunes",
        path="/{cc}/rss/topfreeapplications/limit=100/xml",
        kind="xml",
    ),
    "v1": Feed(
        metric="rank_v1",
        host="rss",
        path="/api/v1/{cc}/ios-apps/top-free/all/100/explicit.json",
    ),
    "v2": Feed(
        metric="rank_v2",
        host="marketing",
        path="/api/v2/{cc}/apps/top-free/100/apps.json",
    ),
}
ALIVE = ("rss", "rss_social", "v2")
"""Asked by default. ``v1`` is retired; ``rss_xml`` says what ``rss`` says."""

RATINGS = "ratings"
METRICS = (
    *("rank", "rank_social_networking", "rank_v1", "rank_v2"),
    *("rank_page", "rank_page_social_networking", "rank_itunes_page", RATINGS),
)
_CC = r"/([a-z]{2})"
_LEGACY = re.compile(
    _CC + r"/rss/topfreeapplications((?:/(?:limit|genre)=[0-9]{1,6})*)/(json|xml)/?"
)
_FIXED: tuple[tuple[re.Pattern[str], str, str, Form], ...] = (
    (
        re.compile(rf"/api/v1{_CC}/ios-apps/top-free/all/(\d{{1,3}})/explicit\.json"),
        "",
        "rank_v1",
        "json",
    ),
    (
        re.compile(rf"/api/v2{_CC}/apps/top-free/(\d{{1,3}})/apps\.json"),
        "",
        "rank_v2",
        "json",
    ),
    (re.compile(_CC + r"/charts/iphone/top-free-apps/36/?"), "", "rank_page", "html"),
    (
        re.compile(_CC + rf"/charts/iphone/social-networking-apps/{SOCIAL}/?"),
        "chart=top-free",
        "rank_page_social_networking",
        "html",
    ),
    (
        re.compile(rf"(?:{_CC})?/itunes/charts/free-apps/?"),
        "",
        "rank_itunes_page",
        "html",
    ),
)


_LANGUAGE = re.compile(r"l=[A-Za-z]{2}(?:[-_][A-Za-z0-9]{2,8})*")


def place_of(url: str) -> Place | None:
    """What an address shows, whatever its host; None where it is none of ours.

    Examples
    --------
    >>> place_of("https://itunes.apple.com/in/rss/topfreeapplications/limit=100/json")
    Place(metric='rank', market='IN', form='json', asked=100)
    >>> place_of("https://www.apple.com/uk/itunes/charts/free-apps/").market
    'GB'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = parts.path.lower()  # as the archive's index compares, and Apple answers
    if path == "/lookup":
        countries = parse_qs(parts.query).get("country", [])
        market = _market(countries[0]) if len(countries) == 1 else ""
        return Place(metric=RATINGS, market=market, form="lookup") if market else None
    if match := _LEGACY.fullmatch(path):
        return _legacy(*match.groups()) if not parts.query else None
    for pattern, query, metric, form in _FIXED:
        asked_for = _without_language(parts.query) if form == "html" else parts.query
        if (match := pattern.fullmatch(path)) and asked_for == query:
            code, *sizes = match.groups()
            asked = int(sizes[0]) if sizes else None
            market = _market(code or "us")  # www.apple.com without a code
            return Place(metric=metric, market=market, form=form, asked=asked)
    return None


def archived(market: str, metrics: tuple[str, ...]) -> Iterator[str]:
    """Beginnings of the addresses under which a storefront's charts were captured."""
    cc = market.lower()
    own = "" if market == "US" else f"{UNLIKE.get(market, cc)}/"
    places = {
        f"itunes.apple.com/{cc}/rss/topfreeapplications/": METRICS[:2],
        f"rss.itunes.apple.com/api/v1/{cc}/ios-apps/top-free/all/": METRICS[2:3],
        f"rss.applemarketingtools.com/api/v2/{cc}/apps/top-free/": METRICS[3:4],
        f"rss.marketingtools.apple.com/api/v2/{cc}/apps/top-free/": METRICS[3:4],
        f"apps.apple.com/{cc}/charts/iphone/": METRICS[4:6],
        f"www.apple.com/{own}itunes/charts/free-apps/": METRICS[6:7],
    }
    return (start for start, shows in places.items() if set(shows) & set(metrics))


def _legacy(code: str, words: str, ending: str) -> Place | None:
    """A chart of the first feeds; a genre other than ours, or a word twice, is none."""
    pairs = [word.split("=") for word in words.split("/")[1:]]
    said = dict(pairs)
    if len(said) < len(pairs) or said.get("genre", SOCIAL) != SOCIAL:
        return None
    return Place(
        metric="rank_social_networking" if "genre" in said else "rank",
        market=_market(code),
        form="xml" if ending == "xml" else "json",
        asked=int(said["limit"]) if "limit" in said else None,
    )


def _without_language(query: str) -> str:
    """A query without the language of the page, which changes no place in a chart."""
    words = query.split("&")
    spoken = [word for word in words if _LANGUAGE.fullmatch(word)]
    kept = [word for word in words if word not in spoken]
    return "&".join(kept) if len(spoken) == 1 else query


def _market(code: str) -> str:
    known = {cc: market for market, cc in UNLIKE.items()}
    return known.get(code.lower(), code.upper())
