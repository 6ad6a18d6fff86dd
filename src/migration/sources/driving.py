"""Run a source's plan: each question answered from the store, else from the network.

The source decides what to ask and in which order; whoever answers it decides from
where. A plan is never told why an answer is not to be had: it is sent None.
"""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from migration.errors import (
    Blocked,
    DamagedFile,
    Excluded,
    NoData,
    RateLimited,
    SchemaDrift,
    SourceError,
    StudyError,
    Transient,
    UnexpectedContent,
)
from migration.sources.ask import Answer, Ask, Plan
from migration.sources.fetched import Fetched
from migration.sources.kept import Kept, absence
from migration.store import Entry

if TYPE_CHECKING:
    from migration.sources.client import Client

MOST_QUESTIONS = 200_000
MOST_FAILURES = 3  # in a row; then the source is left alone
GONE = (404, 410)
Progress = Callable[[str, str, Ask], None]
"""Told the source, what became of a question (came, kept, absent, ...), and it."""


class Ended(Exception):  # noqa: N818 - what happened, not an error of its own
    """The source is asked no further; the cause says why."""


def drive(plan: Plan, answers: Callable[[Ask], Answer | None]) -> None:
    """Send a plan the answer to each of its questions until it has no more.

    Raises
    ------
    SourceError
        The plan refuses what the study asks of it, or asks without end.
    """
    sent: Answer | None = None
    with closing(plan):
        for _ in range(MOST_QUESTIONS):
            try:
                ask = plan.send(sent)
            except StopIteration:
                return
            sent = answers(ask)
    raise SourceError(
        f"a plan asked {MOST_QUESTIONS} questions and had more: narrow the days or "
        "the markets of the study"
    )


@dataclass(kw_only=True)
class Fetching:
    """Answers a plan, and remembers what became of each question.

    Attributes
    ----------
    kept : Kept
        What the store holds.
    client : Client or None
        None: offline, no question leaves this machine.
    progress : callable
        Told of each question once it is answered.
    """

    kept: Kept
    client: "Client | None"
    progress: Progress = lambda *_: None
    entries: list[Entry] = field(default_factory=list)
    from_before: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    not_here: list[str] = field(default_factory=list)
    not_asked: dict[str, str] = field(default_factory=dict)
    _in_a_row: int = 0
    _gone: int = 0

    def __call__(self, ask: Ask) -> Answer | None:
        """Answer one question; None where there is no answer.

        Raises
        ------
        Ended
            The source refuses, asks for patience, or failed too often in a row.
        """
        answer, became = self._from_before(ask) or self._from_network(ask)
        if answer is not None and ask.unasked and (more := ask.unasked(answer)):
            self.not_asked[words(ask)] = more
        self.progress(self.kept.source, became, ask)
        return answer

    def result(self, ended: str = "") -> Fetched:
        """What became of all questions; that all are gone is no answer to any."""
        ended = ended or self._moved()
        return Fetched(
            source=self.kept.source,
            entries=tuple(self.entries),
            kept=tuple(self.from_before),
            absent=self.absent,
            refused=self.refused,
            not_here=tuple(self.not_here),
            not_asked=self.not_asked,
            ended=ended,
        )

    def _moved(self) -> str:
        """Why a source that lacks everything is more likely to be elsewhere."""
        known = (self.entries, self.from_before, self.refused, self.not_here)
        if any(map(bool, known)) or not 1 < self._gone == len(self.absent):
            return ""
        return (
            f"none of {self._gone} addresses exists (404): the source may have moved; "
            "see its card, and the option address of the study"
        )

    def _from_before(self, ask: Ask) -> tuple[Answer | None, str] | None:
        """A kept answer, and what became of the question; None where none will do."""
        entry = self.kept.find(ask, settled=self.client is not None)
        if entry is None:
            return None
        if why := absence(entry):
            self.absent[words(ask)] = why
            self._gone += entry.status in GONE
            return None, "absent"
        try:
            answer = self.kept.answer(entry)
        except DamagedFile as error:  # not the source's fault, and not mended by it
            self.refused[words(ask)] = str(error)
            return None, "refused"
        if answer is not None:
            self.kept.share(entry, answer)
        self.from_before.append(words(ask))
        return answer, "kept"

    def _from_network(self, ask: Ask) -> tuple[Answer | None, str]:
        if self.client is None:
            self.not_here.append(words(ask))
            return None, "not here"
        try:
            answer = self.client.get(replace(ask, accept=(*ask.accept, *GONE)))
            why = _absence(ask, answer)
        except SourceError as error:
            return self._refused(ask, error), "refused"
        self._in_a_row = 0
        if why:
            self.absent[words(ask)] = why
            self._gone += answer.status in GONE
            if ask.keep:
                self.kept.put(ask, answer, absent=why)
            return None, "absent"
        if ask.keep:
            self.entries.append(self.kept.put(ask, answer))
        return answer, "came"

    def _refused(self, ask: Ask, error: SourceError) -> Answer | None:
        """Note a failure, and end the source where it is of no use to go on.

        Where a new answer failed in passing, one from before is of use to the plan,
        though it may have changed since. One address that may not be shown is no
        reason to leave the others.
        """
        self.refused[words(ask)] = _with_address(ask, error)
        if isinstance(error, Excluded):
            return None
        self._in_a_row += 1
        if isinstance(error, Blocked | RateLimited):
            raise Ended(str(error)) from error
        if self._in_a_row >= MOST_FAILURES:
            said = f"{MOST_FAILURES} questions in a row failed, the last: {error}"
            raise Ended(said) from error
        entry = self.kept.find(ask, settled=False)
        if entry is None or not isinstance(error, Transient):
            return None
        with suppress(DamagedFile):
            return self.kept.answer(entry)
        return None


def _with_address(ask: Ask, error: SourceError) -> str:
    """Why it was refused and, of what a parser refused, where it came from."""
    said = str(error)
    if ask.url in said or not isinstance(error, SchemaDrift | UnexpectedContent):
        return said
    return f"{said}; asked was {ask.known_by.partition('#')[0]}"


def words(ask: Ask) -> str:
    """A question in words for a person."""
    return ask.what or ask.name


def run_plan(plan: Plan, fetching: Fetching) -> Fetched:
    """Run a plan to its end, or to where the source ends it."""
    try:
        drive(plan, fetching)
    except Ended as end:
        return fetching.result(str(end))
    except (SourceError, StudyError) as error:  # raised by the plan itself
        return fetching.result(str(error))
    return fetching.result()


def _absence(ask: Ask, answer: Answer) -> str:
    """Why an answer holds nothing; empty where it holds something, checked.

    Raises
    ------
    SourceError
        It must not be kept.
    """
    if answer.status in GONE:
        _refuse_strange(ask, answer)
    if answer.status in GONE and answer.status not in ask.accept:
        return f"{ask.url} does not exist ({answer.status}): check the identifier"
    try:
        if ask.check is not None:
            ask.check(answer)
    except NoData as error:
        return str(error)
    return ""


def _refuse_strange(ask: Ask, answer: Answer) -> None:
    """Refuse a 404 that cannot be the source's own: nothing is then known."""
    start = answer.content.lstrip(b"\xef\xbb\xbf \t\r\n")
    page = "text/html" in answer.headers.get("content-type", "").lower()
    if ask.absence == "json" and (page or start[:1] not in (b"{", b"[")):
        raise UnexpectedContent(
            f"{ask.url} answered {answer.status} with {start[:40]!r}, and the source "
            "says that there is nothing in JSON: check the address, or what stands "
            "between"
        )
