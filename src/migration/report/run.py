"""Render what is stale, several reports at once; say what happened, print nothing.

A notebook that fails is kept with its traceback and named in the index; the others go
on. The heavy libraries are imported when there is a stale report, not before. Reports
are made by threads and put in place by the thread that called, one at a time.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from migration.errors import ReportError, WorkspaceError
from migration.report.cluster import Away, each_away
from migration.report.events import Event, Options, Outcome, Run
from migration.report.extras import how_to_install
from migration.report.gone import note_gone
from migration.report.lock import reports_lock
from migration.report.manifest import SUFFIX, load_manifest
from migration.report.neutral import machine_folders
from migration.report.observed import keep_outside
from migration.report.owner import claim
from migration.report.plan import Choice, Job, plan_reports
from migration.report.provenance import Code, code_state
from migration.report.prune import prune
from migration.report.publish import (
    clear_failure,
    publish,
    record_failure,
    refuse_links,
    sweep,
    writing,
)
from migration.report.record import Timed, failure_files, failure_record, run_record
from migration.report.seen import note_seen
from migration.report.site import INDEX, write_indexes
from migration.report.workshop import Workshop, default_jobs, use_fork
from migration.study import Study
from migration.workspace import Workspace, checkout, refuse_anothers

if TYPE_CHECKING:
    from migration.report.make import Made


def run_reports(
    study: Study,
    workspace: Workspace,
    choice: Choice,
    options: Options,
    *,
    argument: str | None = None,
) -> Run:
    """Bring the reports of a study up to date.

    Raises
    ------
    ParameterError
        Before any kernel starts.
    Locked
        If another run holds the lock.
    WorkspaceError, ReportError
        If the reports' folder cannot be written, or the workspace is another user's and
        was not named. A failed notebook is no exception
        here: it is in the outcome.
    """
    refuse_anothers(workspace)
    jobs = plan_reports(study, workspace, choice, argument=argument)
    reports = workspace.reports
    use_fork(options.isolation, len(jobs))
    with reports_lock(reports, wait=options.wait), writing(reports):
        folder = reports / study.id
        refuse_links(folder)
        folder.mkdir(exist_ok=True)
        sweep(reports)
        sweep(folder)
        noting = replace(choice, note=True)
        jobs = plan_reports(study, workspace, noting, argument=argument)
        claim(study, workspace)
        try:
            runner = _Runner(workspace, options, jobs)
            outcomes = runner.run()
            note_seen(folder, (o.job.name for o in outcomes if o.error is None))
            note_gone(study, workspace, [job.name for job in jobs])
            prune(folder)
        finally:
            write_indexes(reports)
    return Run(run_id=runner.run_id, outcomes=outcomes, index=folder / INDEX)


class _Runner:
    """The jobs of one run; what they came to is in their order."""

    def __init__(
        self, workspace: Workspace, options: Options, jobs: tuple[Job, ...]
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        self.run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        self.workspace = workspace
        self.options = options
        self.jobs = jobs
        self._telling = Lock()

    @cached_property
    def _code(self) -> Code:
        """Asked of git only where a report is made."""
        return code_state(checkout())

    def run(self) -> tuple[Outcome, ...]:
        numbered = list(enumerate(self.jobs, start=1))
        done = {n: self._fresh(n, job) for n, job in numbered if job.fresh}
        waiting = [(n, job) for n, job in numbered if not job.fresh]
        if waiting:
            self._render(waiting, done)
        return tuple(done[number] for number in sorted(done))

    def _render(self, waiting: list[tuple[int, Job]], done: dict[int, Outcome]) -> None:
        """Make what is stale, and put each in place as it comes."""
        if self.options.cluster is not None:
            self._render_away(self.options.cluster, waiting, done)
            return
        jobs = min(self.options.jobs or default_jobs(len(waiting)), len(waiting))
        fork = use_fork(self.options.isolation, len(waiting))
        notebooks = [job.content for _, job in waiting]
        root = self.workspace.root
        with Workshop(root, fork=fork, notebooks=notebooks) as shop:
            shop.start_ahead(jobs)
            make = _maker()  # imports, while the server or the kernels do

            def one(task: tuple[int, Job]) -> tuple["Made", dt.datetime]:
                return self._make(*task, make, shop)

            with _templates_ahead(), closing(shop.each(one, waiting, jobs)) as each:
                for (number, job), (made, started) in each:
                    done[number] = self._finish(number, job, made, started)
                    if self._enough(done):
                        shop.stop()

    def _render_away(
        self, address: str, waiting: list[tuple[int, Job]], done: dict[int, Outcome]
    ) -> None:
        """Have what is stale made by a cluster, and put each in place as it comes."""
        _maker()  # what a worker made is read with the same libraries
        started = dt.datetime.now(dt.UTC)
        for number, job in waiting:
            self._tell("start", number, job)
        jobs = dict(waiting)

        def on_cell(number: int, cell: int, cells: int) -> None:
            if number not in done:  # it may be told late
                self._tell("cell", number, jobs[number], cell=cell, cells=cells)

        away = Away(address, self.options.timeout, on_cell, lambda: self._enough(done))
        with closing(each_away(away, waiting, self.workspace)) as each:
            for (number, job), made in each:
                done[number] = self._finish(number, job, made, started)

    def _enough(self, done: dict[int, Outcome]) -> bool:
        """Whether something failed, and nothing else is to be begun then."""
        return self.options.fail_fast and any(
            one.error is not None for one in done.values()
        )

    def _fresh(self, number: int, job: Job) -> Outcome:
        clear_failure(self._folder(job), job.name)
        self._tell("fresh", number, job, status="fresh")
        manifest = load_manifest(self._folder(job) / f"{job.name}{SUFFIX}")
        return Outcome(job=job, status="fresh", manifest=manifest)

    def _make(
        self, number: int, job: Job, make: "Callable[..., Made]", shop: Workshop
    ) -> tuple["Made", dt.datetime]:
        """Run one notebook, in a thread of the workshop."""
        started = dt.datetime.now(dt.UTC)
        if not shop.stopped:
            self._tell("start", number, job)
        made = make(
            job,
            self.workspace,
            shop,
            timeout=self.options.timeout,
            on_cell=lambda j, m: self._tell("cell", number, job, cell=j, cells=m),
        )
        return made, started

    def _finish(
        self, number: int, job: Job, made: "Made", started: dt.datetime
    ) -> Outcome:
        timed = Timed(
            run_id=self.run_id,
            started=started,
            workspace=self.workspace,
            code=self._code,
        )
        record = run_record(job, made, timed)
        if made.failure is None:
            return self._place(number, job, made, record)
        return self._keep(number, job, made, record)

    def _place(
        self, number: int, job: Job, made: "Made", record: dict[str, Any]
    ) -> Outcome:
        folder = self._folder(job)
        keep_outside(folder, job.name, made.outside)
        manifest = publish(folder, job.name, made.files, record)
        clear_failure(folder, job.name)
        self._tell("done", number, job, seconds=made.seconds, status="ok")
        return Outcome(job=job, status="ok", manifest=manifest)

    def _keep(
        self, number: int, job: Job, made: "Made", record: dict[str, Any]
    ) -> Outcome:
        failure = made.failure
        if failure is None:
            raise ReportError(f"{job.name}: a whole report was taken for a failed one")
        folder = self._folder(job)
        folders = machine_folders(self.workspace.root, [job.study.path.parent])
        error = failure_record(record, failure, folders)
        files = failure_files(made.files, error, folders)
        record_failure(folder, job.name, error, files)
        raised = failure.error(job.name)
        self._tell(
            "failed", number, job, seconds=made.seconds, status="failed",
            error=str(raised),
        )  # fmt: skip
        last = load_manifest(folder / f"{job.name}{SUFFIX}")
        return Outcome(job=job, status="failed", manifest=last, error=raised)

    def _folder(self, job: Job) -> Path:
        return self.workspace.reports / job.study.id

    def _tell(self, event: str, number: int, job: Job, **more: Any) -> None:
        told = Event(
            run_id=self.run_id,
            event=event,
            report=job.name,
            number=number,
            total=len(self.jobs),
            key=job.key,
            reason="; ".join(job.why) or "nothing changed",
            **more,
        )
        # A cell that cannot be told of is no fault of its notebook: the report is made,
        # and whoever cannot be told of that ends the run.
        unheard = suppress(ReportError) if event == "cell" else nullcontext()
        with self._telling, unheard:  # whole, whichever thread it comes from
            self.options.on_event(told)


@contextmanager
def _templates_ahead() -> Iterator[None]:
    """Compile what pages are made with beside the kernels, which take as long to start.

    What is wrong with it is said by the first page that needs it.
    """
    from migration.report.html import compile_templates

    def compiled() -> None:
        with suppress(Exception):
            compile_templates()

    ahead = Thread(target=compiled, name="templates")
    ahead.start()
    try:
        yield
    finally:
        ahead.join()


def _maker() -> "Callable[..., Made]":
    """The door to the notebook libraries, or what to install where they lack."""
    try:
        from migration.report.make import make
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("migration"):
            raise
        raise WorkspaceError(
            f"rendering needs {error.name}, which is not installed here; "
            f"{how_to_install('reports')}"
        ) from error
    return make
