"""Markets as files write them: codes of ISO 3166, or names of countries in English."""

from functools import lru_cache

import pandas as pd

from migration.errors import SchemaDrift
from migration.study.fields import WORLD, iso_codes

_WORLD_WORDS = {"ww", "world", "worldwide", "global", "all countries", "all"}
# In use, and no names of ISO's.
_ALSO = {
    "uk": "GB", "great britain": "GB", "u.s.": "US", "u.s.a.": "US", "russia": "RU",
    "turkey": "TR", "ivory coast": "CI", "macau": "MO", "brunei": "BN",
    "cape verde": "CV", "palestine": "PS", "reunion": "RE", "curacao": "CW",
    "republic of korea": "KR", "macedonia": "MK", "swaziland": "SZ",
    "hong kong sar": "HK", "democratic republic of the congo": "CD",
}  # fmt: skip


@lru_cache(maxsize=4096)
def code_of(text: str) -> str | None:
    """Alpha-2 code of a country, ``"WW"`` of the world, None of anything else.

    "NA" is Namibia, in whatever case.
    """
    import pycountry  # reads its tables on import

    word = " ".join(text.split()).casefold()
    if word in _WORLD_WORDS:
        return WORLD
    if word.upper() in iso_codes():
        return word.upper()
    if word in _ALSO:
        return _ALSO[word]
    if len(word) < 3 or not any(letter.isalpha() for letter in word):
        return None
    try:
        return str(pycountry.countries.lookup(word).alpha_2)
    except LookupError:
        return None


def read_places(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Codes of a column of markets.

    Raises
    ------
    SchemaDrift
        A text that is no country and not the world.
    """
    codes = {text: code_of(text) for text in texts.unique()}
    if lacking := [text for text, code in codes.items() if code is None]:
        raise SchemaDrift(
            f"{len(lacking)} texts in the column of markets are no country of ISO 3166 "
            f"and not the world, the first {lacking[0]!r:.60}: write codes such as IN, "
            f"NA for Namibia and {WORLD} for the world"
        )
    return texts.map(codes).astype("str")
