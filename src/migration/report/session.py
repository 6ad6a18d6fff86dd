"""What one kernel has of its own: a folder, a process group, variables, its end.

Nothing here needs the notebook libraries, so that a kernel can be on its way while they
are imported: it takes as long to start as they do.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from migration.report.forking import ForkedKernel, ForkServer
from migration.report.guard import Guard
from migration.report.strays import end_all
from migration.report.surroundings import (
    POSIX,
    SOCKET_ROOM,
    kernel_environment,
    private_folder,
)

if TYPE_CHECKING:
    from migration.report.kernel import ReportKernelManager

COMMAND = (sys.executable, "-m", "ipykernel_launcher")
POLL_SECONDS = 0.01
_END_SECONDS = 5.0
# What the client of the notebook libraries adds to the command of a kernel.
_ADDED = "--HistoryManager.hist_file=:memory:"
_CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
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

    Use it as a context: on the way out everything of it is gone. Its kernel is started
    by the manager of :meth:`manager_class`, or before that by :meth:`start_ahead`.

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
        self.connection = self.folder / "kernel.json"
        self.sockets = self.folder / "k"
        self.server = server
        self.started: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._forked: ForkedKernel | None = None
        self.pid: int | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._guard = guard

    def __enter__(self) -> Self:
        if self._ready:
            return self
        self._guard.watch(self.folder)
        profile = self.folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        if self.server is not None and not self.server.ready():
            self.server = None
        # A forked kernel has been watched since before it was forked.
        watch = f"{_watcher()}\nwatch({str(self.opened)!r})\n"
        config = _CONFIG if self.server is not None else f"{watch}{_CONFIG}"
        (profile / "ipython_config.py").write_text(config, encoding="utf-8")
        self._ready = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._reap()
        if self.started is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.started.wait(_END_SECONDS)  # it was killed
        shutil.rmtree(self.folder, ignore_errors=True)
        self._guard.forget(self.folder)

    @property
    def stopped(self) -> bool:
        """Whether the kernel was told to end."""
        return self._stopped

    @property
    def over_sockets(self) -> bool:
        """Whether the kernel listens in its folder, and at no port of this machine."""
        return POSIX and len(os.fsencode(self.folder)) <= SOCKET_ROOM

    def start_ahead(self) -> None:
        """Start the kernel now, as its manager would, where that needs no manager.

        Elsewhere the manager starts it: on Windows, where this process and the kernel
        share handles, and where the kernel needs ports that are free.
        """
        if self.server is not None or not self.over_sockets:
            return
        told = {
            **{f"{channel}_port": n for n, channel in enumerate(_CHANNELS, start=1)},
            "transport": "ipc",
            "ip": str(self.sockets),
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
        }
        self.connection.write_text(json.dumps(told), encoding="utf-8")
        with self.log.open("ab") as log:
            self.started = subprocess.Popen(
                [*COMMAND, "-f", str(self.connection), _ADDED],
                cwd=self.cwd,
                env={**self.environment, "JPY_PARENT_PID": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.adopt(self.started.pid)

    def given(self, arguments: list[str]) -> "subprocess.Popen[bytes] | ForkedKernel":
        """The kernel that was started ahead, or one forked with a cold one's arguments.

        Raises
        ------
        OSError
            If the server is gone.
        """
        if self.started is not None:
            return self.started
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

    def manager_class(self) -> "type[ReportKernelManager]":
        """The kernel manager that papermill is to use, bound to this session."""
        from migration.report.kernel import ReportKernelManager

        return type("SessionKernelManager", (ReportKernelManager,), {"report": self})

    def _reap(self) -> None:
        """Let a forked kernel's number go, once the kernel has ended."""
        if self._forked is None or self.server is None:
            return
        deadline = time.monotonic() + _END_SECONDS
        while self._forked.poll() is None and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.server.reap(self._forked.pid)

    def _kill(self, pid: int) -> None:
        if POSIX:
            end_all(pid, str(self.folder))
        elif pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)


def _watcher() -> str:
    """Source of what notes the files that the kernel opens."""
    source = files("migration").joinpath("report", "opened.py")
    return source.read_text(encoding="utf-8")
