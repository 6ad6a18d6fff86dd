"""Time what ``import migration`` adds to ``import pandas``, in fresh processes.

Run ``python -m benchmarks.bench.import_time``. Both orders of the two are started in
turn, so that neither has the warmer disk; each process times its own imports, and the
median of each is printed.
"""

import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.bench.child import said_by
from benchmarks.bench.compare import Comparison, DifferError, show

TIMES, WARM_UP, LIMIT = 15, 2, 1.15
LONGEST = 120  # seconds of one process
PROGRAM = """
from time import perf_counter
start = perf_counter()
{imports}
seconds = perf_counter() - start
import sys
print(seconds, "migration" in sys.modules, "pandas" in sys.modules)
"""
ALONE = "import pandas"
BOTH = "import pandas\nimport migration"


def main(times: int = TIMES) -> int:
    """Print both medians and their ratio."""
    return show(lambda: compare(times))


def compare(times: int = TIMES) -> Iterator[Comparison]:
    """One comparison of medians."""
    both, alone = [], []
    for number in range(times + WARM_UP):
        pairs = [(BOTH, both), (ALONE, alone)]
        for imports, seconds in pairs if number % 2 else reversed(pairs):
            seconds.append(once(imports))
    yield Comparison(
        f"imports in {times} fresh processes each, in turn; medians",
        [
            ("import pandas, then migration", median(both[WARM_UP:])),
            ("import pandas", median(alone[WARM_UP:])),
        ],
        limit=LIMIT,
    )


def once(imports: str) -> float:
    """Seconds of some imports in a process of their own."""
    told = said_by(
        [sys.executable, "-c", PROGRAM.format(imports=imports)], limit=LONGEST
    )
    seconds, ours, peers = told.split()
    if (ours, peers) != (str(imports == BOTH), "True"):
        raise DifferError(f"{imports!r} did not import what it says")
    return float(seconds)


if __name__ == "__main__":
    sys.exit(main())
