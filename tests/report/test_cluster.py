"""Reports made elsewhere: from a parcel alone, the same bytes, or a refusal."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from migration.errors import WorkspaceError
from migration.report import cluster
from migration.report.borrowed import borrowed, sweep_borrowed
from migration.report.cluster import Task, parcel_of, render_away
from migration.report.plan import Choice, plan_reports
from migration.study import load_study

STUDY = "tiny-observed"
HEAD = f'study: str = "{STUDY}"\ninputs: list[str] = ["table.csv"]'
SOURCE = "print(open('table.csv', encoding='utf-8').read(), study)"


@pytest.fixture
def away(workspace, put):
    """A job with a file of its own, its parcel, and how a worker is asked for it."""
    (workspace.root / "table.csv").write_text("a,b\n", encoding="utf-8")
    put(workspace, "tiny", "# Title", SOURCE, parameters=HEAD)
    study = load_study(STUDY, workspace=workspace)
    (job,) = plan_reports(study, workspace, Choice(notebooks=("tiny",)))
    task = Task(
        notebook="tiny", given={}, market=None, key=job.key, parts=job.parts,
        timeout=60.0,
    )  # fmt: skip
    return parcel_of([job], workspace), task


@pytest.fixture
def on_cluster(workspace, render):
    """Render by a scheduler and two workers of loopback, which last as long."""
    distributed = pytest.importorskip("distributed")

    def run(*names, **options):
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as made:
            address = made.scheduler_address
            return render(workspace, *names, cluster=address, **options)

    return run


def test_a_parcel_holds_what_the_key_holds_and_no_path(away, workspace):
    parcel, _ = away
    assert set(parcel.files) == {
        f"studies/{STUDY}.toml", "notebooks/tiny.ipynb", "table.csv",
    }  # fmt: skip
    assert str(workspace.root) not in repr(parcel)


def test_a_report_made_from_a_parcel_has_the_bytes_of_one_made_here(
    away, workspace, render, page_of
):
    made = render_away(*away)
    assert made.failure is None
    render(workspace, "tiny")
    assert made.files["report.html"].decode() == page_of(workspace)
    assert f"a,b\n {STUDY}" in page_of(workspace)


def test_a_worker_that_would_make_another_report_says_why(away):
    parcel, task = away
    other = {**task.parts, "package": "of another day"}
    with pytest.raises(
        WorkspaceError, match="the source of migration changed; install"
    ):
        render_away(parcel, replace(task, key="sha256:other", parts=other))


@pytest.mark.usefixtures("away")
def test_without_the_library_it_says_what_to_install(workspace, render, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkspaceError, match=r"platform-migration\[distributed\]"):
        render(workspace, "tiny", cluster="tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("away")
def test_a_cluster_makes_reports_and_this_process_puts_them_in_place(
    workspace, put, render, on_cluster, page_of
):
    put(workspace, "bad", "# Title", "1 / 0")
    events = []
    run = on_cluster("tiny", "bad", on_event=events.append)
    assert {one.job.name: one.status for one in run.outcomes} == {
        "tiny": "ok", "bad": "failed",
    }  # fmt: skip
    assert "ZeroDivisionError" in str(run.errors[0])
    assert [one.event for one in events].count("start") == 2
    cells = [(e.report, e.cell, e.cells) for e in events if e.event == "cell"]
    every = [(name, n, 3) for name in ("bad", "tiny") for n in (1, 2, 3)]
    assert sorted(cells) == every  # with the parameters, and those that were given
    here = page_of(workspace)
    render(workspace, "tiny", force=True)
    assert page_of(workspace) == here


KILLS = """
import os
try:
    os.close(os.open(os.environ["DIED"], os.O_CREAT | os.O_EXCL | os.O_WRONLY))
except FileExistsError:
    print("made by another")
else:
    os.kill(os.getppid(), 9)
    __import__("time").sleep(5)
"""


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.filterwarnings("ignore")
def test_a_worker_killed_in_a_report_loses_and_doubles_nothing(
    workspace, put, on_cluster, tmp_path, monkeypatch
):
    """The report of the worker that dies, and those that wait for it, are made once."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    mark = tmp_path / "died"
    monkeypatch.setenv("DIED", str(mark))
    put(workspace, "kills", "# Title", KILLS)
    others = [f"other{number}" for number in range(2)]
    for name in others:
        put(workspace, name, "# Title", f"print({name!r})")
    events = []
    run = on_cluster("kills", *others, on_event=events.append)
    assert mark.exists()
    assert list(temporary.glob("mg-away-*")) == []  # the next worker removed it
    assert run.errors == ()
    told = [(one.event, one.report) for one in events if one.event != "cell"]
    names = ["kills", *others]
    assert sorted(told) == sorted((e, n) for e in ("done", "start") for n in names)
    folder = workspace.reports / STUDY
    assert len(list((folder / "runs").iterdir())) == 3
    assert "made by another" in (folder / "kills.html").read_text(encoding="utf-8")


HOLDS = """
import sys, time
from migration.report.borrowed import borrowed
with borrowed() as folder:
    (folder / "file").write_text("a", encoding="utf-8")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_removed_once_its_owner_is_gone_and_not_before(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
    ) as owner:  # fmt: skip
        folder = Path(owner.stdout.readline().strip())
        assert folder.parent == tmp_path
        sweep_borrowed()
        assert (folder / "file").exists()
        owner.kill()
    assert folder.exists()
    with borrowed() as own:
        assert [path.name for path in tmp_path.glob("mg-away-*") if path.is_dir()] == [
            own.name
        ]
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_folder_of_ours_is_left(tmp_path, monkeypatch):
    """A link, a file, and a folder that nobody says is theirs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "mg-away-link").symlink_to(elsewhere)
    (tmp_path / "mg-away-link.lock").touch()
    (tmp_path / "mg-away-bare").mkdir()
    (tmp_path / "mg-away-file").touch()
    before = sorted(tmp_path.iterdir())
    sweep_borrowed()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.filterwarnings("ignore")
def test_fail_fast_on_a_cluster_begins_nothing_after_the_first_failure(
    workspace, put, on_cluster, tmp_path, monkeypatch
):
    """Two workers, eight reports: what waits is cancelled; what is there stays."""
    begun = tmp_path / "begun"
    begun.mkdir()
    monkeypatch.setenv("BEGUN", str(begun))
    mark = "import os, time\nopen(os.environ['BEGUN'] + '/{}', 'x').close()\n"
    put(workspace, "a_bad", "# Title", mark.format("a_bad") + "1 / 0")
    names = [f"b_{number}" for number in range(7)]
    for name in names:
        put(workspace, name, "# Title", mark.format(name) + "time.sleep(2)")
    run = on_cluster("a_bad", *names, fail_fast=True)
    status = {one.job.name: one.status for one in run.outcomes}
    assert status["a_bad"] == "failed"
    assert "ZeroDivisionError" in str(run.errors[0])
    assert len(run.errors) == 1  # one that was cancelled is no failure
    assert len(list(begun.iterdir())) < len(names)
    folder = workspace.reports / STUDY
    placed = {path.stem for path in folder.glob("b_*.html")}
    assert placed == {name for name, one in status.items() if one == "ok"}
    assert not list((folder / "failed").glob("b_*"))


def test_an_address_where_nobody_answers_is_refused(
    workspace, put, render, monkeypatch
):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    put(workspace, "tiny", "# Title", "1")
    with pytest.raises(WorkspaceError, match="needed the address of a Dask scheduler"):
        render(workspace, "tiny", cluster="tcp://127.0.0.1:9")
