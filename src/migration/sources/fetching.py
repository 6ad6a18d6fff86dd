"""Fetch what a study names, from every source that has an address, into the store."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

from migration.errors import CannotAsk, DamagedFile, SourceError, StudyError
from migration.sources.ask import Plan, Window
from migration.sources.driving import Fetching, Progress, drive, run_plan
from migration.sources.fetched import Fetched, Fetches
from migration.sources.kept import Kept
from migration.sources.options import check_options
from migration.sources.registry import (
    MODULES,
    can_be_fetched,
    fetchable,
    module_of,
    why_nothing,
)
from migration.sources.rehearsing import Rehearsed, Rehearsing
from migration.sources.whose import by_study
from migration.sources.window import window_of
from migration.store import Store, note_fetch
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.sources.client import Client
    from migration.study import Study


class How(TypedDict, total=False):
    """How :func:`fetch` goes about it; all have a default.

    ``workspace`` : where to keep; ``client`` : who asks, by default one with the
    contact of ``MIGRATION_CONTACT``, else the study's; ``offline`` : open no socket,
    and tell what is not here; ``progress`` : told of each question once it is answered.
    """

    workspace: Workspace | None
    client: "Client | None"
    offline: bool
    progress: Progress


def fetch(
    study: "Study",
    *,
    sources: Collection[str] | str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    **how: Unpack[How],
) -> Fetches:
    """Fetch the series of a study from its sources' addresses, one after the other.

    What a stopped fetch wrote is kept, and the next one goes on from there: a
    question is asked again only where the store's newest answer was read before it
    had settled. A source that fails is told of, and the next one is asked. The
    address is the study's option ``address``, else that of the source's card.

    Parameters
    ----------
    study : Study
    sources : collection of str, optional
        By default all that the study has enabled and that have an address.
    since, until : date, optional
        First and last day wanted; by default the baseline's first, and the last that
        the study's baseline and events touch. Today's date as ``until`` asks for a
        new vintage of everything.
    **how
        See :class:`How`.

    Returns
    -------
    Fetches
        One :class:`Fetched` a source: what came, was kept, is absent or was refused,
        and why; ``to_frame()`` has a row a source.

    Raises
    ------
    CannotAsk
        A source cannot be fetched, a day is none that it could have, or there is no
        contact.
    StudyError
        The study has no such source.
    StoreError, Locked
        What came cannot be kept.
    """
    chosen, window = chosen_of(study, sources), window_of(study, since, until)
    store = Store((how.get("workspace") or find_workspace()).raw)
    done: list[Fetched] = []
    idle = all(why_nothing(study, source) for source in chosen)
    with _asking(study, {**how, "offline": True} if idle else how) as client:
        for source in chosen:
            try:
                kept = Kept(store, source, study.id if by_study(source) else "")
            except DamagedFile as error:  # a line of this source's own
                found = Fetched(source=source, ended=str(error))
            else:
                fetching = Fetching(kept=kept, client=client)
                fetching.progress = how.get("progress", fetching.progress)
                found = run_plan(plan_of(study, source, window), fetching)
            done.append(found if found.asked else _noted(found, study, window))
            if client is not None and not why_nothing(study, source):
                why = _not_whole(found, study, window)
                note_fetch(store, study.id, source, why=why)
    return Fetches(study=study.id, sources=tuple(done))


def _not_whole(found: Fetched, study: "Study", window: Window) -> str:
    """Why a fetch does not count as whole; empty where it does."""
    if found.failed:
        return found.why
    first, last = window_of(study)
    if window[0] > first or window[1] < last:
        return f"of {window[0]} to {window[1]} alone; the study wants {first} to {last}"
    return ""


def rehearse(
    study: "Study",
    *,
    sources: Collection[str] | str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    workspace: Workspace | None = None,
) -> tuple[Rehearsed, ...]:
    """Count what :func:`fetch` would ask, and about how long it would take.

    No question leaves this machine. Where an answer is not known yet, what is
    expected to follow from it is counted apart.
    """
    chosen, window = chosen_of(study, sources), window_of(study, since, until)
    store = Store((workspace or find_workspace()).raw)
    return tuple(
        one if one.questions or one.kept else _noted(one, study, window)
        for one in (
            _rehearse_one(plan_of(study, source, window), store, source)
            for source in chosen
        )
    )


def chosen_of(study: "Study", sources: Collection[str] | str | None) -> list[str]:
    """The sources to be asked, in the study's order where none is named.

    Raises
    ------
    CannotAsk
        A source has no address, or is not enabled; or none has one.
    """
    named = (sources,) if isinstance(sources, str) else sources
    if named is None:
        enabled = [spec.id for spec in study.sources if spec.enabled]
        chosen = [source for source in enabled if can_be_fetched(source)]
    else:
        chosen = list(dict.fromkeys(_checked(study, source) for source in named))
    if not chosen:
        raise CannotAsk(
            f"nothing to fetch for {study.id!r}: none of its enabled sources has an "
            f"address to ask; those that have one are {', '.join(fetchable())}"
        )
    return chosen


def plan_of(study: "Study", source: str, window: Window) -> Plan:
    """A source's plan, not begun yet; its options are checked as it begins."""
    check_options(study, source)
    yield from module_of(source).plan(study, window)


_Told = TypeVar("_Told", Fetched, Rehearsed)


def _noted(one: _Told, study: "Study", window: Window) -> _Told:
    """Why there was nothing to ask, where the plan itself came to its end."""
    if one.ended:
        return one
    days = f"from {window[0]} to {window[1]} there is nothing that it could be asked"
    why = why_nothing(study, one.source) or (
        f"{days}: it has no such days, or the study's options leave none"
    )
    return replace(one, note=why)


def _checked(study: "Study", source: str) -> str:
    if source not in MODULES:
        study.source(source)  # names the nearest, where the study has none either
    if not can_be_fetched(source):
        raise CannotAsk(
            f"{source!r} cannot be fetched: only {', '.join(fetchable())} can; "
            "the others ship with the package, are simulated or are yours to add"
        )
    if not study.source(source).enabled:
        raise CannotAsk(
            f"{source!r} is not enabled in the study: write `enabled = true` in its "
            "block first"
        )
    return source


@contextmanager
def _asking(study: "Study", how: How) -> Iterator["Client | None"]:
    """The client to ask with; None offline, and then nothing of the network loads."""
    given = how.get("client")
    if how.get("offline", False):
        yield None
        return
    if given is not None:
        yield given
        return
    from migration.sources.client import client_for

    own = client_for(study.contact)
    try:
        yield own
    finally:
        own.close()


def _rehearse_one(plan: Plan, store: Store, source: str) -> Rehearsed:
    try:
        rehearsing = Rehearsing(kept=Kept(store, source))
    except DamagedFile as error:
        return Rehearsed(source=source, ended=str(error))
    try:
        drive(plan, rehearsing)
    except (SourceError, StudyError) as error:
        return rehearsing.result(str(error))
    return rehearsing.result()
