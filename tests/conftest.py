"""What every test starts from: no display, no home of ours, no settings."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Machines differ in speed, and a failure must be there the next time too.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """Take away a developer's own settings; MIGRATION_REAL only adds tests."""
    for name in os.environ:
        if name.startswith("MIGRATION_") and name != "MIGRATION_REAL":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def real():
    """Folder of observed data that are not ours to ship; skips without it."""
    folder = os.environ.get("MIGRATION_REAL")
    if not folder:
        pytest.skip("MIGRATION_REAL names no folder of observed data")
    return Path(folder)
