"""Whose reports a folder holds: a second study file of the same id is refused.

A workspace's reports have a name of their own, by chance, so that two feeds of one
study are two.

Two files may say the same id: one in the workspace, one that ships, one given by its
path. The folder ``reports/<id>/`` is the first one's. A hidden file in it says which,
and is not for publication: it may hold a path of this machine.
"""

import json
import uuid
from importlib.resources import files
from pathlib import Path

from migration.errors import StudyError
from migration.report.manifest import to_json, write_whole
from migration.study import Study
from migration.workspace import Workspace

OWNER = ".study.json"
_LABELS = ("the shipped", "the workspace's")
PLACE = ".place"


def check_owner(study: Study, workspace: Workspace) -> None:
    """Refuse to take another study's folder; a changed file is still the same study.

    So is a file with the same bytes elsewhere, one in the place of a file that is no
    more (it was moved), and the workspace's own that wins over the one that ships.

    Raises
    ------
    StudyError
        If the folder is another file's, with what to do.
    """
    folder = workspace.reports / study.id
    file, digest = _owner(folder)
    if not file or digest == study.sha256 or file == _place(study.path, workspace):
        return
    if not _there(file, workspace) or _succeeds(study, file, workspace):
        return
    raise StudyError(
        f"{study.path}: id: needs to be its own, got {study.id!r}, which {file} has "
        f"too, and the reports in {folder} are of that one; give this study another "
        "id, or delete that folder, or name another --workspace"
    )


def claim(study: Study, workspace: Workspace) -> None:
    """Note that the folder is this study's; only under the lock."""
    note = to_json({"file": _place(study.path, workspace), "sha256": study.sha256})
    path = workspace.reports / study.id / OWNER
    if not path.is_file() or path.read_bytes() != note:
        write_whole(path, note)


def study_file(folder: Path, workspace: Workspace) -> Path | None:
    """The study file whose reports a folder holds; None where none is noted."""
    file, _ = _owner(folder)
    for label, root in _roots(workspace).items():
        if file.startswith(f"{label} "):
            return root / file.removeprefix(f"{label} ")
    return Path(file) if file else None


def place_of(reports: Path) -> str:
    """What tells a workspace's reports from another's: made once, and kept.

    It is no path, and stands on no page.
    """
    path = reports / PLACE
    try:
        return str(uuid.UUID(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError):  # none yet, or none of ours
        made = str(uuid.uuid4())
        write_whole(path, f"{made}\n".encode())
        return made


def _owner(folder: Path) -> tuple[str, str]:
    """The file that owns a folder and its last hash; empty where none is noted."""
    try:
        held = json.loads((folder / OWNER).read_bytes())
        return str(held["file"]), str(held["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""


def _roots(workspace: Workspace) -> dict[str, Path]:
    package = Path(str(files("migration"))).resolve()
    return dict(zip(_LABELS, (package, workspace.root.resolve()), strict=True))


def _place(path: Path, workspace: Workspace) -> str:
    """Where a study lies, the same after the workspace was moved."""
    whole = path.resolve()
    for label, root in _roots(workspace).items():
        if whole.is_relative_to(root):
            return f"{label} {whole.relative_to(root).as_posix()}"
    return str(whole)


def _succeeds(study: Study, file: str, workspace: Workspace) -> bool:
    """Whether a study is the workspace's, and the folder that of its shipped twin."""
    shipped, own = (f"{label} studies/{study.id}.toml" for label in _LABELS)
    return file == shipped and _place(study.path, workspace) == own


def _there(file: str, workspace: Workspace) -> bool:
    for label, root in _roots(workspace).items():
        if file.startswith(f"{label} "):
            return (root / file.removeprefix(f"{label} ")).is_file()
    return Path(file).is_file()
