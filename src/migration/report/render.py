"""Run a notebook and judge it by what it holds, not by what the runner says.

papermill calls a notebook done that a ``sys.exit(0)`` cut short, or whose kernel was
killed. Here a run is good only if every code cell has run, none ended in an error,
nothing was written to stderr, and no output holds what differs between two runs.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import papermill
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from migration.errors import ReportError, ReportTimeout
from migration.report.memory import peak_mb
from migration.report.outputs import ANSI, INJECTED, problem, tidy_output, to_node
from migration.report.parameters import Value
from migration.report.session import KernelSession
from migration.report.streams import beginning, joined, too_long

_BANNER = "papermill-error-cell-tag"
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a render failed: in which cell of the notebook (from 1), and how."""

    message: str
    cell: int | None = None
    source: str = ""
    traceback: str = ""
    timed_out: bool = False

    def error(self, name: str) -> ReportError:
        """The error to raise for it."""
        kind = ReportTimeout if self.timed_out else ReportError
        where = f", cell {self.cell}" if self.cell else ""
        return kind(f"{name}{where}: {self.message}")


@dataclass(frozen=True, kw_only=True)
class Execution:
    """A notebook that was run, whole or not."""

    notebook: NotebookNode
    seconds: float
    cells: tuple[float, ...]
    failure: Failure | None
    peak_rss_mb: int | None = None


@dataclass(kw_only=True)
class _Progress:
    """What the hooks of the client saw: the live notebook and each cell's time."""

    on_cell: Callable[[int, int], None]
    session: KernelSession | None = None
    peak: int | None = None
    notebook: NotebookNode | None = None
    total: int = 0
    index: int | None = None
    began: float = 0.0
    seconds: list[float] = field(default_factory=list)
    error: BaseException | None = None

    def start(self, *, notebook: NotebookNode) -> None:
        self.notebook = notebook
        self.total = sum(_must_run(cell) for cell in notebook.cells)

    def cell(self, *, cell_index: int, **_: Any) -> None:
        self.index, self.began = cell_index, time.monotonic()
        self.on_cell(len(self.seconds) + 1, self.total)

    @property
    def overlong(self) -> bool:
        """Whether the cell that runs has put out more than a page can hold."""
        cells = self.notebook.cells if self.notebook else []
        if self.index is None or self.index >= len(cells):
            return False
        return bool(too_long(cells[self.index].get("outputs", [])))

    def done(self, **_: Any) -> None:
        self.seconds.append(round(time.monotonic() - self.began, 3))
        pid = self.session.pid if self.session else None
        self.peak = peak_mb(pid) or self.peak


def execute(
    notebook: Mapping[str, Any],
    values: Mapping[str, Value],
    session: KernelSession,
    *,
    timeout: float,
    on_cell: Callable[[int, int], None],
) -> Execution:
    """Run a notebook in the session's kernel, for at most ``timeout`` seconds.

    ``on_cell(j, m)`` is called, from a thread, as cell ``j`` of ``m`` starts. An
    interrupt stops the kernel and is passed on.
    """
    node = to_node(deepcopy(dict(notebook)))
    progress = _Progress(on_cell=on_cell, session=session)
    worker = threading.Thread(
        target=_work, args=(node, values, session, progress), daemon=True
    )
    began = time.monotonic()
    worker.start()
    try:
        late = not _ended(worker, began + timeout, progress)
    finally:
        session.stop()
        worker.join(_GRACE_SECONDS)
    ran = _without_banners(progress.notebook or node)
    failure = _overlong(ran) or (_late(timeout, ran, progress) if late else None)
    return Execution(
        notebook=ran,
        seconds=round(time.monotonic() - began, 3),
        cells=tuple(progress.seconds),
        failure=failure or _judge(ran, progress, session),
        peak_rss_mb=progress.peak,
    )


