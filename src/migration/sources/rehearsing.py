"""Count what a fetch would ask, and about how long it takes; no question leaves."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from migration.errors import DamagedFile
from migration.sources.ask import Answer, Ask
from migration.sources.kept import Kept
from migration.store import Entry

PACE = 0.5  # the client's own; a test holds them equal
RATE = 2_000_000  # bytes a second, of a line that many have


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What a source would be asked.

    Attributes
    ----------
    questions : int
        Questions that are known now.
    expected : int
        Questions that are expected to follow from answers not known yet.
    kept : int
        Questions that the store answers.
    seconds : float
        Least time, by the pace that the hosts allow and, where the size of what comes
        is known, at ``RATE`` bytes a second.
    bytes : int
        About how much comes, of what is known to be large.
    hosts : tuple of str
    ended : str
        Why the plan went no further; empty where it came to its end.
    note : str
        Why the study has nothing asked of it at all.
    """

    source: str
    questions: int = 0
    expected: int = 0
    kept: int = 0
    seconds: float = 0.0
    bytes: int = 0
    hosts: tuple[str, ...] = ()
    ended: str = ""
    note: str = ""


@dataclass(kw_only=True)
class Rehearsing:
    """Answers a plan from the store alone, and counts what it would have to ask."""

    kept: Kept
    pace: float = PACE
    questions: int = 0
    expected: int = 0
    from_before: int = 0
    seconds: float = 0.0
    bytes: int = 0
    hosts: dict[str, None] = field(default_factory=dict)

    def __call__(self, ask: Ask) -> Answer | None:
        """The kept answer, even one that would be asked for again; else None."""
        entry = self.kept.find(ask, settled=False)
        if entry is not None and self.kept.find(ask) is not None:
            self.from_before += 1
            return self._sent(entry)
        self.questions += 1
        follow = ask.leads_to if entry is None else 0
        self.expected += follow
        pace = (1 + follow) * max(self.pace, ask.pace)
        self.seconds += max(pace, ask.size / RATE)
        self.bytes += ask.size
        self.hosts[urlsplit(ask.url).netloc] = None
        return self._sent(entry) if entry is not None else None

    def _sent(self, entry: Entry) -> Answer | None:
        """A kept answer; None where its file is damaged, which a fetch tells."""
        try:
            return self.kept.answer(entry)
        except DamagedFile:
            return None

    def result(self, ended: str = "") -> Rehearsed:
        """The counts."""
        return Rehearsed(
            source=self.kept.source,
            questions=self.questions,
            expected=self.expected,
            kept=self.from_before,
            seconds=self.seconds,
            bytes=self.bytes,
            hosts=tuple(self.hosts),
            ended=ended,
        )
