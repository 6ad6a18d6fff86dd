"""One capture as it was sent: its address read apart, its bytes unpacked; pure."""

import base64
import datetime as dt
import hashlib
import re
import zlib
from dataclasses import dataclass

from migration.errors import SchemaDrift, UnexpectedContent
from migration.sources.ask import MAX_BYTES

GZIP = b"\x1f\x8b"
LAYERS = 3  # twice happens; more is somebody's joke
_PAGE = re.compile(r"https?://[^?#]*?/web/(\d{14})(?:[a-z]{2}_)?/([a-z]+:/.+)", re.I)
_NAMED = re.compile(r"-(\d{14})-([a-z2-7]{32})(?=[-.])")
_STAMP = re.compile(r"[0-9]{14}")


@dataclass(frozen=True, kw_only=True)
class Memento:
    """What an address sent at a time: ``content`` is unpacked."""

    original: str
    timestamp: str
    content: bytes

    @property
    def instant(self) -> dt.datetime:
        """When it was captured, in UTC."""
        return instant_of(self.timestamp)


def memento(url: str, content: bytes = b"") -> Memento | None:
    """Read a kept answer's address apart; None where it is not the archive's.

    Raises
    ------
    UnexpectedContent
        Packed bytes that cannot be unpacked.
    SchemaDrift
        A time that is none.

    Examples
    --------
    >>> url = "https://web.archive.org/web/20210110061233id_/https://a.org/b?c=d"
    >>> memento(url, b"x")
    Memento(original='https://a.org/b?c=d', timestamp='20210110061233', content=b'x')
    """
    if match := _PAGE.fullmatch(url):
        timestamp, original = match.groups()
        instant_of(timestamp)
        content = unpacked(content)[-1]
        return Memento(original=original, timestamp=timestamp, content=content)
    return None


def unpacked(content: bytes) -> list[bytes]:
    """The bytes as they came, and after each layer of gzip that no header named.

    Raises
    ------
    UnexpectedContent
        A layer is torn, swells beyond measure, or there are more than three.
    """
    layers = [content]
    while layers[-1].startswith(GZIP):
        if len(layers) > LAYERS:
            raise UnexpectedContent(f"packed more than {LAYERS} times: not read")
        layers.append(_gunzip(layers[-1]))
    return layers


def digest_of(content: bytes) -> str:
    """SHA-1 in base 32, as the archive's index writes it.

    Examples
    --------
    >>> digest_of(b"")
    '3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return base64.b32encode(
        hashlib.sha1(content, usedforsecurity=False).digest()
    ).decode()


def named_digest(name: str) -> str:
    """The digest that a kept file was promised to have; empty where none was known."""
    match = _NAMED.search(name)
    return match.group(2).upper() if match else ""


def instant_of(timestamp: str) -> dt.datetime:
    """The archive's 14 digits as an instant.

    Raises
    ------
    SchemaDrift
        Not 14 digits, or no time that a clock could show.
    """
    try:
        if not _STAMP.fullmatch(timestamp):
            raise ValueError("not 14 digits")
        when = dt.datetime.strptime(timestamp, "%Y%m%d%H%M%S")
    except ValueError as error:
        raise SchemaDrift(
            f"the archive's time needs YYYYMMDDhhmmss, got {timestamp!r:.40}"
        ) from error
    return when.replace(tzinfo=dt.UTC)


def _gunzip(packed: bytes) -> bytes:
    """Unpack one layer, all of its members, within bounds."""
    plain, rest = b"", packed
    while rest.startswith(GZIP):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            plain += member.decompress(rest, MAX_BYTES + 1 - len(plain))
        except zlib.error as error:
            raise UnexpectedContent(f"packed bytes cannot be read: {error}") from error
        if len(plain) > MAX_BYTES:
            raise UnexpectedContent(f"unpacks to more than {MAX_BYTES} bytes")
        if not member.eof:
            raise UnexpectedContent("packed bytes end in the middle: fetch them again")
        rest = member.unused_data
    return plain
