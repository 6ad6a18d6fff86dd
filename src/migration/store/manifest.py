"""The manifest: one line an entry, only added to; read again only where it grew."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

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
        self._known = b""
        self._forget()

    def lines(self) -> Iterator[Entry | DamagedFile]:
        """Each whole line; one that does not read is given as its error."""
        try:
            self._read_on()
        except DamagedFile as error:
            yield error
            return
        yield from tuple(self._parsed)

    def of(self, source: str, address: str | None = None) -> list[Entry]:
        """The entries of one source, or of one address of it, in their order.

        Raises
        ------
        DamagedFile
            A line does not read, and is not for certain another source's.
        """
        self._read_on()
        for error in self._damaged:
            if error.source in ("", source):
                raise error
        return list(self._entries.get((source, address), ()))

    def _read_on(self) -> None:
        """Parse what was added since; all of it, where something else changed."""
        content = self._content()
        whole = content[: content.rfind(b"\n") + 1]
        if not whole.startswith(self._known):
            self._forget()
        for line in whole[len(self._known) :].split(b"\n")[:-1]:
            self._keep(self._line(line, len(self._parsed) + 1))
        self._known = whole

    def _forget(self) -> None:
        self._known = b""
        self._parsed: list[Entry | DamagedFile] = []
        self._damaged: list[DamagedFile] = []
        self._entries: dict[tuple[str, str | None], list[Entry]] = {}

    def _keep(self, line: Entry | DamagedFile) -> None:
        self._parsed.append(line)
        if isinstance(line, DamagedFile):
            self._damaged.append(line)
            return
        for address in (None, line.address):
            self._entries.setdefault((line.source, address), []).append(line)

    def torn(self) -> bool:
        """Whether a crash left the last line half-written."""
        try:
            return self._content()[-1:] not in (b"", b"\n")
        except DamagedFile:
            return False

    def append(self, entry: Entry) -> None:
        """Add a line durably, after dropping what a crash left half-written."""
        line = json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True)
        new = not (self.root / MANIFEST).exists()
        with (self.root / MANIFEST).open("a+b") as file:
            if _is_torn(file):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
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


def _is_torn(file: BinaryIO) -> bool:
    """Whether a file ends in the middle of a line; only its last byte is read."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


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
