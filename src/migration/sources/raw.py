"""Raw files of one source, each with its line of the manifest."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from migration.errors import SourceError
from migration.store import Entry


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Raw files of one source: which store they are from, and what they hold."""

    origin: str
    entries: tuple[Entry, ...]
    files: Mapping[str, bytes]

    def __iter__(self) -> Iterator[tuple[Entry, bytes]]:
        """Each file's entry and bytes, in the order in which they were kept."""
        return ((entry, self.files[entry.name]) for entry in self.entries)


@contextmanager
def naming(entry: Entry) -> Iterator[None]:
    """Name the file that a parser refuses: of five thousand, which one."""
    try:
        yield
    except SourceError as error:
        if entry.name in str(error):
            raise
        raise type(error)(f"{entry.name}: {error}") from error
