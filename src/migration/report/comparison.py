"""What changed in a study's reports since the run before: numbers, answers, figures.

Made from manifests alone. A report rendered anew to the same bytes has not changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from migration.numerals import with_minus
from migration.report.headline import TOLERANCE, Moved, paired
from migration.report.manifest import (
    SUFFIX,
    list_manifests,
    load_run,
    strangers,
    table_text,
)
from migration.report.publish import RUNS

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One report that says something else than in the run before.

    ``old_answers`` are those that it does not give any more, ``answers`` those that are
    new; ``figures`` are the alternative texts of those whose bytes changed, or that are
    new or gone.
    """

    report: str
    title: str
    before: str
    now: str
    numbers: tuple[Moved, ...]
    old_answers: tuple[str, ...]
    answers: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Since the run before each report's own: what says another thing, is new, is gone.

    ``same`` counts the reports that say what they said; ``unread`` are files that
    stand where a manifest does and are none.
    """

    changed: tuple[Changed, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    same: int
    unread: tuple[str, ...]


def changes_since(folder: Path, *, tolerance: float = TOLERANCE) -> Changes:
    """Compare what is in place in a study's folder with the run before.

    Parameters
    ----------
    folder : Path
        ``reports/<study>``.
    tolerance : float
        A number has moved if it differs by more than this share of the larger of it
        and 1.
    """
    placed = list_manifests(folder)
    before = _before(folder, placed)
    pairs = [(one, before[one["report"]]) for one in placed if one["report"] in before]
    compared = [_compared(old, new, tolerance) for new, old in pairs]
    changed = tuple(one for one in compared if one is not None)
    names = {one["report"] for one in placed}
    unread = tuple(strangers(folder))
    here = names | {name.removesuffix(SUFFIX) for name in unread}
    return Changes(
        changed=changed,
        new=tuple(sorted(names - before.keys())),
        gone=tuple(sorted(before.keys() - here)),
        same=len(pairs) - len(changed),
        unread=unread,
    )


def changes_lines(found: Changes) -> list[str]:
    """The changes as lines of text."""
    lines = [f"unread  {name}: not a manifest of this version" for name in found.unread]
    lines += [f"new     {name}" for name in found.new]
    lines += [f"gone    {name}" for name in found.gone]
    for one in found.changed:
        lines.append(f"changed {one.report}, {one.before} to {one.now} UTC")
        lines += [f"  {_moved(cell)}" for cell in one.numbers]
        lines += [f"  - {text}" for text in one.old_answers]
        lines += [f"  + {text}" for text in one.answers]
        lines += [f"  figure: {text}" for text in one.figures]
    total = found.same + len(found.changed)
    if not total:
        return [*lines, "no report here has a run before its own to be compared with"]
    return [*lines, f"{found.same} of {total} reports say what they said before"]


def changes_values(found: Changes) -> dict[str, Any]:
    """As plain values."""
    return asdict(found)


def _before(folder: Path, placed: Sequence[Record]) -> dict[str, Record]:
    """The run before the one in place, of each report; of one that is gone, the last.

    Where a run gave the bytes of an older one its folder is shared, and the two say
    the same: then that is the run before.
    """
    in_place = {one["report"]: one for one in placed}
    found: dict[str, Record] = {}
    shared: dict[str, Record] = {}
    for path in (folder / RUNS).glob("*"):
        held = load_run(path)
        if held is None:
            continue
        name = held["report"]
        current = in_place.get(name)
        if current is not None and current["run"] == held["run"]:
            if current.get("run_id") != held.get("run_id"):
                shared[name] = held
        elif name not in found or _finished(held) > _finished(found[name]):
            found[name] = held
    return {**found, **shared}


def _finished(record: Record) -> str:
    return str(record["timing"]["finished"])


def _compared(old: Record, new: Record, tolerance: float) -> Changed | None:
    pairs = paired(old["headline"], new["headline"])
    numbers = tuple(cell for pair in pairs for cell in pair.moved(tolerance))
    dropped = tuple(text for text in old["answers"] if text not in new["answers"])
    added = tuple(text for text in new["answers"] if text not in old["answers"])
    figures = tuple(_figures(old.get("figures"), new.get("figures")))
    if not (numbers or dropped or added or figures):
        return None
    return Changed(
        report=new["report"],
        title=new["title"],
        before=_finished(old),
        now=_finished(new),
        numbers=numbers,
        old_answers=dropped,
        answers=added,
        figures=figures,
    )


def _figures(old: Any, new: Any) -> Iterator[str]:
    """Texts of figures that changed, by place; nothing where one run noted none."""
    if not isinstance(old, list) or not isinstance(new, list):
        return
    for place in range(max(len(old), len(new))):
        before = old[place] if place < len(old) else {}
        after = new[place] if place < len(new) else {}
        if before.get("sha256") != after.get("sha256"):
            yield str(after.get("alt") or f"gone: {before.get('alt')}")


def _moved(cell: Moved) -> str:
    was, now = (_shown(value) for value in (cell.old, cell.new))
    return f"{cell.row}: {cell.column.replace('_', ' ')} {was} to {now}"


def _shown(value: Any) -> str:
    return (
        with_minus(f"{value:.6g}")
        if isinstance(value, float)
        else table_text(value) or "nothing"
    )
