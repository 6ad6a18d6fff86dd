"""One kernel a report: started privately, watched, and never left behind.

The kernel is ``sys.executable -m ipykernel_launcher`` whatever kernelspec this machine
has, in a session of its own, over sockets in a private folder where the system has
them. A *guard*, a bare Python that reads a pipe held by this process, kills the
kernel's process group and removes its folder when this process goes, however it goes:
a kernel deep in a C call, or its children, would else outlive a killed run. Where there
is no such guard (Windows), the kernel itself watches the handle of this process that
jupyter_client passes to it, and leaves when it is gone.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

POSIX = os.name == "posix"
# The path of a Unix socket may take 100 bytes or so; jupyter adds "k-1".
_SOCKET_ROOM = 80
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# What a shell may hold that would change what a report prints.
_DROPPED = (
    "PYTHONWARNINGS",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHONSTARTUP",
    "PYTHONDEVMODE",
    "PYTHONINSPECT",
    "MATPLOTLIBRC",
)
# The options of IPython's own shell: sharp figures, no history, no colours in text.
_CONFIG = """\
c = get_config()
c.InlineBackend.figure_formats = {"retina"}
c.InteractiveShell.colors = "nocolor"
"""
_GUARD = """\
import os, shutil, signal, sys
pgid = sys.stdin.readline().strip()
sys.stdin.read()
if pgid:
    try:
        os.killpg(int(pgid), signal.SIGKILL)
    except OSError:
        pass
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class KernelSession:
    """The private folder, the guard and the process group of one kernel.

    Use it as a context: on the way out everything of it is gone.
    """

    def __init__(self, *, cwd: Path, extra: Mapping[str, str]) -> None:
        self.folder = _private_folder()
        self.cwd = cwd
        self.environment = _environment(self.folder, extra)
        self.log = self.folder / "kernel.log"
        self.opened = self.folder / "opened.jsonl"
        self._pgid: int | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        profile = self.folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        config = f"{_watcher()}\nwatch({str(self.opened)!r})\n{_CONFIG}"
        (profile / "ipython_config.py").write_text(config, encoding="utf-8")
        if POSIX:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _GUARD, str(self.folder)],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._guard is not None:
            self._guard.kill()
            with contextlib.suppress(OSError):
                self._guard.communicate(timeout=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def stopped(self) -> bool:
        """Whether the kernel was told to end."""
        return self._stopped

    def adopt(self, pid: int) -> None:
        """Take the started kernel (leader of its own group) under watch."""
        with self._lock:
            self._pgid = pid
            if self._guard is not None and self._guard.stdin is not None:
                self._guard.stdin.write(f"{pid}\n".encode())
                self._guard.stdin.flush()
            if self._stopped:
                self._kill(pid)

    def stop(self) -> None:
        """Kill the kernel and every process it started, at once."""
        with self._lock:
            self._stopped = True
            if self._pgid is not None:
                self._kill(self._pgid)

    def last_words(self, lines: int = 20) -> str:
        """The end of what the kernel's process wrote outside any cell."""
        if not self.log.is_file():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def manager_class(self) -> type[AsyncKernelManager]:
        """The kernel manager that papermill is to use, bound to this session."""
        return type("SessionKernelManager", (ReportKernelManager,), {"report": self})

    @staticmethod
    def _kill(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if POSIX:
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGTERM)


class ReportKernelManager(AsyncKernelManager):
    """Starts the kernel of one :class:`KernelSession`."""

    report: KernelSession

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connection_file = str(self.report.folder / "kernel.json")
        if POSIX and len(os.fsencode(self.report.folder)) <= _SOCKET_ROOM:
            self.transport = "ipc"
            self.ip = str(self.report.folder / "k")

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this interpreter, whatever is registered here."""
        command = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start it in the session's environment, and hand it to the guard."""
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


def _watcher() -> str:
    """Source of what notes the files that the kernel opens."""
    source = files("migration").joinpath("report", "opened.py")
    return source.read_text(encoding="utf-8")


def _private_folder() -> Path:
    """A new folder of ours alone, with a path short enough for a socket."""
    for parent in (None, "/tmp") if POSIX else (None,):
        folder = Path(tempfile.mkdtemp(prefix="mg-", dir=parent))
        if parent or not POSIX or len(os.fsencode(folder)) <= _SOCKET_ROOM:
            return folder
        folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="mg-"))


def _environment(folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return {
        **kept,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder),
        **extra,
    }
