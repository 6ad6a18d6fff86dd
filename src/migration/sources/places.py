"""Places: a code checked, or a name in any of many languages turned into one.

The names are those of ISO 3166 in pycountry, English and in its translations; in the
languages of Google's pages no name means two countries. Where those pages or vendors
write another name in English, it stands here.
"""

import gettext
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import pandas as pd

from migration.errors import CannotAsk, SchemaDrift
from migration.study.fields import WORLD, iso_codes

_WORLD_WORDS = ("WW", "WORLDWIDE", "")  # of Google's pages
_ALSO_WORLD = {"ww", "world", "worldwide", "global", "all countries", "all"}
_DMA = re.compile(r"[A-Z]{2}-[A-Z]{2}-[0-9]{3}")
# Languages of the site that pycountry has names in; recalled, not checked.
_LANGUAGES = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr", "he"),
    *("hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb_NO", "nl", "pl"),
    *("pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi"),
    *("zh_CN", "zh_HK", "zh_TW"),
)
# English names that ISO does not have: the first are those that Google's pages are
# recalled to write, not checked; the others are in use.
_ENGLISH = {
    "Bolivia": "BO", "Brunei": "BN", "Cape Verde": "CV", "Caribbean Netherlands": "BQ",
    "Congo - Brazzaville": "CG", "Congo - Kinshasa": "CD", "Czech Republic": "CZ",
    "Falkland Islands": "FK", "Falkland Islands (Islas Malvinas)": "FK",
    "Iran": "IR", "Laos": "LA", "Macau": "MO", "Macedonia": "MK", "Micronesia": "FM",
    "Moldova": "MD", "Myanmar (Burma)": "MM", "North Korea": "KP", "Palestine": "PS",
    "Pitcairn Islands": "PN", "Russia": "RU", "Sint Maarten": "SX",
    "South Georgia & South Sandwich Islands": "GS", "South Korea": "KR",
    "St. Helena": "SH", "St. Martin": "MF", "St. Vincent & Grenadines": "VC",
    "Swaziland": "SZ", "Syria": "SY", "Taiwan": "TW", "Tanzania": "TZ",
    "Turkey": "TR", "U.S. Outlying Islands": "UM", "U.S. Virgin Islands": "VI",
    "British Virgin Islands": "VG", "Vatican City": "VA", "Venezuela": "VE",
    "Vietnam": "VN",
    "UK": "GB", "Great Britain": "GB", "U.S.": "US", "U.S.A.": "US",
    "Ivory Coast": "CI", "Reunion": "RE", "Curacao": "CW", "Republic of Korea": "KR",
    "Hong Kong SAR": "HK", "Democratic Republic of the Congo": "CD",
}  # fmt: skip


def check_code(code: str) -> str:
    """A place as Google names it: a country, a region of one, a US city's market.

    Raises
    ------
    CannotAsk
        None of these.
    """
    upper = code.strip().upper()
    if upper in _WORLD_WORDS:
        return WORLD
    if upper in iso_codes() or _DMA.fullmatch(upper) or upper in _subdivisions():
        return upper
    hint = "; the United Kingdom is GB" if upper == "UK" else ""
    raise CannotAsk(
        f"geo needs a code of ISO 3166 such as IN or US-NY, or {WORLD} for the world, "
        f"got {code!r:.40}{hint}"
    )


def code_of(name: str, *, within: str = WORLD) -> str | None:
    """Code of a country, or of a region within one; None where ISO has no such name."""
    found = _names(within).get(_plain(name), set())
    return min(found) if len(found) == 1 else None


def codes_of(
    names: Iterable[str], *, within: str, said: dict[str, str], file: str
) -> dict[str, str]:
    """Codes of places by their names; ``said`` goes first.

    Raises
    ------
    CannotAsk
        A name that ISO's tables lack, or two names of one place.
    """
    found = {name: said.get(name) or code_of(name, within=within) for name in names}
    lacking = [name for name, code in found.items() if code is None]
    if lacking:
        raise CannotAsk(
            f"{file}: {len(lacking)} of {len(found)} places are not in ISO's tables, "
            f"the first {lacking[0]!r}: declare regions='{lacking[0]}=CODE; …', or "
            "export the page in English"
        )
    codes = {name: check_code(str(code)) for name, code in found.items()}
    if len(set(codes.values())) < len(codes):
        raise CannotAsk(f"{file}: two of its places have one code: declare regions")
    return codes


