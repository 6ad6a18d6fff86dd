"""What a study wants of the lists: which, and which domains stand for its apps."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from migration.errors import CannotAsk
from migration.sources.assemble import identifiers
from migration.sources.options import FORBID, read_options

if TYPE_CHECKING:
    from migration.study import App, Study

SOURCE = "domains"
FOLDED = "tranco"  # this list has whole domains: their hosts are folded into them
List = Literal["tranco", "umbrella"]


@dataclass(frozen=True, kw_only=True, config=FORBID)
class Options:
    """The options of the source in a study.

    Attributes
    ----------
    lists : tuple of str
        Lists that are asked for.
    one_domain : mapping of str to str
        App to the one of its domains that stands for it.
    addresses : mapping of str to str
        Hosts of the lists, by the list.
    verified : tuple of str
        Domains that somebody has looked up; nothing is made of it.
    """

    lists: tuple[List, ...] = ("tranco", "umbrella")
    one_domain: dict[str, str] = Field(default_factory=dict)
    addresses: dict[List, str] = Field(default_factory=dict)
    verified: tuple[str, ...] = ()


def options_of(study: "Study") -> Options:
    """Read the options of a study.

    Raises
    ------
    CannotAsk
        One that is unknown or cannot be meant.
    """
    return read_options(study, SOURCE, Options)


def domains_of(study: "Study", listed: str) -> tuple[str, ...]:
    """Every domain of a study to be looked for on a list, in order.

    Tranco folds ``web.whatsapp.com`` into ``whatsapp.com``: a host of a domain that
    the study names too is not looked for there.
    """
    named = {n for names in identifiers(study, SOURCE).values() for n in names}
    return tuple(sorted(named - (_hosts(named) if listed == FOLDED else set())))


def as_listed(study: "Study", listed: str) -> "Study":
    """The study with the domains that each app has on a list, as its identifiers.

    Where the option ``one_domain`` names one of an app's domains, that one stands for
    the app.

    Raises
    ------
    CannotAsk
        ``one_domain`` names another app's domain, or an app that is not in the study.
    """
    own = options_of(study).one_domain
    for app, domain in own.items():
        if domain not in study.app(app).ids.get(SOURCE, ()):
            raise CannotAsk(
                f"one_domain of {app!r} needs one of its domains, got {domain!r}: add "
                f"it to the app's identifiers at {SOURCE}"
            )
    known = set(domains_of(study, listed))
    apps = tuple(_restricted(app, known, own.get(app.id)) for app in study.apps)
    return replace(study, apps=apps)


def _restricted(app: "App", known: set[str], one: str | None) -> "App":
    names = [one] if one is not None else app.ids.get(SOURCE, ())
    kept = tuple(name for name in names if name in known)
    others = {source: ids for source, ids in app.ids.items() if source != SOURCE}
    return replace(app, ids=others | ({SOURCE: kept} if kept else {}))


def _hosts(named: set[str]) -> set[str]:
    """Names below another of the names."""
    return {n for n in named if any(n.endswith(f".{other}") for other in named)}
