"""What a wheel and a source distribution need to hold, and must not. Standard library.

Each function gives how many files there are, or raises ValueError with the names of
those that lack or are too many.
"""

import hashlib
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Collection
from pathlib import Path

IN_WHEEL = {  # of the project to its place in a wheel
    "src/migration": "migration",
    "notebooks": "migration/_shipped/notebooks",
    "data/raw/embedded": "migration/_shipped/data/raw/embedded",
}
OF_BUILD = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
NEEDED = (  # of a source distribution, whoever builds it
    *("tests/conftest.py", "docs/own-files.md", "tools/dev.py", "README.md", "LICENSE"),
    *("CHANGELOG.md", "CITATION.cff", "requirements.lock", "src/migration/py.typed"),
)
UNWANTED = re.compile(
    r"data/raw/(?!embedded/)|data/processed/(?!\.gitkeep)|reports/(?!\.gitkeep)"
    r"|(^|/)__pycache__/|\.py[co]$|^\.venv|^dist/|^build/"
)


def check_wheel(path: Path, root: Path) -> int:
    """Compare a wheel with the project: its package, notebooks and embedded data."""
    wanted = {
        f"{place}/{file.relative_to(root / top).as_posix()}"
        for top, place in IN_WHEEL.items()
        for file in (root / top).rglob("*")
        if file.is_file() and not _is_left_over(file.relative_to(root))
    }
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    about = {name.partition(".dist-info/")[2] for name in names} - {""}
    held = {name for name in names if ".dist-info/" not in name}
    _compare("wheel", held | about, wanted | OF_BUILD)
    return len(names)


def check_sdist(path: Path, root: Path) -> int:
    """Compare a source distribution with what is tracked, where git can tell it."""
    with tarfile.open(path) as archive:
        files = [one.name for one in archive.getmembers() if one.isfile()]
    held = {name.partition("/")[2] for name in files}
    if bad := sorted(name for name in held if UNWANTED.search(name)):
        raise ValueError(
            f"the source distribution has no place for {', '.join(bad[:5])}"
        )
    if lack := [name for name in NEEDED if name not in held]:
        raise ValueError(f"the source distribution lacks {', '.join(lack)}")
    if tracked := _tracked(root):
        _compare("source distribution", held - {"PKG-INFO"}, tracked)
    return len(files)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _compare(what: str, held: Collection[str], wanted: Collection[str]) -> None:
    lack, more = set(wanted) - set(held), set(held) - set(wanted)
    told = [f"lacks {', '.join(sorted(lack)[:5])}"] if lack else []
    told += [f"has {', '.join(sorted(more)[:5])} too"] if more else []
    if told:
        raise ValueError(f"the {what} {' and '.join(told)}")


def _is_left_over(file: Path) -> bool:
    return "__pycache__" in file.parts or ".ipynb_checkpoints" in file.parts


def _tracked(root: Path) -> set[str]:
    """Files that git knows; none where it knows nothing."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False
    )
    names = listed.stdout.decode("utf-8").split("\0") if not listed.returncode else []
    return {name for name in names if name and (root / name).is_file()}
