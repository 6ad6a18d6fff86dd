"""The side of the run to the process that forks kernels: start it, ask it, end it.

Only on Linux: elsewhere, and where the server cannot be had, kernels start cold.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from migration.report.surroundings import common_environment

CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
_READY_SECONDS = 120.0
_REAP_SECONDS = 5.0
_START = "from migration.report.warm import serve; serve({channel}, {parent}, {more})"
# Large, slow to import, and needed by few notebooks that ship: what one of the run's
# names is imported before kernels are forked.
_NAMED = {"scipy": "scipy.stats", "statsmodels": "statsmodels.api"}


def named_modules(notebooks: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Large modules that a notebook's code names, which few notebooks need."""
    cells = (cell for notebook in notebooks for cell in notebook["cells"])
    code = {cell["source"] for cell in cells if cell["cell_type"] == "code"}
    return frozenset(
        module
        for package, module in _NAMED.items()
        if any(package in source for source in code)
    )


class ForkServer:
    """A process that has the libraries of reports imported; see ``warm``.

    It must be started by a thread that lives as long as the run: the system ends it
    with that thread. It imports while this process goes on; :meth:`ready` waits.

    Parameters
    ----------
    cwd : Path
        Folder that it and its kernels run in.
    extra : mapping of str to str
        Variables that they have beside those of every kernel.
    more : collection of str
        Modules that it imports beside those of every report.
    """

    def __init__(
        self, cwd: Path, extra: Mapping[str, str], more: Collection[str] = ()
    ) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(_READY_SECONDS)
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        source = _START.format(
            channel=theirs.fileno(), parent=os.getpid(), more=sorted(more)
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", source],
                pass_fds=[theirs.fileno()],
                cwd=cwd,
                env={**common_environment(), **extra},
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                start_new_session=True,
            )
        self._channel = ours
        self._answers = ours.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()
        self._usable: bool | None = None

    def ready(self) -> bool:
        """Whether kernels may be forked; waits until the server has imported all.

        Not where a library warned as it was imported, which a cell of a cold kernel
        would show, or where one started a thread, which a fork would lose.
        """
        with self._lock:
            if self._usable is None:
                try:
                    said = json.loads(self._answers.readline())
                    self._usable = not said["warned"] and not said["threads"]
                except (OSError, ValueError):
                    self._usable = False
            return self._usable

    def fork(self, request: Mapping[str, Any]) -> "ForkedKernel":
        """A new kernel.

        Raises
        ------
        OSError
            If the server is gone.
        """
        return ForkedKernel(int(self._ask(request)["pid"]))

    def reap(self, pid: int) -> None:
        """Let a kernel that was killed go, for at most some seconds."""
        deadline = time.monotonic() + _REAP_SECONDS
        with contextlib.suppress(OSError):
            while not self._ask({"reap": pid})["reaped"]:
                if time.monotonic() > deadline:
                    return
                time.sleep(0.01)

    def kill(self) -> None:
        """End the server and every kernel that it forked; whoever waits goes on."""
        self._process.kill()

    def close(self) -> None:
        """End the server for good."""
        self.kill()
        self._process.wait()
        self._answers.close()
        self._channel.close()
        self._words.close()

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            try:
                self._channel.sendall((json.dumps(request) + "\n").encode())
                said: dict[str, Any] = json.loads(self._answers.readline())
            except (OSError, ValueError) as error:
                self._usable = False
                raise OSError("the process that forks kernels is gone") from error
            return said


class ForkedKernel:
    """A kernel that another process forked, as ``subprocess.Popen`` shows its own."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)
        self._ended = select.poll()
        self._ended.register(self._handle, select.POLLIN)

    def poll(self) -> int | None:
        """None while it runs; how it ended is not known."""
        if self.returncode is None and self._ended.poll(0):
            self.returncode = 1
            os.close(self._handle)
        return self.returncode

    def wait(self) -> int | None:
        """Wait for its end."""
        if self.returncode is None:
            self._ended.poll()
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)
