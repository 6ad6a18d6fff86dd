"""What a source may be asked, and what comes back; no network here.

A source is a *plan*: a generator that yields each :class:`Ask` and is sent its
:class:`Answer`, from the store where it is kept, from the network where not, or None
where it is not to be had. So one plan fetches, resumes after any stop, rehearses
without a socket, and probes.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["json", "csv", "text", "html", "xml", "zip", "bytes", "any"]
Window = tuple[dt.date, dt.date]
Sift = Callable[[Iterator[bytes]], Iterable[bytes]]
MOST = 100  # characters of a stored file's name
MAX_BYTES = 64 * 1024 * 1024
# Headers of our own beside the source's, in a manifest line.
WHOLE_BYTES = "x-migration-whole-bytes"  # of an answer that was sifted
WHOLE_SHA256 = "x-migration-whole-sha256"
UNPACKED = "x-migration-unpacked"  # came packed, and no header said so
ABSENT = "x-migration-absent"  # why the answer holds nothing; it is not parsed


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a source sent, and when; ``headers`` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    retrieved_at: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question to a source.

    Attributes
    ----------
    url : str
        With its query.
    address : str
        What the store knows the answer by, where ``url`` holds what changes each
        time, such as a token; by default the ``url``. An answer that is kept under it
        is sent instead of asking.
    name : str
        File that keeps the answer, of ``[a-z0-9._-]``; see :func:`file_name`.
    kind : str
        What must come back with a status of success: HTML where none was asked for
        is refused, and what cannot be of this kind by its first bytes. ``any`` leaves
        all that to ``check``, and the bytes packed where no header says so.
    settles : date, optional
        An answer read on this day or before may still change and is asked for again.
        None: one answer is final.
    accept : tuple of int
        Statuses that are answers and are kept as such; others are errors. The body
        of an accepted error or redirect is not looked at: ``check`` does that.
    absence : str
        What says that there is nothing, with a 404: ``json`` where the source's own is
        JSON, so that a page is somebody else's, of a wrong path or a proxy.
    answer_if : str
        Name of a header with which any status is an answer: an archive's copy of
        somebody's 503 is no trouble of the archive's own.
    follow : bool
        Whether redirects to the same host are followed; else a 3xx must be accepted.
    pace, silence : float
        Least seconds between questions to this host, where more than the client's;
        seconds to wait after a 429 that does not say how long.
    keep_headers : tuple of str
        Names of headers to keep beside the usual ones.
    send_headers : mapping
        Headers to send beside the client's own.
    sift : callable, optional
        Passes on what is to be kept of an answer as it streams, so that a large one
        is never whole in memory; length and SHA-256 of the whole are noted.
    check : callable, optional
        Raises a ``SourceError`` for an answer that must not be kept.
    unasked : callable, optional
        Says of an answer what it leads to that the plan will not ask for, for a person;
        empty where there is nothing.
    keep : bool
        False for what is of no use later, such as a token.
    leads_to : int
        How many questions are expected to follow from an answer not known yet.
    size : int
        About how many bytes come, with what is expected to follow; 0: nobody knows.
    what : str
        Words for a person: ``"views of en.wikipedia/Signal"``.
    max_bytes : int
        A longer answer is refused.
    """

    url: str
    name: str
    address: str = ""
    kind: Kind = "json"
    settles: dt.date | None = None
    accept: tuple[int, ...] = (200,)
    absence: Literal["any", "json"] = "any"
    answer_if: str = ""
    follow: bool = True
    pace: float = 0.0
    silence: float = 0.0
    keep_headers: tuple[str, ...] = ()
    send_headers: Mapping[str, str] = field(default_factory=dict)
    sift: Sift | None = None
    check: Callable[[Answer], None] | None = None
    unasked: Callable[[Answer], str] | None = None
    keep: bool = True
    leads_to: int = 0
    size: int = 0
    what: str = ""
    max_bytes: int = MAX_BYTES

    @property
    def known_by(self) -> str:
        """The address in the manifest."""
        return self.address or self.url


Plan = Generator[Ask, Answer | None, None]


def file_name(*parts: str, suffix: str) -> str:
    """Name a stored file after what it holds, whatever letters that is written in.

    What the store's alphabet cannot say, or is too long, is told apart by a hash.
    """
    whole = "-".join(parts)
    plain = re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")
    mark = hashlib.sha256(whole.encode()).hexdigest()[:8]
    tail = f"-{mark}.{suffix}" if plain != whole else f".{suffix}"
    if len(plain) + len(tail) > MOST:
        tail = f"-{mark}.{suffix}"
    stem = plain[: MOST - len(tail)].strip("-")
    return f"{stem}{tail}" if stem else f"{mark}.{suffix}"
