"""Seconds and memory of each public call at n, 2n, 5n and 10n, a process for each.

Run ``python -m benchmarks.bench.growth``. A process makes its data, runs the call once
on a little of it, and then once on all: that run is timed. Memory is the most that the
process held during it, and how much of that was there before (Linux alone tells).
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.bench import (
    dynamic_panel,
    interrupted_hac,
    many_series,
    synthetic_placebos,
)
from benchmarks.bench.child import said_by

TIMES = (1, 2, 5, 10)
LIMIT = 900  # seconds that one size may take
_KILO = 1024
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Task:
    """A call and the size that its bench has.

    Attributes
    ----------
    make : callable
        Of a size; gives what is run.
    unit : str
        What the size counts.
    n, few : int
        The size of the bench, and one to warm up with.
    """

    make: Callable[[int], Callable[[], object]]
    unit: str
    n: int
    few: int


@dataclass(frozen=True)
class Point:
    """What one size took: seconds, megabytes before and at most."""

    size: int
    seconds: float
    before: float
    peak: float


TASKS = {
    "interrupted_units": Task(interrupted_hac.task, "units of 92 days", 10_000, 50),
    "clustered_paths": Task(dynamic_panel.task, "rows", 271_800, 9_060),
    "synthetic_control": Task(synthetic_placebos.task, "donors", 40, 20),
    "placebo_spread": Task(synthetic_placebos.did_task, "donors", 40, 20),
    "block-t and conformal": Task(many_series.task, "series of 73 days", 10_000, 50),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of every task, or of those named."""
    parser = argparse.ArgumentParser(prog="growth", description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("TASK", "SIZE"), help="this alone")
    parser.add_argument("--times", type=int, nargs="+", default=list(TIMES))
    asked = parser.parse_args(arguments)
    if asked.one:
        name, size = asked.one
        sys.stdout.write(json.dumps(measured(TASKS[name], int(size))) + "\n")
        return 0
    for name, task in TASKS.items():
        head = f"{'size':>12} {'s':>9} {'MB':>7}   peak"
        sys.stdout.write(f"{name}, {task.unit}\n{head}\n")
        for point in points(name, asked.times):
            sys.stdout.write(
                f"{point.size:12} {point.seconds:9.3f} {point.before:7.0f} "
                f"{point.peak:6.0f}\n"
            )
            sys.stdout.flush()
    return 0


def points(name: str, times: Sequence[int] = TIMES) -> Iterator[Point]:
    """Each size in a process of its own."""
    for factor in times:
        size = TASKS[name].n * factor
        program = ["-W", "ignore", "-m", "benchmarks.bench.growth"]
        told = said_by(
            [sys.executable, *program, "--one", name, str(size)],
            limit=LIMIT,
            cwd=Path(__file__).resolve().parents[2],
        )
        yield Point(size, *json.loads(told.splitlines()[-1]))


def measured(task: Task, size: int) -> tuple[float, float, float]:
    """Seconds of one run, megabytes before it, and the most during it."""
    task.make(task.few)()
    run = task.make(size)
    if _RESET.exists():
        _RESET.write_text("5", encoding="ascii")  # the peak starts anew from here
    before, start = _megabytes("VmRSS"), perf_counter()
    run()
    return perf_counter() - start, before, _megabytes("VmHWM")


def _megabytes(what: str) -> float:
    """A line of the process's own status; NaN on systems without one."""
    if not _STATUS.exists():
        return float("nan")
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(f"{what}:"))
    return int(found.split()[1]) / _KILO


if __name__ == "__main__":
    sys.exit(main())
