"""A researcher's files into the raw store, byte for byte, and what was said of them."""

import datetime as dt
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from migration.errors import CannotAsk, SourceError, WorkspaceError
from migration.sources.ask import file_name
from migration.sources.registry import MODULES, module_of, takes_files
from migration.sources.whose import noted_for
from migration.store import DECLARED, STUDIES, Entry, Store
from migration.workspace import Workspace, absolute, find_workspace

if TYPE_CHECKING:
    from migration.study import Study

_SUFFIX = re.compile(r"[a-z0-9]{1,8}")
MAX_BYTES = 64 * 1024 * 1024  # to be read in 2 GB of memory

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of each file, by its path as it was given.

    Attributes
    ----------
    source : str
    entries : mapping of str to Entry
        Added now.
    kept : mapping of str to Entry
        There already, declared the same: nothing was added.
    refused : mapping of str to str
        Why a file was not added, and what to do.
    """

    source: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    kept: Mapping[str, Entry] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Counts only, the same for the same files."""
        return (
            f"<{self.source}: {len(self.entries)} added, {len(self.kept)} kept, "
            f"{len(self.refused)} refused>"
        )


def add(
    study: "Study",
    files: AnyPath | Iterable[AnyPath],
    *,
    source: str = "own_csv",
    said: Mapping[str, str] | None = None,
    workspace: Workspace | None = None,
) -> Added:
    """Add a researcher's files to the raw store, those that can be read as said.

    Parameters
    ----------
    study : Study
    files : path or iterable of paths
        What is kept of a path is the file's own name.
    source : str
        A source of the study that takes files: ``own_csv`` for vendors' exports and
        any other table.
    said : mapping, optional
        What the files do not say themselves, such as ``{"exported": "2021-07-02"}``;
        the same of all of them. A file that is there already and is declared otherwise
        is read as declared last.
    workspace : Workspace, optional

    Returns
    -------
    Added
        A file that was added before is told in ``kept``, one that cannot be read in
        ``refused``.

    Raises
    ------
    CannotAsk
        Every file was refused, or the source takes none.
    StudyError
        The study has no such source.
    StoreError
        The store cannot be written.
    """
    paths = [files] if isinstance(files, str | os.PathLike) else list(files)
    found = add_each(study, paths, source=source, said=said, workspace=workspace)
    if found.refused and not (found.entries or found.kept):
        told = "\n  ".join(f"{path}: {why}" for path, why in found.refused.items())
        raise CannotAsk(f"no file was added to {source!r}\n  {told}")
    return found


def add_each(
    study: "Study",
    files: Iterable[AnyPath],
    *,
    source: str,
    said: Mapping[str, str] | None = None,
    workspace: Workspace | None = None,
) -> Added:
    """As :func:`add`, and where every file is refused it is only told."""
    _check_source(study, source)
    store = Store((workspace or find_workspace()).raw)
    added: dict[str, Entry] = {}
    kept: dict[str, Entry] = {}
    refused: dict[str, str] = {}
    for path in files:
        given = os.fspath(path)
        try:
            name, content = read_file(path)
            known = module_of(source).declare(study, name, content, said or {})
            _check_export(known)
        except (SourceError, WorkspaceError) as error:
            refused[given] = _unnamed(str(error), given)
            continue
        headers = {**_as_headers(known), **noted_for(study.id)}
        entry, is_new = _keep(store, source, (name, content), headers)
        (added if is_new else kept)[given] = entry
    return Added(source=source, entries=added, kept=kept, refused=refused)


def read_file(path: AnyPath) -> tuple[str, bytes]:
    """A file's own name, made printable, and its bytes.

    Raises
    ------
    CannotAsk
        It is not there, no plain file, empty, larger than 64 MB or not to be read.
    WorkspaceError
        The path leads nowhere.
    """
    place = absolute(path)
    try:
        about = place.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CannotAsk("there is no such file: correct the path") from error
    except OSError as error:
        raise CannotAsk(f"the file cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(
        about.st_mode
    ):  # before opening: a pipe would wait for a writer
        what = "a folder: name the files in it" if place.is_dir() else "no plain file"
        raise CannotAsk(f"a file is needed, and this is {what}")
    if about.st_size == 0:
        raise CannotAsk("the file is empty: export it again")
    if about.st_size > MAX_BYTES:
        raise CannotAsk(
            f"the file has {about.st_size / 2**20:,.0f} MB, and at most "
            f"{MAX_BYTES // 2**20} are read: export fewer days, apps or columns at once"
        )
    try:
        content = place.read_bytes()
    except OSError as error:
        raise CannotAsk(f"the file cannot be read: {error.strerror}") from error
    return _printable(path), content


def _unnamed(why: str, given: str) -> str:
    """A reason without the file's name at its start, for it is told beside the path."""
    name = _printable(given)
    for start in (f"{name}: ", f"{name} "):
        if why.startswith(start):
            return why.removeprefix(start)
    return why


def _printable(path: AnyPath) -> str:
    """A file's own name, with "_" for what cannot be printed."""
    return "".join(c if c.isprintable() else "_" for c in Path(path).name)


def _check_source(study: "Study", source: str) -> None:
    takers = [name for name in MODULES if takes_files(name)]
    if source not in takers:
        raise CannotAsk(
            f"no file can be added to {source!r}: only to {', '.join(takers)}"
        )
    if not study.source(source).enabled:
        raise CannotAsk(
            f"the study {study.id!r} has not enabled {source!r}: enable it there first"
        )


def _check_export(said: Mapping[str, str]) -> None:
    """A day to come is a slip of the pen, and would hide later exports."""
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    exported = said.get("exported") or said.get(f"{DECLARED}exported") or ""
    if exported > f"{tomorrow}":
        raise CannotAsk(f"exported={exported} was said, and is to come: correct it")


def _keep(
    store: Store, source: str, file: tuple[str, bytes], headers: Mapping[str, str]
) -> tuple[Entry, bool]:
    """The entry of a file and of what was said of it, and whether it is new."""
    name, content = file
    sha256 = hashlib.sha256(content).hexdigest()
    same = [one for one in store.entries(source) if one.sha256 == sha256]
    own = [one for one in same if one.is_of(headers[STUDIES])]
    in_force = getattr(module_of(source), "in_force", list)
    for one in (*in_force(own), *own[-1:]):
        if _of_content(one.headers) == _of_content(headers):
            return one, False
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    stored = PurePosixPath(same[0].name).name if same else _stored_name(name)
    entry = store.put(
        source,
        stored,
        content,
        status=0,  # carried over, not fetched
        headers={**headers, "added-at": now},
        # An export is as old as the day on which its maker gave it.
        retrieved_at=headers.get(f"{DECLARED}exported", now),
        seen_again=True,
    )
    return entry, True


def _as_headers(said: Mapping[str, str]) -> dict[str, str]:
    """Declarations as headers of an entry; a source may have named them so already."""
    keys = {key: key.removeprefix(DECLARED).replace("_", "-") for key in said}
    return {DECLARED + keys[key]: text for key, text in said.items() if text}


def _of_content(headers: Mapping[str, str]) -> dict[str, str]:
    """What was declared, without what a file is called."""
    return {
        key: text
        for key, text in headers.items()
        if key.startswith(DECLARED) and key != f"{DECLARED}file"
    }


def _stored_name(name: str) -> str:
    path = PurePosixPath(name)
    suffix = path.suffix.lower().lstrip(".")
    return file_name(path.stem, suffix=suffix if _SUFFIX.fullmatch(suffix) else "txt")
