"""Panels kept as Parquet: always rebuildable, rebuilt only when something changed."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock, Timeout

from migration.errors import Locked, StoreError
from migration.sources.gather import load_panel, read_raw
from migration.sources.here import is_here
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.study import Study

LOCK_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Built:
    """One processed panel: where it is, how many rows, and whether it was made now."""

    source: str
    path: Path
    rows: int
    rebuilt: bool


def build(
    study: "Study",
    *,
    sources: Collection[str] | None = None,
    workspace: Workspace | None = None,
) -> list[Built]:
    """Write each source's panel to ``data/processed/<study>/<source>.parquet``.

    By default every source that is enabled and of which something is here. Beside
    the panel, ``<source>.json`` holds the hashes of what it was made from: the study
    file, the raw files and the parsers. Where they are the same, and the panel still
    has the hash that was noted, nothing is done.

    Raises
    ------
    StudyError
        The study has no such source.
    SourceError
        A source that was named has nothing here, or what is here cannot be read.
    StoreError
        The folder cannot be written.
    Locked
        Another build of this study held its lock for a minute.
    """
    space = workspace or find_workspace()
    chosen = _with_data(study, space) if sources is None else list(sources)
    folder = space.processed / study.id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
            return [_build_one(study, source, folder, space) for source in chosen]
    except Timeout as error:
        raise Locked(
            f"another build of {study.id!r} held the lock for {LOCK_SECONDS:g} s: "
            "wait for it to end, then run this again"
        ) from error
    except OSError as error:
        raise StoreError(
            f"processed panels cannot be written ({error.strerror or error}): the "
            "workspace needs a folder that can be written and room on the disk"
        ) from error


def load_built(path: Path) -> pd.DataFrame:
    """Read a processed panel back, its ``attrs`` from the note beside it."""
    panel = pd.read_parquet(path)
    note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    panel.attrs = note["attrs"]
    return panel


def _with_data(study: "Study", space: Workspace) -> list[str]:
    enabled = [spec.id for spec in study.sources if spec.enabled]
    return [source for source in enabled if is_here(study, source, space)]


def _build_one(
    study: "Study", source: str, folder: Path, workspace: Workspace
) -> Built:
    path = folder / f"{source}.parquet"
    inputs = _inputs(study, source, workspace)
    note = _read_note(path)
    if note.get("inputs") == inputs and note.get("sha256") == _sha256(path):
        return Built(source=source, path=path, rows=note["rows"], rebuilt=False)
    panel = load_panel(study, source=source, workspace=workspace)
    attrs, panel.attrs = panel.attrs, {}
    unfinished = path.with_suffix(".unfinished")
    panel.to_parquet(unfinished, index=False)
    made = {"inputs": inputs, "rows": len(panel), "attrs": attrs}
    made["sha256"] = _sha256(unfinished)
    _replace(unfinished, path)
    unfinished.write_text(json.dumps(made, indent=1, sort_keys=True), encoding="utf-8")
    _replace(unfinished, path.with_suffix(".json"))
    return Built(source=source, path=path, rows=len(panel), rebuilt=True)


def _inputs(study: "Study", source: str, workspace: Workspace) -> dict[str, Any]:
    raw = read_raw(source, workspace=workspace)
    return {
        "study": study.sha256,
        "raw": {entry.name: entry.sha256 for entry in raw.entries},
        "said": [[e.name, e.declared] for e in raw.entries if e.declared],
        "parsers": _parsers(),
    }


def _parsers() -> str:
    """One hash of every module of this room: a mended parser makes panels anew."""
    digest = hashlib.sha256()
    for name, module in sorted(_modules(files("migration.sources"))):
        digest.update(name.encode() + module.read_bytes())
    return digest.hexdigest()


def _modules(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    """Each module in a folder and below it, by its path."""
    for part in folder.iterdir():
        name = f"{above}/{part.name}"
        if part.is_dir():
            yield from _modules(part, name)
        elif name.endswith(".py"):
            yield name, part


def _read_note(path: Path) -> dict[str, Any]:
    """The note beside a panel; empty where there is none that can be read."""
    try:
        note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _replace(unfinished: Path, path: Path) -> None:
    """Put a file in place whole: flushed to the disk, then renamed."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
