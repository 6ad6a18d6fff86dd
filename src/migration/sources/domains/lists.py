"""Rows of a long list of ranks: the few that are wanted, and how long the list is.

A list has a million rows of ``rank,domain`` and no head. It is read as it streams, and
of it is kept, as JSON, which domains were looked for, their ranks, and the list's
length: a domain that is not on the list ranks beyond its end.
"""

import datetime as dt
import io
import json
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from migration.errors import NoData, SchemaDrift, Transient, UnexpectedContent
from migration.sources.ask import Answer

FULL = 1_000_000  # rows of a whole list
MOST_ROWS = 5 * FULL
MOST_ZIPPED = 32 * 1024 * 1024
MOST_UNZIPPED = 256 * 1024 * 1024
MOST_RATIO = 50  # names of domains shrink to about a third
_LONGEST = 300  # a name has at most 253 characters
_PIECE = 64 * 1024
_PASSED_ON = 4096  # of what is no list: enough to say what it is
_ZIP = b"PK\x03\x04"
_IN_DIRECTORY = b"PK\x01\x02"  # begins each line of an archive's directory
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
    OSError, ValueError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """What is kept of one list.

    Attributes
    ----------
    list : str
        ``"tranco"`` or ``"umbrella"``.
    day : str
        ISO form, of the list.
    id : str
        The producer's own name of the list; empty where it has none.
    length : int
        Rows of the whole list.
    ranks : mapping of str to int or None
        Every domain that was looked for; None is not on the list.
    """

    list: str
    day: str
    id: str
    length: int
    ranks: dict[str, int | None]


def sift_zip(
    pieces: Iterable[bytes], *, wanted: Collection[str], about: dict[str, str]
) -> Iterator[bytes]:
    """Keep the wanted rows of a list that comes as the one file of a ZIP archive.

    The archive, some 10 MB, is held whole, since its directory is at its end; the list
    in it never is. What is no archive is passed on for :func:`check` to refuse.

    Raises
    ------
    UnexpectedContent
        An archive of several files, one within another, locked, too large or packed
        too tightly to be a list of names.
    Transient
        An archive that is cut short.
    SchemaDrift
        Rows that are not those of a list.
    """
    zipped = _hold(pieces)
    if not zipped.startswith(_ZIP):
        yield zipped[:_PASSED_ON]
        return
    yield _keep(only_file(zipped), wanted, about)


def sift_rows(
    pieces: Iterable[bytes], *, wanted: Collection[str], about: dict[str, str]
) -> Iterator[bytes]:
    """Keep the wanted rows of a list that comes as plain text; see :func:`sift_zip`."""
    stream = iter(pieces)
    first = next(stream, b"")
    while len(first) < 4 and (more := next(stream, b"")):
        first += more
    if not first.removeprefix(b"\xef\xbb\xbf")[:1].isdigit():
        yield first[:_PASSED_ON]
        return
    yield _keep(_chain(first, stream), wanted, about)


def check(answer: Answer) -> None:
    """Refuse what :func:`parse` cannot read; other statuses have nothing to check."""
    if answer.status == 200:
        parse(answer.content)


def parse(raw: bytes) -> Sifted:
    """Read back what a sift kept; pure.

    Raises
    ------
    UnexpectedContent
        A page, or other bytes than a sift keeps.
    SchemaDrift
        A rank beyond the list's end, or two domains of one rank.
    """
    try:
        kept = Sifted(**json.loads(raw))
        whole = _is_whole(kept)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnexpectedContent(
            f"domains needs a list of ranks, got {raw[:60]!r}: fetch it again"
        ) from error
    if not whole:
        raise SchemaDrift(
            f"domains needs a list's day, its length and ranks within it, got "
            f"{raw[:200]!r}: fetch it again"
        )
    return kept


def only_file(zipped: bytes) -> Iterator[bytes]:
    """Pieces of the one file in an archive, and no more than it may hold.

    Raises
    ------
    UnexpectedContent, Transient
        See :func:`sift_zip`.
    """
    if zipped.count(_IN_DIRECTORY) > 8:  # a directory may be a bomb itself
        raise UnexpectedContent("the archive needs one file, got very many")
    try:
        archive = zipfile.ZipFile(io.BytesIO(zipped))
    except _BROKEN as error:
        raise Transient(
            f"the archive of {len(zipped)} bytes is cut short or broken ({error}): "
            "try again later"
        ) from error
    with archive:
        member = _only_member(archive)
        yield from _pieces(archive, member)


