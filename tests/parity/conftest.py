"""Peers and the data sets of the papers, in an environment of their own."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

import pytest
from printed import differs, listen, placed

EXPECTED = Path(__file__).parent / "expected_numbers.json"
COMPUTED = Path(__file__).parent / "computed_numbers.json"
WRITES = "WRITE_COMPUTED_NUMBERS"


@pytest.fixture(scope="session")
def expected():
    """Numbers to reproduce, each with its source and knowing its place."""
    return placed(json.loads(EXPECTED.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def computed():
    """Our numbers on file, by test; written anew where ``WRITES`` is set.

    ``WRITE_COMPUTED_NUMBERS=1 python -m pytest tests/parity``, in one process.
    """
    known = json.loads(COMPUTED.read_text(encoding="utf-8"))
    yield known
    if os.environ.get(WRITES):
        text = json.dumps(known, indent=1, sort_keys=True)
        COMPUTED.write_text(f"{text}\n", encoding="utf-8", newline="\n")


@pytest.fixture(autouse=True)
def heard(request, monkeypatch, computed):
    """What this test compares with numbers of others is what the file says of it."""
    listening = listen(monkeypatch)
    yield listening
    name = f"{request.path.name}::{request.node.originalname}"
    if os.environ.get(WRITES) and listening.found:
        computed.setdefault(name, {}).update(listening.found)
    assert differs(listening.found, computed.get(name, {})) == []


@pytest.fixture(scope="session")
def dataset(peers):
    """Path of a data file inside a peer package: ``dataset("scspill", "*.csv")``."""

    def find(package, pattern):
        places = [*peers.glob("lib/python*/site-packages"), peers / "Lib/site-packages"]
        found = [f for place in places for f in (place / package).rglob(pattern)]
        assert found, f"{package} has no {pattern} in {peers}"
        return found[0]

    return find


# One process answers all: importing a peer takes longer than most questions.
LOOP = """
import contextlib, io, json, sys, traceback
for line in sys.stdin:
    asked, said, fault = json.loads(line), io.StringIO(), ""
    sys.argv = ["-c", *asked["words"]]
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(asked["code"], "asked", "exec"), {"__name__": "__main__"})
    except BaseException:
        fault = traceback.format_exc()
    told = json.dumps({"said": said.getvalue(), "fault": fault})
    sys.stdout.write("ANSWER " + told + "\\n")
    sys.stdout.flush()
"""


class Peer:
    """A Python among the peers that answers one question after the other."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "-W", "ignore", "-c", LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            if line.startswith("ANSWER "):
                self.lines.put(json.loads(line.removeprefix("ANSWER ")))
        self.lines.put({"said": "", "fault": "the peers' process ended"})

    def ask(self, code, *words, timeout=240):
        """Run code and read the JSON that it prints last."""
        asked = {"code": code, "words": [str(word) for word in words]}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        told = self.lines.get(timeout=timeout)
        assert not told["fault"], told["fault"]
        return json.loads(told["said"].splitlines()[-1])

    def close(self):
        """End it, and wait until it has."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def ask_peer(peers):
    """Run Python code among the peers and read the JSON that it prints last."""
    peer = Peer(peers / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    yield peer.ask
    peer.close()
