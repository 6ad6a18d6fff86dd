"""Which module reads which source; each is imported when it is first asked for.

A source's module has ``panel(raw, study)``, pure; one that can be fetched also has
``plan(study, window)``, one that takes a researcher's files ``declare(...)``.
``EVERY_ANSWER`` and ``STATUSES`` say which of its kept answers are read; see
:func:`migration.sources.here.readable`. ``BY_STUDY`` and ``asked_by(study)`` say whose
they are; see :mod:`migration.sources.whose`.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from migration.errors import CannotAsk

if TYPE_CHECKING:
    from migration.study import Study

MODULES = {
    "app_store": "app_store",
    "domains": "domains",
    "flathub": "flathub",
    "gdelt": "gdelt",
    "github": "github",
    "google_play": "google_play",
    "own_csv": "own_csv",
    "published": "published",
    "simulated": "simulated",
    "trends": "trends",
    "wikipedia_countries": "wikipedia_countries",
    "wikipedia_country_top": "wikipedia_country_top",
    "wikipedia_top": "wikipedia_top",
    "wikipedia_views": "wikipedia_views",
}


def module_of(source: str) -> ModuleType:
    """The module that reads a source.

    Raises
    ------
    CannotAsk
        No module does.
    """
    if source not in MODULES:
        raise CannotAsk(
            f"no parser reads the source {source!r}; there are {', '.join(MODULES)}"
        )
    return import_module(f"migration.sources.{MODULES[source]}")


def can_be_fetched(source: str) -> bool:
    """Whether a source has an address to ask."""
    return source in MODULES and hasattr(module_of(source), "plan")


def why_nothing(study: "Study", source: str) -> str:
    """Why a study has nothing asked of a source at all; empty where it has."""
    told = getattr(module_of(source), "why_nothing", None)
    return str(told(study)) if told is not None else ""


def takes_files(source: str) -> bool:
    """Whether a researcher's own files can be added to a source."""
    return source in MODULES and hasattr(module_of(source), "declare")


def fetchable() -> list[str]:
    """Sources that have an address to ask."""
    return [source for source in MODULES if can_be_fetched(source)]
