"""What a notebook read beside its declared inputs, and whether that is still the same.

Files are named by where they lie, never by a path of this machine: ``workspace:``,
``study:`` (beside a study file that lies elsewhere), ``shipped:`` and ``studies:``
with the path below, or ``outside:`` with the file's own name alone. Where an outside
file lies is kept in a hidden file beside the manifests, for this machine only.

No inputs are what the key knows already (the study, the raw stores, this package, the
versions installed), what the notebook made itself, and the system's, the interpreter's
and the user's own settings and caches.
"""

import hashlib
import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.resources import files
from importlib.util import source_from_cache
from pathlib import Path, PurePath
from typing import Any

from migration.errors import WorkspaceError
from migration.report.manifest import to_json, write_whole
from migration.report.opened import MADE, RAN, READ
from migration.report.publish import OUTSIDE
from migration.store.hashes import NOTE
from migration.study import Study
from migration.workspace import Workspace, shipped

ABSENT, UNSTEADY = "", "changed while it was read"
_KNOWN = ""  # the label of folders that hold no input
_OURS = {"manifest.jsonl", ".lock"}  # of the raw store: what changes with any fetch
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev"),
    *("/run", "/var/lib", "/var/cache", "/nix/store", "/System", "/Library"),
    *("/private/etc", "/private/var/db"),
)
_INSTALLED = {".dist-info", ".egg-info"}  # what a package says of itself, wherever
_SETTINGS = (
    *("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"),
    *("PROGRAMDATA", "SYSTEMROOT", "PROGRAMFILES"),
)


@dataclass(frozen=True, kw_only=True)
class Read:
    """A file that was read: empty ``sha256`` where it was looked for and not there."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Places:
    """The folders that a file is named by; the nearest above it names it."""

    study: Study
    workspace: Workspace

    @cached_property
    def roots(self) -> dict[Path, str]:
        """Folder, as written and resolved, to its label; ``""`` holds no inputs."""
        package = Path(str(files("migration")))
        labelled = [*((path, _KNOWN) for path in _environment()), (package, _KNOWN)]
        with suppress(WorkspaceError):  # none ship
            labelled.append((shipped("notebooks").parent, "shipped"))
        beside = self.study.path.parent
        if not beside.is_relative_to(self.workspace.root):
            labelled.append((beside, "study"))
        labelled += [
            (package / "studies", "studies"),
            (self.workspace.root, "workspace"),
            (shipped("data/raw/embedded"), _KNOWN),
        ]
        return {form: label for path, label in labelled for form in _forms(path)}

    @cached_property
    def _known(self) -> dict[str, bool]:
        return {}

    def holds_none(self, folder: str) -> bool:
        """Whether a folder, as written, is one of those that hold no input.

        Asked once a folder: an import opens thousands of files in few folders.
        """
        if folder not in self._known:
            path = Path(folder)
            above = (self.roots.get(one) for one in (path, *path.parents))
            label = next((one for one in above if one is not None), None)
            self._known[folder] = label == _KNOWN
        return self._known[folder]

    def name(self, path: Path) -> str | None:
        """The name of a file; None where it is no input."""
        if path.parent.suffix in _INSTALLED:
            return None
        for form in _forms(path):
            above = next((one for one in form.parents if one in self.roots), None)
            if above is not None:
                label = self.roots[above]
                return (
                    f"{label}:{form.relative_to(above).as_posix()}" if label else None
                )
        return f"outside:{path.name}"

    def path(self, name: str, outside: Mapping[str, str]) -> Path | None:
        """Where a named file lies; None for an outside one that is known no more."""
        label, _, below = name.partition(":")
        if label == "outside":
            return Path(outside[name]) if name in outside else None
        bases = (one for one, held in self.roots.items() if held == label)
        return next((base / below for base in bases), None)


def read_log(
    log: Path, places: Places, declared: frozenset[str]
) -> tuple[tuple[Read, ...], dict[str, str]]:
    """The inputs that a kernel's log tells of, and where the outside ones lie.

    Parameters
    ----------
    log : Path
        As :func:`migration.report.opened.watch` writes it; may be absent. It lies in
        the kernel's private folder, and what else is there is no input. Nor are notes
        of hashes, which spare a reading and say nothing else.
    places : Places
    declared : frozenset of str
        Names of the inputs that the key holds, such as ``raw/flathub/day.json``, or
        ``workspace/table.csv`` of a notebook's own.
    """
    found: dict[str, Read] = {}
    outside: dict[str, str] = {}
    own = {places.study.path, places.study.path.resolve()}
    for path, state in sorted(_inputs(log, places).items()):
        if path in own or log.parent in path.parents or path.name == NOTE:
            continue
        if _in_key(path, places, declared):
            continue
        name = places.name(path)
        if name is not None and name.replace(":", "/", 1) in declared:
            continue
        one = _read(name, path, state) if name is not None else None
        if one is not None and one.name.startswith("outside:"):
            one = _kept_outside(one, path, outside) if state is not None else None
        if one is not None:
            found[one.name] = one
    return tuple(found[name] for name in sorted(found)), outside


def started(log: Path) -> tuple[str, ...]:
    """The names of the programs that a kernel's log tells of, each once."""
    text = log.read_text(encoding="utf-8") if log.is_file() else ""
    ran = (one for one in map(json.loads, text.splitlines()) if one[0] == RAN)
    return tuple(sorted({PurePath(place).name for _, place, *_ in ran}))


