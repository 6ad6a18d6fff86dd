"""Where things lie: the only module that knows a path.

What is written goes under one folder, the workspace; what ships is read from the
wheel or, in a checkout or an editable install, from the top level. A workspace's own
studies and notebooks win over those that ship.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from migration.errors import WorkspaceError

VARIABLE = "MIGRATION_WORKSPACE"
FOLDERS = ("data/raw", "data/processed", "reports", "studies", "notebooks")
README = """\
A workspace of `migration`.

data/raw/        what sources sent, byte for byte, with a manifest; never edit it
data/processed/  panels made from it; safe to delete, always rebuilt
data/probes/     what `migration fetch --probe` found, and what is still to be found out
reports/         rendered reports and their index; safe to delete
studies/         your studies (.toml); they win over a shipped study of the same name
notebooks/       your notebooks (.ipynb); they win over shipped ones likewise

Run `migration` from inside this folder, or name it with --workspace or in the
variable MIGRATION_WORKSPACE.
"""

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Workspace:
    """The one folder that everything is written under.

    Attributes
    ----------
    root : Path
        Absolute; :func:`find_workspace` finds it, :func:`init_workspace` makes one.
    named : bool
        Whether somebody named it; else it is where the current folder lies.
    """

    root: Path
    named: bool = field(default=True, compare=False)

    @property
    def raw(self) -> Path:
        """What sources sent; see ``migration.store``."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """Panels made from the raw files."""
        return self.root / "data" / "processed"

    @property
    def probes(self) -> Path:
        """What was found when sources were first asked."""
        return self.root / "data" / "probes"

    @property
    def reports(self) -> Path:
        """Rendered reports and their index."""
        return self.root / "reports"

    @property
    def studies(self) -> Path:
        """The workspace's own studies; the folder need not exist."""
        return self.root / "studies"

    @property
    def notebooks(self) -> Path:
        """The workspace's own notebooks; the folder need not exist."""
        return self.root / "notebooks"


def find_workspace(given: str | os.PathLike[str] | None = None) -> Workspace:
    """Find the folder to write under.

    ``given``, else the variable ``MIGRATION_WORKSPACE`` (empty is as unset), else the
    nearest parent of the current folder (itself included) that holds ``data/raw/``,
    else the current folder. Nothing is created.

    Raises
    ------
    WorkspaceError
        If the folder named is not one, or is named by an empty text, or lies among
        installed packages.
    """
    if given is not None:
        return Workspace(_usable(given, "--workspace"))
    if named := os.environ.get(VARIABLE):
        return Workspace(_usable(named, VARIABLE))
    here = absolute(".")
    holders = [p for p in (here, *here.parents) if (p / "data" / "raw").is_dir()]
    found = _usable(holders[0] if holders else here, "the current folder")
    return Workspace(found, named=found == checkout())


def init_workspace(path: str | os.PathLike[str]) -> Workspace:
    """Make a workspace, or complete one: what is there already is left alone.

    Raises
    ------
    WorkspaceError
        If the path, or a folder needed in it, is a file, cannot be made, or lies
        among installed packages.
    """
    root = absolute(path)
    _refuse_packages(root, "a workspace")
    readme = root / "README.txt"
    try:
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        if not readme.exists():
            readme.write_text(README, encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(
            f"a workspace needs folders that can be made in {root}, and they cannot: "
            f"{error.strerror or error}; name another place"
        ) from error
    return Workspace(root)


def refuse_anothers(workspace: Workspace) -> None:
    """Refuse to run what lies in another user's folder that nobody named.

    Its notebooks would be run, and its modules imported, by whoever happens to be
    below it, as in a folder for everybody's temporary files.

    Raises
    ------
    WorkspaceError
        With how it is named.
    """
    if workspace.named or os.name != "posix":
        return
    for place in (workspace.root, *(workspace.root / name for name in FOLDERS)):
        with suppress(FileNotFoundError):
            if place.stat().st_uid not in (0, os.geteuid()):
                raise WorkspaceError(
                    f"{place} is another user's, and notebooks and modules of a "
                    f"workspace are run: name it with --workspace {workspace.root} if "
                    "you trust it"
                )


def absolute(path: str | os.PathLike[str]) -> Path:
    """Give a path from the root on, ``~`` and links followed; it need not exist.

    Raises
    ------
    WorkspaceError
        If the path is empty, or leads nowhere: no such user, a ring of links, a name
        that the system cannot have, a current folder that was deleted.
    """
    if not os.fspath(path):
        raise WorkspaceError("needed a path, got an empty one: write . for this folder")
    try:
        found = Path(path).expanduser().resolve()
        with suppress(FileNotFoundError, NotADirectoryError):
            found.stat()  # a name too long shows here, and a ring of links
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".").lower()
        raise WorkspaceError(
            f"the path {os.fspath(path)!r:.200} leads nowhere ({why}): name another"
        ) from error
    return found


