"""What a run would do, and why: no kernel, no pandas, no notebook library."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from migration.errors import ParameterError, ReportError
from migration.report import keys
from migration.report.declared import declared_inputs
from migration.report.manifest import SUFFIX, damaged_output, load_manifest
from migration.report.observed import Places, changes, load_outside
from migration.report.owner import check_owner
from migration.report.parameters import (
    Parameter,
    Value,
    read_notebook,
    read_parameters,
    resolve,
)
from migration.report.publish import load_failure
from migration.study import Study
from migration.study.names import name_fault
from migration.workspace import Workspace, find_notebook, list_notebooks

_LONGEST = 76  # with "--", 8 letters and ".manifest.json" a file's name has 100
_SIDE_NAME = re.compile(r"--[0-9a-f]{8}$")
_NEVER = ("never rendered",)
_Taken: TypeAlias = tuple[Path, dict[str, Any], tuple[Parameter, ...]]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is asked of a run: which notebooks, which parameters, fresh ones or not.

    ``note`` writes the inputs' hashes down in the reports' folder, which must be there.
    """

    notebooks: tuple[str, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)
    force: bool = False
    note: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One report that is to be, or need not be, rendered.

    ``values`` hold the study's id, ``argument`` what the kernel gets for it (a path,
    where the study is a file outside the workspace). ``why`` is empty when fresh.
    """

    name: str
    notebook: Path
    content: Mapping[str, Any]
    study: Study
    argument: str
    values: Mapping[str, Value]
    given: Mapping[str, Value]
    parts: Mapping[str, Any]
    inputs: tuple[keys.Input, ...]
    why: tuple[str, ...]

    @property
    def key(self) -> str:
        """The content key."""
        return keys.content_key({**self.parts, "report": self.name})

    @property
    def fresh(self) -> bool:
        """Whether the report in place is the one that this job would make."""
        return not self.why


def plan_reports(
    study: Study, workspace: Workspace, choice: Choice, *, argument: str | None = None
) -> tuple[Job, ...]:
    """The jobs of a study, in the order of their notebooks' names.

    Raises
    ------
    ParameterError
        If a parameter is unknown to a notebook or of another type, or if a notebook
        has a name that no report can have.
    ReportError
        If no notebook takes a study.
    StudyError
        If the reports' folder of this id is another study file's.
    """
    check_owner(study, workspace)
    taken = _takers(workspace, choice.notebooks or study.notebooks)
    _check_given(taken, choice.parameters)
    shared = keys.study_inputs(study, workspace, note=choice.note)
    given = {**choice.parameters, "study": study.id}
    jobs = []
    for path, content, parameters in taken:
        values = resolve(parameters, given, path.name)
        own = declared_inputs(parameters, values, workspace, path.name)
        inputs = (*shared, *own)
        job = Job(
            name=_report_name(path.stem, parameters, choice.parameters, values),
            notebook=path,
            content=content,
            study=study,
            argument=argument or study.id,
            values=values,
            given=choice.parameters,
            parts=keys.components(content, values, inputs, workspace),
            inputs=inputs,
            why=(),
        )
        why = _reasons(job, workspace, force=choice.force)
        jobs.append(replace(job, why=why))
    return tuple(jobs)


def _check_given(taken: list[_Taken], given: Mapping[str, Value]) -> None:
    """Refuse the study as a parameter, and what only some of the notebooks take.

    Raises
    ------
    ParameterError
        With the option that asks for those notebooks alone.
    """
    if "study" in given:
        raise ParameterError(
            "the study is the argument of the command, not -p study=...; "
            "write migration report STUDY"
        )
    for name in given:
        takers = [
            path.stem for path, _, known in taken if name in {p.name for p in known}
        ]
        others = [path.name for path, _, _ in taken if path.stem not in takers]
        if takers and others:
            asked = " ".join(f"--notebook {stem}" for stem in takers)
            raise ParameterError(
                f"{', '.join(others)}: no parameter {name!r:.80}, which {asked} would "
                "take; ask for that alone"
            )


def _takers(workspace: Workspace, names: tuple[str, ...]) -> list[_Taken]:
    """The notebooks asked for, or all whose parameters cell has ``study``."""
    paths = (
        [find_notebook(name, workspace) for name in names]
        if names
        else list_notebooks(workspace)
    )
    found = []
    for path in paths:
        content = read_notebook(path)
        parameters = read_parameters(content, path.name)
        takes = any(p.name == "study" and p.kind == "str" for p in parameters)
        if names and not takes:
            raise ParameterError(
                f"{path.name}: needed a parameter study: str to be a report, found "
                f"{[p.name for p in parameters]}; add it to its parameters cell"
            )
        if takes:
            _check_name(path)
            found.append((path, content, parameters))
    if not found:
        raise ReportError(
            "no notebook here takes a study: needed one with a cell tagged "
            '"parameters" that holds study: str = "..."; see migration init --help'
        )
    return found


def _report_name(
    stem: str,
    parameters: tuple[Parameter, ...],
    given: Mapping[str, Value],
    values: Mapping[str, Value],
) -> str:
    """The notebook's name; with parameters given, a side name of its own."""
    if not given:
        return stem
    chosen = {p.name: values[p.name] for p in parameters if p.name in given}
    text = json.dumps(chosen, sort_keys=True)
    return f"{stem}--{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _check_name(path: Path) -> None:
    """Refuse a notebook that no report can be named after.

    Raises
    ------
    ParameterError
        With what the name needs to be.
    """
    fault = name_fault(path.stem, most=_LONGEST)
    if not fault and _SIDE_NAME.search(path.stem):
        fault = "another end, for reports with given parameters are named so"
    if fault:
        raise ParameterError(
            f"{path}: a notebook's name becomes its report's and needs {fault}, got "
            f"{path.stem!r}; rename the notebook, or take the parameter study out of it"
        )


def _reasons(job: Job, workspace: Workspace, *, force: bool) -> tuple[str, ...]:
    """Why a job must run; empty when what is in place is what it would make."""
    folder = workspace.reports / job.study.id
    place = folder / f"{job.name}{SUFFIX}"
    old = load_manifest(place)
    failure = load_failure(folder, job.name)
    if failure is not None and failure.get("key") == job.key:
        return ("the last run failed",)
    if old is None:
        return (f"{place.name} is not one of ours",) if place.exists() else _NEVER
    if old["key"] != job.key:
        return keys.why_stale(old, job.parts, job.inputs) or ("the key changed",)
    if damaged := damaged_output(folder, old):
        return (f"{damaged} is missing or was changed",)
    outside = load_outside(folder, job.name)
    if changed := changes(old, Places(job.study, workspace), outside):
        return changed
    return ("forced",) if force else ()
