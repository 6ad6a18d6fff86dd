"""What every test starts from: no display, no home of ours, no settings."""

import os

# Before numpy is here: on few cores, threads that wait for one another took four times
# the processor, and the tests are the parallel ones. Reports' kernels have one too.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
# The sources that tests ask are servers on this machine, which no study may ask else.
os.environ["MIGRATION_PRIVATE_HOSTS"] = "127.0.0.1"

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# Machines differ in speed, and a failure must be there the next time too.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")
os.environ["MPLBACKEND"] = "Agg"
STAYS = ("MIGRATION_REAL", "MIGRATION_PEERS", "MIGRATION_PRIVATE_HOSTS")
ONE_PYTHON = ("slow", "network", "once")
# How many tests of a file are quick: of estimates the first, which hold known numbers;
# none of what compares with peers or counts over many draws.
MOST_OF_A_FILE = {"estimators": 4, "parity": 0, "size": 0}


def pytest_addoption(parser):
    parser.addoption(
        "--quick", action="store_true",
        help="one case of each test, for another Python: not what is slow, what is "
        "marked once, nor properties over many examples",
    )  # fmt: skip


def pytest_collection_modifyitems(config, items):
    """With ``--quick`` keep the first case of each test that another Python may fail.

    The other cases, and what random examples show, one Python shows for all.
    """
    if not config.getoption("--quick"):
        return
    kept, left_out, of_file = {}, [], Counter()
    for item in items:
        name = item.nodeid.partition("[")[0]
        most = MOST_OF_A_FILE.get(item.path.parent.name, len(items))
        if name in kept or _on_one_python(item) or of_file[item.path] == most:
            left_out.append(item)
        else:
            kept[name] = item
            of_file[item.path] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept.values()


def _on_one_python(item):
    drawn = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return drawn or any(item.get_closest_marker(name) for name in ONE_PYTHON)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """Take away a developer's own settings; what only adds tests, or is ours, stays."""
    for name in os.environ:
        if name.startswith("MIGRATION_") and name not in STAYS:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _children_name_no_encodings():
    """Keep other packages' complaints off the standard error of kernels.

    ``PYTHONWARNDEFAULTENCODING`` is for this process, where ours become errors.
    """
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)


@pytest.fixture(scope="session")
def real():
    """Folder of observed data that are not ours to ship; skips without it."""
    folder = os.environ.get("MIGRATION_REAL")
    if not folder:
        pytest.skip("MIGRATION_REAL names no folder of observed data")
    return Path(folder)


DAYS = pd.date_range("2020-11-01", "2021-01-31", name="period")
CONTROLS = tuple(f"c{i:02d}" for i in range(45))


@pytest.fixture(scope="session")
def frame():
    """SIMULATED: one hit series and 45 others, a weekly cycle and a common shock.

    The hit series gains 0.8 from 6 January on, and 0.5 more from 16 January on.
    """
    rng = np.random.default_rng(20210106)
    noise = 0.1 * rng.normal(size=(46, len(DAYS)))
    common = 0.04 * rng.normal(size=len(DAYS)).cumsum()
    y = 5 + noise + common + 0.3 * np.sin(2 * np.pi * np.arange(len(DAYS)) / 7)
    y[0, DAYS >= "2021-01-06"] += 0.8
    y[0, DAYS >= "2021-01-16"] += 0.5
    wide = pd.DataFrame(y.T, index=DAYS, columns=["hit", *CONTROLS])
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    return long.assign(n=np.exp(long.y).round())


@pytest.fixture(scope="session")
def peers():
    """Folder of the peers' environment; skips where only the quick tests run."""
    given = os.environ.get("MIGRATION_PEERS")
    found = Path(given) if given else Path(__file__).parents[1] / ".venv-peers"
    if not given and not found.exists():
        pytest.skip("no environment of peers: tools/dev.py test makes it")
    return found


@pytest.fixture
def design():
    """The hit series against the others, the notice's window, the delay known."""
    # Imported when asked for: the plain tests of a fresh checkout need no library.
    from migration.design import Design

    return Design(
        outcome="y",
        treated="hit",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=CONTROLS,
        other_events={"delay": ("2021-01-15", "2021-01-16")},
        event_name="notice",
    )
