"""Panels kept as Parquet: always rebuildable, rebuilt only when something changed."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock, Timeout

from migration.errors import Locked, StoreError
from migration.sources.gather import load_panel
from migration.sources.here import Held, held, is_here
from migration.sources.vintage import Vintage
from migration.store import Entry, shipped_store
from migration.store.hashes import NOTE, Hashes, look
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
    has the hash that was noted, nothing is done; a raw file is then read only where
    its size, its times or its inode are not as when it was last proved.

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
            return _build_each(study, chosen, space)
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
    attrs = note["attrs"]
    panel.attrs = {**attrs, "vintage": Vintage(attrs["vintage"])}
    return panel


def load_current(
    study: "Study", source: str, workspace: Workspace | None = None
) -> pd.DataFrame | None:
    """The processed panel, where it is what would be made now; writes nothing.

    None where there is none, or what it was made from has changed since.

    Raises
    ------
    StudyError
        The study has no such source.
    DamagedFile
        The manifest does not read.
    """
    space = workspace or find_workspace()
    path = space.processed / study.id / f"{source}.parquet"
    found = held(study.source(source).id, study=study, workspace=space)
    if found is None:
        return None
    hashes = Hashes(space.processed / NOTE, also=space.reports / NOTE)
    if not _is_current(path, _inputs(study, source, found), found, hashes):
        return None
    return load_built(path)


def _with_data(study: "Study", space: Workspace) -> list[str]:
    enabled = [spec.id for spec in study.sources if spec.enabled]
    return [source for source in enabled if is_here(study, source, space)]


def _build_each(study: "Study", sources: list[str], space: Workspace) -> list[Built]:
    """Build one after the other; what is known of their files is kept of each."""
    hashes = Hashes(space.processed / NOTE, also=space.reports / NOTE)
    folder = space.processed / study.id
    try:
        return [
            _build_one(study, source, folder / f"{source}.parquet", (space, hashes))
            for source in sources
        ]
    finally:
        hashes.save()


def _build_one(
    study: "Study", source: str, path: Path, place: tuple[Workspace, Hashes]
) -> Built:
    space, hashes = place
    found = held(source, study=study, workspace=space)
    if found is not None:
        inputs = _inputs(study, source, found)
        if _is_current(path, inputs, found, hashes):
            rows = _read_note(path)["rows"]
            return Built(source=source, path=path, rows=rows, rebuilt=False)
        before = {e.name: look(found.store.root / e.name) for e in found.entries}
    panel = load_panel(study, source=source, workspace=space)  # tells if none is here
    if found is not None:
        for entry in found.entries:  # each was proved as it was read
            hashes.note(_noted_as(entry, found), before[entry.name], entry.sha256)
        _write(path, panel, inputs)
    return Built(source=source, path=path, rows=len(panel), rebuilt=True)


def _write(path: Path, panel: pd.DataFrame, inputs: Mapping[str, Any]) -> None:
    """The panel, then the note of what it was made from, each whole."""
    attrs, panel.attrs = panel.attrs, {}
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)  # of a crash, or a link to what is not ours
    panel.to_parquet(unfinished, index=False)
    made = {"inputs": inputs, "rows": len(panel), "attrs": attrs}
    made["sha256"] = _sha256(unfinished)
    _replace(unfinished, path)
    unfinished.write_text(json.dumps(made, indent=1, sort_keys=True), encoding="utf-8")
    _replace(unfinished, path.with_suffix(".json"))


def _is_current(
    path: Path, inputs: Mapping[str, Any], found: Held, hashes: Hashes
) -> bool:
    """Whether a panel in place is the one that would be made.

    Its note must say the same inputs, it must have the hash that was noted, and each
    raw file that of its line in the manifest: a file that was not touched since it was
    last proved is not read again.
    """
    note = _read_note(path)
    if note.get("inputs") != inputs or note.get("sha256") != _sha256(path):
        return False
    files = ((one, found.store.root / one.name) for one in found.entries)
    return all(
        hashes.of(_noted_as(one, found), file)[0] == one.sha256 for one, file in files
    )


def _noted_as(entry: Entry, found: Held) -> str:
    """A raw file's name in a note of hashes."""
    return f"{'embedded' if found.origin == 'embedded' else 'raw'}/{entry.name}"


def _inputs(study: "Study", source: str, found: Held) -> dict[str, Any]:
    """All that a panel depends on, without reading a raw file."""
    asked = {**asdict(study), "path": None}
    shipped = [e.sha256 for e in shipped_store().entries(source)]
    return {
        "study": _digest(asked),
        "raw": {entry.name: entry.sha256 for entry in found.entries},
        "lines": _digest(found.entries),  # when each was sent, what was said of it
        "shipped": _digest(shipped),
        "parsers": _parsers(),
    }


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _parsers() -> str:
    """One hash of every module and card here: a mended parser makes panels anew."""
    digest = hashlib.sha256()
    for name, module in sorted(_modules(files("migration.sources"))):
        digest.update(name.encode() + module.read_bytes())
    return digest.hexdigest()


def _modules(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    """Each module and card in a folder and below it, by its path."""
    for part in folder.iterdir():
        name = f"{above}/{part.name}"
        if part.is_dir():
            yield from _modules(part, name)
        elif name.endswith((".py", ".toml")):
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
