"""What an address of Google Play shows: which chart, of which country, or which app."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

WORLD = "WW"
UNKNOWN = "ZZ"  # no country has this code
RANK, CATEGORY = "rank", "rank_communication"
UNPLACED = "_unplaced"
METRICS = (
    RANK, CATEGORY, RANK + UNPLACED, CATEGORY + UNPLACED, "installs", "ratings",
)  # fmt: skip
RANKS = METRICS[:4]
HOST = "play.google.com"
_OF = {"": RANK, "APPLICATION": RANK, "COMMUNICATION": CATEGORY}
_CHARTS = {
    "top": re.compile(r"/store/apps/top(?:/category/([A-Z_]+))?/?"),
    "cards": re.compile(
        r"/store/apps(?:/category/([A-Z_]+))?/collection/topselling_free/?"
    ),
}
_PAGES = {"product": "/store/apps/details", "cluster": "/store/apps/collection/cluster"}
_NAMES = {
    "product": re.compile(r"[A-Za-z]\w*(?:\.\w+)+", re.ASCII),
    "cluster": re.compile(r".{1,500}"),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """What an address shows.

    Attributes
    ----------
    form : str
        ``top``, ``cards``, ``cluster`` or ``product``.
    chart : str
        ``rank`` or ``rank_communication``; empty of a product, and of a cluster,
        which only the page that leads to it can name.
    country : str
        As the address says; empty where it does not, and the country was that of
        whoever asked: of the archive's machines, mostly the United States.
    start : int
        Place before the first card.
    name : str
        Package of a product; mark of a cluster.
    """

    form: str
    chart: str = ""
    country: str = ""
    start: int = 0
    name: str = ""

    @property
    def market(self) -> str:
        """The country; ``ZZ``, which is none, where the address names none."""
        return self.country or UNKNOWN

    def metric(self, chart: str) -> str:
        """Metric of a chart here: a country that is not known has one of its own."""
        return chart if self.country else f"{chart}{UNPLACED}"


def place_of(url: str) -> Place | None:
    """What an address shows; None where it is no chart and no app.

    Examples
    --------
    >>> place_of("https://play.google.com/store/apps/top?hl=en&gl=in")
    Place(form='top', chart='rank', country='IN', start=0, name='')
    >>> place_of("https://play.google.com/store/apps/details?id=com.whatsapp").market
    'ZZ'
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if host != HOST:
        return None
    query = {name: texts[-1] for name, texts in parse_qs(parts.query).items()}
    gl = query.get("gl", "").upper()
    country = gl if re.fullmatch("[A-Z]{2}", gl) else ""
    for form, key in (("product", "id"), ("cluster", "clp")):
        if parts.path == _PAGES[form] and _NAMES[form].fullmatch(query.get(key, "")):
            return Place(form=form, country=country, name=query[key])
    for form in ("top", "cards"):
        if match := _CHARTS[form].fullmatch(parts.path):
            return _chart(form, match[1] or "", country, query.get("start", "0"))
    return None


def _chart(form: str, category: str, country: str, start: str) -> Place | None:
    if category not in _OF or not re.fullmatch("[0-9]{1,3}", start):
        return None
    first = int(start) if form == "cards" else 0
    return Place(form=form, chart=_OF[category], country=country, start=first)