def _work(
    node: NotebookNode,
    values: Mapping[str, Value],
    session: KernelSession,
    progress: _Progress,
) -> None:
    """Body of the worker thread; whatever happens is kept for the judge."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    # The client makes this thread's event loop and leaves it open: made here first.
    loop = ensure_event_loop(prefer_selector_loop=True)
    try:
        papermill.execute_notebook(
            node,
            None,
            dict(values),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            kernel_manager_class=session.manager_class(),
            shutdown_kernel="immediate",
            on_notebook_start=progress.start,
            on_cell_execute=progress.cell,
            on_cell_executed=progress.done,
        )
    except BaseException as error:  # judged in the main thread
        progress.error = error
    finally:
        loop.close()


def _ended(worker: threading.Thread, deadline: float, progress: _Progress) -> bool:
    """Wait in short steps, so that an interrupt is seen on every system.

    A cell that puts out more than is kept is waited for no longer.
    """
    while worker.is_alive():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        if progress.overlong:
            return True
        worker.join(min(left, _POLL_SECONDS))
    return True


def _judge(
    ran: NotebookNode, progress: _Progress, session: KernelSession
) -> Failure | None:
    """The first thing wrong with a notebook that ended, or None."""
    cells = list(_numbered(ran))
    if failure := next((f for n, c in cells if (f := _cell_error(n, c))), None):
        return failure
    if progress.error is not None and not _is_cell_error(progress.error):
        place, source = _last_started(ran, progress)
        words = session.last_words()
        return Failure(
            message=_gone(progress.error), cell=place, source=source, traceback=words
        )
    if failure := next((f for n, c in cells if (f := _never_ran(n, c))), None):
        return failure
    return next((f for n, c in cells if (f := _unfit(n, c))), None)


def _overlong(ran: NotebookNode) -> Failure | None:
    """The first cell that put out too much; join what the others printed in pieces."""
    failure = None
    for number, cell in _numbered(ran):
        if wrong := too_long(cell.get("outputs", [])):
            failure = failure or Failure(message=wrong, cell=number, source=cell.source)
            cell["outputs"] = beginning(cell.outputs)
        cell["outputs"] = joined(cell.get("outputs", []))
    return failure


def _late(timeout: float, ran: NotebookNode, progress: _Progress) -> Failure:
    number, source = _last_started(ran, progress)
    return Failure(
        message=f"stopped after {timeout:g} s, the most a notebook may take; "
        "give it more with --timeout, or make it quicker",
        cell=number,
        source=source,
        timed_out=True,
    )


def _cell_error(number: int, cell: NotebookNode) -> Failure | None:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return Failure(
                message=f"{output.ename}: {ANSI.sub('', output.evalue)}",
                cell=number,
                source=cell.source,
                traceback=ANSI.sub("", "\n".join(output.traceback)),
            )
    return None


def _never_ran(number: int, cell: NotebookNode) -> Failure | None:
    if not _must_run(cell) or cell.get("execution_count") is not None:
        return None
    return Failure(
        message="this cell never ran: the notebook ended before it (sys.exit in a "
        "cell above?); a report must run to its end",
        cell=number,
        source=cell.source,
    )


def _unfit(number: int, cell: NotebookNode) -> Failure | None:
    """A cell that ran, but whose output must not stand in a report."""
    for output in map(tidy_output, cell.get("outputs", [])):
        if output is None:
            continue
        if wrong := problem(output):
            return Failure(message=wrong, cell=number, source=cell.source)
    return None


def _must_run(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _numbered(ran: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Code cells with their number in the notebook as its author sees it."""
    number = 0
    for cell in ran.cells:
        injected = INJECTED in cell.metadata.get("tags", [])
        number += not injected
        if cell.cell_type == "code":
            yield number, cell


def _last_started(ran: NotebookNode, progress: _Progress) -> tuple[int | None, str]:
    if progress.index is None or progress.index >= len(ran.cells):
        return None, ""
    source = ran.cells[progress.index].source
    before = ran.cells[: progress.index + 1]
    return sum(INJECTED not in c.metadata.get("tags", []) for c in before), source


def _is_cell_error(error: BaseException) -> bool:
    return isinstance(error, papermill.PapermillExecutionError)


def _gone(error: BaseException) -> str:
    if isinstance(error, DeadKernelError):
        return (
            "the kernel died while this cell ran (killed, or out of memory?); "
            "run the notebook in JupyterLab to see where"
        )
    return f"the kernel could not be run: {type(error).__name__}: {error}"


def _without_banners(ran: NotebookNode) -> NotebookNode:
    """Drop what papermill inserts above a failed cell."""
    ran.cells = [c for c in ran.cells if _BANNER not in c.metadata.get("tags", [])]
    return ran
