"""Playing a capture back: redirects by hand, and whose error an error is."""

import datetime as dt
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from migration.errors import (
    Excluded,
    NoData,
    SchemaDrift,
    SourceError,
    Transient,
    UnexpectedContent,
)
from migration.sources.archive.listing import EXCLUDED, Capture, refusal_of
from migration.sources.archive.original import (
    Memento,
    digest_of,
    instant_of,
    unpacked,
)
from migration.sources.archive.place import Archive
from migration.sources.ask import Answer, Ask, file_name
from migration.sources.links import absolute

MOVED = (301, 302, 303, 307, 308)
HOPS = 5
MEMENTO = "memento-datetime"
CODED = ("x-archive-orig-content-encoding", "x-archive-orig-transfer-encoding")
HEADERS = (MEMENTO, *CODED, "location", "x-archive-redirect-reason", "x-archive-src")
_LEADS = re.compile(r"/web/(\d{14})(?:[a-z]{2}_)?/([a-z]+:/.+)", re.IGNORECASE)
_DIGEST = re.compile(r"[A-Z2-7]{32}")
_PLAIN = "%/:?&=,;@+$!*'()~[]|"
Check = Callable[[Memento], Any]


def playback(
    capture: Capture,
    *,
    archive: Archive,
    check: Check,
    label: str,
    suffix: str = "bin",
) -> Generator[Ask, Answer | None, Memento | None]:
    """Give what was captured, byte for byte, or None where it is not to be had.

    A sub-plan. Redirects are followed one by one: the archive's own, to the nearest
    capture, no further than ``archive.nearest``; those that were captured, wherever
    they led. Packed bodies are unpacked although no header says so. What is no
    capture of an answer, such as a captured error, is told as absent.

    Parameters
    ----------
    capture : Capture
        A row of :func:`captures`.
    archive : Archive
    check : callable
        The source's parser. What it refuses is not kept.
    label, suffix : str
        The kept file is ``label-timestamp-digest.suffix``.
    """
    visit = _Visit(
        start=capture.instant,
        timestamp=capture.timestamp,
        original=quote(capture.original, safe=_PLAIN),
        digest=capture.digest,
        archive=archive,
        check=check,
    )
    while True:
        answer = yield _ask(visit, label, suffix)
        if answer is None:
            return None
        try:
            if answer.status not in MOVED:
                return visit.memento(answer)
            visit = visit.after(answer)
        except SourceError:  # of a kept answer: told when it was fetched
            return None


def _ask(visit: "_Visit", label: str, suffix: str) -> Ask:
    mark = visit.digest.lower() if _DIGEST.fullmatch(visit.digest) else "unknown"
    hop = () if not visit.passed else (f"hop{len(visit.passed)}",)
    return Ask(
        url=visit.url,
        name=file_name(label, visit.timestamp, mark, *hop, suffix=suffix),
        kind="any",  # the archive may say in HTML why it shows nothing
        accept=(200, *MOVED, 403, 404, 410),
        answer_if=MEMENTO,
        follow=False,
        pace=visit.archive.playback_pace,
        silence=visit.archive.silence,
        keep_headers=HEADERS,
        check=visit.judge,
        what=f"{visit.original} as of {visit.timestamp}",
    )


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """One page of the archive on the way from a capture to its content."""

    start: dt.datetime
    timestamp: str
    original: str
    digest: str
    archive: Archive
    check: Check
    passed: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        return self.archive.page(self.timestamp, self.original)

    def judge(self, answer: Answer) -> None:
        """Refuse what is neither a capture of an answer nor a way to one."""
        captured = MEMENTO in answer.headers
        if answer.status >= 400:
            _fail(answer, self, captured=captured)
        if answer.status in MOVED:
            self.after(answer)
            return
        if not captured:
            _refuse_own_page(answer, self)
        self._near(_date(answer.headers[MEMENTO]))
        found = self.memento(answer)
        self._prove(answer)
        try:
            self.check(found)
        except (SchemaDrift, UnexpectedContent) as error:
            raise NoData(f"{self.url} was captured, but as what? {error}") from error

    def memento(self, answer: Answer) -> Memento:
        """What was captured, unpacked."""
        content = unpacked(answer.content)[-1]
        return Memento(
            original=self.original, timestamp=self.timestamp, content=content
        )

    def after(self, answer: Answer) -> "_Visit":
        """Where a redirect leads; refused where that is no good."""
        location = answer.headers.get("location", "")
        captured = MEMENTO in answer.headers
        match = _LEADS.search(location)
        if match is None and not captured:
            raise UnexpectedContent(
                f"{self.url} leads to {location!r:.100}, which is no capture: the "
                "archive may have moved"
            )
        timestamp, original = match.groups() if match else (self.timestamp, "")
        original = original or self._captured_link(location)
        self._near(instant_of(timestamp))
        passed = self.passed | {self.url}
        following = replace(
            self,
            timestamp=timestamp,
            original=quote(original, safe=_PLAIN),
            digest="",  # of another capture
            passed=passed,
        )
        if following.url in passed or len(passed) > HOPS:
            raise NoData(f"{self.url} leads in a circle, or on and on: not followed")
        return following

    def _captured_link(self, location: str) -> str:
        """Where a captured redirect leads, whatever its page wrote."""
        try:
            return absolute(location, base=self.original)
        except UnexpectedContent as error:
            raise NoData(f"{self.url} was captured, but {error}") from error

    def _near(self, when: dt.datetime) -> None:
        off, most = abs(when - self.start), self.archive.nearest
        if off > most:
            raise NoData(
                f"the capture nearest to {self.url} is {off} off, needed {most} at most"
            )

    def _prove(self, answer: Answer) -> None:
        """Compare with the index's digest, where what came can have it.

        It is of what was captured: packed, which the client may have undone, or (of
        some crawlers) in chunks.
        """
        coded = any(answer.headers.get(name) for name in CODED)
        if coded or not _DIGEST.fullmatch(self.digest):
            return
        layers = unpacked(answer.content)
        if self.digest not in {digest_of(layer) for layer in layers}:
            raise Transient(
                f"{self.url} needs the SHA-1 {self.digest} (base 32), got "
                f"{digest_of(answer.content)}: ask again later"
            )


def _date(text: str) -> dt.datetime:
    try:
        when = parsedate_to_datetime(text)
    except ValueError as error:
        raise UnexpectedContent(f"the archive's date cannot be {text!r:.40}") from error
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _fail(answer: Answer, visit: _Visit, *, captured: bool) -> None:
    """Raise for an error: one that was captured, or the archive's own."""
    said = f"{visit.url} ({answer.status})"
    if captured:
        raise NoData(f"{said}: an error was captured, not an answer")
    if answer.status == 403:
        raise refusal_of(answer)
    raise NoData(f"{said}: the archive has no capture of it")


def _refuse_own_page(answer: Answer, visit: _Visit) -> None:
    """Raise for a 200 of the archive itself: it says so of what is excluded, too."""
    if any(words.encode() in answer.content[:200_000] for words in EXCLUDED):
        raise Excluded(f"{visit.url} is excluded from the archive: {_start(answer)}")
    raise UnexpectedContent(
        f"{visit.url} needs a capture, which has a Memento-Datetime; got a page of the "
        f"archive's own that begins with {_start(answer)}"
    )


def _start(answer: Answer) -> str:
    return repr(answer.content[:60])
