"""One line of the manifest, and how a line is read back."""

import json
import re
from dataclasses import dataclass, field

from migration.errors import DamagedFile

MANIFEST = "manifest.jsonl"
STUDIES = "x-migration-studies"  # a header of ours: for whom a file was asked or added
DECLARED = "declared-"  # begins the headers that a person said and no server sent
PART = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,98}[a-z0-9_-]|[a-z0-9_-]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the manifest: a file, where it came from and what it must be.

    ``name`` is the path below the store's folder, with ``/``. ``retrieved_at`` is
    ISO 8601 in UTC, empty where it was never recorded. ``status`` is the HTTP
    status, 0 for a file that was carried over and not fetched. ``bytes`` is the
    length and ``card`` the source card that holds the terms.
    """

    source: str
    name: str
    url: str
    retrieved_at: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    sha256: str
    bytes: int
    card: str

    @property
    def address(self) -> str:
        """What makes two entries vintages of one thing."""
        return self.url or self.name

    @property
    def studies(self) -> tuple[str, ...]:
        """The studies that the file was noted for; empty: anybody's."""
        return tuple(self.headers.get(STUDIES, "").split())

    def is_of(self, study: str) -> bool:
        """Whether the file is one of a study's, or anybody's."""
        return not self.studies or study in self.studies

    @property
    def declared(self) -> dict[str, str]:
        """What a researcher said of the file, by key; empty where nothing was said."""
        return {
            key.removeprefix(DECLARED).replace("-", "_"): text
            for key, text in self.headers.items()
            if key.startswith(DECLARED)
        }


def parse_line(line: bytes, where: str, mend: str) -> Entry:
    """Read one line, or refuse it: a name must stay below the store.

    ``where`` names the manifest and the line, ``mend`` says how it is brought back.
    """
    try:
        entry = Entry(**json.loads(line))
        texts = (entry.source, entry.name, entry.url, entry.retrieved_at, entry.sha256)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("source, name, url, retrieved_at and sha256 are texts")
        if not all(isinstance(count, int) for count in (entry.status, entry.bytes)):
            raise TypeError("status and bytes are whole numbers")
        if not all(PART.fullmatch(part) for part in entry.name.split("/")):
            raise ValueError(f"the name {entry.name!r} is none of the store's")
        return entry
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedFile(
            f"{where}, is not a manifest line ({error!s:.200}): "
            f"{mend}; the files themselves are untouched",
            source=_whose(line),
        ) from error


def _whose(line: bytes) -> str:
    """The source that a broken line still names, as text; empty where it does not."""
    found = re.findall(rb'"source": "([a-z0-9._-]{1,100})"', line)
    return found[0].decode() if len(found) == 1 else ""
