"""The managers by which papermill starts the kernel of one report, and talks to it.

The kernel is ``sys.executable -m ipykernel_launcher`` whatever kernelspec this machine
has, or one forked from a process that has the libraries imported; either in a session
of its own, over sockets in a private folder where the system has them. The guard of
the run ends it when this process goes, however it goes.
"""

import asyncio
import math
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from migration.report.session import COMMAND, POLL_SECONDS, KernelSession

_BOUND_SECONDS = 5.0
_ANSWER_SECONDS = 1.0
_TOLD_SECONDS = 0.2


class _Given(LocalProvisioner):
    """Takes the kernel that the session started ahead, or has forked."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """As the parent class, but for the way the process comes about."""
        manager: Any = self.parent
        kernel = manager.report.given(cmd[len(COMMAND) :])
        self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
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
        self.connection_file = str(self.report.connection)
        if self.report.over_sockets:
            self.transport = "ipc"
            self.ip = str(self.report.sockets)
        if self.report.started is not None:
            self.load_connection_file()

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this interpreter, whatever is registered here."""
        command = [*COMMAND, "-f", "{connection_file}"]
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
        if self.report.server is not None or self.report.started is not None:
            self.provisioner = _Given(
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

    def write_connection_file(self, **options: Any) -> None:
        """Leave the file of a kernel that was started ahead: it is reading that."""
        if self.report.started is None:
            super().write_connection_file(**options)

    async def _bound(self) -> None:
        """Wait until the kernel listens: who calls before tries again but slowly."""
        deadline = time.monotonic() + _BOUND_SECONDS
        last = Path(f"{self.ip}-{self.hb_port}")
        while not last.exists() and time.monotonic() < deadline:
            if not await self.is_alive():
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        """Wait for the kernel's end, looking more often than the parent class does."""
        await super()._async_wait(min(pollinterval, POLL_SECONDS))
