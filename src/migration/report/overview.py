"""What is here, without running anything: a study, its reports, the raw stores."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration.errors import StoreError
from migration.report.addresses import shortened
from migration.report.controls import controls_hint, ranks_hint
from migration.report.fetches import noted, noted_line
from migration.report.gone import why_gone
from migration.report.manifest import (
    SUFFIX,
    list_manifests,
    load_manifest,
    strangers,
)
from migration.report.plan import plan_placed
from migration.report.publish import list_failures, load_failure
from migration.store import Store, shipped_store
from migration.study import Study
from migration.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("observed", "censored", "partial", "missing")
FEW_MARKETS = 6  # named in a line; JSON names them all


def overview(study: Study) -> dict[str, Any]:
    """What a study asks, as plain values."""
    return {
        "id": study.id,
        "title": study.title,
        "question": study.question,
        "data": "SIMULATED" if study.simulated else "observed",
        "baseline": [str(study.baseline.start), str(study.baseline.end)],
        "apps": [{"id": a.id, "name": a.name, "role": a.role} for a in study.apps],
        "events": [
            {
                "id": event.id,
                "role": event.role,
                "when": str(event.instant or event.start),
                "label": event.label,
            }
            for event in study.events
        ],
        "sources": [{"id": s.id, "metrics": list(s.metrics)} for s in study.sources],
        "markets": [market.code for market in study.markets],
        "contaminated": {
            m.code: m.contaminated for m in study.markets if m.contaminated
        },
    }


def describe(found: Mapping[str, Any]) -> list[str]:
    """An overview as lines of text."""
    apps = [f"  {a['role']:<12} {a['name']} ({a['id']})" for a in found["apps"]]
    events = [
        f"  {e['role']:<17} {e['when'][:16]:<16}  {e['label']} ({e['id']})"
        for e in found["events"]
    ]
    sources = [f"  {s['id']}: {', '.join(s['metrics'])}" for s in found["sources"]]
    return [
        f"{found['title']} ({found['id']})",
        found["question"],
        f"data: {found['data']}; baseline {' to '.join(found['baseline'])}",
        "apps:", *apps,
        "events:", *events,
        "sources:", *sources,
        f"markets: {len(found['markets'])}, of which {len(found['contaminated'])} "
        "contaminated by other events",
    ]  # fmt: skip


def status(study: Study, workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    """The series of a study, their days by source and market, and its reports."""
    from migration.sources import coverage_of, spans_of, states, status_of

    found = list(states(study, workspace=workspace))
    rows = _plain(status_of(found))
    hints = controls_hint(study, workspace)
    apps = {app.id for app in study.apps}
    for row in rows:
        row["control"] = bool(row["app"]) and row["app"] not in apps
    hints = hints or ranks_hint(study, rows)
    return {
        "data": rows,
        "coverage": _plain(spans_of(coverage_of(found))),
        "fetches": noted(study, workspace),
        "reports": _reports_or_why(study, workspace),
        "hints": [{"hint": line} for line in hints],
    }


def _reports_or_why(study: Study, workspace: Workspace) -> list[dict[str, Any]]:
    """The reports or, where the store does not tell what they rest on, why."""
    try:
        return report_status(study, workspace)
    except StoreError as error:
        return [_row("(all)", "unsure", [str(error)], simulated=study.simulated)]


def _plain(table: "pd.DataFrame") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        table.to_json(orient="records", date_format="iso")
    )
    return rows


def report_status(study: Study, workspace: Workspace) -> list[dict[str, Any]]:
    """Each report with its state: fresh, stale, gone or unread, and since when."""
    folder = workspace.reports / study.id
    strange = {name.removesuffix(SUFFIX): name for name in strangers(folder)}
    rows = []
    for job in plan_placed(study, workspace):
        strange.pop(job.name, None)  # its reason to be stale says so
        manifest = load_manifest(folder / f"{job.name}{SUFFIX}")
        failure = load_failure(folder, job.name)
        rows.append(
            {
                "report": job.name,
                "state": "fresh" if job.fresh else "stale",
                "why": list(job.why),
                "rendered": manifest["timing"]["finished"] if manifest else None,
                "failed": failure["message"] if failure else None,
                "simulated": study.simulated,
            }
        )
    made = {str(row["report"]) for row in rows}
    placed = [*list_manifests(folder), *list_failures(folder)]
    left = {str(one["report"]): one for one in placed if one["report"] not in made}
    rows += [_left(folder, name) for name in sorted(left)]
    return rows + [_stranger(name) for name in strange.values()]


def _left(folder: Path, name: str) -> dict[str, Any]:
    """A report, or a failure, that nothing makes any more."""
    manifest = load_manifest(folder / f"{name}{SUFFIX}")
    failure = load_failure(folder, name)
    row = _row(name, "gone", [why_gone(folder, name)], simulated=False)
    if manifest is not None:
        row |= {"rendered": manifest["timing"]["finished"]}
    return row | {"failed": failure["message"] if failure else None}


def _stranger(name: str) -> dict[str, Any]:
    """A file in a manifest's place that no report of this version has made."""
    why = ["not a manifest of this version; render again, or remove the file"]
    return _row(name, "unread", why, simulated=False)


