"""A process that has imported the libraries of reports, and forks a kernel for each.

This text runs in that process, on Linux alone. Its start is what a cold kernel's is:
the same variables, folder and search path, and the same watch over opened files, whose
log each kernel begins with. It draws nothing, has no thread and no socket of a kernel
when it forks, so that what a kernel finds is what it would find cold. It dies with the
process that started it, and its kernels die with it.
"""

import ctypes
import gc
import importlib
import json
import os
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Collection, Mapping
from typing import Any

from migration.report.opened import watch

LIBRARIES = (
    *("numpy", "pandas", "pandas.core.reshape.reshape", "matplotlib.pyplot"),
    "matplotlib.backends.backend_agg",
    *("PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin"),
    *("PIL.PngImagePlugin", "PIL.PpmImagePlugin", "great_tables", "pycountry"),
    *("pyarrow.parquet", "ipykernel.kernelapp", "ipykernel.ipkernel"),
    *("ipykernel.debugger", "ipykernel.zmqshell", "IPython.core.completerlib"),
    *("IPython.core.debugger", "IPython.core.oinspect"),
    *("IPython.core.pylabtools", "IPython.extensions.storemagic", "sqlite3"),
    *("tornado.platform.asyncio", "tornado.queues"),
)
# Hooks itself into the shell that there is as it is imported: without one, no figure
# would ever be shown.
TOO_EARLY = "matplotlib_inline.backend_inline"
DOOR = "migration"
# The allocator of Arrow makes its thread anew where it forks.
_SURVIVE = frozenset({"jemalloc_bg_thd"})
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(channel: int, parent: int, more: Collection[str] = ()) -> None:
    """Import, say so, then fork a kernel at each request until the channel closes.

    Parameters
    ----------
    channel : int
        Handle of a socket; a line of JSON each way.
    parent : int
        Process id of whoever is asking; this process ends with it.
    more : collection of str
        Modules to import beside those of all reports.
    """
    die_with(parent)
    _search_as_a_kernel_does()
    handle = os.memfd_create("opened")
    watch(handle)
    given = dict(os.environ)
    gc.disable()  # what is imported stays
    warned = _import_all(more)
    # A cold kernel has what a library sets as it is imported.
    added = {n: v for n, v in os.environ.items() if given.get(n) != v}
    # Its pages stay shared. To look first for what could go takes long, and finds
    # nothing to speak of; so would the collector at once, were it enabled before.
    gc.freeze()
    gc.enable()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    with open(channel, encoding="utf-8", closefd=False) as asked:
        _say(channel, {"warned": warned, "threads": _threads()})
        for line in asked:
            request = json.loads(line)
            if "reap" in request:
                _say(channel, {"reaped": _reap(int(request["reap"]))})
            else:
                request["environment"] |= added
                _say(channel, {"pid": _fork(request, channel, handle)})


def die_with(parent: int) -> None:
    """End this process when its parent ends; at once if that is gone already."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _search_as_a_kernel_does() -> None:
    """IPython looks for modules in the current folder, before the installed ones."""
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
        del sys.path[0]
    ends = [os.path.basename(path) for path in sys.path]  # noqa: PTH119
    installed = ("site-packages", "dist-packages")
    place = next((n for n, end in enumerate(ends) if end in installed), 0)
    sys.path.insert(place, "")


def _import_all(more: Collection[str]) -> list[str]:
    """Import what reports use; give why no kernel must be forked after that.

    A cell of a cold kernel would show what a library warns of as it is imported.
    """
    told: list[str] = []
    shown = warnings.showwarning
    warnings.showwarning = lambda message, *_, **__: told.append(str(message))
    try:
        for name in (*LIBRARIES, *more):
            importlib.import_module(name)
        door = importlib.import_module(DOOR)
        for name in door.__all__:
            getattr(door, name)
    finally:
        warnings.showwarning = shown
    return [*told, TOO_EARLY] if TOO_EARLY in sys.modules else told


def _threads() -> list[str]:
    """Names of threads beside this one that a fork would lose."""
    names = []
    for task in os.listdir("/proc/self/task"):  # noqa: PTH208
        with open(f"/proc/self/task/{task}/comm", encoding="utf-8") as file:  # noqa: PTH123
            name = file.read().strip()
        if int(task) != os.getpid() and name not in _SURVIVE:
            names.append(name)
    return names


def _fork(request: Mapping[str, Any], channel: int, handle: int) -> int:
    """A kernel in a session of its own; returns once it has one."""
    server = os.getpid()
    waiting, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told)
        os.read(waiting, 1)
        os.close(waiting)
        return pid
    try:
        os.setsid()
        die_with(server)
        for one in (channel, waiting, told):
            os.close(one)
        _settle(request, handle)
        _run_kernel(list(request["arguments"]), server)
    except BaseException:  # nothing of it may run on as the server
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _settle(request: Mapping[str, Any], handle: int) -> None:
    """Take the variables, folder and streams of a new process, and its own chance."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, stream in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, stream)
    os.close(log)
    os.close(nothing)
    _go_on_watching(handle, request["opened"])
    random.seed()
    sys.modules["numpy"].random.seed()


def _go_on_watching(handle: int, path: str) -> None:
    """Let the watch write to a log of this kernel, which begins with the server's."""
    before = os.pread(handle, os.fstat(handle).st_size, 0)
    own = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(own, before)
    os.dup2(own, handle, inheritable=False)
    os.close(own)


def _run_kernel(arguments: list[str], server: int) -> None:
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [str(ipykernel_launcher.__file__), *arguments]
    os.environ["JPY_PARENT_PID"] = str(server)
    IPKernelApp.launch_instance(arguments, parent_handle=server)


def _reap(pid: int) -> bool:
    """Forget a kernel that has ended; until then its number is nobody else's."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _say(channel: int, what: Mapping[str, Any]) -> None:
    os.write(channel, (json.dumps(what) + "\n").encode())
