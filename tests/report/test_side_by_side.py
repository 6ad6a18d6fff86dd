"""Several reports at once, by cold and by forked kernels: what is cold is right."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest
from hearing import HEARING

from migration.errors import Locked, ReportError, WorkspaceError
from migration.report import workshop
from migration.report.forking import CAN_FORK, ForkServer, named_modules
from migration.report.lock import reports_lock
from migration.report.workshop import Stopped, Workshop, default_jobs, use_fork

STUDY = "tiny-observed"
forks = pytest.mark.skipif(not CAN_FORK, reason="forks on Linux alone")
FIGURE = """\
import matplotlib.pyplot as plt
from IPython.display import display
fig, ax = plt.subplots(figsize=(1, 1))
ax.plot([1, 2])
display(fig, metadata={"image/png": {"alt": "A line."}})
plt.close(fig)"""
AROUND = """\
import gc, locale, os, signal, sys, threading, time, warnings
import matplotlib as mpl, numpy, pandas, scipy.stats, statsmodels.api
own = {"IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JPY_PARENT_PID", "_"}
print(sorted((k, v) for k, v in os.environ.items() if k not in own and "/" not in v))
print(sorted(os.environ), os.getcwd() == os.environ["MIGRATION_WORKSPACE"])
print(time.tzname, locale.getlocale(), sys.flags, len(sys.argv), "" in sys.path)
print([os.path.basename(p) for p in sys.path])
print(os.environ["JPY_PARENT_PID"] == str(os.getppid()), gc.get_threshold())
print([signal.getsignal(n) == signal.default_int_handler for n in (2, 15)])
print(os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid(), os.read(0, 1))
plain = {k: str(v) for k, v in mpl.rcParams.items()}
print(mpl.get_backend(), sorted((k, v) for k, v in plain.items() if "/" not in v))
print(sorted(str(f[:3]) for f in warnings.filters if f[3] is None))
print(hash("a text"), sorted(t.name for t in threading.enumerate()), __name__)"""


@forks
@pytest.mark.slow
def test_one_job_and_two_cold_and_forked_give_the_same_bytes(
    workspace, put, render, page_of
):
    names = ("a", "b", "c")
    for name in names:
        put(workspace, name, f"# {name}", FIGURE, AROUND, "print(2 ** 10)")
    found = []
    for jobs, isolation in ((1, "cold"), (2, "cold"), (1, "fork"), (2, "fork")):
        run = render(workspace, *names, jobs=jobs, isolation=isolation, force=True)
        assert [one.job.name for one in run.outcomes] == list(names)
        assert not run.errors, run.errors
        found.append([page_of(workspace, name) for name in names])
        assert all(page.count('<img alt="A line."') == 1 for page in found[-1])
    assert all(one == other for one, other in pairwise(found))


@forks
@pytest.mark.slow
def test_forked_kernels_share_no_chance_and_no_state(workspace, put, render, page_of):
    source = """\
import os, random, numpy, matplotlib as mpl, warnings
print(hasattr(numpy, "left"), mpl.rcParams["lines.linewidth"], os.getcwd()[-4:])
print("drawn", random.random(), numpy.random.random())
numpy.left = 1; mpl.rcParams["lines.linewidth"] = 9
os.chdir("/"); os.environ["TZ"] = "X"
warnings.simplefilter("error")"""
    names = ("a", "b", "c")
    for name in names:
        put(workspace, name, "# Title", source)
    run = render(workspace, *names, isolation="fork", jobs=1)
    assert not run.errors
    pages = [page_of(workspace, name) for name in names]
    assert all("False 1.5 work" in page for page in pages)
    assert len({re.search(r"drawn [\d. e-]+", page).group() for page in pages}) == 3


@forks
@pytest.mark.slow
def test_what_a_forked_kernel_reads_is_seen_as_of_a_cold_one(workspace, put, render):
    import pandas as pd

    (workspace.root / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (workspace.root / "mine.py").write_text("X = 1\n", encoding="utf-8")
    (workspace.processed / "p").mkdir(parents=True)
    pd.DataFrame({"a": [1]}).to_parquet(workspace.processed / "p" / "x.parquet")
    head = f'study: str = "{STUDY}"\ninputs: list[str] = ["table.csv"]'
    source = """\
