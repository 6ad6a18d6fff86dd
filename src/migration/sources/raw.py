"""Raw files of one source, each with its line of the manifest."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from migration.errors import SourceError
from migration.store import Entry, Store


class KeptFiles(Mapping[str, bytes]):
    """A store's files by name, each read and proved when it is asked for.

    Five thousand captured pages are a gigabyte: who goes through them holds one.
    """

    def __init__(self, store: Store, entries: Iterable[Entry]) -> None:
        self._store = store
        self._entries = {entry.name: entry for entry in entries}
        self._unread = set(self._entries)

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a file; DamagedFile where they are not what was sent."""
        content = self._store.read(self._entries[name])
        self._unread.discard(name)
        return content

    def __iter__(self) -> Iterator[str]:
        """The names, in the order in which the files were kept."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def prove_rest(self) -> None:
        """Prove what nobody has asked for, that one damaged file is never passed by."""
        for name in sorted(self._unread):
            self[name]


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
