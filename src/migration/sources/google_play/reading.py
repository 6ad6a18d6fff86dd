"""From kept captures to sightings: a chart or an app's counters at an instant; pure."""

import datetime as dt
from dataclasses import dataclass

from migration.errors import SchemaDrift
from migration.sources.archive import Memento, memento
from migration.sources.google_play.charts import (
    Chart,
    parse_cards,
    parse_cluster,
    parse_top,
)
from migration.sources.google_play.places import Place, place_of
from migration.sources.google_play.products import Counters, parse_product
from migration.sources.links import query_of
from migration.sources.raw import Raw, naming


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One captured page: a chart, or the counters of an app.

    ``when`` is the time of the capture: these pages have none inside.
    """

    place: Place
    when: dt.datetime
    chart: Chart | None = None
    counters: Counters | None = None


def read(found: Memento) -> Seen:
    """Read one capture by what its address says it is.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML, such as one that asks for consent in JSON.
    SchemaDrift
        No address of a chart or an app, or a page of another shape.
    """
    place = place_of(found.original)
    if place is None:
        raise SchemaDrift(f"{found.original} shows no chart and no app")
    if place.form == "product":
        counters = parse_product(found.content, package=place.name)
        return Seen(place=place, when=found.instant, counters=counters)
    if place.form == "cards":
        chart = parse_cards(found.content, start=place.start)
    else:
        parse = {"top": parse_top, "cluster": parse_cluster}[place.form]
        chart = parse(found.content)
    return Seen(place=place, when=found.instant, chart=chart)


def read_all(raw: Raw) -> list[Seen]:
    """Every chart and app page of a source's files; lists of captures are passed by.

    A list's own page is named by the page that leads to it; one to which none leads
    is left out.

    Raises
    ------
    SourceError
        A file that cannot be read; see :func:`read`.
    """
    seen = []
    for entry, content in raw:
        with naming(entry):
            captured = memento(entry.url, content)
            seen += [read(captured)] if captured is not None else []
    names = {
        cluster_of(one.chart.more): one.place.chart
        for one in seen
        if one.chart is not None and one.chart.more
    }
    return [named for one in seen if (named := _named(one, names)) is not None]


def cluster_of(link: str) -> str:
    """The mark of a list in the link to its own page; empty where it has none."""
    return query_of(link, "clp")


def _named(one: Seen, names: dict[str, str]) -> Seen | None:
    if one.place.form != "cluster":
        return one
    chart = names.get(one.place.name)
    if chart is None:
        return None
    place = Place(
        form="cluster", chart=chart, country=one.place.country, name=one.place.name
    )
    return Seen(place=place, when=one.when, chart=one.chart)
