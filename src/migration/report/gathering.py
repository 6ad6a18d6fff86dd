"""What fetching, probing and building did, as lines of text and as plain values."""

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from migration.errors import MigrationError
from migration.report.addresses import shortened
from migration.sources import (
    Fetched,
    Fetches,
    Probed,
    Rehearsed,
    build,
    is_here,
    not_here_yet,
)
from migration.sources.rehearsing import RATE
from migration.study import Study
from migration.workspace import Workspace

MOST_REASONS = 10  # of each kind and source; JSON has them all
_COUNTS = ("came", "kept", "absent", "not_here", "not_asked", "refused")
_RARE = ("not_here", "not_asked")


def rehearsal_lines(found: Sequence[Rehearsed]) -> list[str]:
    """How many questions each source would be asked, and about how long it takes."""
    lines = [f"{one.source}: {_rehearsed(one)}" for one in found]
    if len(found) > 1:
        every = sum(one.questions + one.expected for one in found)
        time = duration(sum(one.seconds for one in found))
        size = _size(sum(one.bytes for one in found))
        lines.append(
            f"in all: {every:,} questions, {time} at the pace of their hosts{size}"
        )
    return lines


def duration(seconds: float) -> str:
    """A length of time in words, as exact as a guess should be."""
    if seconds < 90:
        return f"about {max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


def fetched_lines(done: Fetches) -> list[str]:
    """A table of sources, then the reasons of what is not there."""
    counts = [name for name in _COUNTS if name not in _RARE or _any(done, name)]
    head = ["source", *(name.replace("_", " ") for name in counts), "why"]
    rows = [
        [
            one.source,
            *(f"{_count(one, name):,}" for name in counts),
            _short(one.why if one.failed else ""),
        ]
        for one in done
    ]
    reasons = [line for one in done for line in _reasons(one)]
    return [*aligned([head, *rows], right=range(1, len(head) - 1)), *reasons]


def fetched_values(done: Fetches) -> dict[str, Any]:
    """All of it as plain values."""
    sources = [
        {
            "source": one.source,
            "came": [entry.name for entry in one.entries],
            "kept": list(one.kept),
            "absent": dict(one.absent),
            "not_here": list(one.not_here),
            "not_asked": dict(one.not_asked),
            "refused": dict(one.refused),
            "ended": one.ended,
            "note": one.note,
        }
        for one in done
    ]
    return {"study": done.study, "failed": done.failed, "sources": sources}


def probe_lines(found: Iterable[Probed]) -> list[str]:
    """What each source answered, a line each."""
    rows = [["source", "status", "type", "bytes", "parses", "said"]]
    for one in found:
        came = [str(one.status or "-"), one.type or "-", f"{one.bytes:,}"]
        parses = "yes" if one.parses else "no"
        rows.append([one.source, *came, parses, _short(one.said)])
    return aligned(rows, right=(1, 3))


def values(found: Iterable[Rehearsed | Probed]) -> list[dict[str, Any]]:
    """Records as plain values."""
    return [asdict(one) for one in found]


def build_each(
    study: Study, sources: Sequence[str], workspace: Workspace
) -> list[dict[str, Any]]:
    """Build each source's panel; one that fails leaves the others."""
    return [_build_one(study, source, workspace) for source in sources]


def built_lines(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was built, a line a source."""
    return [f"{one['source']}: {_built(one)}" for one in found]


def aligned(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Rows of cells as lines of text, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    ends = set(right)
    return [
        "  ".join(
            cell.rjust(width) if place in ends else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _rehearsed(one: Rehearsed) -> str:
    kept = f"; {one.kept:,} kept" if one.kept else ""
    ended = f"; its plan ends early: {shortened(one.ended)}" if one.ended else ""
    if not one.questions:
        note = f": {one.note}" if one.note else ""
        return f"nothing to ask{note}{kept}{ended}"
    more = f", then about {one.expected:,} more," if one.expected else ""
    hosts = ", ".join(one.hosts)
    plural = "" if one.questions == 1 else "s"
    return (
        f"{one.questions:,} question{plural}{more} to {hosts}, "
        f"{duration(one.seconds)}{_size(one.bytes)}{kept}{ended}"
    )


def _size(number: int) -> str:
    """How much comes, where that is known, and how fast it was taken to come."""
    if not number:
        return ""
    many = f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
    return f" with about {many} at {RATE / 1e6:.0f} MB a second"


def _count(one: Fetched, name: str) -> int:
    return len(one.entries if name == "came" else getattr(one, name))


def _any(done: Fetches, name: str) -> bool:
    return any(_count(one, name) for one in done)


def _reasons(one: Fetched) -> list[str]:
    told_of = one.ended in one.refused.values()
    lines = (
        [f"ended: {one.source}: {shortened(one.ended)}"]
        if one.ended and not told_of
        else []
    )
    lines += [f"nothing asked: {one.source}: {one.note}"] if one.note else []
    for word, reasons in (
        ("absent", one.absent),
        ("not asked", one.not_asked),
        ("refused", one.refused),
    ):
        told = list(reasons.items())
        lines += [
            f"{word}: {one.source}: {shortened(n)}: {shortened(why)}"
            for n, why in told[:MOST_REASONS]
        ]
        if len(told) > MOST_REASONS:
            more = len(told) - MOST_REASONS
            lines.append(f"{word}: {one.source}: and {more} more; --json names them")
    return lines


def _short(text: str, most: int = 100) -> str:
    """A reason that fits a line: of an address, its host and its end will do."""
    plain = re.sub(r"https?://([^/\s]+)/\S*?([^/\s]{1,40})(?=\s|$)", r"\1 … \2", text)
    return plain if len(plain) <= most else f"{plain[: most - 2]} …"


def _build_one(study: Study, source: str, workspace: Workspace) -> dict[str, Any]:
    found = {"source": source, "path": "", "rows": 0, "rebuilt": False}
    found |= {"note": "", "problem": ""}
    try:
        if not is_here(study, source, workspace):
            return found | {"note": not_here_yet(study, source, workspace)}
        (made,) = build(study, sources=[source], workspace=workspace)
    except MigrationError as error:
        return found | {"problem": str(error)}
    except Exception as error:  # of one parser: the other sources have their panels
        return found | {"problem": _fault(error)}
    path = made.path.relative_to(workspace.root).as_posix()
    return found | {"path": path, "rows": made.rows, "rebuilt": made.rebuilt}


def _fault(error: Exception) -> str:
    """A fault of this program in words, and where it arose."""
    (*_, last) = traceback.extract_tb(error.__traceback__)
    where = f"{Path(last.filename).name}, line {last.lineno}"
    return (
        f"a fault of this program: {type(error).__name__}: {error} ({where}); "
        "report it with the file that it reads"
    )


def _built(one: Mapping[str, Any]) -> str:
    if one["problem"] or one["note"]:
        return shortened(str(one["problem"] or one["note"]))
    when = "made now" if one["rebuilt"] else "nothing changed"
    return f"{one['rows']:,} rows in {one['path']}, {when}"
