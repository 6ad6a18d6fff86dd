"""What the store already holds of a source, by the address that was asked."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from migration.sources.ask import ABSENT, Answer, Ask
from migration.sources.whose import noted_for
from migration.store import Entry, Store

LONGEST = 100


@dataclass
class Kept:
    """One source's answers in a store; the manifest is read once.

    What came in this run is final for this run, whatever it says of settling. With a
    ``study``, that is noted with each file that it is sent.
    """

    store: Store
    source: str
    study: str = ""
    _newest: dict[str, Entry] = field(init=False)
    _now: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._newest = {e.url: e for e in self.store.newest(self.source) if e.url}

    def find(self, ask: Ask, *, settled: bool = True) -> Entry | None:
        """The newest answer of an address whose file is there.

        Parameters
        ----------
        ask : Ask
        settled : bool
            Only one that cannot change any more.
        """
        entry = self._newest.get(ask.known_by)
        if entry is None or not self.store.has(entry):
            return None
        now = ask.known_by in self._now
        final = now or is_settled(entry.retrieved_at, ask.settles)
        return entry if final or not settled else None

    def answer(self, entry: Entry) -> Answer | None:
        """An answer as it was sent; None where it held nothing.

        Raises
        ------
        DamagedFile
            The file is not what was sent.
        """
        if absence(entry):
            return None
        return Answer(
            url=entry.url,
            status=entry.status,
            headers=entry.headers,
            content=self.store.read(entry),
            retrieved_at=entry.retrieved_at,
        )

    def share(self, entry: Entry, answer: Answer) -> None:
        """Note the study with an answer that is kept of another's asking."""
        if not self.study or entry.is_of(self.study):
            return
        self._newest[entry.url] = self.store.put(
            self.source,
            PurePosixPath(entry.name).name,
            answer.content,
            url=entry.url,
            status=entry.status,
            headers={**entry.headers, **noted_for(self.study, entry)},
            retrieved_at=entry.retrieved_at,
            seen_again=True,
        )

    def put(self, ask: Ask, answer: Answer, *, absent: str = "") -> Entry:
        """Keep an answer, or that there is none and why.

        Where it could still change when it was last read, and can no longer, that is
        noted even of the same bytes, so that nobody asks a third time.
        """
        before, now = self._newest.get(ask.known_by), answer.retrieved_at
        entry = self.store.put(
            self.source,
            _absent_name(ask.name) if absent else ask.name,
            answer.content,
            url=ask.known_by,
            status=answer.status,
            headers={
                **answer.headers,
                **({ABSENT: absent} if absent else {}),
                **(noted_for(self.study) if self.study else {}),
            },
            retrieved_at=now,
            seen_again=before is not None
            and not is_settled(before.retrieved_at, ask.settles)
            and is_settled(now, ask.settles),
        )
        self._newest[ask.known_by] = entry
        self._now.add(ask.known_by)
        return entry


def is_settled(retrieved_at: str, settles: dt.date | None) -> bool:
    """Whether an answer was read when it could no longer change."""
    return settles is None or retrieved_at[:10] > settles.isoformat()


def absence(entry: Entry) -> str:
    """Why an answer holds nothing; empty where it holds something."""
    return entry.headers.get(ABSENT, "")


def _absent_name(name: str) -> str:
    """A file name that leaves the question's own free for a later answer."""
    path = PurePosixPath(name)
    stem = path.stem[: LONGEST - len(".absent") - len(path.suffix)]
    return f"{stem}.absent{path.suffix}"