def read_ranks(
    pieces: Iterable[bytes], wanted: Collection[str]
) -> tuple[dict[str, int], int]:
    """Ranks of the wanted domains that are on a list, and the list's length.

    Raises
    ------
    SchemaDrift
        Rows that do not count up from 1, a domain twice, too many rows.
    Transient
        The last row has no end, and the list is not whole.
    NoData
        No row at all.
    """
    names = {name.encode() for name in wanted}
    found: dict[str, int] = {}
    length = 0
    for line in _lines(pieces):
        length += 1
        rank, _, name = line.rstrip(b"\r\n").partition(b",")
        if rank != b"%d" % length or not name or length > MOST_ROWS:
            raise SchemaDrift(
                f"row {length} of the list needs {length},domain, got {line[:80]!r}: "
                "compare the list with the source's card"
            )
        if name in names and found.setdefault(name.decode(), length) != length:
            raise SchemaDrift(f"the list has {name.decode()!r} twice: fetch it again")
    if not length:
        raise NoData("the list has no row")
    if not line.endswith(b"\n") and length != FULL:
        raise Transient(f"the list is cut short in row {length}: try again later")
    return found, length


def _keep(
    pieces: Iterable[bytes], wanted: Collection[str], about: dict[str, str]
) -> bytes:
    found, length = read_ranks(pieces, wanted)
    ranks = {name: found.get(name) for name in sorted(wanted)}
    kept = Sifted(**about, length=length, ranks=ranks)
    return json.dumps(asdict(kept), ensure_ascii=False).encode()


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Rows with their ends, as far as they have one."""
    rest, first = b"", True
    for piece in pieces:
        text = rest + piece
        if first and len(text) >= 3:
            text, first = text.removeprefix(b"\xef\xbb\xbf"), False
        *whole, rest = text.splitlines(keepends=True) or [b""]
        if rest.endswith(b"\n"):
            whole, rest = [*whole, rest], b""
        if len(rest) > _LONGEST:
            raise SchemaDrift(f"the list has a row of more than {_LONGEST} characters")
        yield from whole
    if rest:
        yield rest


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) != 1 or members[0].is_dir():
        raise UnexpectedContent(
            f"the archive needs one file, got {len(members)}: the address may have "
            "moved"
        )
    (member,) = members
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    locked = member.flag_bits & 1 or member.compress_type not in methods
    ratio = member.file_size / max(member.compress_size, 1)
    if locked or member.file_size > MOST_UNZIPPED or ratio > MOST_RATIO:
        raise UnexpectedContent(
            f"the archive needs a plain list of at most {MOST_UNZIPPED} bytes, got "
            f"{member.file_size} in {member.compress_size} bytes"
            f"{' that cannot be opened' if locked else ''}: it is not unpacked"
        )
    return member


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as file:
            first = file.read(_PIECE)
            if first.startswith(_ZIP):
                raise UnexpectedContent("the archive holds another archive")
            yield first
            while piece := file.read(_PIECE):
                yield piece
    except _BROKEN as error:
        raise Transient(
            f"the list in the archive is damaged ({error}): try again later"
        ) from error


def _hold(pieces: Iterable[bytes]) -> bytes:
    held, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > MOST_ZIPPED:
            raise UnexpectedContent(f"the archive is larger than {MOST_ZIPPED} bytes")
        held.append(piece)
    return b"".join(held)


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _is_whole(kept: Sifted) -> bool:
    places = [rank for rank in kept.ranks.values() if rank is not None]
    texts: list[Any] = [kept.list, kept.day, kept.id, *kept.ranks]
    return (
        all(isinstance(text, str) for text in texts)
        and all(type(n) is int and 1 <= n <= kept.length for n in places)
        and type(kept.length) is int
        and len(set(places)) == len(places)
        and dt.date.fromisoformat(kept.day).isoformat() == kept.day
    )
