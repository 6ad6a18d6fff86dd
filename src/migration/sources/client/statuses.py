"""What a status says: an answer, a redirect, or one of our errors."""

import datetime as dt
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from migration.errors import (
    Blocked,
    NotFound,
    RateLimited,
    SourceError,
    Transient,
    UnexpectedContent,
)
from migration.sources.links import absolute

_PASSING = (408, 421, 425)
_REDIRECTS = (301, 302, 303, 307, 308)


def refusal(reply: requests.Response) -> SourceError:
    """The error that stands for a status which is no answer."""
    code, url = reply.status_code, reply.url
    if code in (404, 410):
        return NotFound(f"{url} does not exist ({code}): check the identifier")
    if code == 429:
        wait = retry_seconds(reply.headers.get("Retry-After"))
        said = f"in {wait:.0f} s" if wait is not None else "later"
        return RateLimited(f"{url} asks for patience: try again {said}", wait)
    if code in (401, 403, 451):
        return Blocked(f"{url} refuses ({code}): asking again will not help")
    if code >= 500 or code in _PASSING:
        return Transient(f"{url} is in trouble ({code}): try again later")
    return UnexpectedContent(f"{url} answered {code}, needed 200")


def retry_seconds(header: str | None) -> float | None:
    """Seconds of a ``Retry-After``, which is a number or a date; None if neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year, or a zone, that no clock has
        return None
    aware = then if then.tzinfo else then.replace(tzinfo=dt.UTC)
    return max(0.0, (aware - dt.datetime.now(dt.UTC)).total_seconds())


def next_address(reply: requests.Response) -> str | None:
    """Where a redirect leads on the same host; None where the reply is none.

    Raises
    ------
    UnexpectedContent
        It leads to another host, or from https to anything else, which is then not
        asked: what is sent along, such as a token, is for this host alone.
    """
    if reply.status_code not in _REDIRECTS or "Location" not in reply.headers:
        return None
    there = absolute(reply.headers["Location"], base=reply.url)
    here, next_one = urlsplit(reply.url), urlsplit(there)
    if next_one.netloc != here.netloc:
        raise UnexpectedContent(
            f"{reply.url} leads to another host, {next_one.netloc}: check the address"
        )
    if next_one.scheme not in (here.scheme, "https"):
        raise UnexpectedContent(
            f"{reply.url} leads to {next_one.scheme or 'no scheme'}, which is no "
            "https: check the address"
        )
    return there