def _row(name: str, state: str, why: list[str], *, simulated: bool) -> dict[str, Any]:
    nothing = {"rendered": None, "failed": None}
    about = {"report": name, "state": state, "why": why}
    return about | nothing | {"simulated": simulated}


def status_lines(found: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """The state of data and reports as lines of text."""
    lines = ["data:"]
    lines += [f"  {_series(row)}" for row in _joined(found["data"])]
    if spans := found.get("coverage"):
        lines += ["coverage:", *(f"  {line}" for line in coverage_lines(spans))]
    if fetched := [noted_line(row) for row in found.get("fetches", ())]:
        lines += ["fetches:", *(f"  {line}" for line in fetched)]
    lines += [f"  {row['hint']}" for row in found.get("hints", ())]
    lines.append("reports:")
    for row in found["reports"]:
        since = f", rendered {row['rendered']} UTC" if row["rendered"] else ""
        why = f": {'; '.join(row['why'])}" if row["why"] else ""
        lines.append(f"  {row['state']:<6} {row['report']}{since}{why}")
        if row["failed"]:
            lines.append(f"         the last run failed: {row['failed']}")
    simulated = any(row["simulated"] for row in found["reports"])
    return (["SIMULATED"] if simulated else []) + lines


def coverage_lines(spans: Iterable[Mapping[str, Any]]) -> list[str]:
    """Days by source and market; markets that have the same days share a line."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in spans:
        key = (row["source"], row["first"], row["last"], row["series"])
        groups.setdefault(key, []).append(row)
    return [_span(rows) for rows in groups.values()]


def _span(rows: Sequence[Mapping[str, Any]]) -> str:
    codes = [row["market"] for row in rows]
    named = ", ".join(codes[:FEW_MARKETS])
    more = f" and {len(codes) - FEW_MARKETS} more" if len(codes) > FEW_MARKETS else ""
    one = rows[0]
    counts = {kind: sum(row[kind] for row in rows) for kind in KINDS}
    each = " each" if len(rows) > 1 else ""
    return (
        f"{one['source']} {named}{more}: {_days(one)}, "
        f"{one['series']:.0f} series{each}: {_counts(counts)}"
    )


def verify_lines(found: list[dict[str, Any]]) -> list[str]:
    """The state of the stores as lines of text, problems first."""
    lines = [f"{one['store']}: {bad}" for one in found for bad in one["problems"]]
    for one in found:
        good = "NOT all as they were sent" if one["problems"] else "all as sent"
        lines.append(f"{one['store']}: {one['files']} files, {good}")
    return lines


def _joined(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The unrelated series of one source and metric as one row, after its apps."""
    own = [row for row in rows if not row["control"]]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["control"]:
            groups.setdefault((row["source"], row["metric"]), []).append(row)
    for held in groups.values():
        sums = {kind: sum(row[kind] for row in held) for kind in KINDS}
        days = {
            "first": min(row["first"] for row in held),
            "last": max(row["last"] for row in held),
        }
        name = {"app": f"{len(held)} unrelated series"}
        own.append({**held[0], **sums, **days, **name})
    order = list(dict.fromkeys((row["source"], row["metric"]) for row in own))
    return sorted(own, key=lambda row: order.index((row["source"], row["metric"])))


def _series(row: Mapping[str, Any]) -> str:
    """One series of a study: its days, and how many of them are not plain numbers."""
    if told := row["problem"] or row.get("note"):
        return f"{row['source']}: {shortened(str(told))}"
    return f"{row['source']} {row['metric']} {row['app']}: {_days(row)}, {_counts(row)}"


def _days(row: Mapping[str, Any]) -> str:
    return f"{str(row['first'])[:10]} to {str(row['last'])[:10]}"


def _counts(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{row[kind]:,.0f} {kind}" for kind in KINDS if row[kind])


def verify_stores(workspace: Workspace) -> list[dict[str, Any]]:
    """Every problem of the embedded store and of the workspace's own."""
    stores = {"embedded": shipped_store(), "workspace": Store(workspace.raw)}
    surveys = {name: store.survey() for name, store in stores.items()}
    return [
        {"store": name, "files": one.files, "problems": list(one.problems)}
        for name, one in surveys.items()
    ]
