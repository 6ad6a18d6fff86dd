"""What lies in a store against what its manifest says."""

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migration.errors import DamagedFile
from migration.store.entry import MANIFEST, Entry

if TYPE_CHECKING:
    from migration.store.files import Store

LOCK = ".lock"
FETCHES = ".fetches.json"
SHIPPED = "embedded"
"""The store that ships: in a checkout it lies in the workspace's, and is its own."""

_AT_THE_TOP = {MANIFEST, LOCK, FETCHES, ".gitkeep", ".gitignore"}
_AT_THE_TOP |= {"README.md", "README.txt"}
_OF_THE_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}  # browsing leaves them


@dataclass(frozen=True, kw_only=True)
class Survey:
    """How many files the manifest names, and what is wrong, in words."""

    files: int
    problems: tuple[str, ...]


def survey(store: "Store") -> Survey:
    """Compare every file with its manifest line, and look for what no line names.

    A line or a file that is damaged is told of and does not stop the rest.
    """
    entries, problems = [], []
    for line in store.lines():
        if isinstance(line, DamagedFile):
            problems.append(f"damaged: {line}")
        else:
            entries.append(line)
    known = {entry.name: entry for entry in entries}  # a file seen again is one file
    for entry in known.values():
        try:
            store.read(entry)
        except DamagedFile as error:
            absent = not os.path.lexists(store.root / entry.name)
            problems.append(f"{'missing' if absent else 'damaged'}: {error}")
    problems += _ahead(entries)
    if store.torn():
        problems.append(
            f"{store.manifest}: its last line is half-written and is ignored"
        )
    return Survey(
        files=len(known), problems=(*problems, *_loose(store.root, set(known)))
    )


def _ahead(entries: Iterable[Entry]) -> Iterator[str]:
    """What was kept while a clock ran ahead: it passes for the newest until then."""
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).date().isoformat()
    for entry in entries:
        if entry.retrieved_at[:10] > tomorrow:
            yield (
                f"ahead: {entry.name} says that it came on {entry.retrieved_at[:10]}, "
                "which is to come, and is read as the newest until then; set the "
                f"clock, and its day in the line of {MANIFEST}"
            )


def _loose(root: Path, known: set[str]) -> Iterator[str]:
    """Links, and what lies in the store's folder under a name that no line has."""
    for path in _below(root):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() and (said := _link(path, root, name)):
            yield said
        elif name not in known:
            yield f"orphan: {name} is in no manifest line; move it out of the store"


def _below(root: Path) -> Iterator[Path]:
    """Every file and link; no link is followed, and no other store looked into."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        top = here == root
        if top and SHIPPED in folders:
            folders.remove(SHIPPED)
        folders.sort()
        links = [name for name in folders if (here / name).is_symlink()]
        passed = _OF_THE_SYSTEM | (_AT_THE_TOP if top else set())
        for name in sorted([*links, *files]):
            if name not in passed:
                yield here / name


def _link(path: Path, root: Path, name: str) -> str:
    """What is wrong with a link; empty where it stays in the store, on a file."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # a ring of links is a RuntimeError
        return f"link: {name} leads nowhere; delete it, or restore what it led to"
    if not target.is_relative_to(root.resolve()):
        return (
            f"link: {name} leaves the store, to {target}; what is there is not kept: "
            "put the file itself here"
        )
    if target.is_dir():
        return f"link: {name} is another folder of the store; delete it"
    return ""