def changes(
    manifest: Mapping[str, Any], places: Places, outside: Mapping[str, str]
) -> tuple[str, ...]:
    """Why what a notebook read is not what lies there now; empty where it is."""
    changed = []
    for held in manifest["observed"]:
        path = places.path(held["name"], outside)
        now = _sha256(path) if path is not None and path.is_file() else ABSENT
        if now != held["sha256"]:
            changed.append(held["name"] + ("" if now else " (gone)"))
    if not changed:
        return ()
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return (f"files that the notebook reads changed: {', '.join(changed[:3])}{more}",)


def keep_outside(folder: Path, report: str, outside: Mapping[str, str]) -> None:
    """Note, for this machine only, where the outside files of a report lie."""
    place = folder / OUTSIDE / f"{report}.json"
    if outside:
        place.parent.mkdir(exist_ok=True)
        write_whole(place, to_json(dict(outside)))
    else:
        place.unlink(missing_ok=True)


def load_outside(folder: Path, report: str) -> dict[str, str]:
    """What :func:`keep_outside` noted; empty where nothing that reads is there."""
    try:
        held = json.loads((folder / OUTSIDE / f"{report}.json").read_bytes())
        return {str(name): str(path) for name, path in held.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def as_rows(reads: tuple[Read, ...]) -> list[dict[str, Any]]:
    """For the manifest."""
    return [asdict(one) for one in reads]


def _inputs(log: Path, places: Places) -> dict[Path, list[int] | None]:
    """Files read before they were made, if ever: bytes and time of change, or None."""
    read: dict[Path, list[int] | None] = {}
    made: set[Path] = set()
    for kind, path, state in _lines(log, places):
        if kind == MADE:
            made.add(path)
            if read.get(path, state) is None:  # looked for, not there, then made
                read.pop(path, None)
        elif path not in made:
            read.setdefault(path, state)
    return read


def _lines(log: Path, places: Places) -> Iterator[tuple[str, Path, list[int] | None]]:
    """What the log tells, but for folders that hold no input."""
    text = log.read_text(encoding="utf-8") if log.is_file() else ""
    for line in text.splitlines():
        kind, place, size, changed = json.loads(line)
        if kind == RAN or places.holds_none(_folder(place)):
            continue
        source = _source(place)
        if source == place:
            yield kind, Path(place), None if size is None else [size, changed]
        elif kind == READ and size is not None:
            yield kind, Path(source), []  # its state when it was compiled is unknown


def _folder(place: str) -> str:
    """Where a file lies, or the module that a compiled one is of."""
    folder, _ = os.path.split(place)
    above, last = os.path.split(folder)
    return above if last == "__pycache__" else folder


def _source(place: str) -> str:
    """The module that a compiled one was made of; a key holds no compiled file."""
    with suppress(ValueError, NotImplementedError):
        source = source_from_cache(place)
        return source if Path(source).is_file() else place
    return place


def _in_key(path: Path, places: Places, declared: frozenset[str]) -> bool:
    raw = places.workspace.raw
    if not path.is_relative_to(raw):
        return False
    below = path.relative_to(raw).as_posix()
    return below in _OURS or f"raw/{below}" in declared


def _read(name: str, path: Path, state: list[int] | None) -> Read | None:
    """What was read; None for a folder, a pipe and the like."""
    if state is None:
        return Read(name=name, sha256=UNSTEADY if path.exists() else ABSENT, bytes=0)
    if not path.is_file():
        gone = not path.exists()
        return Read(name=name, sha256=UNSTEADY, bytes=0) if gone else None
    found = path.stat()
    steady = not state or state == [found.st_size, found.st_mtime_ns]
    digest = _sha256(path) if steady else UNSTEADY
    return Read(name=name, sha256=digest, bytes=found.st_size)


def _kept_outside(one: Read, path: Path, outside: dict[str, str]) -> Read:
    """Noted with its path, under a name of its own where two are named alike."""
    number, free = 1, one.name
    while free in outside:
        number += 1
        free = f"outside:{number}:{path.name}"
    outside[free] = str(path)
    return replace(one, name=free)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forms(path: Path) -> tuple[Path, Path]:
    """As it is written, and with its links followed."""
    return path, Path(os.path.realpath(path))


def _environment() -> Iterator[Path]:
    """Folders of the system, of the interpreter, and of the user's own settings."""
    yield from map(Path, _SYSTEM)
    yield from map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix))
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    yield from (Path(sysconfig.get_path(name)) for name in names)
    yield Path(site.getusersitepackages())
    yield from (Path(os.environ[name]) for name in _SETTINGS if os.environ.get(name))
    with suppress(OSError, RuntimeError):
        yield from (one for one in Path.home().iterdir() if one.name.startswith("."))
