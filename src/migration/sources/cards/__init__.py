"""What each source is: producer, citation, terms, oddities; one TOML file each."""

import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files

from migration.errors import SourceError


@dataclass(frozen=True, kw_only=True)
class Card:
    """All that a reader must know of a source before believing it.

    ``people`` says who is behind the series, ``unit`` is per metric, ``zone`` the
    zone of its days, ``markets`` whether it has series by market or of the whole world
    alone, ``fetched`` whether a fetch asks it (``always``, ``never``, or ``if OPTION``
    is true in the study), ``oddities`` what the series do that is not the world's
    doing.
    """

    source: str
    title: str
    producer: str
    citation: str
    address: str
    terms: str
    people: str
    unit: dict[str, str]
    zone: str
    markets: bool
    fetched: str
    oddities: tuple[str, ...]


def list_cards() -> list[str]:
    """Names of the sources that have a card."""
    found = (path.name for path in files(__name__).iterdir())
    return sorted(n.removesuffix(".toml") for n in found if n.endswith(".toml"))


def card(source: str) -> Card:
    """Read the card of a source.

    Raises
    ------
    SourceError
        There is no such source, or its card is not whole.
    """
    if source not in list_cards():
        raise SourceError(
            f"no source is called {source!r}: choose one of {', '.join(list_cards())}"
        )
    text = files(__name__).joinpath(f"{source}.toml").read_text(encoding="utf-8")
    facts = tomllib.loads(text)
    needed = {field.name for field in fields(Card)}
    if wrong := needed ^ set(facts):
        raise SourceError(
            f"the card of {source!r} needs {', '.join(sorted(needed))}; "
            f"absent or unknown: {', '.join(sorted(wrong))}"
        )
    return Card(**{**facts, "oddities": tuple(facts["oddities"])})
