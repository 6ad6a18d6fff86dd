"""Fetch what a study names, into the store."""

import datetime as dt
from typing import TYPE_CHECKING

from migration.errors import CannotAsk
from migration.sources import flathub
from migration.sources.client import Client, client_for
from migration.sources.fetched import Fetched
from migration.store import Store
from migration.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from migration.study import Event, Study

FETCHERS = {flathub.SOURCE: flathub.fetch}


def fetch(
    study: "Study",
    *,
    source: str = flathub.SOURCE,
    until: dt.date | None = None,
    workspace: Workspace | None = None,
    client: Client | None = None,
) -> Fetched:
    """Fetch the series of a study's apps and controls from a source's address.

    What a stopped fetch wrote is kept, and the next one goes on from there: an
    identifier is asked for again only where the store's newest vintage was read
    before the last day wanted was over. The address is the study's option
    ``address``, else that of the source's card.

    Parameters
    ----------
    study : Study
    source : str
        A source that has an address to fetch from.
    until : date, optional
        Last day wanted; by default the last that the study's baseline and events
        touch. Today's date asks for a new vintage of everything.
    workspace : Workspace, optional
    client : Client, optional
        By default one with the contact of ``MIGRATION_CONTACT``, else the study's.

    Raises
    ------
    CannotAsk
        The source cannot be fetched, the last day is none that it could have, or
        there is no contact.
    StudyError
        The study has no such source.
    SourceError
        It answered with a fault; an identifier that does not exist is told in
        ``absent`` instead.
    """
    if source not in FETCHERS:
        raise CannotAsk(
            f"{source!r} cannot be fetched: only {', '.join(FETCHERS)} can; "
            "the others ship with the package or are simulated"
        )
    study.source(source)
    window = (study.baseline.start, until or _last_day(study))
    if until is not None:
        _check_until(until, window[0])
    store = Store((workspace or find_workspace()).raw)
    asks = client or client_for(study.contact)
    try:
        return FETCHERS[source](study, window, store, asks)
    finally:
        if client is None:
            asks.close()


def _check_until(until: dt.date, start: dt.date) -> None:
    """A day from the baseline's first to the one that has begun somewhere."""
    last = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    if not start <= until <= last:
        raise CannotAsk(
            f"until needs a day from {start}, where the study's baseline starts, to "
            f"{last}, got {until}; leave it out for the last day that the study touches"
        )


def _last_day(study: "Study") -> dt.date:
    return max([study.baseline.end, *(_end(event) for event in study.events)])


def _end(event: "Event") -> dt.date:
    instants = (event.instant, event.end_instant)
    days = [i.astimezone(dt.UTC).date() for i in instants if i is not None]
    days += [day for day in (event.start, event.end, event.day_zero) if day is not None]
    after = event.window[1] if event.window else 0
    return max(days, default=dt.date.min) + dt.timedelta(days=after)
