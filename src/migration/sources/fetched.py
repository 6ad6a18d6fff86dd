"""What a fetch did: what came, what was kept, what does not exist, what was refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from migration.errors import SourceError
from migration.store import Entry

COLUMNS = (
    *("source", "came", "kept", "absent", "not_here", "not_asked", "refused"),
    *("ended", "why"),
)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What one source was asked, and what became of it.

    Attributes
    ----------
    entries : tuple of Entry
        Files that came now.
    kept : tuple of str
        Questions whose answers were kept from before.
    absent, refused : mapping of str to str
        Question to why: the source says that there is nothing; it failed, or sent
        what cannot be used.
    not_here : tuple of str
        Questions that only the network could answer, of a fetch without one.
    not_asked : mapping of str to str
        Question to what its answer leads to that the plan leaves out.
    ended : str
        Why the source was asked no further; empty where its plan came to its end.
    note : str
        Why the study has nothing asked of it at all, which is no failure.
    """

    source: str
    entries: tuple[Entry, ...] = ()
    kept: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    not_here: tuple[str, ...] = ()
    not_asked: Mapping[str, str] = field(default_factory=dict)
    ended: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Counts only, the same for the same answers."""
        more = {
            "not here": self.not_here,
            "not asked": self.not_asked,
            "refused": self.refused,
        }
        told = "".join(f", {len(some)} {word}" for word, some in more.items() if some)
        return (
            f"<{self.source}: {len(self.entries)} fetched, {len(self.kept)} kept, "
            f"{len(self.absent)} absent{told}{', ended early' if self.ended else ''}>"
        )

    @property
    def asked(self) -> bool:
        """Whether there was any question, however it was answered."""
        told = (self.entries, self.kept, self.absent, self.refused, self.not_here)
        return any(map(bool, told))

    @property
    def failed(self) -> bool:
        """Whether something was refused, or the source ended before its plan did."""
        return bool(self.refused or self.ended)

    @property
    def why(self) -> str:
        """Why it ended, else the first refusal, else what was not asked and why."""
        told = (*self.refused.values(), *self.not_asked.values(), self.note)
        return self.ended or told[0]


@dataclass(frozen=True, kw_only=True)
class Fetches:
    """What each source of a study gave; one :class:`Fetched` a source."""

    study: str
    sources: tuple[Fetched, ...]

    def __iter__(self) -> Iterator[Fetched]:
        """Each source, in the study's order."""
        return iter(self.sources)

    def __getitem__(self, source: str) -> Fetched:
        """One source by its id."""
        found = {one.source: one for one in self.sources}
        if source not in found:
            raise SourceError(
                f"{source!r} was not asked: there are {', '.join(found) or 'none'}"
            )
        return found[source]

    def __repr__(self) -> str:
        inside = ", ".join(repr(one).strip("<>") for one in self.sources)
        return f"<fetched for {self.study!r}: {inside}>"

    @property
    def failed(self) -> bool:
        """Whether any source failed."""
        return any(one.failed for one in self.sources)

    def to_frame(self) -> pd.DataFrame:
        """One row a source: how many questions ended in which way, and why not."""
        rows = [
            {
                "source": one.source,
                "came": len(one.entries),
                "kept": len(one.kept),
                "absent": len(one.absent),
                "not_here": len(one.not_here),
                "not_asked": len(one.not_asked),
                "refused": len(one.refused),
                "ended": bool(one.ended),
                "why": one.why,
            }
            for one in self.sources
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))
