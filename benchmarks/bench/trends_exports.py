"""Time the reading of exports of Google Trends: ours, and a loop of pandas.read_csv.

Run ``python -m benchmarks.bench.trends_exports [FILES]``; a thousand by default. The
files are generated, clean (whole numbers only, English, one form), as a loop of
read_csv needs them; both give the same numbers, or nothing is timed.
"""

import datetime as dt
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.sources.trends.timeline import parse_timeline

Array = NDArray[np.float64]
Read = Callable[[Path], tuple[Array, Array]]
FILES, REPEATS = 1000, 3
DAYS, COLUMNS = 212, ("WhatsApp", "Signal", "Telegram")


def main(files: int = FILES, repeats: int = REPEATS) -> int:
    """Print files a second and peak memory of both; 1 where they disagree."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_exports(Path(folder), files)
        for path in paths:
            same = map(np.array_equal, ours(path), peer(path))
            if not all(same):
                sys.stderr.write(f"{path.name} is read in two ways: nothing timed\n")
                return 1
        sys.stdout.write(f"{files} exports of {DAYS} days, the same numbers in all\n")
        for name, read in (("ours", ours), ("pandas.read_csv", peer)):
            rate, peak = files / best(read, paths, repeats), peak_memory(read, paths)
            sys.stdout.write(f"{name:16}{rate:9.0f} files/s {peak / 2**20:7.2f} MiB\n")
    return 0


def write_exports(folder: Path, files: int) -> list[Path]:
    """Exports of the classic form with invented numbers, each on its own scale."""
    rng = np.random.default_rng(20210106)
    days = [dt.date(2020, 12, 1) + dt.timedelta(days=n) for n in range(DAYS)]
    paths = []
    for number in range(files):
        raw = rng.gamma(4.0, size=(DAYS, len(COLUMNS)))
        whole = np.rint(100 * raw / raw.max()).astype(int)
        head = ",".join(["Day", *(f"{name}: (India)" for name in COLUMNS)])
        rows = [
            f"{d},{','.join(map(str, r))}" for d, r in zip(days, whole, strict=True)
        ]
        text = "\n".join(["Category: All categories", "", head, *rows, ""])
        paths.append(folder / f"multiTimeline-{number}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def ours(path: Path) -> tuple[Array, Array]:
    """Days in seconds since 1970 and values, by the parser that reads every form."""
    found = parse_timeline(path.read_bytes(), name=path.name)
    return found.periods.astype(float), found.value


def peer(path: Path) -> tuple[Array, Array]:
    """The same as a notebook reads it: two lines skipped, the first column as dates."""
    frame = pd.read_csv(path, skiprows=2, index_col=0, parse_dates=[0])
    days = frame.index.to_numpy().astype("datetime64[s]").astype(float)
    return days, frame.to_numpy(float)


def best(read: Read, paths: Sequence[Path], repeats: int) -> float:
    """Seconds of the quickest of some runs over all files."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        for path in paths:
            read(path)
        times.append(perf_counter() - start)
    return min(times)


def peak_memory(read: Read, paths: Sequence[Path]) -> int:
    """Most bytes that Python held at once while all files are read and kept."""
    tracemalloc.start()
    kept = [read(path) for path in paths]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return peak


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES))
