"""What ``migration report`` does, with its streams given: plan, render, tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from migration.report.parameters import Value, split_assignment
from migration.report.plan import Choice, Job, plan_reports
from migration.report.progress import JsonTeller, Teller, headline_lines
from migration.report.run import Options, Run, run_reports
from migration.study import Study
from migration.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says; ``named`` is how it names the study."""

    study: Study
    named: str
    notebooks: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    force: bool = False
    fail_fast: bool = False
    timeout: float
    log: str = "text"

    @property
    def choice(self) -> Choice:
        """Which reports are asked for.

        Raises
        ------
        ParameterError
            If a parameter is not ``name=value``.
        """
        given: Mapping[str, Value] = dict(map(split_assignment, self.parameters))
        return Choice(notebooks=self.notebooks, parameters=given, force=self.force)

    @property
    def argument(self) -> str:
        """What a kernel loads the study by: its name, or the file's whole path."""
        is_name = self.named == self.study.id
        return self.named if is_name else str(Path(self.named).resolve())


def plan_lines(asked: Asked, workspace: Workspace) -> list[str]:
    """What would be rendered, and why; starts no kernel, writes nothing."""
    jobs = plan_reports(asked.study, workspace, asked.choice, argument=asked.argument)
    return [_plan_line(job) for job in jobs]


def render(asked: Asked, workspace: Workspace, *, out: TextIO, err: TextIO) -> Run:
    """Render what is stale; the headline and the index's place end up on ``out``."""
    as_json = asked.log == "json"
    teller = JsonTeller(out) if as_json else Teller(err)
    options = Options(timeout=asked.timeout, fail_fast=asked.fail_fast, on_event=teller)
    run = run_reports(
        asked.study, workspace, asked.choice, options, argument=asked.argument
    )
    if not as_json:
        placed = [one.manifest for one in run.outcomes if one.manifest is not None]
        for line in [*headline_lines(placed), f"index: {run.index}"]:
            out.write(line + "\n")
    return run


def _plan_line(job: Job) -> str:
    if job.fresh:
        return f"fresh   {job.name}"
    return f"render  {job.name}: {'; '.join(job.why)}"
