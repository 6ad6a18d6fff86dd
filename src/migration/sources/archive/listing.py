"""What the archive captured of an address: its index (CDX), page by page."""

import datetime as dt
import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from migration.errors import (
    Blocked,
    Excluded,
    NoData,
    SchemaDrift,
    UnexpectedContent,
)
from migration.sources.archive.original import instant_of
from migration.sources.archive.place import Archive
from migration.sources.ask import Answer, Ask, Window, file_name

FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest", "length")
_FL = ",".join(FIELDS)
LATE = dt.timedelta(days=30)  # captures reach the index days or weeks later
EXCLUDED = ("has been excluded", "AccessControlException", "Blocked Site Error")
Page = tuple[list["Capture"], str | None]
_Row = TypeVar("_Row")


@dataclass(frozen=True, kw_only=True)
class Capture:
    """One row of the index.

    ``timestamp`` is UTC in 14 digits, ``digest`` the SHA-1 of what was sent in
    base 32; ``status`` and ``length`` are None where the row has "-", as for what was
    the same as at an earlier visit.
    """

    timestamp: str
    original: str
    digest: str = ""
    mimetype: str = ""
    status: int | None = None
    length: int | None = None

    @property
    def instant(self) -> dt.datetime:
        """When it was captured, in UTC."""
        return instant_of(self.timestamp)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How the index is asked.

    Attributes
    ----------
    match : str
        ``exact``, ``prefix``, ``host`` or ``domain``.
    filters : tuple of str
        ``[!]field:regex``, the regex of the whole field. By default what was sent
        whole, or was the same as at an earlier visit.
    collapse : str
        ``timestamp:10`` keeps the first of an hour, ``""`` all.
    per_page, pages : int
        Rows of a page, and how many pages are read at most.
    leads_to : int
        How many captures to expect before the first page is known.
    """

    match: str = "exact"
    filters: tuple[str, ...] = ("statuscode:(200|-)",)
    collapse: str = "timestamp:10"
    per_page: int = 5000
    pages: int = 30
    leads_to: int = 0


def captures(
    url: str, window: Window, *, archive: Archive, listing: Listing | None = None
) -> Generator[Ask, Answer | None, list[Capture]]:
    """List what was captured of an address, from the first day to the last, UTC.

    A sub-plan. Rows are in order of time, each once. Where a page is not to be had,
    those before it are given. More pages than are read are told as what was not asked,
    see :class:`Ask`. An address without a capture gives an empty list.

    Parameters
    ----------
    url : str
        Address; scheme, ``www.`` and case of the host do not matter to the archive.
    window : (first, last)
        UTC days, both included.
    archive : Archive
    listing : Listing, optional
    """
    how = listing or Listing()
    found: list[Capture] = []
    resume: str | None = None
    known: set[str] = set()
    for number in range(how.pages):
        answer = yield _ask(url, window, archive=archive, how=how, at=(number, resume))
        if answer is None:
            break
        rows, resume = parse_listing(answer.content)
        found += rows
        if resume is None or resume in known:
            break
        known.add(resume)
    first, last = (f"{day:%Y%m%d}" for day in window)
    inside = {c for c in found if first <= c.timestamp[:8] <= last}
    return sorted(inside, key=lambda c: (c.timestamp, c.original, c.digest))


def spread(rows: Sequence[_Row], most: int) -> list[_Row]:
    """At most so many of the rows, evenly, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / max(most - 1, 1)
    return [rows[round(number * step)] for number in range(most)]


def parse_listing(content: bytes) -> Page:
    """Rows of one page in their order, and the key that the next page is asked by.

    The page is a list of lists of texts, the first naming the fields. Where there is
    more, an empty list and a list of one key end it.

    Raises
    ------
    Excluded
        The archive may not show this address.
    NoData
        Nothing came, not even an empty list.
    UnexpectedContent
        Not JSON.
    SchemaDrift
        JSON of another shape.
    """
    table = _table(content)
    key = None
    if len(table) >= 2 and table[-2] == [] and len(table[-1]) == 1:
        key = table[-1][0]
        table = table[:-2]
    if not table:
        return [], key
    head, *rows = table
    if absent := [name for name in FIELDS if name not in head]:
        raise SchemaDrift(
            f"the archive's index needs the fields {', '.join(FIELDS)}, got "
            f"{head!r:.200}; {', '.join(absent)} are absent"
        )
    return [_capture(head, row) for row in rows], key


