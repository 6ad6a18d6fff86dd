"""Hashes of large files, noted so that a file that did not change is read once.

What is noted says only whether a report is stale. It proves nothing and is asked for
nothing else: the store hashes the bytes of each file that is read, and `verify` those
of all.
"""

import hashlib
import json
import os
import time
from pathlib import Path

from migration.report.manifest import TEMPORARY

NOTE = ".hashes.json"
_SETTLED_NS = 2_000_000_000  # a file changed just now may change again unseen


class Hashes:
    """SHA-256 of files by name, computed anew where size, times or inode differ.

    Parameters
    ----------
    path : Path
        The note; one that is not there or does not read is as an empty one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._changed = False

    def of(self, name: str, path: Path) -> tuple[str, int]:
        """The hash and the length of a file; of one that is not there, of nothing."""
        if not path.is_file():
            return hashlib.sha256(b"").hexdigest(), 0
        about = path.stat()
        seen = [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
        noted = self._known.get(name)
        if (
            isinstance(noted, list)
            and noted[:-1] == seen
            and isinstance(noted[-1], str)
        ):
            return noted[-1], about.st_size
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if max(about.st_mtime_ns, about.st_ctime_ns) < time.time_ns() - _SETTLED_NS:
            self._known[name] = [*seen, found]
            self._changed = True
        return found, about.st_size

    def save(self) -> None:
        """Write the note whole, where there is anything new to note."""
        if not self._changed:
            return
        unfinished = self._path.with_name(f"{TEMPORARY}hashes-{os.getpid()}")
        unfinished.write_text(json.dumps(self._known), encoding="utf-8")
        unfinished.replace(self._path)


def _read(path: Path) -> dict[str, object]:
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
