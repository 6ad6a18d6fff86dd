"""One page of a repository's stargazers: when each star was given, and no names.

A page has up to a hundred stars, the oldest first. Who gave them is not kept: only a
mark of 16 bits, which tells two people who came in one second apart and names nobody.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from migration.errors import (
    Blocked,
    NoData,
    RateLimited,
    SchemaDrift,
    UnexpectedContent,
)
from migration.sources.ask import Answer
from migration.sources.links import query_of

LINK, REMAINING, RESET, AFTER = (
    "link", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after",
)  # fmt: skip
HEADERS = (LINK, REMAINING, RESET, AFTER)
CAP = 400  # pages of a hundred; what is beyond them is not shown
_FIRST_YEAR, _LAST_YEAR = 2008, 2199  # there is no star outside them
_PASSED_ON = 4096  # of what is no page of stars: enough to say what it is
_LINKS = re.compile(r'<([^<>]*)>\s*;[^<>]*?\brel="?([a-z]+)')
_ADDRESS = re.compile(r"/repos/([^/]+/[^/]+)/stargazers")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, kw_only=True)
class Page:
    """Stars on one page of one repository.

    ``stars`` are instants with their marks, in order of time; ``last`` is the number
    of the last page, as this one knows it; ``more`` whether another follows.
    """

    repository: str
    number: int
    last: int
    more: bool
    read: dt.datetime | None
    stars: tuple[tuple[dt.datetime, str], ...]

    @property
    def oldest(self) -> dt.datetime:
        """When the first of its stars was given."""
        return self.stars[0][0]

    @property
    def newest(self) -> dt.datetime:
        """When the last of its stars was given."""
        return self.stars[-1][0]


def sift(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Keep the times of a page's stars and drop the people.

    What is no page of stars is passed on for :func:`check` to refuse.
    """
    sent = b"".join(pieces)
    try:
        stars = [[_time_of(star), _mark(star)] for star in json.loads(sent)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        yield sent[:_PASSED_ON]
        return
    yield json.dumps({"stars": stars}).encode()


def check(answer: Answer) -> None:
    """Refuse what is no page of stars, and tell a limit from a refusal.

    Raises
    ------
    RateLimited
        No question is left in this hour; it says for how long.
    Blocked, NoData, SchemaDrift, UnexpectedContent
    """
    if answer.status == 403:
        raise _refusal(answer)
    read_page(answer.url, answer.headers, answer.content)


def read_page(
    url: str,
    headers: Any,
    content: bytes,
    read: dt.datetime | None = None,
) -> Page:
    """Read back what a sift kept of the page at an address; pure.

    Raises
    ------
    NoData
        No star on the page.
    UnexpectedContent
        Other bytes than a sift keeps.
    SchemaDrift
        JSON without times, or an address of another kind.
    """
    parts = urlsplit(url)
    address = _ADDRESS.search(parts.path)
    number = page_number(url)
    if address is None or number is None:
        raise SchemaDrift(f"github needs a page of stargazers, got the address {url}")
    stars = sorted(_stars(content))
    if not stars:
        raise NoData(f"{address[1]} has no star on page {number}")
    links = {rel: there for there, rel in _LINKS.findall(headers.get(LINK, ""))}
    last = page_number(links.get("last", "")) or number
    return Page(
        repository=address[1],
        number=number,
        last=max(last, number),
        more="next" in links,
        read=read,
        stars=tuple(stars),
    )


def page_number(url: str) -> int | None:
    """Number of the page that an address asks for."""
    plain = re.fullmatch(r"[1-9][0-9]{0,6}", query_of(url, "page"))
    return int(plain[0]) if plain else None


def _stars(content: bytes) -> Iterator[tuple[dt.datetime, str]]:
    try:
        kept = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"github needs a page of stars, got {content[:60]!r}: fetch it again"
        ) from error
    stars = kept.get("stars") if isinstance(kept, dict) else None
    if not isinstance(stars, list):
        raise SchemaDrift(
            "github needs a list of stars with 'starred_at' and 'user', got "
            f"{content[:120]!r}: was another media type sent?"
        )
    for star in stars:
        pair = star if isinstance(star, list) and len(star) == 2 else ["", ""]
        if not isinstance(pair[1], str):
            raise SchemaDrift(f"github needs a time and a mark, got {str(star)[:60]}")
        yield _instant(pair[0]), pair[1]


def _instant(text: Any) -> dt.datetime:
    try:
        if not isinstance(text, str) or not _STAMP.fullmatch(text):
            raise ValueError("another form")
        when = dt.datetime.fromisoformat(text)
        if not _FIRST_YEAR <= when.year <= _LAST_YEAR:
            raise ValueError("a year without stars")
        return when
    except ValueError as error:
        raise SchemaDrift(
            f"github needs the time of a star in UTC, got {str(text)[:40]!r}"
        ) from error


def _time_of(star: Any) -> str:
    when = star["starred_at"]
    if not isinstance(when, str):
        raise TypeError("no time")
    return when


def _mark(star: Any) -> str:
    """16 bits of who it was; empty where the account is gone."""
    user = star["user"]
    if user is None:
        return ""
    return hashlib.sha256(str(user["login"]).encode()).hexdigest()[:4]


def _refusal(answer: Answer) -> RateLimited | Blocked:
    """A limit that is used up is told as such; anything else is a refusal."""
    left, after = answer.headers.get(REMAINING), answer.headers.get(AFTER, "")
    if left != "0" and not after.isdigit():
        return Blocked(f"{answer.url} refuses (403): asking again will not help")
    wait = float(after) if after.isdigit() else _seconds_to_reset(answer)
    said = f"in {wait:.0f} s" if wait is not None else "later"
    return RateLimited(
        f"{answer.url} has answered all that it may for now: try again {said}, or set "
        "a token",
        wait,
    )


def _seconds_to_reset(answer: Answer) -> float | None:
    reset = answer.headers.get(RESET, "")
    if not re.fullmatch(r"[0-9]{1,12}", reset):
        return None
    read = dt.datetime.fromisoformat(answer.retrieved_at)
    return max(0.0, float(reset) - read.timestamp())