def _ask(
    url: str, window: Window, *, archive: Archive, how: Listing,
    at: tuple[int, str | None],
) -> Ask:  # fmt: skip
    (number, resume), (first, last) = at, (f"{day:%Y%m%d}" for day in window)
    query = [("url", url), ("matchType", how.match), ("output", "json")]
    query += [("from", f"{first}000000"), ("to", f"{last}235959"), ("fl", _FL)]
    query += [("filter", text) for text in how.filters]
    query += [("collapse", how.collapse)] if how.collapse else []
    query += [("limit", str(how.per_page)), ("showResumeKey", "true")]
    # The key goes back as it came, so that its percent signs are encoded again.
    query += [("resumeKey", resume)] if resume is not None else []
    words = ("cdx", url, *how.filters, how.match, how.collapse, first, last)
    return Ask(
        url=f"{archive.index}?{urlencode(query)}",
        name=file_name(*words, str(number), suffix="json"),
        kind="text",
        accept=(200, 403),  # 403 may be of this address alone, and says so
        settles=window[1] + LATE,
        absence="json",
        pace=archive.index_pace,
        silence=archive.silence,
        check=_check,
        leads_to=how.leads_to,
        unasked=_beyond(how) if number + 1 >= how.pages else None,
        what=f"captures of {url}",
    )


def _beyond(how: Listing) -> Callable[[Answer], str]:
    """Says of the last page that is read whether the archive lists more."""

    def unasked(answer: Answer) -> str:
        if parse_listing(answer.content)[1] is None:
            return ""
        return (
            f"the archive lists more than the {how.pages} pages of "
            f"{how.per_page:,} captures that are read: narrow the days"
        )

    return unasked


def _check(answer: Answer) -> None:
    if answer.status == 403:
        raise refusal_of(answer)
    parse_listing(answer.content)


def refusal_of(answer: Answer) -> Blocked:
    """What a 403 of the archive's own is: of one address, else of whoever asks."""
    text = answer.content[:2000].decode("utf-8", errors="replace")
    if any(words in text for words in EXCLUDED):
        return Excluded(f"the archive may not show this address: it says {text!r:.200}")
    return Blocked(f"{answer.url} refuses (403): asking again will not help")


def _table(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
    if not text.startswith("[") and any(words in text[:2000] for words in EXCLUDED):
        raise Excluded(f"the archive may not show this address: it says {text!r:.200}")
    if not text:
        raise NoData("the archive's index sent nothing, not even an empty list")
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"the archive's index needs JSON, got {text[:60]!r} ({error!s:.80}): "
            "try again later"
        ) from error
    if not isinstance(table, list) or not all(map(_is_row, table)):
        raise SchemaDrift(
            f"the archive's index needs lists of texts, got {text[:200]!r}"
        )
    return table


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and all(isinstance(cell, str) for cell in row)


def _capture(head: list[str], row: list[str]) -> Capture:
    if len(row) != len(head):
        raise SchemaDrift(
            f"a row of the archive's index needs {len(head)} fields, got {row!r:.200}"
        )
    cells = dict(zip(head, row, strict=True))
    instant_of(cells["timestamp"])
    if "://" not in cells["original"]:
        raise SchemaDrift(
            "a row of the archive's index needs an address with its scheme, got "
            f"{row!r:.200}"
        )
    return Capture(
        timestamp=cells["timestamp"],
        original=cells["original"],
        digest=cells["digest"].removeprefix("sha1:"),
        mimetype=cells["mimetype"],
        status=_number(cells["statuscode"]),
        length=_number(cells["length"]),
    )


def _number(text: str) -> int | None:
    """A whole number; None for "-", which the index writes where it has none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
