"""What a fetch did, and whether the store already holds what it would ask for."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from migration.store import Entry, Store

SETTLES = dt.timedelta(days=1)  # a day's counts may still change the day after


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Files written, identifiers kept from before, and those that do not exist."""

    source: str
    entries: tuple[Entry, ...] = ()
    kept: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Counts only, the same for the same answers."""
        return (
            f"<{self.source}: {len(self.entries)} fetched, {len(self.kept)} kept, "
            f"{len(self.absent)} absent>"
        )


def reaches(store: Store, source: str, url: str, *, until: dt.date) -> bool:
    """Whether the newest vintage of an address was read after ``until`` had settled."""
    newest = [e for e in store.newest(source) if e.url == url]
    return any(e.retrieved_at[:10] > f"{until + SETTLES}" for e in newest)
