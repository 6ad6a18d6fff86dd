"""Whether all reports are fresh and young: no kernel, and nothing is written.

What a scheduler asks, beside rendering: a schedule that no longer runs leaves reports
that look well and are old.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from migration.errors import MigrationError
from migration.report.gone import why_gone
from migration.report.manifest import SUFFIX, list_manifests
from migration.report.owner import study_file
from migration.report.plan import Job, plan_placed
from migration.report.publish import FAILED as FAILURES
from migration.report.publish import list_failures, load_failure
from migration.report.seen import last_seen, load_seen
from migration.study import Study, load_study
from migration.workspace import Workspace

FRESH, STALE, FAILED, UNREAD, GONE = "fresh", "stale", "failed", "unread", "gone"
CLOCKS = dt.timedelta(hours=1)  # by which two machines' clocks may differ


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one report stands; ``state`` is fresh, stale, failed, unread or gone.

    One that is gone is in place, and nothing makes it any more. ``why`` is empty when
    fresh. ``rendered`` is in UTC; None if never.
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
    placed = {one["report"]: one for one in list_manifests(folder)}
    found = []
    for job in plan_placed(study, workspace):
        both = placed.get(job.name), load_failure(folder, job.name)
        found.append(_standing(job, both, seen, max_age))
    known = {f"{name}{SUFFIX}" for name in (*placed, *(one.report for one in found))}
    marks = {f"{FAILURES}/{one['report']}/error.json" for one in list_failures(folder)}
    made = {one.report for one in found}
    left = {*placed, *(str(one["report"]) for one in list_failures(folder))} - made
    found += [_gone(folder, name, placed.get(name)) for name in sorted(left)]
    here = [*folder.glob(f"*{SUFFIX}"), *folder.glob(f"{FAILURES}/*/error.json")]
    odd = {path.relative_to(folder).as_posix() for path in here} - known - marks
    why = ("not a manifest of this version; render again, or remove the file",)
    return (
        *found,
        *(
            Standing(study=study.id, report=name, state=UNREAD, why=why)
            for name in sorted(odd)
        ),
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
            study = study_of(folder, workspace)
            found += check_study(study, workspace, max_age=max_age)
        except MigrationError as error:
            why = (str(error),)
            row = Standing(study=folder.name, report="(all)", state=FAILED, why=why)
            found.append(row)
    return tuple(found)


def study_of(folder: Path, workspace: Workspace) -> Study:
    """The study whose reports a folder holds.

    Raises
    ------
    MigrationError
        It cannot be read.
    """
    path = study_file(folder, workspace) or folder.name
    return load_study(str(path), workspace=workspace)


def standing_lines(found: Sequence[Standing]) -> list[str]:
    """What is not fresh, each with its reasons, then how many are.

    What nothing makes any more is counted apart.
    """
    bad = [one for one in found if one.state != FRESH]
    lines = [f"{o.state:<6}  {o.study}/{o.report}: {'; '.join(o.why)}" for o in bad]
    gone = sum(one.state == GONE for one in found)
    more = f", {gone} no longer made" if gone else ""
    fresh, made = len(found) - len(bad), len(found) - gone
    return [*lines, f"{fresh} of {made} reports fresh{more}"]


def standing_values(found: Iterable[Standing]) -> list[dict[str, Any]]:
    """As plain values."""
    return [asdict(one) for one in found]


def _gone(folder: Path, name: str, manifest: Mapping[str, Any] | None) -> Standing:
    """A report, or a failure, that lies in place and that no run will renew."""
    since = manifest["timing"]["finished"] if manifest else None
    why = (why_gone(folder, name),)
    return Standing(study=folder.name, report=name, state=GONE, why=why, rendered=since)


def _standing(
    job: Job,
    placed: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    seen: Mapping[str, str],
    max_age: dt.timedelta | None,
) -> Standing:
    """How a job stands, given what is in place of it, and its failure."""
    manifest, failure = placed
    one = Standing(
        study=job.study.id,
        report=job.name,
        state=FRESH if job.fresh else STALE,
        why=job.why,
        rendered=manifest["timing"]["finished"] if manifest else None,
    )
    if failure is not None:
        told = (str(failure["message"]), *_forgotten(job))
        return replace(one, state=FAILED, why=told)
    if manifest is None or max_age is None:
        return one
    age = dt.datetime.now(dt.UTC) - last_seen(manifest, seen)
    if -CLOCKS <= age <= max_age:
        return one
    if age < -CLOCKS:
        why = f"its time is {span_words(-age)} ahead of the clock: set that, and use "
        return replace(one, state=STALE, why=(*one.why, f"{why}--force"))
    most = span_words(max_age)
    old = f"no run has looked at it for {span_words(age)}, needed {most} at most"
    return replace(one, state=STALE, why=(*one.why, old))


def _forgotten(job: Job) -> tuple[str, ...]:
    """How a failure of what was asked once is cleared: no run of all renews it."""
    if not job.given and not job.market:
        return ()
    place = f"reports/{job.study.id}/{FAILURES}/{job.name}"
    return (f"ask for it again, or delete {place} to forget it",)


def span_words(span: dt.timedelta) -> str:
    """A span of time in minutes, hours or days, so that no span but none is 0."""
    minutes = span.total_seconds() / 60
    if abs(minutes) < 120:
        return f"{minutes:.1f} minutes"
    hours = minutes / 60
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
