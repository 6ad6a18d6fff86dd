"""The one polite way out to the network.

It names itself and a contact, keeps a pace at each host, asks again a bounded number
of times, waits as long as it is told within bounds, and never hands on an answer that
is not what was asked for.
"""

import datetime as dt
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, ResponseError

from migration.errors import (
    Blocked,
    CannotAsk,
    NotFound,
    RateLimited,
    Transient,
    UnexpectedContent,
)
from migration.sources.ask import MAX_BYTES, Answer

CONTACT = "MIGRATION_CONTACT"
_CHUNK = 64 * 1024
_AGAIN = (429, 500, 502, 503, 504)
_NOT_PASSING = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.ContentDecodingError,
)
_KEPT = ("content-type", "date", "etag", "last-modified", "content-length")


@dataclass(kw_only=True)
class Client:
    """Ask public sources politely.

    Attributes
    ----------
    contact : str
        A mail address or a page that says who asks; sources require it.
    pace : float
        Least seconds between two questions to one host.
    timeout : tuple of float
        Seconds to connect, and between two pieces of an answer.
    deadline : float
        Most seconds for one whole answer.
    retries : int
        How often to ask again after a passing fault.
    backoff : float
        Seconds before the second retry, doubled for each after it, with jitter.
    patience : float
        Longest ``Retry-After``, in seconds, that is waited for; a longer one raises
        :class:`RateLimited`, which says how long.
    progress : callable, optional
        Told each address before it is asked.
    """

    contact: str
    pace: float = 0.5
    timeout: tuple[float, float] = (10.0, 30.0)
    deadline: float = 120.0
    retries: int = 4
    backoff: float = 1.0
    patience: float = 60.0
    progress: Callable[[str], None] | None = None
    _asked: dict[str, float] = field(default_factory=dict, repr=False)
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.contact = _checked_contact(self.contact)
        adapter = _adapter(self)
        self._session = requests.Session()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers["User-Agent"] = agent(self.contact)
        self._session.max_redirects = 5

    def get(self, url: str, *, kind: str = "json") -> Answer:
        """Return one answer, whole and of the kind asked for.

        Parameters
        ----------
        url : str
        kind : {"json", "csv"}

        Raises
        ------
        NotFound, RateLimited, Blocked, Transient, UnexpectedContent
            As the source answered; see :mod:`migration.errors`.
        """
        if self.progress is not None:
            self.progress(url)
        self._wait(urlsplit(url).netloc)
        try:
            with self._session.get(url, timeout=self.timeout, stream=True) as reply:
                _refuse_status(reply)
                content = _read(reply, time.monotonic() + self.deadline)
        except _NOT_PASSING as error:
            raise UnexpectedContent(f"{url} cannot be read: {error}") from error
        except requests.RequestException as error:
            raise Transient(
                f"{url} could not be read ({type(error).__name__}): try again later; "
                "what was fetched before is kept"
            ) from error
        _refuse_content(reply, content, url=url, kind=kind)
        headers = {k.lower(): v for k, v in reply.headers.items()}
        return Answer(
            url=url,
            status=reply.status_code,
            headers={name: headers[name] for name in _KEPT if name in headers},
            content=content,
            retrieved_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )

    def close(self) -> None:
        """Let go of open connections."""
        self._session.close()

    def _wait(self, host: str) -> None:
        """Keep the pace; the first question to a host waits for nothing."""
        now = time.monotonic()
        due = self._asked.get(host, now - self.pace) + self.pace
        time.sleep(max(0.0, due - now))
        self._asked[host] = time.monotonic()


def client_for(contact: str | None = None) -> Client:
    """A client with the contact of ``MIGRATION_CONTACT``, else the one given."""
    return Client(contact=os.environ.get(CONTACT) or contact or "")


def agent(contact: str) -> str:
    """User-Agent in the form that sources ask for."""
    try:
        own = version("platform-migration")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "0"
    library = f"python-requests/{requests.__version__}"
    return f"platform-migration/{own} ({contact}) {library}"


class _Patient(Retry):
    """Waits as long as ``Retry-After`` says, or gives the answer back unwaited."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that the answer asks for; None where it does not say."""
        return retry_seconds(response.headers.get("Retry-After"))

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Give up at once where the wait asked for is longer than we may wait."""
        wait = self.get_retry_after(response) if response is not None else None
        if wait is not None and wait > self.backoff_max and _pool is not None:
            raise MaxRetryError(_pool, url or "", ResponseError("patience"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def retry_seconds(header: str | None) -> float | None:
    """Seconds of a ``Retry-After``, which is a number or a date; None if neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = then if then.tzinfo else then.replace(tzinfo=dt.UTC)
    return max(0.0, (aware - dt.datetime.now(dt.UTC)).total_seconds())


def _adapter(client: Client) -> HTTPAdapter:
    retry = _Patient(
        total=client.retries,
        status_forcelist=_AGAIN,
        allowed_methods=("GET",),
        backoff_factor=client.backoff,
        backoff_jitter=client.backoff,
        backoff_max=client.patience,
        raise_on_status=False,
    )
    return HTTPAdapter(max_retries=retry)


def _checked_contact(contact: str) -> str:
    """Refuse what nobody could be reached by, or what would break the header."""
    if not contact.strip():
        raise CannotAsk(
            f"fetch needs a contact for its User-Agent: set {CONTACT} to a mail "
            "address or a page of yours, or write `contact` in the study"
        )
    if not contact.isascii() or not contact.isprintable() or len(contact) > 200:
        raise CannotAsk(
            f"the contact needs up to 200 plain ASCII characters, got {contact!r:.60}"
        )
    return contact.strip()


def _refuse_status(reply: requests.Response) -> None:
    code, url = reply.status_code, reply.url
    if code == 200:
        return
    if code in (404, 410):
        raise NotFound(f"{url} does not exist ({code}): check the identifier")
    if code == 429:
        wait = retry_seconds(reply.headers.get("Retry-After"))
        said = f"in {wait:.0f} s" if wait is not None else "later"
        raise RateLimited(f"{url} asks for patience: try again {said}", wait)
    if code in (401, 403, 451):
        raise Blocked(f"{url} refuses ({code}): asking again will not help")
    if code >= 500:
        raise Transient(f"{url} is in trouble ({code}): try again later")
    raise UnexpectedContent(f"{url} answered {code}, needed 200")


def _read(reply: requests.Response, until: float) -> bytes:
    """The whole body; an answer that drips or swells is cut off."""
    pieces, size = [], 0
    for piece in reply.iter_content(_CHUNK):
        size += len(piece)
        if size > MAX_BYTES:
            raise UnexpectedContent(f"{reply.url} sends more than {MAX_BYTES} bytes")
        if time.monotonic() > until:
            raise Transient(f"{reply.url} is too slow: try again later")
        pieces.append(piece)
    return b"".join(pieces)


def _refuse_content(
    reply: requests.Response, content: bytes, *, url: str, kind: str
) -> None:
    asked, came = urlsplit(url).netloc, urlsplit(reply.url).netloc
    if came != asked:
        raise UnexpectedContent(
            f"{url} leads to another host, {came}: check the address"
        )
    declared = reply.headers.get("Content-Type", "").lower()
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    looks = {"json": start in (b"{", b"["), "csv": start not in (b"", b"<", b"{")}[kind]
    if "html" in declared or not looks:
        raise UnexpectedContent(
            f"{url} needs {kind.upper()}, got {declared or 'no declared type'} that "
            f"begins with {content[:40]!r}: the address may have moved"
        )
