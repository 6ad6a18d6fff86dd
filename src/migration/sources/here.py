"""Whether anything of a source is here to be read, and how it is got where not."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration.sources import simulated
from migration.sources.kept import absence
from migration.sources.registry import (
    MODULES,
    can_be_fetched,
    module_of,
    takes_files,
    why_nothing,
)
from migration.sources.whose import own, strangers
from migration.store import Entry, Store, newest_of, shipped_store
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.study import Study


@dataclass(frozen=True, kw_only=True)
class Held:
    """Which store has what is read of a source, and which of its files."""

    origin: str
    store: Store
    entries: tuple[Entry, ...]


def held(
    source: str,
    *,
    study: "Study | None" = None,
    as_of: dt.date | str | None = None,
    workspace: Workspace | None = None,
) -> Held | None:
    """What is read of a source, the fetched files first; None where there is none.

    Of a study, its own alone; see :mod:`migration.sources.whose`.

    No file is read: whoever reads one has it proved by the store.

    Raises
    ------
    DamagedFile
        The manifest does not read.
    """
    if source == simulated.SOURCE:
        nowhere = Store((workspace or find_workspace()).raw)
        return Held(origin="simulated", store=nowhere, entries=())
    fetched = Store((workspace or find_workspace()).raw)
    places = (("fetched", fetched, as_of), ("embedded", shipped_store(), None))
    for origin, store, day in places:
        if entries := readable(store, source, day, study):
            return Held(origin=origin, store=store, entries=tuple(entries))
    return None


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
    return held(source, study=study, workspace=workspace) is not None


def not_here_yet(
    study: "Study", source: str, workspace: Workspace | None = None
) -> str:
    """What to do about a source of which nothing is here, in words."""
    store = Store((workspace or find_workspace()).raw)
    others = strangers(store.entries(source), study, source)
    ways = []
    if can_be_fetched(source) and not why_nothing(study, source):
        ways.append(f"migration fetch {study.id} --source {source}")
    if takes_files(source):
        ways.append(f"migration add {study.id} {source} FILE...")
    return f"nothing here yet: {others}{' or '.join(ways) or 'and no way to get it'}"


def readable(
    store: Store,
    source: str,
    as_of: dt.date | str | None = None,
    study: "Study | None" = None,
) -> list[Entry]:
    """What a source's parser is given of a store.

    The newest answer of each address that holds data or, by what the module says:
    every answer (``EVERY_ANSWER``: a chart of the hour at one address), of which one
    that was seen again counts from when it first came; other statuses than 200 too
    (``STATUSES``: a 404 that says "no views"); or what the module itself holds to be
    in force (``in_force(entries)``), of all that is kept on whatever day it was.
    """
    module = module_of(source) if source in MODULES else None
    good = {0, 200, *getattr(module, "STATUSES", ())}
    known = _own(store.entries(source, as_of), study, source)
    entries = [e for e in known if e.status in good and not absence(e)]
    if in_force := getattr(module, "in_force", None):
        every = _own(store.entries(source), study, source)
        holding = {_line(entry) for entry in in_force(every)}
        return [entry for entry in entries if _line(entry) in holding]
    if not getattr(module, "EVERY_ANSWER", False):
        return newest_of(entries)
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.name, entry)
    return list(first.values())


def _line(entry: Entry) -> tuple[object, ...]:
    """What tells the lines of a manifest apart, as something that a set can hold."""
    return entry.name, entry.retrieved_at, tuple(sorted(entry.headers.items()))


def _own(entries: list[Entry], study: "Study | None", source: str) -> list[Entry]:
    return entries if study is None else own(entries, study, source)
