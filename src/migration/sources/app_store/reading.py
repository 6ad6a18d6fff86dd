"""From kept files to sightings: an app at a place in a chart, at an instant; pure."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from migration.errors import SchemaDrift
from migration.sources.app_store.feeds import Chart, parse_json, parse_xml
from migration.sources.app_store.pages import parse_page
from migration.sources.app_store.places import Place, place_of
from migration.sources.app_store.ratings import parse_lookup
from migration.sources.archive import memento
from migration.sources.raw import Raw, naming
from migration.store import Entry

STALE = dt.timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One chart or one look-up, as it was at an instant.

    Attributes
    ----------
    place : Place
    chart : Chart or None
        None of a look-up.
    ratings : dict
        Counts by identifier; empty of a chart.
    asked : datetime
        When it was asked, or captured.
    """

    place: Place
    chart: Chart | None
    ratings: dict[str, int]
    asked: dt.datetime

    @property
    def when(self) -> dt.datetime:
        """When it was so: when the chart was made, else when it was asked."""
        made = self.chart.made if self.chart is not None else None
        return made if made is not None else self.asked

    @property
    def is_stale(self) -> bool:
        """Whether the chart was old when it was asked."""
        return self.asked - self.when > STALE


def read(
    url: str,
    content: bytes,
    *,
    asked: dt.datetime,
    known: Collection[str] | None = None,
) -> Seen:
    """Read one answer by what its address says it is.

    Parameters
    ----------
    url : str
        Address at the App Store, not at the archive.
    content : bytes
    asked : datetime
        With a zone.
    known : collection of str, optional
        Identifiers of a study, to prove a page by; see :func:`parse_page`.

    Raises
    ------
    UnexpectedContent, NoData
        See the parsers.
    SchemaDrift
        No address of a chart, another shape, a chart of another storefront, or one
        that was made a day after it was asked.
    """
    place = place_of(url)
    if place is None:
        raise SchemaDrift(f"{url} is the address of no chart that is known")
    if place.form == "lookup":
        ratings = dict(parse_lookup(content))
        return Seen(place=place, chart=None, ratings=ratings, asked=asked)
    chart = _chart(place, content, known)
    _refuse_other(chart, place)
    if chart.made is not None and chart.made - asked > STALE:
        raise SchemaDrift(
            f"a chart asked on {asked:%F} cannot be of {chart.made:%F}: its time is "
            "not to be believed"
        )
    return Seen(place=place, chart=chart, ratings={}, asked=asked)


def read_all(raw: Raw) -> Iterator[Seen]:
    """Every chart and look-up of a source's files; the archive's lists are passed by.

    What was kept was believed then, by whatever study asked for it.

    Raises
    ------
    SourceError
        A file that cannot be read; see :func:`read`.
    """
    for entry, content in raw:
        with naming(entry):
            seen = _read_one(entry, content)
        if seen is not None:
            yield seen


def _read_one(entry: Entry, content: bytes) -> Seen | None:
    captured = memento(entry.url, content)
    if captured is not None:
        return read(captured.original, captured.content, asked=captured.instant)
    if place_of(entry.url) is None:
        return None
    return read(entry.url, content, asked=asked_at(entry.retrieved_at))


def asked_at(text: str) -> dt.datetime:
    """When an answer came, as the store writes it.

    Raises
    ------
    SchemaDrift
        It was not written, or without a zone.
    """
    try:
        when = dt.datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise ValueError("no zone")
    except ValueError as error:
        raise SchemaDrift(
            f"a live chart needs the time at which it was asked, got {text!r:.40}"
        ) from error
    return when.astimezone(dt.UTC)


def _chart(place: Place, content: bytes, known: Collection[str] | None) -> Chart:
    if place.form == "html":
        return parse_page(content, known=known)
    return parse_json(content) if place.form == "json" else parse_xml(content)


def _refuse_other(chart: Chart, place: Place) -> None:
    """Refuse a chart that calls itself another storefront's."""
    if len(chart.about) == 2:
        own = chart.about.upper()
    else:
        about = place_of(chart.about)
        own = about.market if about is not None else place.market
    if own != place.market:
        raise SchemaDrift(
            f"a chart of {place.market} was asked, and one of {own} came: the "
            "storefront may not exist"
        )
