"""What a study may ask of the App Store beside its apps and markets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import Field
from pydantic.dataclasses import dataclass

from migration.errors import CannotAsk
from migration.sources.app_store.places import ADDRESSES, ALIVE, FEEDS
from migration.sources.options import FORBID, read_options

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "app_store"
WORLD = "WW"  # has no storefront


@dataclass(frozen=True, kw_only=True, config=FORBID)
class Options:
    """The options of the source in a study.

    Attributes
    ----------
    live : bool
        Ask today's charts and counts of ratings, of which nobody keeps a history.
    history : bool
        Ask the archive for the charts of the study's days.
    storefronts : tuple of str
        Markets that are asked; by default all of the study.
    feeds : tuple of str
        Live feeds; by default those that are alive.
    per_day : int
        Captures of one chart that are read of one day, spread over it.
    address, addresses : str, mapping
        One host instead of all, or some by name.
    """

    live: bool = True
    history: bool = True
    storefronts: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ALIVE
    per_day: Annotated[int, Field(ge=1, le=100)] = 4
    address: str = ""
    addresses: dict[str, str] = Field(default_factory=dict)

    def host(self, name: str) -> str:
        """Address of a host, without a slash at its end."""
        given = self.addresses.get(name) or self.address or ADDRESSES[name]
        return given.rstrip("/")


def options_of(study: "Study") -> Options:
    """Read the options of a study.

    Raises
    ------
    CannotAsk
        One that is unknown or cannot be meant.
    """
    options = read_options(study, SOURCE, Options)
    _known("feeds", options.feeds, FEEDS)
    _known("storefronts", options.storefronts, [m.code for m in study.markets])
    _known("addresses", options.addresses, ADDRESSES)
    for given in (options.address, *options.addresses.values()):
        if given and (urlsplit(given).path.strip("/") or "://" not in given):
            raise CannotAsk(
                f"an address of {SOURCE!r} needs a scheme and a host alone, got "
                f"{given!r:.80}"
            )
    return options


def markets_of(study: "Study", options: Options) -> list[str]:
    """Markets whose storefronts are asked."""
    codes = options.storefronts or tuple(market.code for market in study.markets)
    return [code for code in codes if code != WORLD]


def _known(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    names = list(known)
    if wrong := [name for name in given if name not in names]:
        raise CannotAsk(
            f"option {option!r} of {SOURCE!r} needs some of {', '.join(names[:70])}, "
            f"got {wrong[0]!r:.40}"
        )
