"""A bare Python that ends the kernels of a run when the run goes, however it goes.

It reads a pipe that only this process holds. When the pipe closes it kills the process
groups that it was told of, with what left them, and removes their folders: a kernel
deep in a C call, or its children, would else outlive a killed run. There is none on
Windows, where the kernel itself watches the handle of this process that jupyter_client
passes to it.
"""

import contextlib
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path

from migration.report.surroundings import POSIX

_SOURCE = """\
import shutil, sys
held = {}
for line in sys.stdin:
    group, folder = line.rstrip("\\n").split(" ", 1)
    held.pop(folder, None)
    if group != "gone":
        held[folder] = int(group)
for folder, group in held.items():
    end_all(group, folder)
    shutil.rmtree(folder, ignore_errors=True)
"""


class Guard:
    """Told of each kernel's folder, then of its process group, then that it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        if POSIX:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", f"{_strays()}\n{_SOURCE}"],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )

    def watch(self, folder: Path, group: int = 0) -> None:
        """Take a folder, and a process group once there is one, under watch."""
        self._tell(f"{group} {folder}\n")

    def forget(self, folder: Path) -> None:
        """A kernel is gone, and its folder with it."""
        self._tell(f"gone {folder}\n")

    def close(self) -> None:
        """Let the guard go: whatever it still watches it ends first."""
        if self._process is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._process.communicate(timeout=5)
            self._process.kill()
            self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


def _strays() -> str:
    """Source of what ends a kernel's processes."""
    source = files("migration").joinpath("report", "strays.py")
    return source.read_text(encoding="utf-8")
