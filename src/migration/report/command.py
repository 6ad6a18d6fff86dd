"""What ``migration report`` does, with its streams given: plan, render, tell."""

import ctypes
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from migration.errors import MigrationError, ParameterError, ReportError
from migration.report.by_market import doubts
from migration.report.chosen import left_out
from migration.report.events import Event, Options, Run
from migration.report.extras import check_pdf
from migration.report.parameters import split_assignments
from migration.report.plan import Choice, Job, plan_reports
from migration.report.progress import JsonTeller, Teller, headline_lines
from migration.study import Study
from migration.study.fields import near
from migration.workspace import Workspace, find_notebook, ships

_MOST_HEAPS = -8  # M_ARENA_MAX of mallopt(3)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says; ``named`` is how it names the study."""

    study: Study
    named: str
    notebooks: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    all_markets: bool = False
    force: bool = False
    pdf: bool = False
    fail_fast: bool = False
    jobs: int | None = None
    isolation: str = "auto"
    cluster: str | None = None
    wait: float = 0.0
    timeout: float
    log: str = "text"

    @property
    def argument(self) -> str:
        """What a kernel loads the study by: its name, or the file's whole path."""
        is_name = self.named == self.study.id
        return self.named if is_name else str(Path(self.named).resolve())


@contextmanager
def telling(log: str, stream: TextIO) -> Iterator[None]:
    """Let what ends the command be an event too, where the log is JSON."""
    try:
        yield
    except BaseException as error:
        end = _end(error)
        if log == "json" and end is not None:
            with suppress(ReportError):  # the log itself may be what failed
                JsonTeller(stream)(end)
        raise


def _end(error: BaseException) -> Event | None:
    """The last event of a command that an error ends; None of another kind."""
    if isinstance(error, KeyboardInterrupt):
        said = "interrupted; what was in place before stands"
        return _event("interrupted", status="interrupted", error=said)
    if isinstance(error, MigrationError):
        return _event("refused", status="refused", error=str(error))
    if isinstance(error, Exception):
        said = f"{type(error).__name__}: {error}"
        return _event("refused", status="refused", error=said)
    return None


def plan(asked: Asked, workspace: Workspace, *, out: TextIO, err: TextIO) -> None:
    """Say what would be rendered, and why; starts no kernel, writes no file.

    In a log of JSON a report is an event ``planned`` or ``fresh``, with the fields of
    every event.
    """
    jobs = plan_reports(
        asked.study, workspace, choice(asked, workspace), argument=asked.argument
    )
    _warn(err, _left_out(asked, workspace))
    teller = JsonTeller(out)
    doubted = doubts(asked.study, [job.market for job in jobs if job.market])
    for number, job in enumerate(jobs, start=1):
        if asked.log == "json":
            teller(_planned(job, number, len(jobs)))
        else:
            out.write(_plan_line(job, doubted) + "\n")


def choice(asked: Asked, workspace: Workspace) -> Choice:
    """Which reports are asked for; a notebook named twice is rendered once.

    Raises
    ------
    ParameterError
        If a parameter is not ``name=value`` or is given twice, a notebook that ships
        is none of the study's, or markets are named beside all of them.
    WorkspaceError
        If there is no such notebook.
    """
    if asked.markets and asked.all_markets:
        raise ParameterError(
            f"needed --market or --all-markets, got both ({', '.join(asked.markets)}); "
            "leave one out"
        )
    paths = [find_notebook(name, workspace) for name in asked.notebooks]
    own = asked.study.notebooks
    for path in paths:
        # A researcher's own notebook is no mistake; one made for other studies is.
        if own and path.stem not in own and ships(path):
            raise ParameterError(
                f"{path.stem} is no report of {asked.study.id}: "
                f"{near(path.stem, own)}; to add one, name it in the study's "
                "`notebooks`"
            )
    return Choice(
        notebooks=tuple(dict.fromkeys(path.stem for path in paths)),
        parameters=split_assignments(asked.parameters),
        markets=asked.markets,
        all_markets=asked.all_markets,
        force=asked.force,
        pdf=asked.pdf,
    )


def render(asked: Asked, workspace: Workspace, *, out: TextIO, err: TextIO) -> Run:
    """Render what is stale; the headline and the index's place end up on ``out``."""
    from migration.report.run import run_reports

    as_json = asked.log == "json"
    teller = JsonTeller(out) if as_json else Teller(err)
    options = Options(
        timeout=asked.timeout,
        fail_fast=asked.fail_fast,
        jobs=asked.jobs,
        isolation=asked.isolation,
        cluster=asked.cluster,
        wait=asked.wait,
        on_event=teller,
    )
    chosen = choice(asked, workspace)
    if asked.pdf:
        check_pdf()
    _keep_one_heap()
    run = run_reports(asked.study, workspace, chosen, options, argument=asked.argument)
    markets = [one.job.market for one in run.outcomes if one.job.market]
    doubted = doubts(asked.study, markets).items()
    _warn(err, [f"{code} is contaminated: {why}" for code, why in doubted])
    _warn(err, _left_out(asked, workspace) + _hints(asked.study, workspace, run))
    if not as_json:
        placed = [one.manifest for one in run.outcomes if one.manifest is not None]
        for line in [*headline_lines(placed), f"index: {run.index}"]:
            out.write(line + "\n")
    return run


def _warn(err: TextIO, lines: Iterable[str]) -> None:
    for line in lines:
        err.write(f"warning: {line}\n")


def _left_out(asked: Asked, workspace: Workspace) -> list[str]:
    """Notebooks here that are no reports because they cannot be read."""
    if asked.notebooks or asked.study.notebooks:
        return []
    found = left_out(workspace).items()
    return [f"{name} is left out: {error}" for name, error in found]


def _hints(study: Study, workspace: Workspace, run: Run) -> list[str]:
    """What to do next; only where files were read, as reading them takes pandas."""
    if all(one.status == "fresh" for one in run.outcomes):
        return []
    from migration.report.controls import controls_hint

    return controls_hint(study, workspace)


def _keep_one_heap() -> None:
    """Let the threads of this process, which is ours, share a heap, where they can.

    Each would keep some 10 MB of its own, and they take turns as it is.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_MOST_HEAPS, 1)


def _plan_line(job: Job, doubted: Mapping[str, str]) -> str:
    why = doubted.get(job.market or "")
    mark = f" (contaminated: {why})" if why else ""
    if job.fresh:
        return f"fresh   {job.name}{mark}"
    return f"render  {job.name}: {'; '.join(job.why)}{mark}"


def _planned(job: Job, number: int, total: int) -> Event:
    return _event(
        "fresh" if job.fresh else "planned",
        report=job.name,
        number=number,
        total=total,
        key=job.key,
        reason="; ".join(job.why) or "nothing changed",
        status="fresh" if job.fresh else "stale",
    )


def _event(event: str, **more: Any) -> Event:
    """An event outside a run; the fields of a report are empty unless given."""
    empty = {"run_id": "", "report": "", "number": 0, "total": 0, "key": ""}
    return Event(event=event, **{**empty, "reason": "", **more})
