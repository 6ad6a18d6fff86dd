"""Whose a raw file is, where several studies share one store.

What a public source sent is the same whoever asked: a study reads the answers to what
it would ask itself (``asked_by`` of the source's module) and of those the rows of its
own apps and markets. Where a number means something only beside those that were asked
with it, or where only its owner knows what a file shows (``BY_STUDY``), the study is
noted with the file, and another study does not read it. A file of which no study was
noted is anybody's.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from migration.sources.registry import MODULES, module_of
from migration.store import STUDIES, Entry

if TYPE_CHECKING:
    from migration.study import Study


def noted_for(study: str, before: Entry | None = None) -> dict[str, str]:
    """The header that notes a study, beside those of an entry of the same bytes."""
    known = before.studies if before is not None else ()
    return {STUDIES: " ".join(dict.fromkeys([*known, study]))}


def by_study(source: str) -> bool:
    """Whether studies do not share what is kept of a source."""
    return source in MODULES and bool(getattr(module_of(source), "BY_STUDY", False))


def own(entries: Iterable[Entry], study: "Study", source: str) -> list[Entry]:
    """The entries that a study reads of a source's."""
    some = list(entries)
    if source not in MODULES:
        return some
    if by_study(source):
        some = [entry for entry in some if entry.is_of(study.id)]
    if asked_by := getattr(module_of(source), "asked_by", None):
        asked = asked_by(study)
        some = [entry for entry in some if asked(entry)]
    return some


def strangers(entries: Iterable[Entry], study: "Study", source: str) -> str:
    """For whom files are here that a study does not read, in words; empty if none."""
    if not by_study(source):
        return ""
    others = {name for e in entries if not e.is_of(study.id) for name in e.studies}
    if not others:
        return ""
    return (
        f"what is here was added or asked for {', '.join(sorted(others))}, not for "
        f"{study.id}: "
    )
