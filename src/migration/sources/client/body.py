"""The body of an answer: whole, bounded, unpacked, of its kind, sifted as it comes."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3 import BaseHTTPResponse

from migration.errors import Transient, UnexpectedContent
from migration.sources.ask import UNPACKED, WHOLE_BYTES, WHOLE_SHA256, Ask
from migration.sources.client.kinds import refuse_kind
from migration.sources.client.unpacking import GZIP, codings, peek, unpack

_CHUNK = 64 * 1024
_SLOWEST = 64 * 1024  # bytes a second that earn an answer more time


class TooSlow(Transient):
    """An answer dripped until its time was up."""


@dataclass
class _Whole:
    """Counts and hashes all that passes, and cuts off what swells."""

    pieces: Iterator[bytes]
    limit: int
    url: str
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.limit:
                raise UnexpectedContent(
                    f"{self.url} sends more than {self.limit} bytes"
                )
            self.digest.update(piece)
            yield piece


def read_body(
    reply: requests.Response, ask: Ask, deadline: float
) -> tuple[bytes, dict[str, str]]:
    """What is to be kept of an answer, and what is noted of the whole.

    The kind is checked, and the sift applied, only where the status is one of
    success: an accepted error has a body of its own.

    Raises
    ------
    UnexpectedContent
        Longer than ``ask.max_bytes``, of another kind, or packed as nobody asked.
    Transient
        Cut short, or slower than it may be.
    """
    declared = reply.headers.get("Content-Type", "")
    stream, notes = _plain(reply, ask, deadline)
    whole = _Whole(stream, ask.max_bytes, reply.url)
    pieces = iter(whole)
    good = reply.status_code < 300
    if good:
        first, pieces = peek(pieces, 16)
        refuse_kind(first, declared, url=reply.url, kind=ask.kind)
    if ask.sift is None or not good:
        return b"".join(pieces), notes
    content = b"".join(ask.sift(pieces))
    for _ in pieces:  # a sift may stop early; the whole is measured all the same
        pass
    size, digest = str(whole.size), whole.digest.hexdigest()
    return content, notes | {WHOLE_BYTES: size, WHOLE_SHA256: digest}


def _plain(
    reply: requests.Response, ask: Ask, deadline: float
) -> tuple[Iterator[bytes], dict[str, str]]:
    """The body unpacked, by its header and by what it begins with."""
    stream = iter(_received(reply, ask.max_bytes, deadline))
    for coding in codings(reply.headers.get("Content-Encoding")):
        stream = unpack(stream, coding, url=reply.url)
    if ask.kind in ("zip", "bytes", "any"):
        return stream, {}
    first, stream = peek(stream, len(GZIP))
    if not first.startswith(GZIP):
        return stream, {}
    return unpack(stream, "gzip", url=reply.url), {UNPACKED: "gzip"}


def _received(reply: requests.Response, limit: int, deadline: float) -> Iterable[bytes]:
    """Bytes as they come; what drips, or never ends, is cut off.

    What is packed may hold nothing for ever, so that its own length counts too. It may
    be a little longer than what comes out of it.
    """
    raw: BaseHTTPResponse = reply.raw
    most = limit + limit // 100 + _CHUNK
    until, size = time.monotonic() + deadline, 0
    while piece := raw.read1(_CHUNK, decode_content=False):
        size += len(piece)
        if size > most:
            raise UnexpectedContent(f"{reply.url} sends more than {limit} bytes")
        if time.monotonic() > until + size / _SLOWEST:
            raise TooSlow(f"{reply.url} is too slow: try again later")
        yield piece
