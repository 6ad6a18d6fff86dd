"""Charts out of the feeds of three generations, in JSON and in XML; pure.

A feed has no field for the rank: the order of its entries is the chart. The time
inside it is when the chart was made, which may be long before it was asked.
"""

import datetime as dt
import json
import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from migration.errors import NoData, SchemaDrift, UnexpectedContent

YEARS = range(2008, 2101)  # the App Store opened in 2008
_ID = re.compile(r"[0-9]{6,12}")
_IN_LINK = re.compile(r"/id([0-9]{6,12})(?![0-9])")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ITUNES = "{http://itunes.apple.com/rss}"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Identifiers of apps from the first place on, and when the chart was made.

    ``made`` is None where nothing inside says it; ``about`` is the address or the
    country that the feed gives as its own, empty where it gives none.
    """

    apps: tuple[str, ...]
    made: dt.datetime | None = None
    about: str = ""

    def place(self, app: str) -> int | None:
        """Rank of an app, 1 the best; None where the chart lacks it."""
        return self.apps.index(app) + 1 if app in self.apps else None

    def bounds(self, app: str) -> tuple[float, float]:
        """Best and worst place that an app can have had, one number where it is known.

        Where an app stands twice, it is not known which entry is its own, and whether
        the other pushed those below it down or stands for one that is not shown. So
        places from the first of a repeated app on have bounds, and an app that is not
        shown may have had that place, or any after it.
        """
        if app not in self.apps:
            many = [at for at, one in enumerate(self.apps) if self.apps.count(one) > 1]
            return (min(many, default=len(self.apps)) + 1, math.inf)
        first = self.apps.index(app)
        last = len(self.apps) - 1 - self.apps[::-1].index(app)
        surely_better = set(self.apps[:first]) - set(self.apps[first:])
        return len(surely_better) + 1, last + 1

    @property
    def size(self) -> int:
        """How many apps it ranks, however many were asked for."""
        return len(set(self.apps))


def read_json(content: bytes) -> Any:
    """JSON in whatever Unicode it was sent.

    Raises
    ------
    UnexpectedContent
        It is none.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"the App Store needs JSON, got {content[:40]!r} ({error!s:.80}): fetch "
            "it again"
        ) from error


def parse_json(content: bytes) -> Chart:
    """A feed of the first kind (``entry``) or of the later two (``results``).

    Raises
    ------
    UnexpectedContent
        Not JSON.
    NoData
        A feed without an entry.
    SchemaDrift
        Another shape, or an entry that does not say which app it is.
    """
    reply = read_json(content)
    feed = reply.get("feed") if isinstance(reply, dict) else None
    if not isinstance(feed, dict):
        raise SchemaDrift(f"a chart needs an object 'feed', got {content[:80]!r}")
    name = "results" if "results" in feed else "entry"
    rows = feed.get(name, [])
    rows = [rows] if isinstance(rows, dict) else rows  # of one entry, no list is made
    if not isinstance(rows, list) or not (rows or "id" in feed or "title" in feed):
        raise SchemaDrift(f"a chart needs a list of apps, got {content[:80]!r}")
    if not rows:
        raise NoData("the chart is empty")
    identify = _result_id if name == "results" else _entry_id
    return Chart(
        apps=tuple(map(identify, rows)),
        made=to_instant(_label(feed.get("updated"))),
        about=_label(feed.get("country")) or _label(feed.get("id")),
    )


def parse_xml(content: bytes) -> Chart:
    """The first kind of feed in its other form, Atom.

    Raises
    ------
    UnexpectedContent
        Not XML, or XML that defines entities, which no feed does.
    NoData
        A feed without an entry.
    SchemaDrift
        Another shape, or an entry that does not say which app it is.
    """
    _refuse_definitions(content)
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _no_xml(content, error) from error
    if root.tag != f"{_ATOM}feed":
        raise SchemaDrift(f"a chart needs an Atom feed, got {root.tag!r:.80}")
    entries = root.findall(f"{_ATOM}entry")
    if not entries:
        raise NoData("the chart is empty")
    return Chart(
        apps=tuple(map(_atom_id, entries)),
        made=to_instant((root.findtext(f"{_ATOM}updated") or "").strip()),
        about=(root.findtext(f"{_ATOM}id") or "").strip(),
    )


def to_instant(text: str) -> dt.datetime | None:
    """A time as a feed writes it, ISO 8601 or RFC 2822; None where it says nothing.

    Raises
    ------
    SchemaDrift
        A time that cannot be read, has no zone, or is before the App Store.

    Examples
    --------
    >>> to_instant("2021-01-10T06:21:44-07:00").isoformat()
    '2021-01-10T13:21:44+00:00'
    >>> to_instant("Sun, 10 Jan 2021 13:22:46 +0000").isoformat()
    '2021-01-10T13:22:46+00:00'
    """
    if not text:
        return None
    try:
        iso = re.match(r"[0-9]{4}-", text)
        when = dt.datetime.fromisoformat(text) if iso else parsedate_to_datetime(text)
        if when.tzinfo is None and iso:
            raise ValueError("it has no zone")
        if when.year not in YEARS:
            raise ValueError("the App Store had no charts then")
    except (ValueError, OverflowError) as error:
        raise SchemaDrift(
            f"a chart's time needs ISO 8601 with a zone, or RFC 2822, got {text!r:.60} "
            f"({error!s:.60})"
        ) from error
    if when.tzinfo is None:  # RFC 2822 writes -0000 for UTC of no known place
        return when.replace(tzinfo=dt.UTC)
    return when.astimezone(dt.UTC)


def _label(value: Any) -> str:
    """A text, by itself or as the label that the first feeds wrap it in."""
    inner = value.get("label") if isinstance(value, dict) else value
    return inner.strip() if isinstance(inner, str) else ""


def _entry_id(entry: Any) -> str:
    about = entry.get("id") if isinstance(entry, dict) else None
    about = about if isinstance(about, dict) else {}
    attributes = about.get("attributes")
    named = attributes.get("im:id") if isinstance(attributes, dict) else None
    return _known(named, about.get("label"), entry)


def _result_id(result: Any) -> str:
    row = result if isinstance(result, dict) else {}
    return _known(row.get("id"), row.get("url"), result)


def _atom_id(entry: ElementTree.Element) -> str:
    found = entry.find(f"{_ATOM}id")
    if found is None:
        return _known(None, None, "an entry without an id")
    return _known(found.get(f"{_ITUNES}id"), found.text, found.text)


def _known(name: Any, link: Any, shown: Any) -> str:
    """An app's identifier by its own field, else by the address of its page."""
    if isinstance(name, str) and _ID.fullmatch(name):
        return name
    if isinstance(link, str) and (match := _IN_LINK.search(link)):
        return match.group(1)
    raise SchemaDrift(
        f"an entry of a chart needs an app's identifier, got {shown!r:.120}"
    )


def _refuse_definitions(content: bytes) -> None:
    """Refuse a document type: entities defined there can swell without measure."""

    def refuse(*_: Any) -> None:
        raise UnexpectedContent("a chart in XML needs no document type, and has one")

    reader = expat.ParserCreate()
    reader.StartDoctypeDeclHandler = refuse
    try:
        reader.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _no_xml(content, error) from error


def _no_xml(content: bytes, error: Exception) -> UnexpectedContent:
    return UnexpectedContent(
        f"the App Store needs XML, got {content[:40]!r} ({error!s:.80}): fetch it again"
    )
