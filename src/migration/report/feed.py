"""What changed in a study, run by run, as an Atom feed (RFC 4287).

A pure function of manifests and of whose they are: its times are theirs, its ids follow
from the workspace, the study and the run, and its links are relative. An entry is a run
that changed a number, made a report for the first time, or failed.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from migration.report.changes import NEW, runs_of
from migration.report.pages import FEED, Record, address

MOST_ENTRIES = 50
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CLOCK = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})Z?")
_NEVER = "1970-01-01T00:00:00Z"  # of a study without any time; the feed needs one


def study_feed(
    manifests: Sequence[Record], failures: Sequence[Record], *, place: str = ""
) -> str:
    """The feed of one study; ``place`` tells it from that of another workspace."""
    first = [*manifests, *failures][0]
    study = f"{place}/{first['study']}"
    mark = "SIMULATED: " if first["simulated"] else ""
    runs = _runs(manifests, failures)
    ordered = sorted(runs.items(), key=lambda one: (one[1]["updated"], one[0]))
    entries = [_entry(study, name, run, mark) for name, run in reversed(ordered)]
    told = manifests if not runs else ()
    times = [run["updated"] for run in runs.values()]
    times += [_instant(str(one["timing"]["finished"])) for one in told]
    name = str(first["study_title"])
    title = _text(name if name.startswith(mark) else f"{mark}{name}")
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>{title}</title>
<subtitle>{_text(str(first["question"]))}</subtitle>
<id>{_urn(study)}</id>
<updated>{max(times)}</updated>
<author><name>{title}</name></author>
<link rel="self" type="application/atom+xml" href="{FEED}"/>
<link rel="alternate" type="text/html" href="index.html"/>
{"".join(entries[:MOST_ENTRIES])}</feed>
"""


def _runs(
    manifests: Sequence[Record], failures: Sequence[Record]
) -> dict[str, dict[str, Any]]:
    """Run id to when it ended, what it changed and what failed in it."""
    found: dict[str, dict[str, Any]] = {}
    for manifest in manifests:
        for run in runs_of(manifest):
            kept = _of(found, run["run_id"], run["finished"])
            kept["reports"].append((manifest, run))
    for failure in failures:
        finished = str(failure["timing"]["finished"])
        kept = _of(found, str(failure.get("run_id") or finished), finished)
        kept["failed"].append(failure)
    return found


def _of(found: dict[str, dict[str, Any]], run_id: str, finished: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"updated": _NEVER, "reports": [], "failed": []}
    kept = found.setdefault(run_id, empty)
    kept["updated"] = max(kept["updated"], _instant(finished))
    return kept


def _entry(study: str, name: str, run: Mapping[str, Any], mark: str) -> str:
    lines = [_line(manifest, done) for manifest, done in run["reports"]]
    lines += [f"{one['report']} failed: {one['message']}" for one in run["failed"]]
    places = {f"{address(manifest['report'])}.html" for manifest, _ in run["reports"]}
    target = places.pop() if len(places) == 1 and not run["failed"] else "index.html"
    return f"""\
<entry>
<title>{_text(mark + _title(run))}</title>
<id>{_urn(f"{study}/{name}")}</id>
<updated>{run["updated"]}</updated>
<link rel="alternate" type="text/html" href="{target}"/>
<content type="text">{_text(chr(10).join(lines))}</content>
</entry>
"""


def _title(run: Mapping[str, Any]) -> str:
    """How much a run changed, in a line."""
    new = [m for m, done in run["reports"] if any(_new(done["changes"]))]
    moved = [
        change
        for _, done in run["reports"]
        for change in done["changes"]
        if change["what"] != NEW
    ]
    said = [
        _count(len(moved), "number") + " moved" if moved else "",
        _count(len(new), "new report") if new else "",
        _count(len(run["failed"]), "report") + " failed" if run["failed"] else "",
    ]
    return ", ".join(part for part in said if part)


def _new(changes: Iterable[Mapping[str, str]]) -> Iterable[bool]:
    return (change["what"] == NEW for change in changes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _line(manifest: Record, run: Mapping[str, Any]) -> str:
    """A report of a run, each change after it."""
    told = [
        f"{change['what']}: {change['before'] or 'nothing'} before, "
        f"{change['after'] or 'nothing'} now"
        if change["before"] or change["after"]
        else change["what"]
        for change in run["changes"]
    ]
    why = f" ({'; '.join(map(str, run['why']))})" if run["why"] else ""
    return f"{manifest['title']}: {'. '.join(told)}{why}"


def _urn(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"platform-migration/{_plain(name)}").urn


def _instant(finished: str) -> str:
    """A manifest's time as the feed's standard wants it."""
    found = _CLOCK.match(finished)
    return f"{found[1]}T{found[2]}Z" if found else _NEVER


def _text(value: str) -> str:
    return escape(_plain(value), quote=False)


def _plain(value: str) -> str:
    """Without the characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", value)
