"""One kernel a report: started privately, watched, and never left behind.

The kernel is ``sys.executable -m ipykernel_launcher`` whatever kernelspec this machine
has, or one forked from a process that has the libraries imported; either in a session
of its own, over sockets in a private folder where the system has them. The guard of
the run ends it when this process goes, however it goes.
"""

import asyncio
import contextlib
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from queue import Empty
from types import TracebackType
from typing import Any, Self

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from migration.report.forking import ForkedKernel, ForkServer
from migration.report.guard import Guard
from migration.report.strays import end_all
from migration.report.surroundings import (
    POSIX,
    SOCKET_ROOM,
    kernel_environment,
    private_folder,
)

_COMMAND = (sys.executable, "-m", "ipykernel_launcher")
_POLL_SECONDS = 0.01
_BOUND_SECONDS = 5.0
_ANSWER_SECONDS = 1.0
_TOLD_SECONDS = 0.2
_END_SECONDS = 5.0
# The options of IPython's own shell: sharp figures, no history, no colours in text.
# The debugger numbers a thread as it is imported: here first, so that the threads after
# it have the same names in a cold kernel as in one forked from where it was imported.
_CONFIG = """\
import ipykernel.debugger
c = get_config()
c.InlineBackend.figure_formats = {"retina"}
c.InteractiveShell.colors = "nocolor"
c.HistoryManager.enabled = False
"""


class KernelSession:
    """The private folder and the process group of one kernel.

    Use it as a context: on the way out everything of it is gone.

    Parameters
    ----------
    cwd : Path
        Folder that the kernel runs in.
    extra : mapping of str to str
        Variables of its own.
    guard : Guard
        Of the run; told of the kernel.
    server : ForkServer, optional
        Forks the kernel, where it can; else the kernel starts cold.
    """

    def __init__(
        self,
        *,
        cwd: Path,
        extra: Mapping[str, str],
        guard: Guard,
        server: ForkServer | None = None,
    ) -> None:
        self.folder = private_folder()
        self.cwd = cwd
        self.environment = kernel_environment(self.folder, extra)
        self.log = self.folder / "kernel.log"
        self.opened = self.folder / "opened.jsonl"
        self.server = server
        self._forked: ForkedKernel | None = None
        self.pid: int | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._guard = guard

    def __enter__(self) -> Self:
        self._guard.watch(self.folder)
        profile = self.folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        if self.server is not None and not self.server.ready():
            self.server = None
        # A forked kernel has been watched since before it was forked.
        watch = f"{_watcher()}\nwatch({str(self.opened)!r})\n"
        config = _CONFIG if self.server is not None else f"{watch}{_CONFIG}"
        (profile / "ipython_config.py").write_text(config, encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._reap()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._guard.forget(self.folder)

    @property
    def stopped(self) -> bool:
        """Whether the kernel was told to end."""
        return self._stopped

    def fork(self, arguments: list[str]) -> ForkedKernel:
        """Have the kernel forked, with the arguments that a cold one gets.

        Raises
        ------
        OSError
            If the server is gone.
        """
        if self.server is None:
            raise OSError("there is no process to fork a kernel from")
        self._forked = self.server.fork(
            {
                "arguments": arguments,
                "environment": self.environment,
                "cwd": str(self.cwd),
                "log": str(self.log),
                "opened": str(self.opened),
            }
        )
        return self._forked

    def adopt(self, pid: int) -> None:
        """Take the started kernel (leader of its own group) under watch."""
        with self._lock:
            self.pid = pid
            self._guard.watch(self.folder, pid)
            if self._stopped:
                self._kill(pid)

    def stop(self) -> None:
        """Kill the kernel and every process it started, at once."""
        with self._lock:
            self._stopped = True
            self._kill(self.pid or 0)

    def last_words(self, lines: int = 20) -> str:
        """The end of what the kernel's process wrote outside any cell."""
        if not self.log.is_file():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def manager_class(self) -> type[AsyncKernelManager]:
        """The kernel manager that papermill is to use, bound to this session."""
        return type("SessionKernelManager", (ReportKernelManager,), {"report": self})

    def _reap(self) -> None:
        """Let a forked kernel's number go, once the kernel has ended."""
        if self._forked is None or self.server is None:
            return
        deadline = time.monotonic() + _END_SECONDS
        while self._forked.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self.server.reap(self._forked.pid)

    def _kill(self, pid: int) -> None:
        if POSIX:
            end_all(pid, str(self.folder))
        elif pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


class _Forked(LocalProvisioner):
    """Has the kernel of a session forked instead of started."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """As the parent class, but for the way the process comes about."""
        manager: Any = self.parent
        forked = manager.report.fork(cmd[len(_COMMAND) :])
        self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
        self.cwd = options.get("cwd")
        return self.connection_info


class _Client(AsyncKernelClient):
    """Talks to a kernel as soon as it has answered on both of its channels.

    The parent class listens for another fifth of a second each time.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers, for at most so many seconds.

        Raises
        ------
        RuntimeError
            If the kernel has ended, or does not answer in time.
        """
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while not await self._answers(self.kernel_info()):
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _answers(self, asked: str) -> bool:
        """Whether it has told, where outputs are told, that it is done with this."""
        try:
            reply = await self.get_shell_msg(timeout=_ANSWER_SECONDS)
            self._handle_kernel_info_reply(reply)
            while True:
                said = await self.get_iopub_msg(timeout=_TOLD_SECONDS)
                own = said["parent_header"].get("msg_id") == asked
                if own and said["content"].get("execution_state") == "idle":
                    return True
        except Empty:
            return False


class ReportKernelManager(AsyncKernelManager):
    """Starts the kernel of one :class:`KernelSession`."""

    report: KernelSession

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_factory = _Client
        self.connection_file = str(self.report.folder / "kernel.json")
        if POSIX and len(os.fsencode(self.report.folder)) <= SOCKET_ROOM:
            self.transport = "ipc"
            self.ip = str(self.report.folder / "k")

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this interpreter, whatever is registered here."""
        command = [*_COMMAND, "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start it in the session's environment, and hand it to the guard.

        Raises
        ------
        RuntimeError
            If the session was stopped before.
        """
        if self.report.stopped:
            raise RuntimeError("the run was stopped before this kernel started")
        if self.report.server is not None:
            self.provisioner = _Forked(
                kernel_id="", kernel_spec=self.kernel_spec, parent=self
            )
        with self.report.log.open("ab") as log:
            await self._async_start_kernel(
                env=dict(self.report.environment),
                cwd=str(self.report.cwd),
                stdout=log,
                stderr=log,
                **options,
            )
        pid = getattr(self.provisioner, "pid", None)
        if pid is not None:
            self.report.adopt(pid)
        if self.transport == "ipc":
            await self._bound()

    async def _bound(self) -> None:
        """Wait until the kernel listens: who calls before tries again but slowly."""
        deadline = time.monotonic() + _BOUND_SECONDS
        last = Path(f"{self.ip}-{self.hb_port}")
        while not last.exists() and time.monotonic() < deadline:
            if not await self.is_alive():
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _async_wait(self, pollinterval: float = _POLL_SECONDS) -> None:
        """Wait for the kernel's end, looking more often than the parent class does."""
        await super()._async_wait(min(pollinterval, _POLL_SECONDS))


def _watcher() -> str:
    """Source of what notes the files that the kernel opens."""
    source = files("migration").joinpath("report", "opened.py")
    return source.read_text(encoding="utf-8")
