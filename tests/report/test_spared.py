"""What the notebook libraries import only in case is left out, for that time alone."""

import importlib
import subprocess
import sys
import threading

import pytest

from migration.report import spared as room
from migration.report.spared import IN_CASE, spared


def test_the_notebook_libraries_come_without_what_no_report_asks_for():
    """And whoever asks for one of those later has it."""
    program = (
        "import sys, migration.report.make\n"
        f"assert not set({IN_CASE!r}) & set(sys.modules)\n"
        "import pyarrow.parquet\n"
        "print(pyarrow.parquet.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "pyarrow.parquet", done.stderr


def test_a_module_is_hidden_while_it_lasts_also_where_it_fails(monkeypatch):
    monkeypatch.setattr(room, "IN_CASE", ("no_such_module_yet", "sys"))
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with spared():
        assert sys.modules["no_such_module_yet"] is None
        assert sys.modules["sys"] is sys
    with pytest.raises(ModuleNotFoundError), spared():
        importlib.import_module("no_such_module_yet")
    assert "no_such_module_yet" not in sys.modules


def test_beside_another_thread_nothing_is_hidden(monkeypatch):
    monkeypatch.setattr(room, "IN_CASE", ("no_such_module_yet",))
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    with spared():
        assert "no_such_module_yet" not in sys.modules
