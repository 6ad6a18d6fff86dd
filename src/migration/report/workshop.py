"""Where the reports of a run are made side by side, and how all of it stops at once.

Each report has a thread here and a kernel of its own; the notebooks run in the kernels.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from migration.errors import WorkspaceError
from migration.report.forking import CAN_FORK, ForkServer, named_modules
from migration.report.guard import Guard
from migration.report.session import KernelSession
from migration.workspace import VARIABLE

MOST_JOBS = 8
ISOLATIONS = ("auto", "cold", "fork")
_POLL_SECONDS = 0.2
_Task = TypeVar("_Task")
_Made = TypeVar("_Made")


class Stopped(Exception):  # noqa: N818 - what happened
    """The run was stopped before this report's kernel started, or had ended."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_jobs(reports: int) -> int:
    """How many reports to make at once, where nothing was said."""
    return max(1, min(cores(), MOST_JOBS, reports))


def use_fork(isolation: str, reports: int) -> bool:
    """Whether kernels are to be forked from a process that imports once.

    Raises
    ------
    WorkspaceError
        If that is asked for on a system that cannot.
    """
    if isolation == "fork" and not CAN_FORK:
        raise WorkspaceError(
            "--isolation fork needs Linux, and this system is another; leave it out, "
            "and each report starts a kernel of its own"
        )
    return isolation == "fork" or (isolation == "auto" and CAN_FORK and reports > 1)


class Workshop:
    """The guard, perhaps a server of kernels, and the kernels that now run.

    Use it as a context, from a thread that lives as long as the run. ``notebooks`` are
    those to be run, by whose code a server sees what to import.
    """

    def __init__(
        self,
        root: Path,
        *,
        fork: bool,
        notebooks: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.root = root
        self._extra = {VARIABLE: str(root)}
        self._guard = Guard()
        more = named_modules(notebooks)
        self._server = ForkServer(root, self._extra, more) if fork else None
        self._ahead: deque[KernelSession] = deque()
        self._sessions: set[KernelSession] = set()
        self._cut: set[KernelSession] = set()
        self._lock = Lock()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        while self._ahead:
            with self._ahead.popleft():
                pass  # it was never needed
        if self._server is not None:
            self._server.close()
        self._guard.close()

    @property
    def stopped(self) -> bool:
        """Whether no more is to be made."""
        return self._stopped

    def start_ahead(self, number: int) -> None:
        """Start the kernels of the first sessions now, where none are forked."""
        for _ in range(0 if self._server is not None else number):
            made = self._new()
            self._ahead.append(made)
            made.__enter__().start_ahead()

    def session(self) -> KernelSession:
        """A kernel's session, which ends when the run is stopped.

        Raises
        ------
        Stopped
            If that was already.
        """
        with self._lock:
            if self._stopped:
                raise Stopped
            made = self._ahead.popleft() if self._ahead else self._new()
            self._sessions.add(made)
        return made

    def done(self, session: KernelSession) -> None:
        """A session has ended.

        Raises
        ------
        Stopped
            If it did not end by itself: what ran in it is no report, nor a failed one.
        """
        with self._lock:
            self._sessions.discard(session)
            was_cut = session in self._cut
        if was_cut:
            raise Stopped

    def stop(self) -> None:
        """End every kernel, and start no other; what has ended can still be had."""
        with self._lock:
            self._stopped = True
            running = (*self._sessions, *self._ahead)
            self._cut.update(one for one in running if not one.stopped)
        for session in running:
            session.stop()
        if self._server is not None:
            self._server.kill()

    def _new(self) -> KernelSession:
        return KernelSession(
            cwd=self.root, extra=self._extra, guard=self._guard, server=self._server
        )

    def each(
        self, make: Callable[[_Task], _Made], tasks: Iterable[_Task], jobs: int
    ) -> Generator[tuple[_Task, _Made], None, None]:
        """Make tasks side by side; give each as it is done, in no order.

        An exception of one, or of whoever takes what is made, stops the others. So
        does leaving off. After :meth:`stop` it gives what had ended by then.
        """
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="report")
        waiting: dict[Future[_Made], _Task] = {}
        try:
            waiting = {pool.submit(make, task): task for task in tasks}
            while waiting:
                # Short steps, so that an interrupt is seen on every system.
                ended, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
                for future in ended:
                    task = waiting.pop(future)
                    with suppress(Stopped):
                        yield task, future.result()
        finally:
            if waiting:
                self.stop()
            pool.shutdown(wait=True, cancel_futures=True)
