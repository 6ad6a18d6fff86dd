"""What changed from one run of a report to the next: numbers, not pixels.

A change is a mapping of texts: ``what`` names the number, ``before`` and ``after`` say
what it was and is, empty where it was not or is no more. A run of a report that changed
something is a mapping of ``run_id``, ``finished``, ``why`` and its ``changes``; each
manifest carries the last of these, so that they outlive the runs themselves.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from migration.report.manifest import table_text
from migration.report.pages import Record, link, table

KEPT_RUNS = 20  # of one report that its manifest remembers
MOST_CHANGES = 40  # of one run of one report that are told one by one
SAME = 1e-9  # relative: the same number on another machine
_NUMBERS = ("estimate", "conf_low", "conf_high", "p_value")
_KEYS = ("app", "source", "event", "days")
NEW = "new report"
Change = Mapping[str, str]


def changes_between(before: Record | None, after: Record) -> list[dict[str, str]]:
    """The headline numbers that moved, came or went; all of a report that is new."""
    if before is None:
        return [{"what": NEW, "before": "", "after": ""}]
    old, new = (_named(one["headline"]) for one in (before, after))
    found = [
        {"what": name, "before": _said(old.get(name)), "after": _said(new.get(name))}
        for name in dict.fromkeys([*old, *new])
        if _moved(old.get(name), new.get(name))
    ]
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
    """What the newest run of a study changed, a mapping a change.

    Each has ``what, before, after`` and its report's ``report, title, why``.
    """
    last = max((str(m.get("run_id", "")) for m in manifests), default="")
    return [
        {**change, "report": m["report"], "title": m["title"], "why": run["why"]}
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
        table("Numbers that moved in the last run", head, rows) if rows else "",
        _new(new),
    ]
    return '<h2 id="changes">What the last run changed</h2>' + "".join(said)


def _new(changes: Sequence[Mapping[str, Any]]) -> str:
    """Reports that are new, in one line however many."""
    if not changes:
        return ""
    many = f"{len(changes)} reports are" if len(changes) > 1 else "One report is"
    links = ", ".join(link(one) for one in changes)
    if len(changes) <= 6:
        return f"<p>{many} new: {links}.</p>"
    return f"<details><summary>{many} new</summary><p>{links}.</p></details>"


def _named(rows: Sequence[Record]) -> dict[str, Record]:
    """Each row by what it is about; rows of one name are told apart by their place."""
    found: dict[str, Record] = {}
    for row in rows:
        name = ", ".join(str(row[key]) for key in _KEYS if row.get(key))
        name = name or ", ".join(str(v) for v in row.values() if isinstance(v, str))
        again = sum(key == name or key.startswith(f"{name} (") for key in found)
        found[f"{name} ({again + 1})" if again else name or "row"] = row
    return found


def _said(row: Record | None) -> str:
    """A row's number as the index says it."""
    if row is None:
        return ""
    if row.get("change"):
        p = row.get("p_value")
        return (
            f"{row['change']}, p = {table_text(p)}" if p is not None else row["change"]
        )
    told = (f"{k.replace('_', ' ')} {table_text(row[k])}" for k in _NUMBERS if k in row)
    return ", ".join(told)


def _moved(before: Record | None, after: Record | None) -> bool:
    if before is None or after is None:
        return True
    return not all(_same(before.get(k), after.get(k)) for k in (*_NUMBERS, "change"))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=SAME, abs_tol=1e-12)
    return bool(a == b)


def _is_change(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), str) for name in ("what", "before", "after")
    )
