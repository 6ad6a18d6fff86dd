"""Peers and the data sets of the papers, in an environment of their own."""

import json
import os
import subprocess
from pathlib import Path

import pytest

EXPECTED = Path(__file__).parent / "expected_numbers.json"


@pytest.fixture(scope="session")
def expected():
    """Numbers to reproduce, each with its source."""
    return json.loads(EXPECTED.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def peers():
    """Folder of the peers' environment; skips where only the quick tests run."""
    given = os.environ.get("MIGRATION_PEERS")
    found = Path(given) if given else Path(__file__).parents[2] / ".venv-peers"
    if not given and not found.exists():
        pytest.skip("no environment of peers: tools/dev.py test makes it")
    return found


@pytest.fixture(scope="session")
def dataset(peers):
    """Path of a data file inside a peer package: ``dataset("scspill", "*.csv")``."""

    def find(package, pattern):
        places = [*peers.glob("lib/python*/site-packages"), peers / "Lib/site-packages"]
        found = [f for place in places for f in (place / package).rglob(pattern)]
        assert found, f"{package} has no {pattern} in {peers}"
        return found[0]

    return find


@pytest.fixture(scope="session")
def ask_peer(peers):
    """Run Python code among the peers and read the JSON that it prints last."""

    def ask(code, *words, timeout=240):
        program = peers / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        done = subprocess.run(
            [program, "-W", "ignore", "-c", code, *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return ask