import mine, pandas as pd
print(len(pd.read_csv("table.csv")))
print(len(pd.read_parquet("data/processed/p/x.parquet")))"""
    put(workspace, "a", "# Title", source, parameters=head)
    put(workspace, "b", "# Title", "open('table.csv', encoding='utf-8').read()")
    seen = []
    for isolation in ("cold", "fork"):
        run = render(workspace, "a", "b", isolation=isolation, force=True)
        assert "it read table.csv, which it does not declare" in str(run.errors[0])
        seen.append(run.outcomes[0].manifest["observed"])
    assert [one["name"] for one in seen[0]] == [
        "workspace:data/processed/p/x.parquet", "workspace:mine.py",
    ]  # fmt: skip
    assert seen[0] == seen[1]


@forks
@pytest.mark.slow
def test_a_warning_at_import_keeps_kernels_cold(workspace, put, render):
    (workspace.root / "great_tables.py").write_text(
        "import warnings\nwarnings.warn('of old age')\n", encoding="utf-8"
    )
    server = ForkServer(workspace.root, {})
    try:
        assert not server.ready()
    finally:
        server.close()
    put(workspace, "a", "# Title", "1")
    assert not render(workspace, "a", isolation="fork").errors


@forks
@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["cold", "fork"])
def test_each_fault_of_a_kernel_is_that_of_its_report_alone(
    workspace, put, render, isolation, left_over
):
    faults = {
        "a-killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "b-exit": "import sys; sys.exit(0)",
        "c-good": "1 + 1",
        "d-memory": "import resource as r\nr.setrlimit(r.RLIMIT_AS, (2**32, 2**32))\n"
        "x = bytearray(2**34)",
        "e-stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "f-raises": "1 / 0",
    }
    for name, source in faults.items():
        put(workspace, name, "# Title", source, "2 + 2")
    run = render(workspace, *faults, isolation=isolation, jobs=2, timeout=15.0)
    said = {one.job.name: str(one.error or "") for one in run.outcomes}
    assert list(said) == list(faults)
    assert "kernel died" in said["a-killed"]
    assert re.search("SystemExit|never ran", said["b-exit"])
    assert said["c-good"] == ""
    assert "MemoryError" in said["d-memory"]
    assert "stopped after 15 s" in said["e-stopped"]
    assert "ZeroDivisionError" in said["f-raises"]
    placed = {path.stem for path in (workspace.reports / STUDY).glob("*.html")}
    assert placed == {"c-good", "index"}
    assert left_over() == []


@forks
@pytest.mark.slow
def test_the_first_failure_stops_what_runs(workspace, put, render, left_over):
    put(workspace, "a", "# Title", "import time; time.sleep(1); 1 / 0")
    put(workspace, "b", "# Title", "import time; time.sleep(60)")
    put(workspace, "c", "# Title", "1")
    began = time.monotonic()
    run = render(workspace, "a", "b", "c", jobs=2, fail_fast=True)
    assert time.monotonic() - began < 50
    assert [(one.job.name, one.status) for one in run.outcomes] == [("a", "failed")]
    assert not (workspace.reports / STUDY / "failed" / "b").exists()
    assert left_over() == []


def test_what_ended_with_the_first_failure_is_had_too(tmp_path):
    """Two end in one instant; the third, which waits, is not begun."""
    together, begun, had = threading.Barrier(2), [], []

    def make(task):
        begun.append(task)
        together.wait(10)
        return task

    with Workshop(tmp_path, fork=False) as shop:
        for task, made in shop.each(make, ["a", "b"], 2):
            assert task == made
            time.sleep(0.5)  # as long as it takes to put it in place
            shop.stop()
            had.append(made)
    assert sorted(had) == sorted(begun) == ["a", "b"]


def test_a_session_that_was_cut_is_no_report_and_one_that_had_ended_is(tmp_path):
    with Workshop(tmp_path, fork=False) as shop:
        cut, ended = shop.session(), shop.session()
        ended.stop()  # as its notebook's end does
        shop.stop()
        shop.done(ended)
        with pytest.raises(Stopped):
            shop.done(cut)
        with pytest.raises(Stopped):
            shop.session()
        for session in (cut, ended):
            session.folder.rmdir()


@forks
@pytest.mark.slow
def test_a_server_that_dies_leaves_kernels_cold(workspace, put, render, monkeypatch):
    class Dying(ForkServer):
        def ready(self):
            usable = super().ready()
            os.kill(self._process.pid, signal.SIGKILL)
            return usable

    monkeypatch.setattr(workshop, "ForkServer", Dying)
    put(workspace, "a", "# Title", "1")
    put(workspace, "b", "# Title", "1")
    run = render(workspace, "a", "b", jobs=1)
    assert "the process that forks kernels is gone" in str(run.errors[0])
    assert [one.status for one in run.outcomes] == ["failed", "ok"]


@pytest.mark.slow
def test_events_are_whole_lines_with_all_fields_whoever_tells_them(
    workspace, put, command
):
    for name in "abc":
        put(workspace, name, "# Title", *["1 + 1"] * 9)
    every = [part for name in "abc" for part in ("--notebook", name)]
    done = command(
        "report", STUDY, *every, "--jobs", "2", "--log", "json", cwd=workspace.root
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({frozenset(line) for line in lines}) == 1
    assert len({line["run_id"] for line in lines}) == 1
    for name in "abc":
        own = [one for one in lines if one["report"] == name]
        cells = own[1]["cells"]
        told = [(one["event"], one["cell"]) for one in own]
        each = [("cell", cell) for cell in range(1, cells + 1)]
        assert told == [("start", None), *each, ("done", None)]
        assert cells > 9


@pytest.mark.slow
def test_the_headline_has_the_order_of_the_plan(workspace, put, command):
    card = """\