def shipped(name: str) -> Path:
    """Give the folder or file that ships under a name such as ``data/raw/embedded``.

    Raises
    ------
    WorkspaceError
        If nothing ships under that name.
    """
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or parts[0] == "/":
        raise WorkspaceError(
            f"a shipped name is relative, as 'notebooks', got {name!r}"
        )
    for top in (_PACKAGE / "_shipped", checkout()):
        if top is not None and top.joinpath(*parts).exists():
            return top.joinpath(*parts)
    raise WorkspaceError(
        f"{name!r} should ship with the package and does not: install it again, "
        "or work from a full checkout"
    )


def ships(notebook: Path) -> bool:
    """Whether a notebook is one of those that ship."""
    return notebook.resolve().parent == _shipped_notebooks().resolve()


def restoring(name: str) -> str:
    """Say how what ships under a name is brought back, here."""
    top = checkout()
    if top is not None and shipped(name).is_relative_to(top):
        return f"bring it back with `git checkout -- {name}`"
    return "install platform-migration again"


def study_files(workspace: Workspace | None = None) -> Mapping[str, Path]:
    """Map each study's name to what has it; the workspace's own win.

    What is no file is named too: its author would miss it, and its reader refuses it.
    """
    own = _named((workspace or find_workspace()).studies, ".toml")
    return dict(sorted((_named(_PACKAGE / "studies", ".toml") | own).items()))


def list_notebooks(workspace: Workspace | None = None) -> tuple[Path, ...]:
    """List the notebooks by name; the workspace's own win."""
    own = _files((workspace or find_workspace()).notebooks, ".ipynb")
    return tuple(
        p for _, p in sorted((_files(_shipped_notebooks(), ".ipynb") | own).items())
    )


def find_notebook(name: str, workspace: Workspace | None = None) -> Path:
    """Find a notebook by its name, with or without ``.ipynb``.

    Raises
    ------
    WorkspaceError
        If there is none of that name; the message lists those there are.
    """
    known = {path.stem: path for path in list_notebooks(workspace)}
    stem = name.removesuffix(".ipynb")
    if stem in known:
        return known[stem]
    near = get_close_matches(stem, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise WorkspaceError(
        f"no notebook {name!r}: {hint}there are {', '.join(known) or 'none'}"
    )


def checkout() -> Path | None:
    """Give the top level of a checkout, or None in an installed wheel."""
    top = _PACKAGE.parents[1]
    inside = _PACKAGE.parent.name == "src" and (top / "pyproject.toml").is_file()
    return top if inside else None


def _shipped_notebooks() -> Path:
    try:
        return shipped("notebooks")
    except WorkspaceError:  # none ship: the workspace's own are all there are
        return _PACKAGE / "_shipped" / "notebooks"


def _files(folder: Path, suffix: str) -> dict[str, Path]:
    return {n: p for n, p in _named(folder, suffix).items() if p.is_file()}


def _named(folder: Path, suffix: str) -> dict[str, Path]:
    """Whatever lies in a folder under a name with that suffix and no dot before."""
    if not folder.is_dir():
        return {}
    try:
        found = [p for p in folder.iterdir() if p.suffix == suffix]
    except OSError as error:
        raise WorkspaceError(
            f"{folder} cannot be read ({error.strerror or error}): allow it, or name "
            "another workspace"
        ) from error
    return {p.stem: p for p in found if not p.name.startswith(".")}


def _usable(path: str | os.PathLike[str], origin: str) -> Path:
    try:
        root = absolute(path)
    except WorkspaceError as error:
        raise WorkspaceError(f"{origin}: {error}") from error
    if not root.is_dir():
        what = "a file" if root.exists() else "not there"
        raise WorkspaceError(
            f"a workspace is a folder, but {root} (from {origin}) is {what}: "
            "make one with `migration init DIR`, or name another"
        )
    _refuse_packages(root, origin)
    return root


def _refuse_packages(root: Path, origin: str) -> None:
    among = {"site-packages", "dist-packages"} & set(root.parts)
    if among or root.is_relative_to(_PACKAGE):
        raise WorkspaceError(
            f"nothing is written among installed packages, but {root} (from {origin}) "
            "is there: name another folder with --workspace"
        )
