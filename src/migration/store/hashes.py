"""Hashes of large files, noted so that a file that did not change is read once.

What is noted says only whether a report or a panel is stale. It proves nothing and is
asked for nothing else: the store hashes the bytes of each file that is read, and
`verify` those of all.
"""

import hashlib
import json
import os
import time
from pathlib import Path

NOTE = ".hashes.json"
_SETTLED_NS = 2_000_000_000  # a file changed just now may change again unseen


class Hashes:
    """SHA-256 of files by name, computed anew where size, times or inode differ.

    Parameters
    ----------
    path : Path
        The note; one that is not there or does not read is as an empty one.
    also : Path, optional
        Another note to believe, which is never written.
    """

    def __init__(self, path: Path, *, also: Path | None = None) -> None:
        self._path = path
        self._also = {} if also is None else _read(also)
        self._known = _read(path)
        self._changed = False

    def of(self, name: str, path: Path) -> tuple[str, int]:
        """The hash and the length of a file; of one that is not there, of nothing."""
        seen = look(path)
        if seen is None:
            return hashlib.sha256(b"").hexdigest(), 0
        for noted in (self._known.get(name), self._also.get(name)):
            if (
                isinstance(noted, list)
                and noted[:-1] == seen
                and isinstance(noted[-1], str)
            ):
                return noted[-1], seen[0]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self.note(name, seen, found)
        return found, seen[0]

    def note(self, name: str, seen: list[int] | None, sha256: str) -> None:
        """Note the hash of a file that was read since :func:`look` saw it so."""
        if seen is not None and max(seen[1:3]) < time.time_ns() - _SETTLED_NS:
            self._known[name] = [*seen, sha256]
            self._changed = True

    def save(self) -> None:
        """Write the note whole, where there is anything new to note."""
        if not self._changed:
            return
        unfinished = self._path.with_name(f".tmp-hashes-{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        with unfinished.open("x", encoding="utf-8") as note:
            note.write(json.dumps(self._known))
        unfinished.replace(self._path)


def look(path: Path) -> list[int] | None:
    """Size, times and inode of a file; None where it is not there."""
    if not path.is_file():
        return None
    about = path.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def _read(path: Path) -> dict[str, object]:
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
