"""Old runs of a study, removed: those that are neither in place nor the one before.

Kept are the run that each report's manifest names and ``KEPT_BEFORE`` of it before
that, which a comparison needs. A failed run lies elsewhere, the last one only.
"""

import re
import shutil
from contextlib import suppress
from pathlib import Path

from migration.report.extras import HEADLINE, PDF
from migration.report.manifest import (
    SUFFIX,
    list_manifests,
    load_manifest,
    load_run,
    temporary_name,
)
from migration.report.publish import NOTEBOOK, PAGE, RUNS
from migration.report.thumbnails import THUMBNAIL

KEPT_BEFORE = 1
_NAME = re.compile(r"[0-9a-f]{16}(-[0-9]+)?")
_FILES = {PAGE, NOTEBOOK, "manifest.json", HEADLINE, THUMBNAIL, PDF}


def prune(folder: Path) -> None:
    """Remove old runs below a study's folder. Only under the lock.

    A folder that is no run of ours, by its name or by what is in it, is left alone;
    so is every run of a report whose manifest does not read.
    """
    named = {one["run"] for one in list_manifests(folder)}
    before: dict[str, list[tuple[str, Path]]] = {}
    for run in (path for path in (folder / RUNS).glob("*") if _is_run(path)):
        if f"{RUNS}/{run.name}" not in named:
            report, finished = _made(run)
            before.setdefault(report, []).append((finished, run))
    for report, runs in before.items():
        if not report or load_manifest(folder / f"{report}{SUFFIX}") is not None:
            kept = KEPT_BEFORE if report else 0
            for _, run in sorted(runs, reverse=True)[kept:]:
                _remove(run)


def _is_run(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir() or not _NAME.fullmatch(path.name):
        return False
    return {file.name for file in path.iterdir()} <= _FILES


def _made(run: Path) -> tuple[str, str]:
    """The report of a run and when it was finished; empty where it does not say."""
    held = load_run(run)
    return (held["report"], held["timing"]["finished"]) if held else ("", "")


def _remove(run: Path) -> None:
    """By one rename out of sight, then for good; what is in use stays for next time."""
    with suppress(OSError):
        hidden = temporary_name(run.parent)
        run.rename(hidden)
        shutil.rmtree(hidden)
