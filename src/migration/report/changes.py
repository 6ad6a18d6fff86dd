"""What changed from one run of a report to the next: numbers, not pixels.

A change is a mapping of texts: ``what`` names the number, ``before`` and ``after`` say
what it was and is, empty where it was not or is no more. A run of a report that changed
something is a mapping of ``run_id``, ``finished``, ``why`` and its ``changes``; each
manifest carries the last of these, so that they outlive the runs themselves.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from migration.numerals import p_words, with_minus
from migration.report.headline import Pair, paired
from migration.report.manifest import headline_text, table_text
from migration.report.pages import Record, link, table

KEPT_RUNS = 20  # of one report that its manifest remembers
MOST_CHANGES = 40  # of one run of one report that are told one by one
_NUMBERS = ("estimate", "conf_low", "conf_high", "p_value")
NEW = "new report"
CHANGES = "What changed most recently"
Change = Mapping[str, str]


def changes_between(before: Record | None, after: Record) -> list[dict[str, str]]:
    """The headline numbers that moved, came or went; all of a report that is new."""
    if before is None:
        return [{"what": NEW, "before": "", "after": ""}]
    pairs = paired(before["headline"], after["headline"])
    found = [told for pair in pairs if (told := _told(pair))]
    if len(found) > MOST_CHANGES:
        more = f"{len(found) - MOST_CHANGES} more numbers"
        found = [*found[:MOST_CHANGES], {"what": more, "before": "", "after": ""}]
    return found


def with_history(before: Record | None, after: Record) -> list[dict[str, Any]]:
    """The runs of a report that changed something, the newest first."""
    known = before.get("history") if before is not None else None
    past = (
        [one for one in known or [] if is_run(one)] if isinstance(known, list) else []
    )
    changes = changes_between(before, after)
    if not changes:
        return past
    run = {
        "run_id": str(after.get("run_id", "")),
        "finished": str(after["timing"]["finished"]),
        "why": [str(reason) for reason in after.get("why", ())],
        "changes": changes,
    }
    return [run, *past][:KEPT_RUNS]


def is_run(value: object) -> bool:
    """Whether a value of a manifest's history has the shape of one."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("run_id"), str)
        and isinstance(value.get("finished"), str)
        and isinstance(value.get("why"), list)
        and isinstance(value.get("changes"), list)
        and all(_is_change(one) for one in value["changes"])
    )


def runs_of(manifest: Record) -> list[dict[str, Any]]:
    """A manifest's history, as far as it reads."""
    known = manifest.get("history")
    return [one for one in known if is_run(one)] if isinstance(known, list) else []


def last_changes(manifests: Sequence[Record]) -> list[dict[str, Any]]:
    """What the newest run of a study that changed anything changed, a mapping each.

    Each has ``what, before, after``, its report's ``report, title, why``, and when the
    run was ``finished``.
    """
    last = max((r["run_id"] for m in manifests for r in runs_of(m)), default="")
    return [
        {
            **change,
            **{"report": m["report"], "title": m["title"]},
            **{"why": run["why"], "finished": run["finished"]},
        }
        for m in manifests
        for run in runs_of(m)
        if run["run_id"] == last and last
        for change in run["changes"]
    ]


def changes_section(changes: Sequence[Mapping[str, Any]]) -> str:
    """The changes as a section of an index; empty where there are none."""
    if not changes:
        return ""
    new = [one for one in changes if one["what"] == NEW]
    moved = [one for one in changes if one["what"] != NEW]
    rows = [
        [
            link(one),
            escape(str(one["what"])),
            escape(str(one["before"])),
            escape(str(one["after"])),
            escape("; ".join(map(str, one["why"]))),
        ]
        for one in moved
    ]
    head = ["Report", "Number", "Before", "Now", "Rendered again because of"]
    said = [
        table("Numbers that moved in that run", head, rows) if rows else "",
        _new(new),
    ]
    return f'<h2 id="changes">{CHANGES}</h2>{_when(changes)}' + "".join(said)


def _when(changes: Sequence[Mapping[str, Any]]) -> str:
    """Which run it was: later ones may have found nothing to change."""
    when = max(str(one.get("finished") or "") for one in changes)
    said = f"By the run of {escape(when[:16])} UTC; none since changed a number."
    return f"<p>{said}</p>" if when else ""


def _new(changes: Sequence[Mapping[str, Any]]) -> str:
    """Reports that are new, in one line however many."""
    if not changes:
        return ""
    many = f"{len(changes)} reports are" if len(changes) > 1 else "One report is"
    links = ", ".join(link(one) for one in changes)
    if len(changes) <= 6:
        return f"<p>{many} new: {links}.</p>"
    return f"<details><summary>{many} new</summary><p>{links}.</p></details>"


def _told(pair: Pair) -> dict[str, str] | None:
    """What moved of one row; None where nothing did."""
    columns = [cell.column for cell in pair.moved()]
    if not columns:
        return None
    before, after = (_said(row) for row in (pair.old, pair.new))
    if pair.old is not None and pair.new is not None:
        said = () if before == after else (*_NUMBERS, "change")
        more = [name for name in columns if name not in said]
        before, after = (
            ", ".join([text, *(_cell(row, name) for name in more)])
            for text, row in ((before, pair.old), (after, pair.new))
        )
    return {"what": pair.name, "before": before, "after": after}


def _said(row: Record | None) -> str:
    """A row's number as the index says it."""
    if row is None:
        return ""
    if row.get("change"):
        p = row.get("p_value")
        said = str(row["change"])
        return f"{said}, {p_words(p)}" if isinstance(p, float) else said
    told = (
        f"{k.replace('_', ' ')} {headline_text(row, k)}" for k in _NUMBERS if k in row
    )
    return ", ".join(told)


def _cell(row: Record, name: str) -> str:
    """A cell that the row's number does not say, or not to enough digits."""
    value = row.get(name)
    text = with_minus(f"{value:.9g}") if isinstance(value, float) else table_text(value)
    return f"{name.replace('_', ' ')} {text or 'nothing'}"


def _is_change(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), str) for name in ("what", "before", "after")
    )
