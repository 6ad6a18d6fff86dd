"""A fetch that is killed twenty times, wherever it is, loses and halves nothing."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from sources.small_study import Files, body, path_of

from migration.sources import load_panel
from migration.store import Store
from migration.study import load_study

KILLS = 20
FILES = Files(controls=tuple(f"org.control.C{n:02d}" for n in range(85)))

# Loads everything once. For each line of its standard input it starts a fetch in a
# child of its own; the next line ends that: `kill` at once, `wait` when it is done.
FETCHER = """
import os, signal, sys
from migration.sources import fetch, rehearse
from migration.sources.client import Client
from migration.study import load_study
from migration.workspace import find_workspace
here = find_workspace(sys.argv[1])
study = load_study("loop", workspace=here)
rehearse(study, workspace=here)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        client = Client(contact="tests@example.org", pace=0.0)
        done = fetch(study, workspace=here, client=client)
        os._exit(7 if done.failed else 0)
    if sys.stdin.readline() == "kill\\n":
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def fetcher(server, workspace):
    if not hasattr(os, "fork"):
        pytest.skip("needs a system that forks")
    FILES.serve(server)
    server.delay = 0.005
    (workspace.studies / "loop.toml").write_text(
        FILES.toml(server.base), encoding="utf-8"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", FETCHER, workspace.root]
    with subprocess.Popen(command, encoding="utf-8", **pipes) as child:
        yield child
        child.stdin.close()
        child.wait(timeout=60)


def tell(fetcher, word):
    fetcher.stdin.write(f"{word}\n")
    fetcher.stdin.flush()


def ended(fetcher, word):
    """End a fetch; its status as the system gives it."""
    tell(fetcher, word)
    return int(fetcher.stdout.readline())


def wait_for(server, questions):
    """Until the server was asked so often more; a minute at the most."""
    wanted, until = len(server.asked) + questions, time.monotonic() + 60
    while len(server.asked) < wanted and time.monotonic() < until:
        time.sleep(0.001)


def whole_files(store):
    """Names of the entries, each proved to be what the server has."""
    entries = store.entries()
    sent = {path_of(name): body(name) for name in FILES.names}
    for entry in entries:
        assert store.read(entry) == sent["/data/" + entry.url.rpartition("/")[2]]
    return [entry.name for entry in entries]


@pytest.mark.slow
def test_a_fetch_killed_at_twenty_moments_goes_on_where_it_was(
    fetcher, server, workspace
):
    store, moments = Store(workspace.raw), random.Random(20210106)
    kept = []
    for _ in range(KILLS):
        tell(fetcher, "start")
        wait_for(server, moments.randint(1, 3))
        time.sleep(0.02 * moments.random())
        assert ended(fetcher, "kill") == signal.SIGKILL
        now = whole_files(store)
        assert now[: len(kept)] == kept
        assert not [p for p in store.verify() if p.startswith(("damaged", "missing"))]
        kept = now
    assert KILLS / 4 <= len(kept) < len(FILES.names)
    tell(fetcher, "start")
    assert ended(fetcher, "wait") == 0
    names = sorted(f"flathub/{name.lower()}.json" for name in FILES.names)
    assert sorted(whole_files(store)) == names
    assert store.verify() == []
    asked = [path for path, _ in server.asked]
    assert len(asked) <= len(FILES.names) + KILLS
    study = load_study("loop", workspace=workspace)
    panel = load_panel(study, source="flathub", workspace=workspace)
    assert panel["app"].nunique() == len(FILES.names)
