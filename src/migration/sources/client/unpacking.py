"""Packed answers into plain bytes, piece by piece, so that none fills the memory."""

import zlib
from collections.abc import Iterator

from migration.errors import Transient, UnexpectedContent

GZIP = b"\x1f\x8b"
BLANK = b"\xef\xbb\xbf \t\r\n"
_CHUNK = 64 * 1024
_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def codings(header: str | None) -> list[str]:
    """Content codings in the order in which they are undone.

    An archive sends pairs of which one is empty; "x-gzip" is an old name.
    """
    names = [name.strip().lower() for name in (header or "").split(",")]
    named = [name.removeprefix("x-") for name in names]
    return [name for name in reversed(named) if name not in ("", "identity")]


def unpack(pieces: Iterator[bytes], coding: str, *, url: str) -> Iterator[bytes]:
    """Undo one coding; each piece that comes out is small whatever goes in.

    Raises
    ------
    UnexpectedContent
        A coding that was not asked for, or bytes that are not so coded.
    Transient
        The packed stream stops before its end.
    """
    if coding not in _BITS:
        raise UnexpectedContent(
            f"{url} cannot be read: packed as {coding!r}, which was not asked for"
        )
    machine, began = zlib.decompressobj(_BITS[coding]), False
    try:
        for piece in pieces:
            left = piece
            while left:
                began = True
                if machine.eof:  # a further member of the same stream
                    machine = zlib.decompressobj(_BITS[coding])
                yield machine.decompress(left, _CHUNK)
                left = machine.unconsumed_tail or machine.unused_data
    except zlib.error as error:
        raise UnexpectedContent(f"{url} cannot be read: {error}") from error
    if began and not machine.eof:
        yield machine.flush()
        raise Transient(f"{url} stops before its end: try again later")


def peek(pieces: Iterator[bytes], least: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a stream, at least so many if it has them, and all of it.

    Blanks before them do not count, but no more of those are looked at than a chunk.
    """
    first = b""
    for piece in pieces:
        first += piece
        if len(first.lstrip(BLANK)) >= least or len(first) > _CHUNK:
            break
    return first, _chained(first, pieces)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
