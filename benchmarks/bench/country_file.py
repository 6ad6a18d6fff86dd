"""Time the sift of a day's file by country, a made-up one, against pandas in chunks.

Both give the same extract, or nothing is timed. The file is made as it streams, each
row with a country, a page and a count of its own, so that no disk is measured::

    python -m benchmarks.bench.country_file --megabytes 1000
"""

import argparse
import csv
import datetime as dt
import io
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import pandas as pd
import pyarrow as pa

from migration.sources.wikipedia_countries.eras import era_of
from migration.sources.wikipedia_countries.sifting import VERSION, Sift
from migration.sources.wikipedia_countries.wanted import Wanted

DAY = dt.date(2021, 1, 10)
ITEMS = ("Q1049511", "Q15616276", "Q19718090")
PIECE = 64 * 1024
CHECKED = 2  # megabytes on which both must agree before anything is timed
ROWS, WANTED_EACH = 4000, 1000  # rows of a stretch, every so many of them wanted
CHUNK = 200_000
_MEGA = 1_000_000
Run = Callable[[Iterator[bytes]], bytes]


@dataclass(frozen=True)
class Cost:
    """What one run cost: seconds, and the most bytes that were held at a time."""

    seconds: float
    peak: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the sift and the peer cost; 1 where they disagree."""
    parser = argparse.ArgumentParser(prog="country_file", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="(%(default)s)")
    size = parser.parse_args(arguments).megabytes
    if ours(pieces(CHECKED)) != peer(pieces(CHECKED)):
        sys.stderr.write("ours and the peer's extracts differ: nothing timed\n")
        return 1
    rows = sum(piece.count(b"\n") for piece in pieces(size))
    sys.stdout.write(
        f"{size} MB, {rows} rows, extracts of the first {CHECKED} MB equal\n"
        f"{'':18} {'s':>8} {'MB/s':>8} {'rows/s':>10} {'peak MB':>8}\n"
    )
    runs = {"ours": ours, "pandas in chunks": peer, "the stream alone": stream}
    costs = {name: cost(run, size) for name, run in runs.items()}
    for name, one in costs.items():
        sys.stdout.write(
            f"{name:18} {one.seconds:8.2f} {size / one.seconds:8.0f} "
            f"{rows / one.seconds:10.0f} {one.peak / _MEGA:8.1f}\n"
        )
    ratio = costs["pandas in chunks"].seconds / costs["ours"].seconds
    sys.stdout.write(f"{'ratio':18} {ratio:8.1f}\n")
    return 0


def pieces(megabytes: int) -> Iterator[bytes]:
    """The file: countries in turn, each with rows that no other has."""
    made, stretch = 0, 0
    pattern = "".join(map(_row, range(ROWS))).encode()
    while made < megabytes * _MEGA:
        country = bytes((65 + stretch % 200 // 26, 65 + stretch % 26))
        block = pattern.replace(b"@@", country).replace(b"%%%%%%", b"%06d" % stretch)
        for at in range(0, len(block), PIECE):
            yield block[at : at + PIECE]
        made, stretch = made + len(block), stretch + 1


def _row(number: int) -> str:
    """One row of the pattern; @@ is the country, %%%%%% the stretch."""
    language = ("en", "de", "es", "hi", "pt", "ja")[number % 6]
    title = ("Ärzte", "हिन्दी", 'The_"Signal"', "A_rather_long_title")[number % 4]
    item = "" if number % 17 == 0 else f"Q{2_000_000 + number * 7919}"
    if number % WANTED_EACH == 0:
        item = ITEMS[number // WANTED_EACH % len(ITEMS)]
    count = 451 + number * number % 90_001
    return (
        f"Land of @@\t@@\t{language}.wikipedia\t%%%%%%{number:04d}\t{title}_{number}\t"
        f"{item}\t{count}\n"
    )


def ours(stream_of: Iterator[bytes]) -> bytes:
    """The extract that is kept."""
    era = era_of(DAY)
    assert era is not None
    return b"".join(Sift(Wanted.of(ITEMS), era, DAY)(stream_of))


def peer(stream_of: Iterator[bytes]) -> bytes:
    """The same by pandas, chunk for chunk."""
    kept: list[str] = []
    seen: dict[str, tuple[str, int, int]] = {}
    for chunk in pd.read_csv(
        io.BufferedReader(_File(stream_of)), sep="\t", header=None, dtype=str,
        keep_default_na=False, quoting=csv.QUOTE_NONE, chunksize=CHUNK,
    ):  # fmt: skip
        wanted = chunk[chunk[5].isin(ITEMS)]
        kept += ["\t".join(row) for row in wanted.itertuples(index=False)]
        counts = chunk[6].astype("int64").groupby([chunk[1], chunk[0]])
        for (code, name), rows, least in counts.agg(["size", "min"]).itertuples():
            _, before, smallest = seen.get(code, (name, 0, least))
            seen[code] = (name, before + rows, min(smallest, least))
    return _extract(kept, seen)


def _extract(kept: Sequence[str], seen: dict[str, tuple[str, int, int]]) -> bytes:
    head = "\t".join(["#extract", VERSION, f"{DAY}", "7", *ITEMS])
    countries = [
        f"#country\t{code}\t{name}\t{rows}\t{least}"
        for code, (name, rows, least) in sorted(seen.items())
    ]
    end = f"#end\t{sum(rows for _, rows, _ in seen.values())}"
    return ("\n".join([head, *kept, *countries, end]) + "\n").encode()


def stream(stream_of: Iterator[bytes]) -> bytes:
    """Only make the file, to see what of the times is not the reading."""
    for _ in stream_of:
        pass
    return b""


def cost(run: Run, megabytes: int) -> Cost:
    """Seconds of one run, then the peak of another: counting memory takes time."""
    pool = (
        pa.default_memory_pool()
    )  # pandas keeps its texts there, out of Python's sight
    before = pool.max_memory()
    start = perf_counter()
    run(pieces(megabytes))
    seconds = perf_counter() - start
    tracemalloc.start()
    run(pieces(megabytes))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    most = pool.max_memory()
    return Cost(seconds, peak + (most if most > before else 0))


class _File(io.RawIOBase):
    """A stream of pieces as a file that pandas can read."""

    def __init__(self, stream_of: Iterator[bytes]) -> None:
        self._pieces = stream_of
        self._rest = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer from the next piece."""
        self._rest = self._rest or next(self._pieces, b"")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


if __name__ == "__main__":
    sys.exit(main())
