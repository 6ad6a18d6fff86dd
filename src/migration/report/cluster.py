"""Reports made by the workers of a Dask cluster, and put in place by this process.

A worker gets a parcel: the study, the notebooks, and every file that the reports' keys
hold. It makes a workspace of its own of it, plans the report, and renders it only if
its key is the one that was asked for: the same source of migration, packages and data.
What the key does not hold, such as modules beside the notebooks, is not sent.
"""

import platform
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration.errors import MigrationError, WorkspaceError
from migration.report import keys
from migration.report.borrowed import borrowed
from migration.report.extras import how_to_install
from migration.report.parameters import Value
from migration.report.plan import Choice, Job, plan_reports
from migration.report.workshop import Workshop
from migration.study import load_study
from migration.workspace import Workspace, init_workspace

if TYPE_CHECKING:
    from migration.report.make import Made

CONNECT_SECONDS = 10
_RAW, _WORKSPACE = "raw/", "workspace/"
Numbered = tuple[int, Job]


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """Files by their path below a workspace; ``study`` is that of the study's own."""

    study: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One report, as a worker is asked for it."""

    notebook: str
    given: Mapping[str, Value]
    market: str | None
    key: str
    parts: Mapping[str, Any]
    timeout: float
    number: int = 0
    topic: str = ""


@dataclass(frozen=True)
class Away:
    """Where reports are made elsewhere, and how.

    Attributes
    ----------
    address : str
        Of the scheduler.
    timeout : float
        Seconds that a notebook may take.
    on_cell : callable
        Told the number of a job, and which cell of how many it is at, from any thread.
    enough : callable
        Asked after each report whether the rest is to be left.
    """

    address: str
    timeout: float
    on_cell: Callable[[int, int, int], None]
    enough: Callable[[], bool]


def parcel_of(jobs: Sequence[Job], workspace: Workspace) -> Parcel:
    """All that the workers need for some jobs of one study."""
    study = jobs[0].study.path
    here: dict[str, Path] = {f"studies/{study.name}": study}
    here[keys.LOCK_FILE] = workspace.root / keys.LOCK_FILE
    here["data/raw/manifest.jsonl"] = workspace.raw / "manifest.jsonl"
    for job in jobs:
        here[f"notebooks/{job.notebook.name}"] = job.notebook
        for one in job.inputs:
            if one.name.startswith(_RAW):
                here[f"data/{one.name}"] = workspace.root / "data" / one.name
            elif one.name.startswith(_WORKSPACE):
                below = one.name.removeprefix(_WORKSPACE)
                here[below] = workspace.root / below
    files = {name: path.read_bytes() for name, path in here.items() if path.is_file()}
    return Parcel(study=f"studies/{study.name}", files=files)


def render_away(parcel: Parcel, task: Task) -> "Made":
    """Render one report in a folder of its own; runs on a worker.

    Raises
    ------
    WorkspaceError
        If this machine would make another report than the one asked for.
    """
    from migration.report.make import make

    with borrowed() as folder:
        here = init_workspace(folder)
        for name, content in parcel.files.items():
            path = here.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        job = _job(parcel, task, here)
        tell = _teller(task)
        with Workshop(here.root, fork=False) as shop:
            made = make(job, here, shop, timeout=task.timeout, on_cell=tell)
    return replace(made, outside={})


def each_away(
    away: Away, waiting: Sequence[Numbered], workspace: Workspace
) -> Generator[tuple[Numbered, "Made"], None, None]:
    """Have jobs made by a cluster; give each as it is done, in no order.

    Leaving off cancels what has not begun. Where it is enough, what is done by then is
    given too.

    Raises
    ------
    WorkspaceError
        If there is no such cluster, or the library is not installed.
    """
    with closing(_client(away.address)) as client:
        from distributed import as_completed

        topic = f"migration-{secrets.token_hex(8)}"
        client.subscribe_topic(topic, lambda event: away.on_cell(*event[1]))
        parcel = client.scatter(
            parcel_of([job for _, job in waiting], workspace), broadcast=True
        )
        futures: dict[Any, Numbered] = {}
        for number, job in waiting:
            task = replace(_task(job, away.timeout), number=number, topic=topic)
            future = client.submit(render_away, parcel, task, pure=False)
            futures[future] = (number, job)
        try:
            for future in as_completed(tuple(futures)):  # type: ignore[no-untyped-call]
                asked = futures.pop(future)
                yield asked, _made(future, asked[1])
                if away.enough():
                    ended = [one for one in futures if one.done()]
                    client.cancel([one for one in futures if one not in ended])
                    yield from (
                        (futures[one], _made(one, futures[one][1])) for one in ended
                    )
                    return
        finally:
            client.cancel(list(futures))


def _teller(task: Task) -> Callable[[int, int], None]:
    """Says to whoever asked for a report which cell it is at; runs on a worker."""
    if not task.topic:
        return lambda *_: None
    from distributed import get_worker

    worker, topic, number = get_worker(), task.topic, task.number

    def tell(cell: int, cells: int) -> None:
        worker.log_event(topic, (number, cell, cells))

    return tell


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise WorkspaceError(
            f"--cluster needs {error.name}, which is not installed here; "
            f"{how_to_install('distributed')}"
        ) from error
    try:
        return Client(address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            f"needed the address of a Dask scheduler, such as tcp://10.0.0.1:8786, and "
            f"{address!r:.200} answers nothing ({error}); start one, or correct it"
        ) from error


def _task(job: Job, timeout: float) -> Task:
    return Task(
        notebook=job.notebook.stem,
        given=dict(job.given),
        market=job.market,
        key=job.key,
        parts=dict(job.parts),
        timeout=timeout,
    )


def _job(parcel: Parcel, task: Task, here: Workspace) -> Job:
    """The job that this machine plans, if it is the one asked for."""
    path = here.root / parcel.study
    study = load_study(str(path), workspace=here)
    markets = (task.market,) if task.market else ()
    choice = Choice(notebooks=(task.notebook,), markets=markets, parameters=task.given)
    by_name = path.stem == study.id
    argument = study.id if by_name else str(path)
    (job,) = plan_reports(study, here, choice, argument=argument)
    if job.key == task.key:
        return job
    why = keys.why_stale({"components": dict(task.parts)}, job.parts, job.inputs)
    raise WorkspaceError(
        f"the worker on {platform.node()} would make another report than the one asked "
        f"for: {'; '.join(why) or 'its key differs'}; install there what is here"
    )


def _made(future: Any, job: Job) -> "Made":
    """What a worker made; where it could not, a failed report that says why."""
    from migration.report.make import Made
    from migration.report.manifest import Card
    from migration.report.render import Failure

    try:
        made: Made = future.result()
        return made
    except MigrationError as error:
        message = str(error)
    except Exception as error:  # of the cluster: a worker that died, a lost parcel
        message = f"the cluster gave nothing: {type(error).__name__}: {error}"
    return Made(
        files={}, title=job.name, card=Card(), figures=(), seconds=0.0, cells=(),
        observed=(), outside={}, failure=Failure(message=message),
    )  # fmt: skip
