"""What a kernel opens, noted as it happens; this text runs inside the kernel.

The source stands at the head of a cold kernel's configuration, which runs before any
cell and leaves no name in the notebook; the process that forks kernels imports it first
of all. So it rests on the standard library alone.

Seen are files opened by Python itself, in the kernel or a process forked from it:
data, local modules, databases of ``sqlite3``; and Parquet, whose native reader passes
Python by. Seen are the programs that are started. Not seen are files that another
library opens in native code (the readers of ``pyarrow`` for CSV, JSON, Feather and
data sets among them), what a started program reads, and which files a folder holds.
"""

# The hook runs at every open of every import: plain functions of os, no Path.
# ruff: noqa: PTH100, PTH110, PTH116, PTH118

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any

READ, MADE, RAN = "read", "made", "ran"
_SHELL = "sh"
_WRITING = os.O_WRONLY | os.O_RDWR
_PARQUET = "pyarrow.parquet.core"


def watch(log: str | int) -> None:
    """Append to a file, or a handle, what is read, made or started from now on.

    A line is a list in JSON: ``read``, ``made`` or, of a program, ``ran``, the path,
    and for a file that was there its bytes and the time of its last change in
    nanoseconds, else null.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    note = _noter(log if isinstance(log, int) else os.open(log, flags, 0o600))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        asked = _asked(event, arguments)
        if asked is not None:
            note(*asked)

    sys.addaudithook(hook)
    sys.meta_path.insert(0, _Parquet(note))


def _noter(handle: int) -> Callable[[str, Any], None]:
    seen: set[tuple[str, str]] = set()

    def note(kind: str, path: Any) -> None:
        try:
            place = os.path.abspath(os.fsdecode(path))
            if (kind, place) not in seen:
                seen.add((kind, place))
                line = json.dumps([kind, place, *_state(place)])
                os.write(handle, f"{line}\n".encode())
        except (OSError, ValueError, TypeError):
            return  # a name that names no file fails by itself, in the cell

    return note


def _state(place: str) -> tuple[int, int] | tuple[None, None]:
    try:
        found = os.stat(place)
    except OSError:
        return None, None
    return found.st_size, found.st_mtime_ns


def _asked(event: str, arguments: tuple[Any, ...]) -> tuple[str, Any] | None:
    """What an event of the interpreter says of a file; None where it says nothing."""
    if event == "open":
        return _opened(arguments[0], arguments[2])
    if event == "os.rename":
        return MADE, arguments[1]
    if event == "import" and arguments[1]:
        return READ, arguments[1]  # a module in native code; the others are opened
    if event in _STARTS:
        return RAN, _STARTS[event](arguments) or _SHELL
    if event == "sqlite3.connect" and arguments[0] != ":memory:":
        return READ, arguments[0]
    return None


_STARTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "subprocess.Popen": lambda given: given[0] or _first(given[1]),
    "os.posix_spawn": lambda given: given[0],
    "os.exec": lambda given: given[0],
    "os.spawn": lambda given: given[1],
    "os.startfile": lambda given: given[0],
    "os.system": lambda _: _SHELL,
}


def _first(command: Any) -> Any:
    """The program of a command, which is one text on Windows."""
    words = command.split() if isinstance(command, str) else list(command)
    return words[0].strip('"') if words else None


def _opened(path: Any, flags: int) -> tuple[str, Any] | None:
    if not isinstance(path, str | bytes | os.PathLike):
        return None  # a number: a file that was opened before
    if not flags & _WRITING:
        return READ, path
    if flags & (os.O_TRUNC | os.O_EXCL) or not os.path.exists(path):
        return MADE, path
    return (READ, path) if flags & os.O_RDWR else None


class _Parquet:
    """Waits for the reader of Parquet to be imported, and makes it tell its paths."""

    def __init__(self, note: Callable[[str, Any], None]) -> None:
        self.note = note

    def find_spec(self, name: str, *_: object) -> Any:
        """As the import system asks; None leaves the module to the other finders."""
        if name != _PARQUET:
            return None
        sys.meta_path.remove(self)
        spec: Any = find_spec(name)
        execute = spec.loader.exec_module
        spec.loader.exec_module = lambda module: self._wrapped(execute, module)
        return spec

    def _wrapped(self, execute: Callable[[Any], None], module: Any) -> None:
        execute(module)
        module.read_table = self._telling(module.read_table, 0)
        opening = module.ParquetFile.__init__
        module.ParquetFile.__init__ = self._telling(opening, 1)

    def _telling(self, read: Callable[..., Any], place: int) -> Callable[..., Any]:
        @wraps(read)
        def told(*arguments: Any, **named: Any) -> Any:
            source = [*arguments[place:], named.get("source")][0]
            for path in _files(source):
                self.note(READ, path)
            return read(*arguments, **named)

        return told


def _files(source: Any) -> list[str]:
    """The path itself, or what lies below it; nothing for a file opened by others."""
    if not isinstance(source, str | os.PathLike):
        return []
    top = os.fsdecode(source)
    below = [os.path.join(at, name) for at, _, held in os.walk(top) for name in held]
    return below or [top]