def country_name(code: str) -> str:
    """The English name of a country by its code, or of the world."""
    if code == WORLD:
        return "World"
    import pycountry  # reads its tables on import

    found = pycountry.countries.get(alpha_2=code)
    known = dict(found) if found else {"name": code}
    return str(known.get("common_name", known["name"]))


@lru_cache(maxsize=4096)
def market_of(text: str) -> str | None:
    """Code of a country by its code or its name, ``"WW"`` of the world, else None.

    "NA" is Namibia, in whatever case.
    """
    import pycountry  # reads its tables on import

    word = " ".join(text.split()).casefold()
    if word in _ALSO_WORLD:
        return WORLD
    if word.upper() in iso_codes():
        return word.upper()
    if own := _in_english().get(_plain(word)):
        return own
    if len(word) < 3 or not any(letter.isalpha() for letter in word):
        return None
    try:
        return str(pycountry.countries.lookup(word).alpha_2)
    except LookupError:
        return code_of(word)


def read_markets(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Codes of a column of markets.

    Raises
    ------
    SchemaDrift
        A text that is no country and not the world.
    """
    codes = {text: market_of(text) for text in texts.unique()}
    if lacking := [text for text, code in codes.items() if code is None]:
        raise SchemaDrift(
            f"{len(lacking)} texts in the column of markets are no country of ISO 3166 "
            f"and not the world, the first {lacking[0]!r:.60}: write codes such as IN, "
            f"NA for Namibia and {WORLD} for the world"
        )
    return texts.map(codes).astype("str")


@lru_cache(maxsize=1)
def _in_english() -> dict[str, str]:
    return {_plain(name): code for name, code in _ENGLISH.items()}


@lru_cache(maxsize=32)
def _names(within: str) -> dict[str, set[str]]:
    """Every known name of the countries, or of a country's regions, to its codes."""
    names: dict[str, set[str]] = {}
    pairs = _of_countries() if within == WORLD else _of_regions(within)
    for name, code in pairs:
        names.setdefault(_plain(name), set()).add(code)
    return names


def _of_countries() -> Iterator[tuple[str, str]]:
    import pycountry  # reads its tables on import

    yield from _ENGLISH.items()
    for country in pycountry.countries:
        known = dict(country)  # asked by name, it warns of what it lacks
        for name in {known["name"], known.get("common_name", known["name"])}:
            yield from ((n, country.alpha_2) for n in _spoken(name, "iso3166-1"))


def _of_regions(country: str) -> Iterator[tuple[str, str]]:
    """Regions of the first level; those below share names with them."""
    for region in _regions_of(country):
        if region.parent_code is None:
            yield from ((n, region.code) for n in _spoken(region.name, "iso3166-2"))


def _regions_of(country: str) -> list[Any]:
    import pycountry

    return [r for r in pycountry.subdivisions if r.country_code == country]


def _spoken(name: str, domain: str) -> Iterator[str]:
    yield name
    for catalogue in _catalogues(domain):
        yield catalogue.gettext(name)


@lru_cache(maxsize=2)
def _catalogues(domain: str) -> tuple[gettext.NullTranslations, ...]:
    import pycountry

    folder = pycountry.LOCALES_DIR
    return tuple(
        gettext.translation(domain, folder, languages=[language], fallback=True)
        for language in _LANGUAGES
    )


@lru_cache(maxsize=1)
def _subdivisions() -> frozenset[str]:
    import pycountry

    return frozenset(region.code for region in pycountry.subdivisions)


def _plain(name: str) -> str:
    """One way of writing for apostrophes, ampersands and "St."."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    plain = plain.replace("’", "'").replace(" & ", " and ")
    return re.sub(r"\bst\. ", "saint ", plain)
