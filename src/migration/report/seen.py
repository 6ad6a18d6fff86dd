"""When each report was last rendered or found fresh: what says that a schedule runs.

A report that nothing changed keeps its manifest, and its time of rendering, for years.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from migration.report.manifest import to_json, write_whole

SEEN = ".seen.json"
_CLOCK = "%Y-%m-%d %H:%M:%S"


def note_seen(folder: Path, reports: Iterable[str]) -> None:
    """Note that reports are in place and fresh now. Only under the lock."""
    now = f"{dt.datetime.now(dt.UTC):{_CLOCK}}"
    seen = {**load_seen(folder), **dict.fromkeys(reports, now)}
    write_whole(folder / SEEN, to_json(seen))


def load_seen(folder: Path) -> dict[str, str]:
    """What was noted; empty where nothing that reads is there."""
    try:
        held = json.loads((folder / SEEN).read_bytes())
        return {str(name): str(when) for name, when in held.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def last_seen(manifest: Mapping[str, Any], seen: Mapping[str, str]) -> dt.datetime:
    """The later of rendering and last finding fresh; the oldest day if unreadable."""
    known = [str(manifest["timing"]["finished"]), seen.get(manifest["report"], "")]
    return max(map(_read, known))


def _read(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, _CLOCK).replace(tzinfo=dt.UTC)
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)
