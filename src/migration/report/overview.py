"""What is here, without running anything: a study, its reports, the raw stores."""

import json
from collections.abc import Mapping
from typing import Any

from migration.report.manifest import (
    SUFFIX,
    list_manifests,
    load_manifest,
    strangers,
)
from migration.report.plan import Choice, plan_reports
from migration.report.publish import list_failures, load_failure
from migration.store import Store, shipped_store
from migration.study import Study
from migration.workspace import Workspace, list_notebooks

KINDS = ("observed", "censored", "partial", "missing")


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
    """The series of a study and its reports, as plain values."""
    from migration.sources import status as data_status

    table = data_status(study, workspace=workspace)
    rows = json.loads(table.to_json(orient="records", date_format="iso"))
    apps = {app.id for app in study.apps}
    for row in rows:
        row["control"] = not row["problem"] and row["app"] not in apps
    return {"data": rows, "reports": report_status(study, workspace)}


def report_status(study: Study, workspace: Workspace) -> list[dict[str, Any]]:
    """Each report with its state (fresh, stale or never rendered), and since when."""
    folder = workspace.reports / study.id
    strange = {name.removesuffix(SUFFIX): name for name in strangers(folder)}
    rows = []
    choice = Choice(notebooks=_reports_of(study, workspace))
    for job in plan_reports(study, workspace, choice):
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
    return rows + [_stranger(name) for name in strange.values()]


def _stranger(name: str) -> dict[str, Any]:
    """A file in a manifest's place that no report of this version has made."""
    return {
        "report": name,
        "state": "unread",
        "why": ["not a manifest of this version; render again, or remove the file"],
        "rendered": None,
        "failed": None,
        "simulated": False,
    }


def _reports_of(study: Study, workspace: Workspace) -> tuple[str, ...]:
    """What the study names, and what was rendered beside; empty for all there are."""
    if not study.notebooks:
        return ()
    folder = workspace.reports / study.id
    known = {path.stem for path in list_notebooks(workspace)}
    placed = [one["report"] for one in list_manifests(folder) + list_failures(folder)]
    beside = [name for name in placed if name in known]
    return tuple(dict.fromkeys([*study.notebooks, *beside]))


def status_lines(found: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """The state of data and reports as lines of text."""
    lines = ["data:"]
    for row in _joined(found["data"]):
        lines.append(f"  {row['problem'] or _series(row)}")
    lines.append("reports:")
    for row in found["reports"]:
        since = f", rendered {row['rendered']} UTC" if row["rendered"] else ""
        why = f": {'; '.join(row['why'])}" if row["why"] else ""
        lines.append(f"  {row['state']:<6} {row['report']}{since}{why}")
        if row["failed"]:
            lines.append(f"         the last run failed: {row['failed']}")
    simulated = any(row["simulated"] for row in found["reports"])
    return (["SIMULATED"] if simulated else []) + lines


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
    counts = ", ".join(f"{row[kind]:.0f} {kind}" for kind in KINDS if row[kind])
    days = f"{str(row['first'])[:10]} to {str(row['last'])[:10]}"
    return f"{row['source']} {row['metric']} {row['app']}: {days}, {counts}"


def verify_stores(workspace: Workspace) -> list[dict[str, Any]]:
    """Every problem of the embedded store and of the workspace's own."""
    stores = {"embedded": shipped_store(), "workspace": Store(workspace.raw)}
    surveys = {name: store.survey() for name, store in stores.items()}
    return [
        {"store": name, "files": one.files, "problems": list(one.problems)}
        for name, one in surveys.items()
    ]
