"""Whether all reports are fresh and young: no kernel, and nothing is written.

What a scheduler asks, beside rendering: a schedule that no longer runs leaves reports
that look well and are old.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from migration.errors import MigrationError
from migration.report.manifest import SUFFIX, load_manifest, strangers
from migration.report.owner import study_file
from migration.report.plan import Job, plan_placed
from migration.report.publish import load_failure
from migration.report.seen import last_seen, load_seen
from migration.study import Study, load_study
from migration.workspace import Workspace

FRESH, STALE, FAILED, UNREAD = "fresh", "stale", "failed", "unread"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one report stands; ``state`` is fresh, stale, failed or unread.

    ``why`` is empty when fresh. ``rendered`` is in UTC; None if never.
    """

    study: str
    report: str
    state: str
    why: tuple[str, ...]
    rendered: str | None = None


def check_study(
    study: Study, workspace: Workspace, *, max_age: dt.timedelta | None = None
) -> tuple[Standing, ...]:
    """Each of the study's reports, and each other one in place.

    Parameters
    ----------
    study : Study
    workspace : Workspace
    max_age : timedelta, optional
        A report that no run has rendered, or found fresh, within that time is stale.

    Raises
    ------
    MigrationError
        If the reports cannot be planned.
    """
    folder = workspace.reports / study.id
    seen = load_seen(folder)
    jobs = plan_placed(study, workspace)
    found = [_standing(job, workspace, seen, max_age) for job in jobs]
    known = {f"{one.report}{SUFFIX}" for one in found}
    odd = [name for name in strangers(folder) if name not in known]
    why = ("not a manifest of this version; render again, or remove the file",)
    return (
        *found,
        *(Standing(study=study.id, report=n, state=UNREAD, why=why) for n in odd),
    )


def check_all(
    workspace: Workspace, *, max_age: dt.timedelta | None = None
) -> tuple[Standing, ...]:
    """The reports of every study that has a folder of reports here.

    A study that cannot be read, or planned, is told as failed.
    """
    found: list[Standing] = []
    folders = workspace.reports.iterdir() if workspace.reports.is_dir() else ()
    for folder in sorted(path for path in folders if path.is_dir()):
        try:
            path = study_file(folder, workspace) or folder.name
            study = load_study(str(path), workspace=workspace)
            found += check_study(study, workspace, max_age=max_age)
        except MigrationError as error:
            why = (str(error),)
            row = Standing(study=folder.name, report="(all)", state=FAILED, why=why)
            found.append(row)
    return tuple(found)


def standing_lines(found: Sequence[Standing]) -> list[str]:
    """What is not fresh, each with its reasons, then how many are."""
    bad = [one for one in found if one.state != FRESH]
    lines = [f"{o.state:<6}  {o.study}/{o.report}: {'; '.join(o.why)}" for o in bad]
    return [*lines, f"{len(found) - len(bad)} of {len(found)} reports fresh"]


def standing_values(found: Iterable[Standing]) -> list[dict[str, Any]]:
    """As plain values."""
    return [asdict(one) for one in found]


def _standing(
    job: Job,
    workspace: Workspace,
    seen: dict[str, str],
    max_age: dt.timedelta | None,
) -> Standing:
    folder = workspace.reports / job.study.id
    manifest = load_manifest(folder / f"{job.name}{SUFFIX}")
    one = Standing(
        study=job.study.id,
        report=job.name,
        state=FRESH if job.fresh else STALE,
        why=job.why,
        rendered=manifest["timing"]["finished"] if manifest else None,
    )
    if failure := load_failure(folder, job.name):
        return replace(one, state=FAILED, why=(str(failure["message"]),))
    if manifest is None or max_age is None:
        return one
    age = dt.datetime.now(dt.UTC) - last_seen(manifest, seen)
    if age <= max_age:
        return one
    old = f"no run has looked at it for {_days(age)}, needed {_days(max_age)} at most"
    return replace(one, state=STALE, why=(*one.why, old))


def _days(span: dt.timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