import time
from IPython.display import display
time.sleep({wait})
display({{"application/vnd.migration.report+json": {{"vintage": [], "warnings": [],
    "headline": [{{"app": "{name}"}}], "answer": "Yes."}}}}, raw=True)"""
    for name, wait in (("a", 3), ("b", 0)):
        put(workspace, name, "# Title", card.format(name=name, wait=wait))
    both = ("--notebook", "a", "--notebook", "b", "--jobs", "2")
    done = command("report", STUDY, *both, cwd=workspace.root)
    told = [line.split() for line in done.stdout.splitlines()[:3]]
    assert told == [["report", "app"], ["a", "a"], ["b", "b"]]


def _start(workspace, *names, jobs=2):
    each = [part for name in names for part in ("--notebook", name)]
    return subprocess.Popen(
        [sys.executable, "-m", "migration", "report", STUDY, *each, "-j", str(jobs)],
        cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        **HEARING,
    )  # fmt: skip


@forks
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_an_interrupted_run_of_two(
    workspace, put, left_over, number
):
    source = """\
import pathlib, subprocess
child = subprocess.Popen(["sleep", "300"])
pathlib.Path("running-{name}").touch()
sum(range(10**12))"""
    for name in "ab":
        put(workspace, name, "# Title", source.format(name=name))
    run = _start(workspace, "a", "b")
    deadline = time.monotonic() + 120
    try:
        while len(list(workspace.root.glob("running-*"))) < 2:
            assert run.poll() is None, "the run ended before its cells began"
            assert time.monotonic() < deadline, "no cells began"
            time.sleep(0.05)
        assert len(left_over()) >= 5  # the server, two kernels, two children
    finally:
        run.send_signal(number)
        code = run.wait(timeout=60)
    assert code == (-9 if number == signal.SIGKILL else 130)
    deadline = time.monotonic() + 2
    while left_over() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_over() == []


@pytest.mark.slow
def test_a_run_waits_for_another_where_it_is_told_to(workspace, put, render):
    put(workspace, "tiny", "# Title", "1")
    with reports_lock(workspace.reports):
        with pytest.raises(Locked, match="with --wait"):
            render(workspace, "tiny")
        waiting = subprocess.Popen(
            [sys.executable, "-m", "migration", "report", STUDY, "--notebook", "tiny",
             "--wait", "--dry-run"],
            cwd=workspace.root, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        assert waiting.communicate(timeout=60)[0].startswith("render  tiny")
        run = subprocess.Popen(
            [sys.executable, "-m", "migration", "report", STUDY, "--notebook", "tiny",
             "--wait"],
            cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(1.5)
        assert run.poll() is None
    assert run.wait(timeout=100) == 0


@pytest.mark.parametrize(("reports", "jobs"), [(1, 1), (2, 2), (3, 3), (99, 3)])
def test_as_many_jobs_as_cores_and_reports(monkeypatch, reports, jobs):
    monkeypatch.setattr(workshop, "cores", lambda: 3)
    assert default_jobs(reports) == jobs
    monkeypatch.setattr(workshop, "cores", lambda: 64)
    assert default_jobs(reports) == min(reports, 8)


def test_a_fork_is_for_two_and_more_and_for_linux_alone(monkeypatch):
    monkeypatch.setattr(workshop, "CAN_FORK", True)
    asked = [("auto", 1), ("auto", 2), ("cold", 2), ("fork", 1)]
    assert [use_fork(*one) for one in asked] == [False, True, False, True]
    monkeypatch.setattr(workshop, "CAN_FORK", False)
    assert not use_fork("auto", 2)
    with pytest.raises(WorkspaceError, match="--isolation fork needs Linux"):
        use_fork("fork", 2)


def test_a_fault_of_the_program_stops_the_others_and_is_raised(
    workspace, put, render, monkeypatch, left_over
):
    import migration.report.make as making

    def broken(*_):
        raise RuntimeError("a fault")

    monkeypatch.setattr(making, "read_card", broken)
    put(workspace, "a", "# Title", "1")
    put(workspace, "b", "# Title", "1")
    with pytest.raises(RuntimeError, match="a fault"):
        render(workspace, "a", "b")
    assert left_over() == []
    assert not issubclass(RuntimeError, ReportError)


def test_only_what_a_notebook_names_is_imported_beside_what_all_need():
    def notebook(source, kind="code"):
        return {"cells": [{"cell_type": kind, "source": source}]}

    plain, prose = notebook("import migration"), notebook("by scipy", "markdown")
    fits = notebook("from statsmodels.api import OLS")
    assert named_modules([plain, prose]) == frozenset()
    assert named_modules([plain, fits]) == {"statsmodels.api"}
    assert named_modules([fits, notebook("from scipy import stats")]) == {
        "statsmodels.api",
        "scipy.stats",
    }


@pytest.mark.skipif(os.name != "posix", reason="managers start kernels on Windows")
def test_a_kernel_started_ahead_is_the_one_that_is_used(tmp_path):
    with Workshop(tmp_path, fork=False) as shop:
        shop.start_ahead(2)
        with shop.session() as used:
            assert used.started is not None
            assert used.given([]) is used.started
            assert used.started.poll() is None
        assert used.started.returncode == -signal.SIGKILL
        assert not used.folder.exists()
        (left,) = shop._ahead
        with shop.session(), shop.session() as later:
            assert later.started is None
            assert not later.connection.exists()
        assert left.started.returncode == -signal.SIGKILL
    assert not left.folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="managers start kernels on Windows")
def test_nothing_is_left_of_a_kernel_started_ahead_and_not_needed(tmp_path):
    with Workshop(tmp_path, fork=False) as shop:
        shop.start_ahead(1)
        (left,) = shop._ahead
        assert left.started.poll() is None
    assert left.started.returncode == -signal.SIGKILL
    assert not left.folder.exists()
    with pytest.raises(Stopped):
        shop.session()
