"""Stars that GitHub repositories were given a day, worldwide, UTC.

The list of a repository's stargazers comes in pages, oldest first, and shows the first
forty thousand. A plan finds the pages of its window by halving and reads on from there.
"""

import datetime as dt
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from pydantic import Field
from pydantic.dataclasses import dataclass as option_class

from migration.errors import CannotAsk
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.assemble import identifiers
from migration.sources.cards import card
from migration.sources.github.pages import CAP, HEADERS, Page, check, read_page, sift
from migration.sources.github.stars import METRICS, SOURCE, ZONE, panel
from migration.sources.hosts import may_have_token
from migration.sources.options import FORBID, read_options

if TYPE_CHECKING:
    from migration.study import Study

__all__ = ["METRICS", "SOURCE", "TOKEN", "ZONE", "panel", "plan"]

TOKEN = "MIGRATION_GITHUB_TOKEN"
"""Name of the environment variable that may hold a token; it is sent, never kept."""

_ACCEPT = "application/vnd.github.star+json"  # without it stars have no times
_PER_PAGE = 100
_LARGEST = 4 * 1024 * 1024
# Questions an hour: 60 without a token, 5000 with one; not verified.
_PACE, _PACE_WITH_TOKEN = 61.0, 0.8
_EXPECTED = 30  # pages of a repository and window, before any is known

Pages = Generator[Ask, Answer | None, Page | None]


@option_class(frozen=True, kw_only=True, config=FORBID)
class Options:
    """The options of the source in a study.

    Attributes
    ----------
    address : str
        Of GitHub's API, or of a host of one's own.
    pace : float
        Least seconds between two questions, where a host of one's own allows more.
    verified : tuple of str
        Repositories that somebody has looked up; nothing is made of it.
    """

    address: str = ""
    pace: Annotated[float, Field(ge=0, le=3600)] | None = None
    verified: tuple[str, ...] = ()


class _Hidden(str):
    """A text that does not show when what holds it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How the pages of one repository are asked for."""

    base: str
    repository: str
    window: Window
    headers: Mapping[str, str]
    pace: float
    known: dict[int, Page] = field(default_factory=dict)

    @property
    def start(self) -> dt.datetime:
        """The instant at which the window begins."""
        return dt.datetime.combine(self.window[0], dt.time(), dt.UTC)

    @property
    def end(self) -> dt.datetime:
        """The instant at which the window is over."""
        day = self.window[1] + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time(), dt.UTC)

    def page(self, number: int) -> Pages:
        """Ask for one page, once; None where it is not to be had."""
        if number in self.known:
            return self.known[number]
        owner, _, name = self.repository.partition("/")
        path = f"{quote(owner, safe='')}/{quote(name, safe='')}"
        answer = yield Ask(
            url=f"{self.base}/repos/{path}/stargazers?per_page={_PER_PAGE}"
            f"&page={number}",
            name=file_name(self.repository, str(number), suffix="json"),
            settles=self.window[1],
            accept=(200, 403),
            absence="json",
            check=check,
            sift=sift,
            pace=self.pace,
            send_headers=self.headers,
            keep_headers=HEADERS,
            leads_to=_EXPECTED if number == 1 else 0,
            max_bytes=_LARGEST,
            what=f"stars of {self.repository}, page {number}",
        )
        if answer is None or answer.status != 200:
            return None
        self.known[number] = read_page(answer.url, answer.headers, answer.content)
        return self.known[number]


def plan(study: "Study", window: Window) -> Plan:
    """Ask for the pages of each repository that hold a window's days.

    Raises
    ------
    CannotAsk
        The token is none that a header could carry, or an option is unknown.
    """
    options = read_options(study, SOURCE, Options)
    base = options.address or card(SOURCE).address
    headers = _headers(base)
    allowed = _PACE_WITH_TOKEN if "Authorization" in headers else _PACE
    pace = allowed if options.pace is None else options.pace
    for names in identifiers(study, SOURCE).values():
        for name in names:
            yield from _read(
                _Reading(
                    base=base.rstrip("/"),
                    repository=name,
                    window=window,
                    headers=headers,
                    pace=pace,
                )
            )


def _read(reading: _Reading) -> Plan:
    """The first page and the last, then those of the window."""
    first = yield from reading.page(1)
    if first is None or not first.more:
        return
    total = min(first.last, CAP)
    last = yield from reading.page(total)
    if last is None:
        return
    rising = first.oldest <= last.newest
    number = yield from _find(reading, total, rising=rising)
    while 1 <= number <= total:
        page = yield from reading.page(number)
        if page is None or _is_beyond(page, reading, rising=rising):
            return
        number += 1


def _find(
    reading: _Reading, total: int, *, rising: bool
) -> Generator[Ask, Answer | None, int]:
    """The page on which the window begins, by halving; 0 where that fails."""
    low, high = 1, total
    while low < high:
        middle = (low + high + 1) // 2
        page = yield from reading.page(middle)
        if page is None:
            return 0
        before = page.oldest < reading.start if rising else page.newest >= reading.end
        low, high = (middle, high) if before else (low, middle - 1)
    return low


def _is_beyond(page: Page, reading: _Reading, *, rising: bool) -> bool:
    """Whether the window is over on this page."""
    return page.newest >= reading.end if rising else page.oldest < reading.start


def _headers(base: str) -> dict[str, str]:
    """What is sent along: the token to GitHub itself, and to no host of a study's.

    Whoever runs this may name such a host, too.
    """
    token = os.environ.get(TOKEN, "").strip()
    if not token or not may_have_token(base, card(SOURCE).address):
        return {"Accept": _ACCEPT}
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CannotAsk(f"{TOKEN} needs a token of plain characters: set it again")
    return {"Accept": _ACCEPT, "Authorization": _Hidden(f"Bearer {token}")}
