"""Whether anything of a source is here to be read, and how it is got where not."""

import datetime as dt
from typing import TYPE_CHECKING

from migration.sources import simulated
from migration.sources.kept import absence
from migration.sources.registry import (
    MODULES,
    can_be_fetched,
    module_of,
    takes_files,
)
from migration.store import Entry, Store, newest_of, shipped_store
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.study import Study


def is_here(study: "Study", source: str, workspace: Workspace | None = None) -> bool:
    """Whether any raw file of a study's source is kept, embedded or made as it is read.

    Raises
    ------
    StudyError
        The study has no such source.
    DamagedFile
        The manifest does not read.
    """
    study.source(source)
    if source == simulated.SOURCE:
        return True
    stores = (Store((workspace or find_workspace()).raw), shipped_store())
    return any(readable(store, source) for store in stores)


def not_here_yet(study: "Study", source: str) -> str:
    """What to do about a source of which nothing is here, in words."""
    if can_be_fetched(source):
        return f"nothing here yet: migration fetch {study.id} --source {source}"
    if takes_files(source):
        return f"nothing here yet: migration add {study.id} {source} FILE"
    return "nothing here yet, and it cannot be fetched"


def readable(
    store: Store, source: str, as_of: dt.date | str | None = None
) -> list[Entry]:
    """What a parser is given: the newest answer of each address that holds data.

    Where a source's every answer is data of its own (``EVERY_ANSWER``), all of them;
    a file that was seen again counts from when it first came. Of a researcher's file
    what was said last holds (``in_force``), on whatever day it was said.
    """
    entries = [e for e in store.entries(source, as_of) if _holds_data(e)]
    module = module_of(source) if source in MODULES else None
    if entries and module and hasattr(module, "in_force"):
        holding = module.in_force(store.entries(source))
        return [entry for entry in entries if entry in holding]
    if not getattr(module, "EVERY_ANSWER", False):
        return newest_of(entries)
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.name, entry)
    return list(first.values())


def _holds_data(entry: Entry) -> bool:
    return entry.status in (0, 200) and not absence(entry)
