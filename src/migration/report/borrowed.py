"""A folder for one report on a machine of a cluster, which no killed worker leaves.

Beside each folder lies a file that its owner holds locked from before the folder is
made. The system lets a lock go with its process, however that ends, so a folder whose
lock can be had is nobody's: whoever works on that machine next removes it.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from migration.report.surroundings import POSIX

PREFIX = "mg-away-"
_OWNER = ".lock"


@contextmanager
def borrowed() -> Iterator[Path]:
    """A new folder for as long as it is used; what killed owners left goes first."""
    sweep_borrowed()
    parent = Path(tempfile.gettempdir())
    folder = parent / f"{PREFIX}{secrets.token_hex(8)}"
    owner = _owner(folder)
    with owner:
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            _remove(folder, owner)


def sweep_borrowed() -> None:
    """Remove the folders of this machine, and of this user, whose owners are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not _is_ours(folder) or not Path(_owner(folder).lock_file).is_file():
            continue
        with suppress(Timeout, OSError), (owner := _owner(folder)):
            _remove(folder, owner)


def _owner(folder: Path) -> FileLock:
    return FileLock(folder.with_name(f"{folder.name}{_OWNER}"), timeout=0)


def _remove(folder: Path, owner: FileLock) -> None:
    """The folder, then the file that says whose it is; only by who holds that."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with suppress(OSError):  # Windows removes no file that is open
            Path(owner.lock_file).unlink()


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder, no link, and this user's: others' may be traps."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return not POSIX or folder.stat().st_uid == os.getuid()
