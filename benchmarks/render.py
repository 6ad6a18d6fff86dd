"""Time reports of many markets: ours, against papermill and nbconvert.

The peers render the same notebook with the same parameters, by the command line, and by
their libraries in a loop; one after the other, and by two workers. All of them have one
thread for linear algebra, as ours has. Nothing is timed unless the outputs of the first
market's cells are the same. CPU is that of all processes; memory is the most that they
hold together, each shared page counted once where the system tells (PSS).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil

from migration.report.outputs import tidy
from migration.study import load_study
from migration.workspace import VARIABLE, find_notebook, init_workspace

STUDY, NOTEBOOK = "simulated-2021", "05_market"
TARGETS = {"command line": 5.0, "library loop": 3.0}
_EVERY_SECONDS = 0.5
_LOOP = """\
import sys
import papermill
from nbconvert import HTMLExporter
notebook, folder, study, *markets = sys.argv[1:]
exporter = HTMLExporter()
for market in markets:
    made = f"{folder}/{market}.ipynb"
    papermill.execute_notebook(notebook, made, {"study": study, "market": market},
        kernel_name="python3", progress_bar=False)
    text, _ = exporter.from_filename(made)
    with open(f"{folder}/{market}.html", "w", encoding="utf-8") as file:
        file.write(text)
"""


@dataclass(frozen=True)
class Place:
    """A workspace of its own, the notebook, and the markets to report on."""

    root: Path
    notebook: Path
    markets: tuple[str, ...]


@dataclass(frozen=True)
class Cost:
    """What one way of rendering took: seconds, seconds of CPU, megabytes."""

    wall: float
    cpu: float
    peak: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each way's cost and its ratio to ours; 1 where outputs differ."""
    asked = _parser().parse_args(arguments)
    study = load_study(STUDY)
    codes = tuple(market.code for market in study.markets)[: asked.markets]
    with tempfile.TemporaryDirectory(prefix="render-") as folder:
        place = Place(init_workspace(folder).root, find_notebook(NOTEBOOK), codes)
        first = Place(place.root, place.notebook, codes[:1])
        ours(first)
        library(first, 1)
        if not same_outputs(first, codes[0]):
            sys.stderr.write("the cells' outputs differ: nothing timed\n")
            return 1
        sys.stdout.write(f"{len(codes)} reports, outputs of {codes[0]} the same\n")
        _table(place, asked.only)
    return 0


def ours(place: Place, jobs: int = 2) -> None:
    """One command, kernels forked."""
    named = [part for code in place.markets for part in ("--market", code)]
    how = ["--force", "--jobs", str(jobs), "--isolation", "fork"]
    _call(place, "-m", "migration", "report", STUDY, *named, *how)


def command_line(place: Place, workers: int) -> None:
    """Two commands a report."""
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda code: _commands(place, code), place.markets))


def library(place: Place, workers: int) -> None:
    """One process a worker, which runs one notebook after the other."""
    parts = [place.markets[start::workers] for start in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda part: _loop(place, part), parts))


def same_outputs(place: Place, code: str) -> bool:
    """Whether our executed notebook and the peer's show the same."""
    reports = place.root / "reports" / STUDY
    manifest = json.loads(
        (reports / f"{NOTEBOOK}--{code.lower()}.manifest.json").read_bytes()
    )
    mine = _outputs(reports / manifest["run"] / "report.ipynb")
    return mine == _outputs(place.root / "peer" / f"{code}.ipynb") and any(mine)


def measured(run: Callable[[], None]) -> Cost:
    """Run something in processes of its own, and watch them."""
    ended = threading.Event()
    peaks = [0.0]

    def watch() -> None:
        while not ended.wait(_EVERY_SECONDS):
            peaks.append(sum(_memory()))

    watcher = threading.Thread(target=watch, daemon=True)
    before, began = os.times(), time.monotonic()
    watcher.start()
    run()
    wall, after = time.monotonic() - began, os.times()
    ended.set()
    watcher.join()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Cost(wall, cpu, max(peaks))


def _table(place: Place, only: Sequence[str]) -> None:
    ways: dict[str, Callable[[], None]] = {
        "ours, 2 jobs": lambda: ours(place),
        "library loop, 2 workers": lambda: library(place, 2),
        "library loop": lambda: library(place, 1),
        "command line, 2 workers": lambda: command_line(place, 2),
        "command line": lambda: command_line(place, 1),
    }
    sys.stdout.write(f"{'':26}{'wall s':>9}{'CPU s':>9}{'MB':>7}{'ratio':>7}\n")
    mine = 0.0
    for name, way in ways.items():
        if name != "ours, 2 jobs" and only and name not in only:
            continue
        cost = measured(way)
        mine = mine or cost.wall
        target = TARGETS.get(name)
        told = f"  target {target:g}" if target else ""
        sys.stdout.write(
            f"{name:26}{cost.wall:9.1f}{cost.cpu:9.1f}{cost.peak:7.0f}"
            f"{cost.wall / mine:7.2f}{told}\n"
        )
        sys.stdout.flush()


def _commands(place: Place, code: str) -> None:
    made = str(_peer(place) / f"{code}.ipynb")
    given = ["-p", "study", STUDY, "-r", "market", code, "-k", "python3"]
    _call(place, "-m", "papermill", str(place.notebook), made, *given)
    _call(place, "-m", "nbconvert", "--to", "html", made)


def _loop(place: Place, markets: Sequence[str]) -> None:
    told = (str(place.notebook), str(_peer(place)), STUDY, *markets)
    _call(place, "-c", _LOOP, *told)


def _peer(place: Place) -> Path:
    folder = place.root / "peer"
    folder.mkdir(exist_ok=True)
    return folder


def _call(place: Place, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=place.root,
        env={
            **os.environ,
            VARIABLE: str(place.root),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{arguments[1]} failed: {done.stderr[-2000:]}")


def _outputs(path: Path) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in tidy(notebook).cells if cell.cell_type == "code"]
    return [cell.outputs for cell in cells]


def _memory() -> Iterator[float]:
    """Megabytes of each process below this one."""
    for process in psutil.Process().children(recursive=True):
        try:
            held = process.memory_full_info()
        except psutil.Error:
            continue  # it has ended
        yield getattr(held, "pss", held.rss) / 2**20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.render", description=__doc__)
    parser.add_argument(
        "--markets", type=int, default=60, help="how many (%(default)s)"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="WAY",
        help="only this peer, by its name in the table; may be repeated",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
