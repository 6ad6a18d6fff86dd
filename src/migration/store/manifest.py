"""The manifest: one line an entry, only added to; read again only where it grew."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from migration.errors import DamagedFile
from migration.store.entry import MANIFEST, Entry, parse_line


class Manifest:
    """The file of lines at the top of a store.

    Parameters
    ----------
    root : Path
        The store's folder.
    mend : str
        How damage is mended; errors say it.
    """

    def __init__(self, root: Path, *, mend: str) -> None:
        self.root = root
        self.name = f"{root.name}/{MANIFEST}"
        self._mend = mend
        self._parsed: tuple[bytes, list[Entry | DamagedFile]] = (b"", [])

    def lines(self) -> Iterator[Entry | DamagedFile]:
        """Each whole line; one that does not read is given as its error."""
        try:
            content = self._content()
        except DamagedFile as error:
            yield error
            return
        whole = content[: content.rfind(b"\n") + 1]
        known, parsed = self._parsed
        if not whole.startswith(known):
            known, parsed = b"", []
        for line in whole[len(known) :].split(b"\n")[:-1]:
            parsed.append(self._line(line, len(parsed) + 1))
        self._parsed = (whole, parsed)
        yield from tuple(parsed)

    def torn(self) -> bool:
        """Whether a crash left the last line half-written."""
        try:
            return self._content()[-1:] not in (b"", b"\n")
        except DamagedFile:
            return False

    def append(self, entry: Entry) -> None:
        """Add a line durably, after dropping what a crash left half-written."""
        line = json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True)
        with (self.root / MANIFEST).open("a+b") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.root)

    def _line(self, line: bytes, number: int) -> Entry | DamagedFile:
        try:
            return parse_line(line, f"{self.name}, line {number}", self._mend)
        except DamagedFile as error:
            return error

    def _content(self) -> bytes:
        path = self.root / MANIFEST
        try:
            if path.exists() and not path.is_file():
                raise IsADirectoryError
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise DamagedFile(
                f"{self.name} cannot be read ({type(error).__name__}): "
                f"{self._mend}; the files themselves are untouched"
            ) from error


@lru_cache(maxsize=8)
def manifest_of(root: Path, mend: str) -> Manifest:
    """The manifest of a folder, one for all who ask: its lines are parsed once.

    It looks at the file's bytes each time, so that nothing rests on who asked before.
    """
    return Manifest(root, mend=mend)


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
