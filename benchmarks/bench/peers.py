"""Questions to the peers' environment, which times itself: no start-up is counted."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench.child import said_by

Arrays = dict[str, NDArray[Any]]
LIMIT = 1200  # seconds
PRELUDE = """
import sys
from time import perf_counter
import numpy as np

def best(run, repeats):
    times = []
    for _ in range(repeats):
        start = perf_counter()
        answer = run()
        times.append(perf_counter() - start)
    return answer, min(times)

given, answer_file = np.load(sys.argv[1]), sys.argv[2]
"""


def ask(code: str, given: Mapping[str, NDArray[Any]]) -> Arrays:
    """Run code among the peers.

    Parameters
    ----------
    code : str
        Finds arrays by name in ``given`` and ``best(run, repeats)``, which returns the
        answer and the seconds of the quickest run; writes ``answer_file`` by
        ``numpy.savez``.
    given : mapping of str to array

    Returns
    -------
    dict of str to array
    """
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        asked, told = Path(folder) / "given.npz", Path(folder) / "told.npz"
        np.savez(asked, **dict(given))  # type: ignore[arg-type]
        words = [python(), "-W", "ignore", "-c", PRELUDE + code, asked, told]
        said_by(words, limit=LIMIT)
        with np.load(told) as found:
            return dict(found)


def versions_of(packages: Sequence[str]) -> str:
    """Versions of some packages of the peers' environment."""
    code = """
from importlib.metadata import version
names = given["packages"].tolist()
np.savez(answer_file, told=np.array([f"{name} {version(name)}" for name in names]))
"""
    return ", ".join(ask(code, {"packages": np.array(packages)})["told"].tolist())


def python() -> Path:
    """The interpreter of the peers' environment."""
    given = os.environ.get("MIGRATION_PEERS")
    if not given:
        sys.exit("MIGRATION_PEERS names no environment of peers; make bench makes it")
    return Path(given) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
