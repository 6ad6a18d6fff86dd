"""Options of a source in a study: what it does not know is refused, not passed over.

A misspelt ``address`` that is passed over would ask the public source in place of the
one that was meant, and a misspelt ``last`` would fetch a year too much.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import ConfigDict, ValidationError

from migration.errors import CannotAsk
from migration.study.wording import sentences

if TYPE_CHECKING:
    from migration.study import Study

FORBID = ConfigDict(extra="forbid")
_Options = TypeVar("_Options")

_ANYWHERE = ("chart_size", "verified")  # read by outcomes; read by people
# Of the sources whose options are no dataclass of their own.
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "flathub": ("address", "left_out"),
    "own_csv": ("vendor",),
    "published": (),
    "trends": (
        *("address", "anchor", "compare", "draws", "kind", "least_overlap"),
        *("leave_out", "live", "regions", "topics", "world"),
    ),
    "wikipedia_countries": ("address", "first", "last"),
    "wikipedia_country_top": ("address", "first", "identifiers_of", "last"),
    "wikipedia_top": ("context",),
    "wikipedia_views": ("addresses", "first", "last"),
}


def check_options(study: "Study", source: str) -> None:
    """Refuse options that a source does not know, and addresses that are none.

    Raises
    ------
    CannotAsk
        With the option, what was expected, and the nearest that there is.
    """
    given = study.source(source).options
    if source in _KNOWN:
        known = sorted({*_KNOWN[source], *_ANYWHERE})
        _refuse_unknown(source, [name for name in given if name not in known], known)
    several = given.get("addresses", {})
    named = several if isinstance(several, Mapping) else {"": several}
    for address in (given.get("address", ""), *named.values()):
        _check_address(source, address)


def read_options(study: "Study", source: str, kind: type[_Options]) -> _Options:
    """Read the options of a source in a study.

    Raises
    ------
    CannotAsk
        One that is unknown, or of another kind than it must be.
    """
    written = study.source(source).options
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for_others = set(_ANYWHERE) - set(known)
    given: dict[str, Any] = {n: v for n, v in written.items() if n not in for_others}
    _refuse_unknown(source, [name for name in given if name not in known], known)
    try:
        return kind(**given)
    except ValidationError as error:
        told = "; ".join(sentences("", error.errors(), known))
        raise CannotAsk(
            f"the options of {source!r} are {', '.join(known)}: {told}"
        ) from error


def _refuse_unknown(
    source: str, unknown: Collection[str], known: Collection[str]
) -> None:
    for name in unknown:
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise CannotAsk(
            f"{source!r} knows no option {name!r}: {meant}the options of {source!r} "
            f"are {', '.join(known)}; correct it in the study"
        )


def _check_address(source: str, address: object) -> None:
    text = address if isinstance(address, str) else ""
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise CannotAsk(
            f"an address of {source!r} needs no name or password before its host, "
            f"which would be kept with every answer, got one before "
            f"{parts.hostname!r:.80}; leave it out"
        )
    if address == "" or (parts.scheme in ("http", "https") and parts.netloc):
        return
    raise CannotAsk(
        f"an address of {source!r} needs http:// or https:// and a host, such as "
        f"'https://mirror.example.org', got {address!r:.80}"
    )
