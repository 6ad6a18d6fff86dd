"""The client: one question at a time, asked again a bounded number of times."""

import datetime as dt
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as Stalled

from migration.errors import RateLimited, Transient, UnexpectedContent
from migration.sources.ask import Answer, Ask
from migration.sources.client.body import TooSlow, read_body
from migration.sources.client.contact import CONTACT, agent, checked_contact
from migration.sources.client.reach import reaching_session
from migration.sources.client.statuses import next_address, refusal
from migration.sources.client.turns import Turns

_MOST_REDIRECTS = 5
_LONG = 1  # retry of what cost much time: a host not reached at all, or one that hangs
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
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
        Most seconds for one answer; a long one that keeps coming gets more.
    retries : int
        How often to ask again after a passing fault.
    backoff : float
        Seconds before the first retry, doubled for each after it, with jitter.
    patience : float
        Longest wait, in seconds, that a host may ask for; a longer one raises
        :class:`RateLimited`, which says how long.
    sleep : callable
        How it waits.
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
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] | None = None
    _turns: Turns = field(init=False, repr=False)
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.contact = checked_contact(self.contact)
        self._turns = Turns(self.sleep)
        self._session = reaching_session()
        self._session.headers["User-Agent"] = agent(self.contact)
        self._session.headers["Accept-Encoding"] = "gzip, deflate"

    def get(self, ask: Ask) -> Answer:
        """Return one answer, whole and of the kind asked for.

        Raises
        ------
        NotFound, RateLimited, Blocked, Transient, UnexpectedContent
            As the source answered; see :mod:`migration.errors`.
        """
        if self.progress is not None:
            self.progress(ask.url)
        attempt = 0
        while True:
            try:
                return self._walk(ask)
            except RateLimited as error:
                self._rest(ask, error, attempt)
            except Transient as error:
                if attempt == (
                    min(self.retries, _LONG) if _took_long(error) else self.retries
                ):
                    raise
                self._turns.hush(_host(ask.url), self._backoff(attempt))
            attempt += 1

    def close(self) -> None:
        """Let go of open connections."""
        self._session.close()

    def _rest(self, ask: Ask, error: RateLimited, attempt: int) -> None:
        """Leave the host alone for as long as it asks, even where this was the last."""
        wait = error.retry_after
        if wait is None:
            wait = ask.silence or self._backoff(attempt)
        self._turns.hush(_host(ask.url), wait)
        if attempt == self.retries or wait > max(self.patience, ask.silence):
            raise error

    def _backoff(self, attempt: int) -> float:
        """Seconds before the next attempt, doubled for each, with jitter."""
        doubled = self.backoff * float(2**attempt)
        return min(doubled + self.backoff * random.random(), self.patience)

    def _walk(self, ask: Ask) -> Answer:
        """One answer, by redirects on the same host where the question allows them."""
        url = ask.url
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                came = self._once(url, ask)
                if isinstance(came, Answer):
                    return came
                url = came
        except _NO_ADDRESS as error:
            raise UnexpectedContent(f"{url} cannot be read: {error}") from error
        except (requests.RequestException, HTTPError) as error:
            raise Transient(
                f"{url} could not be read ({type(error).__name__}): try again later; "
                "what was fetched before is kept"
            ) from error
        raise UnexpectedContent(f"{ask.url} leads in a circle: check the address")

    def _once(self, url: str, ask: Ask) -> Answer | str:
        """An answer, or the address that it leads to."""
        pace, most = max(self.pace, ask.pace), max(self.patience, ask.silence)
        self._turns.take(_host(url), pace, most=most)
        with self._session.get(
            url,
            headers=dict(ask.send_headers),
            timeout=self.timeout,
            stream=True,
            allow_redirects=False,
        ) as reply:
            if reply.status_code in ask.accept or ask.answer_if in reply.headers:
                return self._answer(reply, ask)
            if ask.follow and (there := next_address(reply)):
                return there
            raise refusal(reply)

    def _answer(self, reply: requests.Response, ask: Ask) -> Answer:
        content, notes = read_body(reply, ask, self.deadline)
        sent = {name.lower(): value for name, value in reply.headers.items()}
        kept = {*_KEPT, *(name.lower() for name in ask.keep_headers)}
        return Answer(
            url=ask.url,
            status=reply.status_code,
            headers={n: v for n, v in sent.items() if n in kept} | notes,
            content=content,
            retrieved_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )


def client_for(contact: str | None = None, *, retries: int = 4) -> Client:
    """A client with the contact of ``MIGRATION_CONTACT``, else the one given."""
    return Client(contact=os.environ.get(CONTACT) or contact or "", retries=retries)


def _took_long(error: Transient) -> bool:
    """Whether each further attempt would cost as much time as an answer may take."""
    stalled = (requests.ConnectionError, requests.Timeout, Stalled)
    return isinstance(error, TooSlow) or isinstance(error.__cause__, stalled)


def _host(url: str) -> str:
    return urlsplit(url).netloc
