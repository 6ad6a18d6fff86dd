"""The articles most read in a country on one day, all projects mixed."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from migration.errors import SchemaDrift
from migration.sources.wikimedia import ACCESS
from migration.sources.wikimedia.names import underscored
from migration.sources.wikimedia.replies import as_count, read_absence, read_items

LENGTH = 1000  # articles of a whole list
_ASKED = re.compile(r"/top-per-country/([^/]+)/[^/]+/(\d{4})/(\d\d)/(\d\d)$")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One article of a list: its project, title, views and rank."""

    project: str
    title: str
    views: int
    rank: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The list of one country and day; ``places`` is None where it is a 404."""

    country: str
    day: dt.date
    places: tuple[Place, ...] | None


def chart_address(base: str, country: str, day: dt.date) -> str:
    """Where a day's list is."""
    return f"{base.rstrip('/')}/top-per-country/{country}/{ACCESS}/{day:%Y/%m/%d}"


def is_chart(url: str) -> bool:
    """Whether an address is one of :func:`chart_address`."""
    return _ASKED.search(urlsplit(url).path) is not None


def read_chart(url: str, content: bytes, *, status: int) -> Chart:
    """Read an answer of :func:`chart_address`.

    Raises
    ------
    UnexpectedContent
        Not JSON, or a 404 that is not the service's own.
    SchemaDrift
        Another shape, day or place, or an article twice.
    NoData
        An empty list.
    """
    asked = _ASKED.search(urlsplit(url).path)
    if asked is None:
        raise SchemaDrift(f"{url} is no address of a day's list: see the source's card")
    what = f"most read in {asked[1]} on {asked[2]}-{asked[3]}-{asked[4]}"
    places = None
    if status == 404:
        read_absence(content, what=what)
    else:
        places = _places(read_items(content, what=what), asked.groups(), what)
    return Chart(country=asked[1], day=_day(asked), places=places)


def _places(
    items: list[dict[str, Any]], asked: Sequence[str], what: str
) -> tuple[Place, ...]:
    country, year, month, day = asked
    same = {"country": country, "access": ACCESS}
    same |= {"year": year, "month": month, "day": day}
    (item, *more) = items
    rows = item.get("articles")
    if more or {name: item.get(name) for name in same} != same:
        raise SchemaDrift(f"{what}: needs one list, of {same}, got {items!r:.200}")
    if not isinstance(rows, list) or not rows:
        raise SchemaDrift(f"{what}: needs a list of 'articles', got {rows!r:.120}")
    found = [_place(row, what) for row in rows]
    known = {(one.project, one.title): one for one in found}
    if any(known[one.project, one.title] != one for one in found):
        raise SchemaDrift(f"{what}: an article stands twice with different numbers")
    return tuple(known.values())


def _place(row: object, what: str) -> Place:
    about = row if isinstance(row, dict) else {}
    project, title = (str(about.get(name) or "") for name in ("project", "article"))
    count, rank = as_count(about.get("views_ceil")), as_count(about.get("rank"))
    if not project or not title or not count or not rank:
        raise SchemaDrift(
            f"{what}: needs 'article', 'project', 'views_ceil' and 'rank' from 1, got "
            f"{row!r:.200}"
        )
    return Place(project=project, title=underscored(title), views=count, rank=rank)


def _day(asked: "re.Match[str]") -> dt.date:
    try:
        return dt.date(int(asked[2]), int(asked[3]), int(asked[4]))
    except ValueError as error:
        raise SchemaDrift(f"{asked[0]} is of no day ({error})") from error
