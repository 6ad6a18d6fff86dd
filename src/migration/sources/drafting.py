"""A study drafted from a table: its apps are the table's own columns or names."""

import datetime as dt
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import CannotAsk, SourceError, WorkspaceError
from migration.inference.sample import MIN_BLOCKS
from migration.sources.adding import AnyPath, read_file
from migration.sources.own_csv.apps import BETWEEN
from migration.sources.own_csv.reading import Reading, read
from migration.sources.own_csv.said import Said, Unsaid, check_said
from migration.sources.places import country_name
from migration.study.fields import near

if TYPE_CHECKING:
    from migration.study import Draft

LEAD_DAYS = 7  # the last week before an event may be anticipation already
_LATER = ("metric", "market", "vendor", "exported", "unit", "chart_size")
SHOWN = 12


def draft_study(
    file: AnyPath,
    *,
    roles: Mapping[str, str],
    event: dt.date | None = None,
    said: Mapping[str, str] | None = None,
) -> "Draft":
    """What a study of a table could say: its apps, markets, metrics and baseline.

    Parameters
    ----------
    file : path
        Any table that :func:`migration.add` takes.
    roles : mapping of str to str
        What an app is called in the table to ``origin``, ``destination`` or
        ``neighbour``. One origin and one destination at least.
    event : date, optional
        Day of the event; asked for where it is not given. The baseline goes from the
        first day of the table to eight days before it.
    said : mapping, optional
        What the table does not say of its form, such as ``date_column``.

    Raises
    ------
    CannotAsk
        The table cannot be read, something must be said of it, or a name is not in it.
    """
    from migration.study import Draft

    reading = _load(file, said or {})
    names = _names(reading)
    for name in roles:
        if name not in names:
            raise CannotAsk(f"the table has no series {name!r}: {near(name, names)}")
    day = _check_asked(roles, event, names)
    markets = sorted(reading.rows["market"].unique())
    return Draft(
        apps=tuple(roles.items()),
        baseline=_baseline(reading.rows["period"], day),
        event=day,
        markets=tuple((code, country_name(code)) for code in markets),
        metrics=tuple(sorted(reading.units)),
        doubts=_doubts(reading.rows["period"], day),
    )


def _load(file: AnyPath, said: Said) -> Reading:
    """Read a table; what is against it names the file."""
    known = check_said(said)
    try:
        _, content = read_file(file)
        return _read(content, known)
    except (SourceError, WorkspaceError) as error:
        raise CannotAsk(f"{os.fspath(file)}: {error}") from error


def _read(content: bytes, said: Said) -> Reading:
    """Read; what decides neither names nor days is asked for when the file is added."""
    known = dict(said)
    while True:
        try:
            return read(content, known)
        except Unsaid as error:
            if error.key not in _LATER or error.key in known:
                raise
            known[error.key] = error.example


def _names(reading: Reading) -> list[str]:
    called = [[name for name in names if name] for names in reading.rows["names"]]
    return list(dict.fromkeys(n[-1] for n in called if n and BETWEEN not in n[-1]))


def _check_asked(
    roles: Mapping[str, str], event: dt.date | None, names: list[str]
) -> dt.date:
    held = set(roles.values())
    lacking = [
        f"--{role} NAME" for role in ("origin", "destination") if role not in held
    ]
    lacking += [] if event else ["--event DAY"]
    if lacking or event is None:
        shown = ", ".join(repr(name) for name in names[:SHOWN])
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise CannotAsk(
            "a table does not say which of its apps people leave (origin) and which "
            f"they join (destination), and when: add {' '.join(lacking)}; it has "
            f"{shown}{more}"
        )
    return event


def _baseline(
    periods: "pd.Series[pd.Timestamp]", event: dt.date
) -> tuple[dt.date, dt.date]:
    first, last = periods.min().date(), periods.max().date()
    end = event - dt.timedelta(days=LEAD_DAYS + 1)
    if not (first < end and event <= last):
        raise CannotAsk(
            f"the event needs to be on {first + dt.timedelta(days=LEAD_DAYS + 2)} to "
            f"{last}, with days of the table before it and after, got {event}"
        )
    return first, end


def _doubts(periods: "pd.Series[pd.Timestamp]", event: dt.date) -> tuple[str, ...]:
    """What the reports of a study's window will refuse, before it is filled in."""
    from migration.study.new import WINDOW

    start, end = _baseline(periods, event)
    found = []
    length = WINDOW[1] - WINDOW[0] + 1
    needed = MIN_BLOCKS * length
    if (have := (end - start).days + 1) < needed:
        found.append(
            f"the baseline has {have} days, {start} to {end}, and a window of {length} "
            f"days needs {needed} ({MIN_BLOCKS} times its length): bring earlier days, "
            "or shorten the event's window"
        )
    last = periods.max().date()
    if (after := (last - event).days + 1) <= WINDOW[1]:
        found.append(
            f"the table has {after} days from the event on, to {last}, and the window "
            f"needs {WINDOW[1] + 1}: bring later days, or shorten the event's window"
        )
    return tuple(found)
