"""End every process that a kernel started, those in sessions of their own too.

A process group holds only what stays in it. So a kernel's processes are found by their
parents, while the kernel lives, and by their variables, which name its private folder:
those are found when the kernel has gone, as one that a notebook sent to the background.
Only what does both, leaves and clears its variables, and that before the run ends, is
not found. Linux alone tells of processes so; elsewhere there is the group.

The guard runs this text as well: it rests on the standard library alone.
"""

# Plain functions of os: the guard is to be ready at once.
# ruff: noqa: PTH112, PTH116, PTH123, PTH208

import os
import signal
from collections.abc import Callable
from contextlib import suppress

PROCESSES = "/proc"
_ROUNDS = 10  # a process may start another as it is killed


def end_all(group: int, folder: str) -> None:
    """Kill a process group (0: none) and whatever came from it, as often as it takes.

    ``folder`` is the private folder of the kernel that leads the group.
    """
    for _ in range(_ROUNDS):
        found = strays(group, folder)
        if group:
            _kill(os.killpg, group)
        for one in found:
            _kill(os.kill, one)
        if not found:
            return


def strays(root: int, folder: str) -> set[int]:
    """The processes below one, itself, and those whose variables name a folder."""
    parents = _parents()
    found = {pid for pid in parents if _names(pid, os.fsencode(folder))}
    found |= {root} & parents.keys()
    below = found
    while below:
        below = {pid for pid, parent in parents.items() if parent in below} - found
        found |= below
    return found - {os.getpid()}


def _parents() -> dict[int, int]:
    """Each process of ours that runs, and its parent."""
    known = {}
    numbers = os.listdir(PROCESSES) if os.path.isdir(PROCESSES) else []
    for number in filter(str.isdigit, numbers):
        try:
            if os.stat(f"{PROCESSES}/{number}").st_uid != os.geteuid():
                continue
            with open(f"{PROCESSES}/{number}/stat", "rb") as file:
                state, parent = file.read().rpartition(b") ")[2].split()[:2]
        except OSError:
            continue  # it has ended
        if state not in b"ZX":
            known[int(number)] = int(parent)
    return known


def _names(pid: int, folder: bytes) -> bool:
    try:
        with open(f"{PROCESSES}/{pid}/environ", "rb") as file:
            return folder in file.read()
    except OSError:
        return False


def _kill(how: Callable[[int, int], None], pid: int) -> None:
    with suppress(OSError):  # gone, or another's
        how(pid, signal.SIGKILL)
