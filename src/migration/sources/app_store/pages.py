"""Charts out of pages of HTML, which only the archive still has; pure.

Three makings are known: ``apple.com/itunes/charts`` (a list in ``section.chart-grid``),
``apps.apple.com/.../charts`` of 2020 to 2024 (links of class ``we-lockup``), and the
same rebuilt in 2025 (data in a script). What is none of these is read as the links to
apps in the order of the page, where enough of them are there and one app that every
chart has.
"""

import re
from collections.abc import Collection, Iterable
from html.parser import HTMLParser

from migration.errors import SchemaDrift, UnexpectedContent
from migration.sources.app_store.feeds import Chart
from migration.sources.markup import read_markup

LEAST = 10  # apps that a list of a known making has at least
LEAST_LINKS = 20  # and a page of no known making
# Links to an app, not to its maker, a story or a genre, which are numbered alike.
_APP = re.compile(r"/app/(?:[^/?#\"\s]+/)?id([0-9]{6,12})(?![0-9])")

ANCHORS = frozenset(
    {
        "310633997",  # WhatsApp
        "389801252",  # Instagram
        "284882215",  # Facebook
        "454638411",  # Messenger
        "544007664",  # YouTube
        "835599320",  # TikTok
        "585027354",  # Google Maps
        "414478124",  # WeChat
    }
)
"""Apps of which every storefront's chart has one. All but the first are from memory
and were not looked up: a page without any of them is refused, and no rank rests on
them."""


def parse_page(content: bytes, *, known: Collection[str] | None = None) -> Chart:
    """A chart in a page, in the order in which it shows its apps.

    Parameters
    ----------
    content : bytes
    known : collection of str, optional
        Identifiers of a study, any of which proves, too, that a page of no known
        making is a chart. None: that was proved before.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    SchemaDrift
        No list of apps in it that can be believed.
    """
    page = _Page()
    read_markup(page, _text(content))
    if page.grid:
        return Chart(apps=page.listed())
    if len(lockups := _once(page.lockups)) >= LEAST:
        return Chart(apps=lockups)
    for found in (_once(page.main), _once(page.links), _once(page.scripted)):
        if len(found) >= LEAST_LINKS and _is_chart(found, known):
            return Chart(apps=found)
    raise SchemaDrift(
        f"a chart's page needs {LEAST_LINKS} links to apps, one of them to an app that "
        f"every chart has; got {len(_once(page.links))}"
    )


class _Page(HTMLParser):
    """Collects the apps that a page links to, by where the links stand."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grid: list[str] = []
        self.lockups: list[str] = []
        self.main: list[str] = []
        self.links: list[str] = []
        self.scripted: list[str] = []
        self._sections: list[bool] = []
        self._mains = 0
        self._in_data = False

    def listed(self) -> tuple[str, ...]:
        """The list of the oldest making; an item without an app spoils its ranks.

        Raises
        ------
        SchemaDrift
            There is one, or the list is too short.
        """
        if len(self.grid) < LEAST or not all(self.grid):
            raise SchemaDrift(
                f"a chart's list needs {LEAST} items or more, each with a link to an "
                f"app, got {len(self.grid)}, {self.grid.count('')} of them without"
            )
        return tuple(self.grid)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where we are, and each link to an app."""
        said = {name: value or "" for name, value in attrs}
        classes = set(said.get("class", "").split())
        in_grid = any(self._sections)
        if tag == "section":
            self._sections.append("chart-grid" in classes)
        elif tag == "main":
            self._mains += 1
        elif tag == "li" and in_grid:
            self.grid.append("")
        elif tag == "script":
            self._in_data = said.get("id") == "serialized-server-data"
        elif tag == "a" and (match := _APP.search(said.get("href", ""))):
            self._note(match.group(1), classes, in_grid=in_grid)

    def handle_endtag(self, tag: str) -> None:
        """Leave a section or the main part."""
        if tag == "section" and self._sections:
            self._sections.pop()
        elif tag == "main" and self._mains:
            self._mains -= 1
        elif tag == "script":
            self._in_data = False

    def handle_data(self, data: str) -> None:
        """Read the addresses in the data of the newest making."""
        if self._in_data:
            self.scripted += _APP.findall(data.replace("\\/", "/"))

    def _note(self, app: str, classes: set[str], *, in_grid: bool) -> None:
        self.links.append(app)
        if in_grid and self.grid:
            self.grid[-1] = self.grid[-1] or app
        if "we-lockup" in classes:
            self.lockups.append(app)
        if self._mains:
            self.main.append(app)


def _text(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8", errors="replace")
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise UnexpectedContent(
            f"a chart's page needs HTML, got {content[:40]!r}: fetch it again"
        )
    return text


def _is_chart(apps: tuple[str, ...], known: Collection[str] | None) -> bool:
    return known is None or not set(apps).isdisjoint(ANCHORS | {*known})


def _once(apps: Iterable[str]) -> tuple[str, ...]:
    """Each app where it stands first: a page links to one by its icon and its name."""
    return tuple(dict.fromkeys(apps))
