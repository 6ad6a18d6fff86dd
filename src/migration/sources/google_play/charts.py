"""Charts out of captured pages of every generation; pure.

Until August 2019 a chart is a page of cards, from a place on. Until June 2022 it is
one of several lists in a page's data, with a link to a page of its own, of which only
the first batch was captured. The length of what came is the length of the chart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from migration.errors import SchemaDrift
from migration.sources.google_play.blobs import at, page_text, read_blobs, walk
from migration.sources.google_play.names import is_free_apps
from migration.sources.markup import read_markup

LEAST = 10  # apps that a list found by search needs
PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.\w+)+", re.ASCII)
_DETAILS = re.compile(r"/store/apps/details\?(?:[^#]*&)?id=([\w.]+)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Packages in order; the first has the place ``start + 1``.

    ``more`` is the link to the list's own page, empty where there is none.
    """

    apps: tuple[str, ...]
    start: int = 0
    more: str = ""

    def place(self, app: str) -> int | None:
        """Rank of an app, 1 the best; None where the page lacks it."""
        return self.start + self.apps.index(app) + 1 if app in self.apps else None

    @property
    def end(self) -> int:
        """The last place that the page tells of."""
        return self.start + len(self.apps)


def parse_top(content: bytes) -> Chart:
    """The list of free apps of a page of several lists, found by its name.

    Where the lists do not stand where they are known to, a list of at least ten apps
    with such a name beside it is looked for.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    SchemaDrift
        No list with such a name, or several that differ.
    """
    blobs = read_blobs(content).values()
    names = [name for data in blobs for name, _ in _named(data)]
    for search in (_in_place, _beside_a_name):
        found = {chart.apps: chart for data in blobs for chart in search(data)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise SchemaDrift("google_play has several different lists of free apps")
    raise SchemaDrift(
        f"google_play needs a list that is called free, got the lists {names!r:.200}"
    )


def parse_cluster(content: bytes) -> Chart:
    """The first batch of a list's own page, in place or by search.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    SchemaDrift
        No list of apps, or several that differ.
    """
    blobs = read_blobs(content).values()
    placed = {apps for data in blobs if (apps := _apps(at(data, 0, 1, 0, 0, 0)))}
    found = placed or {a for data in blobs if len(a := _search(data)) >= LEAST}
    if len(found) != 1:
        raise SchemaDrift(f"google_play needs one list of apps, got {len(found)}")
    return Chart(apps=found.pop())


def parse_cards(content: bytes, *, start: int = 0) -> Chart:
    """Cards of a page until August 2019, the first at place ``start + 1``.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    SchemaDrift
        No card, a card of no app, or an app twice.
    """
    page = _Cards()
    read_markup(page, page_text(content))
    apps = tuple(page.cards)
    if not apps or not all(map(PACKAGE.fullmatch, apps)) or len(set(apps)) < len(apps):
        raise SchemaDrift(
            f"google_play needs cards of different apps, got {len(apps)}: "
            f"{list(apps)[:3]!r:.120}"
        )
    return Chart(apps=apps, start=start)


class _Cards(HTMLParser):
    """Collects the packages of ``div.card[data-docid]``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cards: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note each card."""
        said = {name: value or "" for name, value in attrs}
        is_card = tag == "div" and "card" in said.get("class", "").split()
        if is_card and "data-docid" in said:
            self.cards.append(said["data-docid"])


def _in_place(data: Any) -> Iterator[Chart]:
    """Lists that are called free, where lists are known to stand."""
    for name, cluster in _named(data):
        apps = _apps(at(cluster, 0, 0))
        if apps and is_free_apps(name):
            more = at(cluster, 0, 3, 4, 2)
            yield Chart(apps=apps, more=_own_page(more))


def _named(data: Any) -> Iterator[tuple[str, Any]]:
    clusters = at(data, 0, 1)
    for cluster in clusters if isinstance(clusters, list) else []:
        if isinstance(name := at(cluster, 0, 1), str):
            yield name, cluster


def _beside_a_name(data: Any) -> Iterator[Chart]:
    """Lists with a text beside them that calls them free, wherever they stand."""
    for node in walk(data):
        texts = (
            [t for t in node if isinstance(t, str)] if isinstance(node, list) else []
        )
        if any(map(is_free_apps, texts)):
            for inner in node:
                apps = _search(inner) if isinstance(inner, list) else ()
                if len(apps) >= LEAST:
                    yield Chart(apps=apps)


def _apps(items: Any) -> tuple[str, ...]:
    """Packages of a list of items; none where one lacks its own, or comes twice."""
    packages = [at(i, 12, 0) for i in items] if isinstance(items, list) else []
    whole = all(isinstance(p, str) and PACKAGE.fullmatch(p) for p in packages)
    return tuple(packages) if whole and len(set(packages)) == len(packages) else ()


def _search(data: Any) -> tuple[str, ...]:
    """Packages that stand first in a list of one or two, and have a link of their own.

    In the order of the document, each where it stands first.
    """
    linked: set[str] = set()
    found: list[str] = []
    for one in walk(data):
        if isinstance(one, str) and (match := _DETAILS.search(one)):
            linked.add(match[1])
        elif isinstance(one, list) and len(one) in (1, 2) and isinstance(one[0], str):
            found.append(one[0])
    named = (text for text in found if PACKAGE.fullmatch(text) and text in linked)
    return tuple(dict.fromkeys(named))


def _own_page(link: object) -> str:
    """A link to a list's own page in the store; empty where it is no such link."""
    return link if isinstance(link, str) and link.startswith("/store/") else ""
