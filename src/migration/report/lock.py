"""One run at a time writes reports; a second one is told who holds the lock."""

import datetime as dt
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from migration.errors import Locked, WorkspaceError
from migration.report.publish import writing

LOCK = ".lock"
HOLDER = ".lock.json"


@contextmanager
def reports_lock(reports: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold ``reports/.lock``. The system drops it with the process, however it ends.

    Raises
    ------
    Locked
        If another run holds it, and still does after ``wait`` seconds.
    WorkspaceError
        If the folder is not writable, or a link to nothing.
    """
    lock = FileLock(reports / LOCK)
    if reports.is_symlink() and not reports.exists():
        raise WorkspaceError(
            f"needed a folder to write reports in, {reports} is a link to "
            f"{reports.readlink()}, which is not there; make that folder, or remove "
            "the link"
        )
    with writing(reports):
        reports.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=wait, poll_interval=0.1)
        except Timeout as error:
            raise Locked(
                f"another run is writing reports here{_held_by(reports)}; wait for it "
                "to end, with --wait, or run this again then"
            ) from error
    try:
        with suppress(OSError):  # a courtesy to others, not needed to go on
            (reports / HOLDER).unlink(missing_ok=True)  # it may be a link
            with (reports / HOLDER).open("x", encoding="utf-8") as note:
                note.write(json.dumps(_me()))
        yield
    finally:
        with suppress(OSError):
            (reports / HOLDER).unlink(missing_ok=True)
        lock.release()


def _me() -> dict[str, object]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": platform.node(), "since": now}


def _held_by(reports: Path) -> str:
    try:
        holder = json.loads((reports / HOLDER).read_text(encoding="utf-8"))
        return (
            f" (process {holder['pid']} on {holder['host']}, since {holder['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""
