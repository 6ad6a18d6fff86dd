"""Views a day of a title or of a whole project, in one answer for a range of days."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from migration.errors import SchemaDrift
from migration.sources.ask import Window
from migration.sources.wikimedia import ACCESS, AGENT
from migration.sources.wikimedia.names import underscored
from migration.sources.wikimedia.replies import as_count, read_absence, read_items

UNSETTLED = dt.timedelta(days=2)  # younger days may still be loading
_ASKED = re.compile(
    r"/(?:per-article|aggregate)/([^/]+)/[^/]+/[^/]+/(?:([^/]+)/)?daily"
    r"/(\d{8})00/(\d{8})00"
)


@dataclass(frozen=True, kw_only=True)
class Daily:
    """Views a day of one title, or of a whole project where ``title`` is empty.

    ``views`` holds the days that the answer names, None where it was a 404;
    ``settled`` is the first day that was not settled yet when it was read.
    """

    project: str
    title: str
    window: Window
    retrieved_at: str
    settled: dt.date
    views: Mapping[dt.date, int] | None


def daily_address(base: str, project: str, title: str, window: Window) -> str:
    """Where the views of a title are, or of a whole project where it is empty."""
    span = "/".join(f"{day:%Y%m%d}00" for day in window)
    kind = "per-article" if title else "aggregate"
    parts = [base.rstrip("/"), kind, project, ACCESS, AGENT]
    named = [quote(underscored(title), safe="")] if title else []
    return "/".join([*parts, *named, "daily", span])


def is_daily(url: str) -> bool:
    """Whether an address is one of :func:`daily_address`."""
    return _ASKED.search(urlsplit(url).path) is not None


def read_daily(url: str, content: bytes, *, status: int, retrieved_at: str) -> Daily:
    """Read an answer of :func:`daily_address`.

    Raises
    ------
    UnexpectedContent
        Not JSON, or a 404 that is not the service's own.
    SchemaDrift
        Another shape, title or range, a day twice with two counts.
    NoData
        An empty list.
    """
    asked = _ASKED.search(urlsplit(url).path)
    if asked is None:
        raise SchemaDrift(f"{url} is no address of daily views: see the source's card")
    project, title = asked[1], underscored(unquote(asked[2] or ""))
    window = (_day(asked[3], url), _day(asked[4], url))
    what = f"views of {project}/{title}" if title else f"views of {project}"
    views = None
    if status == 404:
        read_absence(content, what=what)
    else:
        views = _views(read_items(content, what=what), (project, title, window), what)
    return Daily(
        project=project,
        title=title,
        window=window,
        retrieved_at=retrieved_at,
        settled=_first_unsettled(retrieved_at),
        views=views,
    )


def _views(
    items: list[dict[str, Any]], asked: tuple[str, str, Window], what: str
) -> dict[dt.date, int]:
    views: dict[dt.date, int] = {}
    for day, count in _days(items, asked, what):
        if views.setdefault(day, count) != count:
            raise SchemaDrift(
                f"{what}: {day} stands twice, with {views[day]} and {count} views; "
                "fetch it again"
            )
    return views


def _days(
    items: list[dict[str, Any]], asked: tuple[str, str, Window], what: str
) -> Iterator[tuple[dt.date, int]]:
    project, title, (first, last) = asked
    same: dict[str, str] = {
        "project": project, "granularity": "daily", "access": ACCESS, "agent": AGENT,
    }  # fmt: skip
    for item in items:
        found = {name: item.get(name) for name in same}
        named = underscored(str(item.get("article", "")))
        if found != same or named != title:
            raise SchemaDrift(f"{what}: got an item of another series, {item!r:.200}")
        day, count = _day(item.get("timestamp"), what), as_count(item.get("views"))
        if not first <= day <= last or count is None:
            raise SchemaDrift(
                f"{what}: needs whole views of days from {first} to {last}, got "
                f"{item!r:.200}"
            )
        yield day, count


def _day(stamp: object, what: str) -> dt.date:
    """A day of ``YYYYMMDD`` with or without the hour 00."""
    text = stamp if isinstance(stamp, str) else ""
    if not re.fullmatch(r"[0-9]{8}(00)?", text):
        raise SchemaDrift(f"{what}: needs a day such as 2021010700, got {stamp!r:.40}")
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise SchemaDrift(f"{what}: {text} is no day ({error})") from error


def _first_unsettled(retrieved_at: str) -> dt.date:
    """The first day that may still have changed; of an unknown reading, every day."""
    try:
        return dt.date.fromisoformat(retrieved_at[:10]) - UNSETTLED
    except ValueError:
        return dt.date.min
