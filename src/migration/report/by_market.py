"""Reports that answer for one market: which notebooks make them, of which markets.

A notebook whose parameters cell has ``market: str`` needs a market, so it is one of a
study's reports only where markets are asked for; with ``market: str | None`` it can do
without. Its reports are named by the market: ``05_market--in``.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from migration.errors import ParameterError
from migration.report.parameters import Parameter, Value
from migration.study import Study
from migration.study.fields import WORLD, near

NAME = "market"
_LONGEST = 50
# What people and offices write where ISO 3166-1 has another code.
_SPOKEN = {"UK": "GB", "EL": "GR"}


@dataclass(frozen=True)
class Taker:
    """What a notebook's parameters say of markets: that it takes one, or needs one."""

    takes: bool
    needs: bool


def taker(parameters: Iterable[Parameter]) -> Taker:
    """Read it from the parameters."""
    found = [one for one in parameters if one.name == NAME and one.kind == "str"]
    return Taker(takes=bool(found), needs=any(not one.optional for one in found))


def asked_markets(
    markets: Sequence[str], given: Mapping[str, Value]
) -> tuple[tuple[str, ...], dict[str, Value]]:
    """Markets asked for by name or as a parameter, and the other parameters.

    Raises
    ------
    ParameterError
        If both ways are used, or the parameter is no text.
    """
    rest = {name: value for name, value in given.items() if name != NAME}
    if NAME not in given:
        return tuple(dict.fromkeys(markets)), rest
    value = given[NAME]
    if markets or not isinstance(value, str):
        raise ParameterError(
            f"a market is named once, got --market {', '.join(markets) or '(none)'} "
            f"and -p market={value}; leave one out"
        )
    return (value,), rest


def check_markets(study: Study, markets: Iterable[str]) -> None:
    """Refuse what is no market of the study.

    Raises
    ------
    ParameterError
        With the nearest code.
    """
    known = {market.code for market in study.markets}
    for code in markets:
        if code not in known:
            hint = _meant(code, study)
            raise ParameterError(f"no market {code!r:.20} in {study.id}: {hint}")


def _meant(code: str, study: Study) -> str:
    """The market that a code, or a name given for one, may stand for."""
    named = {one.name.casefold(): one.code for one in study.markets}
    found = get_close_matches(code[:_LONGEST].casefold(), named, n=1)
    known = [one.code for one in study.markets]
    meant = named[found[0]] if found else _SPOKEN.get(code.upper(), code.upper())
    return near(meant, known)


def every_market(study: Study) -> tuple[str, ...]:
    """Each market of the study but the world, contaminated ones too.

    Raises
    ------
    ParameterError
        If there is none.
    """
    found = tuple(m.code for m in study.markets if m.code != WORLD)
    if not found:
        raise ParameterError(
            f"{study.id} declares no market{' but the world' if study.markets else ''},"
            " needed one at least for a report of a market; add it to `markets` in the "
            "study's file"
        )
    return found


def card_facts(source: str) -> dict[str, Any]:
    """What a source's card says; nothing of one that has none.

    The card alone is read: a plan is told without importing parsers.
    """
    card = files("migration").joinpath("sources", "cards", f"{source}.toml")
    return tomllib.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}


@cache
def has_markets(source: str) -> bool:
    """Whether a source's card says that it has series by market.

    What has no card is refused by what reads it.
    """
    return bool(card_facts(source).get("markets", True))


def check_source(study: Study, values: Mapping[str, Value], notebook: str) -> None:
    """Refuse a source that knows the world alone.

    Raises
    ------
    ParameterError
        With the study's sources that have markets.
    """
    named = values.get("source")
    source = named if isinstance(named, str) else study.sources[0].id
    if has_markets(source):
        return
    able = (s for s in study.sources if s.enabled)
    others = [s.id for s in able if has_markets(s.id)]
    cure = (
        f"choose a source with markets, of which this study has {', '.join(others)}: "
        f"-p source={others[0]}"
        if others
        else "no source of this study has markets"
    )
    raise ParameterError(
        f"{notebook}: a report of a market needs series by market, and {source} of "
        f"{study.id} counts the whole world; {cure}"
    )


def doubts(study: Study, codes: Iterable[str]) -> dict[str, str]:
    """Why the study doubts some of the markets; they are rendered all the same."""
    return {
        m.code: m.contaminated or "excluded by the study"
        for m in study.markets
        if m.code in set(codes) and (m.contaminated or m.excluded)
    }
