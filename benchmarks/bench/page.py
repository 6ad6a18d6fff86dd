"""Every bench that a few minutes allow, into one page.

Run ``make bench ARGS="--write docs/benchmarks.md"``. Nothing on the page is typed: a
bench whose numbers differ from the peer's ends the run and leaves the page as it was.
"""

import contextlib
import datetime as dt
import io
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.bench import (
    dynamic_panel,
    growth,
    import_time,
    interrupted_hac,
    many_series,
    multiverse,
    synthetic_placebos,
    trends_exports,
)
from benchmarks.bench.compare import Comparison, DifferError
from benchmarks.bench.peers import versions_of
from benchmarks.size.page import table, versions

PEERS = ("statsmodels", "pyfixest", "pysyncon", "diff-diff")
COMPARED: dict[str, Callable[[], Iterable[Comparison]]] = {
    "Levels of two events in many series": interrupted_hac.compare,
    "Daily paths of two events, clustered": dynamic_panel.compare,
    "Placebos of synthetic control and synthetic DiD": synthetic_placebos.compare,
    "Block-t and the conformal test": many_series.compare,
    "Importing": import_time.compare,
}
PRINTED: dict[str, Callable[[], int]] = {
    "A multiverse of specifications": multiverse.main,
    "Reading exports of Google Trends": trends_exports.main,
}


def main(path: Path) -> int:
    """Write the page; 1 where a bench finds numbers that differ."""
    try:
        parts = [*_compared(), *_printed(), *_growth()]
    except DifferError as error:
        sys.stderr.write(f"{error}: no page written\n")
        return 1
    path.write_text("\n".join([_opening(), *parts]), encoding="utf-8", newline="\n")
    sys.stderr.write(f"wrote {path.name}\n")
    return 0


def _opening() -> str:
    today = dt.datetime.now(dt.UTC).date()
    return f"""# What it costs

Written by `make bench ARGS="--write docs/benchmarks.md"` on {today}, not by hand.
{os.cpu_count()} cores, one thread for linear algebra; {versions()}; peers in an
environment of their own: {versions_of(PEERS)}. {platform.system()}, \
{platform.machine()}.

Each bench first checks that ours and the peer's numbers are equal, and then times both
in the same run: of several runs the quickest. What a peer compiles once, and the start
of its process, is not counted. The call that a user makes, on a data frame, with its
checks, has a target of its own; where a row says "arrays", it is of the kernel below
that call, against a peer's loop over arrays. All data here are SIMULATED but for the
multiverse, which runs on the series that ship. Seconds are of a machine that others may
have used: read ratios. Reports on many markets have a bench of their own,
`make bench ARGS=--render`.
"""


def _compared() -> list[str]:
    found = {title: list(run()) for title, run in COMPARED.items()}
    every = [one for several in found.values() for one in several]
    rows = [
        (one.what.partition(";")[0], one.ways[0][0], one.ways[-1][0], one.wanted,
         f"{one.ratio:.3g}", "yes" if one.met else "**NO**")
        for one in sorted(every, key=lambda one: one.met) if one.wanted
    ]  # fmt: skip
    missed = sum(row[-1] != "yes" for row in rows)
    said = f"{missed} of {len(rows)} targets missed." if missed else "All targets met."
    head = ("what", "ours", "against", "target", "ratio", "met")
    parts = [f"## Targets\n\n{said}\n\n{table(head, rows)}\n"]
    for title, several in found.items():
        text = "\n\n".join(one.text() for one in several)
        parts.append(f"## {title}\n\n```text\n{text}\n```\n")
    return parts


def _printed() -> list[str]:
    parts = []
    for title, run in PRINTED.items():
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            if run():
                raise DifferError(f"{title}: the numbers differ")
        parts.append(f"## {title}\n\n```text\n{said.getvalue().rstrip()}\n```\n")
    return parts


def _growth() -> list[str]:
    parts = [
        "## Growth\n\nOne process a size, one run each. Memory is the most that the "
        "process held while it ran, and what it held before, data included. Every "
        "donor of a synthetic control is a placebo too, with weights from all others: "
        "ten times the donors are a hundred times the weights, each fitted for longer."
        "\n"
    ]
    head = ("size", "seconds", "times the first", "MB before", "MB at most")
    for name, task in growth.TASKS.items():
        points = list(growth.points(name))
        parts.append(f"### {name}, {task.unit}\n\n{table(head, _rows(points))}\n")
    return parts


def _rows(points: Sequence[growth.Point]) -> list[tuple[str, ...]]:
    first = points[0].seconds
    return [
        (
            f"{one.size:,}",
            f"{one.seconds:.3f}",
            f"{one.seconds / first:.1f}",
            f"{one.before:.0f}",
            f"{one.peak:.0f}",
        )
        for one in points
    ]
