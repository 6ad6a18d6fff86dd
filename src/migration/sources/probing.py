"""Ask each source its first question once, and write down what was found.

A probe keeps nothing in the raw store: it says whether a source is there, answers in
the shape that its parser knows, and what else has to be found out about it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migration.errors import SourceError, StudyError
from migration.sources.ask import WHOLE_BYTES, Answer, Ask
from migration.sources.driving import Ended, drive, words
from migration.sources.fetching import chosen_of, plan_of
from migration.sources.registry import why_nothing
from migration.sources.window import window_of

if TYPE_CHECKING:
    from migration.sources.client import Client
    from migration.study import Study

_EVERY_STATUS = tuple(range(200, 600))
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What one source answered to its first question.

    Attributes
    ----------
    status, type, bytes
        Of the answer; 0, empty and 0 where none came.
    parses : bool
        Whether the source's own check takes it.
    said : str
        Why not; empty where it does.
    idle : bool
        Whether the study has nothing asked of it, which is no failure.
    """

    source: str
    question: str = ""
    url: str = ""
    status: int = 0
    type: str = ""
    bytes: int = 0
    parses: bool = False
    said: str = ""
    idle: bool = False

    @property
    def failed(self) -> bool:
        """Whether it was asked, or was to be, and gave nothing that parses."""
        return not (self.parses or self.idle)


def probe(
    study: "Study",
    *,
    sources: Collection[str] | str | None = None,
    client: "Client | None" = None,
) -> tuple[Probed, ...]:
    """Ask each source its first question once, whether its answer is kept or not.

    Raises
    ------
    CannotAsk
        A source cannot be fetched, or there is no contact.
    """
    chosen, window = chosen_of(study, sources), window_of(study)
    from migration.sources.client import client_for

    asks = client or client_for(study.contact, retries=0)
    try:
        found = []
        for source in chosen:
            if why := why_nothing(study, source):
                found.append(Probed(source=source, said=why, idle=True))
                continue
            looking = _Looking(source=source, client=asks)
            try:
                drive(plan_of(study, source, window), looking)
            except Ended:
                pass
            except (SourceError, StudyError) as error:  # the plan's own
                looking.found = Probed(source=source, said=str(error))
            found.append(looking.found)
        return tuple(found)
    finally:
        if client is None:
            asks.close()


@dataclass
class _Looking:
    """Answers a plan's first question by looking, and ends it."""

    source: str
    client: "Client"

    def __post_init__(self) -> None:
        self.found = Probed(source=self.source, said="it has no question to ask")

    def __call__(self, ask: Ask) -> Answer | None:
        """Look once; the plan goes no further.

        Raises
        ------
        Ended
            Always.
        """
        about = Probed(source=self.source, question=words(ask), url=ask.url)
        try:
            self.found = _judged(about, ask, self.client.get(_open(ask)))
        except SourceError as error:
            self.found = replace(about, said=str(error))
        raise Ended(self.found.said)


def _open(ask: Ask) -> Ask:
    """The question with every status taken as an answer, so that each can be told."""
    every = [s for s in _EVERY_STATUS if not (ask.follow and s in _REDIRECTS)]
    return replace(ask, accept=tuple(every))


def _judged(about: Probed, ask: Ask, answer: Answer) -> Probed:
    """What came, and whether the source's check takes it."""
    whole = int(answer.headers.get(WHOLE_BYTES, len(answer.content)))
    came = replace(
        about,
        status=answer.status,
        type=answer.headers.get("content-type", ""),
        bytes=whole,
    )
    if answer.status not in ask.accept:
        start = answer.content[:60]
        return replace(came, said=f"answered {answer.status}, begins with {start!r}")
    try:
        if ask.check is not None:
            ask.check(answer)
    except SourceError as error:
        return replace(came, said=f"{type(error).__name__}: {error}")
    return replace(came, parses=True)
