"""What a run would do, and why: no kernel, no pandas, no notebook library."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from migration.errors import MigrationError
from migration.report import keys
from migration.report.by_market import (
    NAME,
    asked_markets,
    check_markets,
    check_source,
    every_market,
)
from migration.report.chosen import (
    Chosen,
    check_given,
    for_markets,
    own_names,
    refuse_strange,
    report_name,
    takers,
)
from migration.report.declared import declared_inputs
from migration.report.extras import PDF
from migration.report.manifest import (
    SUFFIX,
    damaged_output,
    list_manifests,
    load_manifest,
)
from migration.report.observed import Places, changes, load_outside
from migration.report.owner import check_owner
from migration.report.parameters import Value, resolve
from migration.report.publish import list_failures, load_failure
from migration.report.study_names import check_names
from migration.study import Study
from migration.workspace import Workspace

_NEVER = ("never rendered",)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is asked of a run: which notebooks, which parameters, fresh ones or not.

    ``markets`` are codes, or with ``all_markets`` each that the study has. ``pdf``
    wants each on paper, too. ``note`` writes the inputs' hashes down in the reports'
    folder, which must be there.
    """

    notebooks: tuple[str, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)
    markets: tuple[str, ...] = ()
    all_markets: bool = False
    force: bool = False
    pdf: bool = False
    note: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One report that is to be, or need not be, rendered.

    ``values`` hold the study's id, ``argument`` what the kernel gets for it (a path,
    where the study is a file outside the workspace). ``given`` are the parameters that
    were set, but for the ``market``, which has a place of its own. ``why`` is empty
    when fresh.
    """

    name: str
    notebook: Path
    content: Mapping[str, Any]
    study: Study
    argument: str
    values: Mapping[str, Value]
    given: Mapping[str, Value]
    market: str | None = None
    parts: Mapping[str, Any]
    inputs: tuple[keys.Input, ...]
    why: tuple[str, ...]
    pdf: bool = False

    @cached_property
    def key(self) -> str:
        """The content key."""
        return keys.content_key({**self.parts, "report": self.name})

    @property
    def fresh(self) -> bool:
        """Whether the report in place is the one that this job would make."""
        return not self.why


@dataclass(frozen=True)
class _Planner:
    """What all jobs of a plan share, computed once."""

    study: Study
    workspace: Workspace
    argument: str
    inputs: tuple[keys.Input, ...]
    parts: Mapping[str, Any]
    places: Places
    pdf: bool = False

    def job(
        self,
        one: Chosen,
        given: Mapping[str, Value],
        market: str | None,
        *,
        force: bool,
    ) -> Job:
        """The job of one notebook, with parameters and perhaps a market."""
        asked = {**given, **({NAME: market} if market else {}), "study": self.study.id}
        values = resolve(one.parameters, asked, one.path.name)
        check_names(self.study, one.parameters, given, values, one.path.name)
        if market:
            check_source(self.study, values, one.path.name)
        own = declared_inputs(one.parameters, values, self.workspace, one.path.name)
        inputs = (*self.inputs, *own)
        job = Job(
            name=report_name(one, given, values, market),
            notebook=one.path,
            content=one.content,
            study=self.study,
            argument=self.argument,
            values=values,
            given=given,
            market=market,
            parts=keys.components(one.content, values, inputs, self.parts),
            inputs=inputs,
            why=(),
            pdf=self.pdf,
        )
        return replace(job, why=self._reasons(job, force=force))

    def _reasons(self, job: Job, *, force: bool) -> tuple[str, ...]:
        """Why a job must run; empty when what is in place is what it would make."""
        folder = self.workspace.reports / job.study.id
        place = folder / f"{job.name}{SUFFIX}"
        old = load_manifest(place)
        failure = load_failure(folder, job.name)
        if failure is not None and failure.get("key") == job.key:
            return ("the last run failed",)
        if old is None:
            return (f"{place.name} is not one of ours",) if place.exists() else _NEVER
        if old["key"] != job.key:
            stale = keys.why_stale(old, job.parts, job.inputs)
            return stale or ("the key changed",)
        if damaged := damaged_output(folder, old):
            return (f"{damaged} is missing or was changed",)
        if changed := changes(old, self.places, load_outside(folder, job.name)):
            return changed
        if self.pdf and not any(_is_pdf(one) for one in old["outputs"]):
            return ("a PDF is asked for",)
        return ("forced",) if force else ()


def plan_reports(
    study: Study, workspace: Workspace, choice: Choice, *, argument: str | None = None
) -> tuple[Job, ...]:
    """The jobs of a study, in the order of their notebooks' names, then of markets.

    A notebook that needs a market is among them only where markets are asked for.

    Raises
    ------
    ParameterError
        If a parameter is unknown to a notebook or of another type, if a notebook
        has a name that no report can have, or if a market is none of the study's.
    ReportError
        If no notebook takes a study.
    StudyError
        If the reports' folder of this id is another study file's, or a file from
        outside the workspace names notebooks that do not ship.
    """
    check_owner(study, workspace)
    if not choice.notebooks:
        refuse_strange(study, workspace)
    planner = _planner(study, workspace, argument, note=choice.note)
    return _jobs(replace(planner, pdf=choice.pdf), choice)


def plan_placed(study: Study, workspace: Workspace) -> tuple[Job, ...]:
    """The study's own reports, and each other that is in place or failed, as asked.

    A report whose notebook, market or parameters are no more is left out: see
    :func:`migration.report.manifest.list_manifests` for all that is in place.

    Raises
    ------
    ParameterError, ReportError, StudyError
        As :func:`plan_reports`.
    """
    check_owner(study, workspace)
    planner = _planner(study, workspace, None, note=False)
    strange = study.notebooks and not own_names(study, workspace)
    own = () if strange else _jobs(planner, Choice())
    jobs = {job.name: job for job in own}
    known = {one.path.name: one for one in takers(workspace, ())}
    folder = workspace.reports / study.id
    placed = [*list_manifests(folder), *list_failures(folder)]
    others = [one for one in placed if one["report"] not in jobs]
    for job in _again(planner, known, others):
        jobs.setdefault(job.name, job)
    return tuple(jobs.values())


def _jobs(planner: _Planner, choice: Choice) -> tuple[Job, ...]:
    study = planner.study
    codes = every_market(study) if choice.all_markets else choice.markets
    markets, given = asked_markets(codes, choice.parameters)
    names = own_names(study, planner.workspace)
    found = takers(planner.workspace, choice.notebooks or names)
    if markets:
        check_markets(study, markets)
    found = for_markets(found, markets, named=bool(choice.notebooks))
    check_given(found, given)
    return tuple(
        planner.job(one, given, market, force=choice.force)
        for one in found
        for market in (markets or (None,))
    )


def _again(
    planner: _Planner, known: Mapping[str, Chosen], placed: Iterable[Mapping[str, Any]]
) -> Iterator[Job]:
    """The jobs that would make what is in place."""
    for manifest in placed:
        one = known.get(str(manifest.get("notebook")))
        if one is None:
            continue
        try:
            market = manifest.get(NAME)
            check_markets(planner.study, (market,) if market else ())
            yield planner.job(one, manifest["given"], market, force=False)
        except MigrationError:
            continue  # its market or parameters are no more


def _planner(
    study: Study, workspace: Workspace, argument: str | None, *, note: bool
) -> _Planner:
    return _Planner(
        study=study,
        workspace=workspace,
        argument=argument or study.id,
        inputs=keys.study_inputs(study, workspace, note=note),
        parts=keys.standing(workspace),
        places=Places(study, workspace),
    )


def _is_pdf(output: Mapping[str, Any]) -> bool:
    return str(output["path"]).endswith(f"/{PDF}")
