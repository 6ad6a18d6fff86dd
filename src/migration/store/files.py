"""The raw store: what a source sent, byte for byte, with where and when.

A store is a folder of one sub-folder a source and ``manifest.jsonl``, one line an
entry. A file is written once, under a temporary name first, and never changed: a
second answer of one address is a new file beside the first, a vintage.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TypedDict, Unpack

from migration.errors import DamagedFile, Locked, StoreError
from migration.store.entry import MANIFEST, PART, Entry
from migration.store.manifest import manifest_of, sync_folder
from migration.store.survey import LOCK, SHIPPED, Survey, survey

TEMPORARY = ".unfinished"
LOCK_SECONDS = 60.0


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class About(TypedDict, total=False):
    """What :meth:`Store.put` may be told of an answer beside its bytes."""

    url: str
    status: int
    headers: Mapping[str, str]
    retrieved_at: str
    card: str
    seen_again: bool


class Store:
    """A folder of raw files and its manifest.

    Parameters
    ----------
    root : path
    mend : str, optional
        How damage is mended, where nothing can be fetched again; errors say it.
    """

    def __init__(self, root: Path | str, *, mend: str = "") -> None:
        self.root = Path(root)
        self._again = mend or "restore it from a copy, or fetch it again"
        self._manifest = manifest_of(self.root, mend or "restore it from a copy")

    @property
    def manifest(self) -> str:
        """The manifest's name, for a person."""
        return self._manifest.name

    def put(
        self, source: str, name: str, content: bytes, **about: Unpack[About]
    ) -> Entry:
        """Keep an answer for ever; return its manifest line.

        The same bytes and status as the newest vintage of that address add nothing
        or, where they are to be noted as ``seen_again``, a line that names the same
        file. Other bytes become a new file beside the first.

        Raises
        ------
        StoreError
            A name outside ``[a-z0-9._-]`` or longer than 100 characters, or the
            source ``embedded``, which is the folder of the store that ships.
        Locked
            Another process held the store's lock for a minute.
        """
        if source == SHIPPED:
            raise StoreError(f"{source!r} is the store that ships: name the source")
        wanted = f"{_checked(source, 'source')}/{_checked(name, 'file')}"
        entry = _describe(source, wanted, content, about)
        with self.locked():
            self._refuse_link(self.root / MANIFEST)
            newest = _newest(self._manifest.of(source, entry.address))
            if newest and _alike(newest, entry):
                self._write(newest.name, content)  # it may have been deleted
                if about.get("seen_again", False):
                    newest = replace(entry, name=newest.name)
                    self._manifest.append(newest)
                return newest
            entry = replace(entry, name=self._free_name(wanted, entry.sha256))
            self._write(entry.name, content)
            self._manifest.append(entry)
        return entry

    def entries(
        self, source: str | None = None, as_of: dt.date | str | None = None
    ) -> list[Entry]:
        """Every entry in the order it was kept, of one source, known by a day.

        Raises
        ------
        DamagedFile
            A line does not read, and is not for certain another source's.
        """
        known = self._every() if source is None else self._manifest.of(source)
        limit = _day(as_of)
        return [e for e in known if as_of is None or e.retrieved_at[:10] <= limit]

    def newest(
        self, source: str | None = None, as_of: dt.date | str | None = None
    ) -> list[Entry]:
        """The newest vintage of each address, not later than a day."""
        return newest_of(self.entries(source, as_of))

    def has(self, entry: Entry) -> bool:
        """Whether the file of an entry is in its place; :meth:`read` proves it."""
        return (self.root / entry.name).is_file()

    def read(self, entry: Entry) -> bytes:
        """The bytes of an entry, proved to be those that were sent.

        Raises
        ------
        DamagedFile
            The file is absent, or not what its manifest line says.
        """
        path = self.root / entry.name
        try:
            if path.exists() and not path.is_file():  # a pipe would wait for a writer
                raise IsADirectoryError
            content = path.read_bytes()
        except OSError as error:
            raise DamagedFile(
                f"{entry.name} is in the manifest but cannot be read "
                f"({type(error).__name__}): {self._again}"
            ) from error
        if _sha256(content) != entry.sha256:
            raise DamagedFile(
                f"{entry.name} is damaged: needed {entry.bytes} bytes with SHA-256 "
                f"{entry.sha256[:12]}…, got {len(content)} others; delete it, then "
                f"{self._again}"
            )
        return content

    def survey(self) -> Survey:
        """Say how many files there are, and what is wrong with them."""
        return survey(self)

    def verify(self) -> list[str]:
        """What is damaged, missing or an orphan, in words; empty when all is well."""
        return list(survey(self).problems)

    def lines(self) -> Iterator[Entry | DamagedFile]:
        """Each line of the manifest; one that does not read is given as its error."""
        return self._manifest.lines()

    def torn(self) -> bool:
        """Whether a crash left the manifest's last line half-written."""
        return self._manifest.torn()

    def _every(self) -> Iterator[Entry]:
        for line in self.lines():
            if isinstance(line, DamagedFile):
                raise line
            yield line

    def _free_name(self, wanted: str, sha256: str) -> str:
        """The wanted name, or one with the hash in it when that holds other bytes."""
        path = PurePosixPath(wanted)
        stem = path.stem[: 87 - len(path.suffix)]
        vintage = str(path.with_name(f"{stem}.{sha256[:12]}{path.suffix}"))
        for name in (wanted, vintage):
            kept = self.root / name
            if not kept.exists() or _sha256(kept.read_bytes()) == sha256:
                return name
        raise StoreError(
            f"{vintage} is in the way with other bytes: run `migration verify`, "
            "then move it out of the store"
        )

    def _write(self, name: str, content: bytes) -> None:
        target = self.root / name
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_link(target.parent)
        temporary = target.parent / TEMPORARY  # one is enough: we hold the lock
        temporary.unlink(missing_ok=True)  # of a crash, or a link to what is not ours
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        sync_folder(target.parent)

    def _refuse_link(self, path: Path) -> None:
        """Refuse to write behind a link: what is there may be another's."""
        if path.is_symlink():
            raise StoreError(
                f"{path.name} of the raw store is a link to {path.readlink()}: put the "
                "folder or file itself there (the store's own folder may be a link)"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store's lock; others wait for a minute.

        Raises
        ------
        Locked, StoreError
            It was not to be had, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / LOCK, timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise Locked(
                f"the raw store was locked by another run for {LOCK_SECONDS:g} s: "
                "wait for it to end, then run this again"
            ) from error
        except OSError as error:
            raise StoreError(
                f"the raw store cannot be written ({error.strerror or error}): it "
                "needs a folder that can be written and room on the disk"
            ) from error


def _alike(one: Entry, other: Entry) -> bool:
    return (one.sha256, one.status) == (other.sha256, other.status)


def _describe(source: str, name: str, content: bytes, about: About) -> Entry:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Entry(
        source=source,
        name=name,
        url=about.get("url", ""),
        retrieved_at=about.get("retrieved_at", now),
        status=about.get("status", 200),
        headers=dict(about.get("headers", {})),
        sha256=_sha256(content),
        bytes=len(content),
        card=about.get("card", source),
    )


def newest_of(entries: Iterable[Entry]) -> list[Entry]:
    """The newest vintage of each address among some entries."""
    known: dict[str, list[Entry]] = {}
    for entry in entries:
        known.setdefault(entry.address, []).append(entry)
    return [best for found in known.values() if (best := _newest(found))]


def _newest(entries: Iterable[Entry]) -> Entry | None:
    """The last kept among those retrieved last."""
    latest_first = reversed(list(entries))
    return max(latest_first, key=lambda entry: entry.retrieved_at, default=None)


def _checked(name: str, what: str) -> str:
    if not PART.fullmatch(name):
        raise StoreError(
            f"{what} name {name!r} will not do: needed 1 to 100 of [a-z0-9._-], "
            "neither beginning nor ending with a dot; write it in lower case"
        )
    return name


def _day(as_of: dt.date | str | None) -> str:
    if as_of is None:
        return "9999-12-31"
    try:
        return dt.date.fromisoformat(str(as_of)[:10]).isoformat()
    except ValueError as error:
        raise StoreError(
            f"as_of needs a day such as 2026-01-31, got {as_of!r}"
        ) from error
