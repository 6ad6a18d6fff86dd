"""Which domains stand for a study's apps on which list."""

from dataclasses import replace
from typing import TYPE_CHECKING

from migration.errors import CannotAsk
from migration.sources.assemble import identifiers

if TYPE_CHECKING:
    from migration.study import App, Study

SOURCE = "domains"
FOLDED = "tranco"  # this list has whole domains: their hosts are folded into them


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
    own = study.source(SOURCE).options.get("one_domain", {})
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
