"""When each source was last fetched, for whom: what tells that a schedule fetches.

The manifest cannot say it: an answer that is the same as the one before adds no line.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from migration.store.files import TEMPORARY, Store
from migration.store.survey import FETCHES


@dataclass(frozen=True, kw_only=True)
class LastFetch:
    """Of one source of a study, when it was asked last, in UTC and ISO 8601.

    ``whole`` is when its plan last came to its end over all days of the study with
    nothing refused; empty where it never did. ``tried`` is the last time at all, and
    ``why`` says what kept that one from being whole.
    """

    tried: str
    whole: str = ""
    why: str = ""


def note_fetch(store: Store, study: str, source: str, *, why: str = "") -> None:
    """Note that a source was asked now; ``why`` it was not whole, where it was not.

    Raises
    ------
    StoreError, Locked
        The note cannot be written.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with store.locked():
        held = _held(store)
        own = held.setdefault(study, {})
        before = _read(own.get(source))
        whole = (before.whole if before else "") if why else now
        own[source] = asdict(LastFetch(tried=now, whole=whole, why=why))
        unfinished = store.root / TEMPORARY
        unfinished.unlink(missing_ok=True)
        text = json.dumps(held, indent=1, sort_keys=True, ensure_ascii=False)
        with unfinished.open("x", encoding="utf-8") as note:
            note.write(f"{text}\n")
        unfinished.replace(store.root / FETCHES)


def last_fetches(store: Store, study: str) -> dict[str, LastFetch]:
    """Source to when it was last asked for a study; empty where nothing is noted."""
    own = _held(store).get(study, {})
    found = {source: _read(one) for source, one in own.items()}
    return {source: one for source, one in found.items() if one is not None}


def _held(store: Store) -> dict[str, dict[str, Any]]:
    """What was noted; of a note that does not read, nothing."""
    try:
        held = json.loads((store.root / FETCHES).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(held, dict):
        return {}
    return {study: own for study, own in held.items() if isinstance(own, dict)}


def _read(one: Any) -> LastFetch | None:
    names = ("tried", "whole", "why")
    if not isinstance(one, dict) or not all(
        isinstance(one.get(name), str) for name in names
    ):
        return None
    return LastFetch(**{name: one[name] for name in names})
