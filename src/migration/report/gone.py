"""Reports in place that nothing makes any more: which they are, and how that is said.

Only a run knows, for it reads the study and the notebooks. It notes their names beside
the manifests, so that the index is made of what lies in its folder and nothing else.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from migration.errors import MigrationError
from migration.report.by_market import NAME, check_markets, check_source
from migration.report.chosen import Chosen, report_name, takers
from migration.report.declared import declared_inputs
from migration.report.manifest import SUFFIX, load_manifest, to_json, write_whole
from migration.report.pages import Record, link, table
from migration.report.parameters import resolve
from migration.report.publish import FAILED, load_failure
from migration.study import Study
from migration.workspace import Workspace

NOTE = ".gone.json"
LABEL = "No longer made"
_LEAD = (
    "Their notebook, market or parameters are gone: no run renews these reports, and "
    "nothing above counts them. Bring those back, or delete the files."
)


def why_gone(folder: Path, report: str) -> str:
    """What is said of such a report, with what of it is there to be deleted."""
    placed = (folder / f"{report}{SUFFIX}").exists()
    failed = (folder / FAILED / report).exists()
    files = _files(report, f"reports/{folder.name}/", placed=placed, failed=failed)
    return (
        "no longer made: its notebook, market or parameters are gone; bring them back, "
        f"or delete {files}"
    )


def note_gone(study: Study, workspace: Workspace, made: Iterable[str]) -> None:
    """Note what no run would make, beside what one has just made. Only under the lock.

    Where the notebooks cannot be read, what was noted stands.
    """
    folder = workspace.reports / study.id
    try:
        names = _gone(study, workspace, set(made))
    except MigrationError:
        return
    path = folder / NOTE
    note = to_json(sorted(names))
    if path.is_file() and path.read_bytes() == note:
        return
    if names or path.is_file():
        write_whole(path, note)


def load_gone(folder: Path) -> frozenset[str]:
    """The names that were noted; none where nothing that reads is there."""
    try:
        held = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    told = held if isinstance(held, list) else []
    return frozenset({one for one in told if isinstance(one, str)} & _named(folder))


def parted(
    records: Sequence[Record], names: Collection[str]
) -> tuple[list[Record], list[Record]]:
    """Records of reports that stand, and of those that are gone."""
    gone = [one for one in records if one["report"] in names]
    return [one for one in records if one["report"] not in names], gone


def gone_section(manifests: Sequence[Record], failures: Sequence[Record]) -> str:
    """Those that are gone, as a section of an index; empty where there are none."""
    placed = {str(one["report"]): one for one in manifests}
    failed = {str(one["report"]): one for one in failures}
    everything = {**failed, **placed}
    rows = [_row(everything[name], placed, failed) for name in sorted(everything)]
    if not rows:
        return ""
    head = ["Report", "Rendered (UTC)", "To delete"]
    made = table("Reports that no run makes any more", head, rows)
    return f'<h2 id="gone">{LABEL}</h2><p>{_LEAD}</p>{made}'


def _row(record: Record, placed: Collection[str], failed: Collection[str]) -> list[str]:
    name = str(record["report"])
    finished = str(record["timing"]["finished"])
    last_good = name in placed
    files = _files(name, placed=last_good, failed=name in failed)
    return [
        link(record) if last_good else escape(name),
        escape(finished) if last_good else "never; its last run failed",
        f"<code>{escape(files)}</code>",
    ]


def _files(report: str, folder: str = "", *, placed: bool, failed: bool) -> str:
    """What of a report there is to delete, below a folder."""
    names = [f"{report}.html", f"{report}{SUFFIX}"] if placed else []
    names += [f"{FAILED}/{report}"] if failed else []
    *first, last = [f"{folder}{name}" for name in names or [f"{report}{SUFFIX}"]]
    return f"{', '.join(first)} and {last}" if first else last


def _gone(study: Study, workspace: Workspace, made: Collection[str]) -> list[str]:
    """Names of reports and failures in place that the study's notebooks do not make."""
    folder = workspace.reports / study.id
    left = _named(folder) - set(made)
    if not left:
        return []
    known = {one.path.name: one for one in takers(workspace, ())}
    found = []
    for name in left:
        record = load_manifest(folder / f"{name}{SUFFIX}") or load_failure(folder, name)
        if record is not None and not _is_made(record, study, workspace, known):
            found.append(name)
    return found


def _named(folder: Path) -> set[str]:
    """The reports with a manifest or a failure, whether that reads or not."""
    placed = (one.name.removesuffix(SUFFIX) for one in folder.glob(f"*{SUFFIX}"))
    failed = (one.parent.name for one in folder.glob(f"{FAILED}/*/error.json"))
    return {*placed, *failed}


def _is_made(
    record: Record,
    study: Study,
    workspace: Workspace,
    known: Mapping[str, Chosen],
) -> bool:
    """Whether a run that is asked for the same would make this report."""
    one = known.get(str(record.get("notebook")))
    if one is None:
        return False
    market, given = record.get(NAME), record["given"]
    placed = {NAME: market} if market else {}
    try:
        check_markets(study, placed.values())
        values = resolve(
            one.parameters, {**given, **placed, "study": study.id}, one.path.name
        )
        if market:
            check_source(study, values, one.path.name)
        declared_inputs(one.parameters, values, workspace, one.path.name)
    except MigrationError:
        return False
    return report_name(one, given, values, market) == str(record["report"])
