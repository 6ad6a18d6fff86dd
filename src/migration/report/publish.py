"""Put a finished report in its place, or a failed one beside it; nothing by halves.

A run's files go to a new folder named by its key. Then the page, then the manifest,
are each replaced by one rename. Killed at any moment, the page in place is the old one
or the new one, whole; if the manifest is older than the page, the next run sees that
and renders again.
"""

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from migration.errors import ReportError, WorkspaceError
from migration.report.changes import with_history
from migration.report.extras import with_extras
from migration.report.manifest import (
    SUFFIX,
    TEMPORARY,
    load_error,
    load_manifest,
    sha256,
    sync_folder,
    temporary_name,
    to_json,
    write_flushed,
    write_whole,
)

RUNS = "runs"
FAILED = "failed"
OUTSIDE = ".outside"
PAGE = "report.html"
NOTEBOOK = "report.ipynb"
_NOT_OURS = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def publish(
    folder: Path, name: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Put ``files`` (with ``report.html``) in place as report ``name``.

    Returns the manifest, complete with its outputs and what changed since the report
    before it.
    """
    before = load_manifest(folder / f"{name}{SUFFIX}")
    manifest = {**manifest, "history": with_history(before, manifest)}
    files, manifest = with_extras(files, manifest)
    run = _free_run(folder / RUNS, str(manifest["key"]), files)
    paths = {f"{RUNS}/{run}/{file}": content for file, content in files.items()}
    paths[f"{name}.html"] = files[PAGE]
    done = {**manifest, "run": f"{RUNS}/{run}", "outputs": _outputs(paths)}
    _write_run(folder / RUNS / run, {**files, "manifest.json": to_json(done)})
    write_whole(folder / f"{name}.html", files[PAGE])
    write_whole(folder / f"{name}{SUFFIX}", to_json(done))
    return done


def record_failure(
    folder: Path, name: str, error: Mapping[str, Any], files: Mapping[str, bytes]
) -> None:
    """Keep a failed run beside the last good report: what ran, and why it stopped."""
    place = folder / FAILED / name
    place.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        write_whole(place / file, content)
    write_whole(place / "error.json", to_json(error))


def load_failure(folder: Path, name: str) -> dict[str, Any] | None:
    """What the last run of a report failed with, if it failed."""
    return load_error(folder / FAILED / name / "error.json")


def list_failures(folder: Path) -> list[dict[str, Any]]:
    """Every failure that stands, by report name."""
    places = sorted((folder / FAILED).glob("*/error.json"))
    found = (load_error(path) for path in places)
    return [failure for failure in found if failure is not None]


def clear_failure(folder: Path, name: str) -> None:
    """Forget a failure: its mark first, so that a half-cleared one does not count."""
    place = folder / FAILED / name
    (place / "error.json").unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a killed run left half-written. Only under the lock.

    Nothing is looked for behind a link: what lies there is another's.
    """
    below = [folder / OUTSIDE, folder / RUNS, folder / FAILED]
    below += () if (folder / FAILED).is_symlink() else (folder / FAILED).glob("*")
    for place in (folder, *(one for one in below if not one.is_symlink())):
        for left in place.glob(f"{TEMPORARY}*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()


def refuse_links(folder: Path) -> None:
    """Refuse a study's folder that leads elsewhere: files there may be another's.

    Raises
    ------
    WorkspaceError
        If the folder, or one of those in it, is a link; with which, and what to do.
    """
    below = (folder / OUTSIDE, folder / RUNS, folder / FAILED)
    for place in (folder, *below, *(folder / FAILED).glob("*")):
        if place.is_symlink():
            raise WorkspaceError(
                f"needed a folder of its own for these reports, {place} is a link to "
                f"{place.readlink()}; remove the link (the folder reports/ itself may "
                "be one), or choose another place with --workspace"
            )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say plainly that a folder cannot be written, or that the disk is full.

    Raises
    ------
    WorkspaceError
        If the folder is read-only for us.
    ReportError
        On any other fault of the disk.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _NOT_OURS:
            raise WorkspaceError(
                f"needed a folder to write reports in, {folder} is not writable "
                f"({reason}); make it writable, or choose another with --workspace"
            ) from error
        raise ReportError(
            f"could not write below {folder}: {reason}; what was in place before is "
            f"untouched; {_advice(error.errno)}"
        ) from error


def _advice(number: int | None) -> str:
    if number in _FULL:
        return "make room on the disk and run this again"
    return "see to the disk or folder, then run this again"


def _outputs(paths: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"path": path, "sha256": sha256(content), "bytes": len(content)}
        for path, content in paths.items()
    ]


def _free_run(runs: Path, key: str, files: Mapping[str, bytes]) -> str:
    """The key's folder, or the next beside it if that one holds other bytes."""
    short = key.removeprefix("sha256:")[:16]
    number, name = 1, short
    while (runs / name).exists() and not _holds(runs / name, files):
        number += 1
        name = f"{short}-{number}"
    return name


def _holds(run: Path, files: Mapping[str, bytes]) -> bool:
    return all(
        (run / name).is_file() and (run / name).read_bytes() == content
        for name, content in files.items()
    )


def _write_run(run: Path, files: Mapping[str, bytes]) -> None:
    """A new folder, filled under another name first; one that is there stays."""
    if run.exists():
        return
    run.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(run.parent)
    try:
        temporary.mkdir()
        for name, content in files.items():
            write_flushed(temporary / name, content)
        sync_folder(temporary)
        temporary.rename(run)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(run.parent)
