"""Every way a notebook can end (reports.md, table 1.3), and the page of a good one."""

import json
import re
import sys
import time

import pytest

from migration.errors import ReportError, ReportTimeout, WorkspaceError
from migration.report.html import check_html

STUDY = "tiny-observed"
CARD = """\
from IPython.display import display
display({"application/vnd.migration.report+json": {
    "vintage": [{"source": "flathub", "retrieved": "2026-01-01", "files": 2}],
    "headline": [{"app": app, "estimate": 5.2, "conf_low": 1.23456, "p_value": None}],
    "warnings": ["Few & far between."],
}}, raw=True)"""
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
FIGURE = f"""\
from IPython.display import display
display({{"image/png": "{PNG}"}}, raw=True, metadata={{"image/png": {{"alt": ALT}}}})"""
TABLE = """\
from IPython.display import HTML
HTML("<table><caption>Days</caption><tr><th scope='row'>a</th><td>1</td></tr></table>")
"""
GOOD = ("# What *moved*\n\nText.", "ALT = 'A dot & no more.'", FIGURE, TABLE, CARD)


def _failure(workspace, name):
    folder = workspace.reports / STUDY / "failed" / name
    return json.loads((folder / "error.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def good(tmp_path_factory, new_workspace, put, render):
    """A report in place, its run and the events told of it."""
    workspace = new_workspace(tmp_path_factory.mktemp("good") / "work")
    put(workspace, "tiny", *GOOD)
    events = []
    run = render(workspace, "tiny", on_event=events.append)
    assert not run.errors
    return workspace, run, events


def test_a_good_report_is_in_place_with_its_manifest(good):
    workspace, run, _ = good
    manifest = run.outcomes[0].manifest
    assert manifest["status"] == "ok"
    assert manifest["title"] == "What moved"
    assert manifest["headline"][0]["app"] == "signal"
    assert manifest["params"] == {"study": STUDY, "app": "signal", "n": 3}
    assert len(manifest["timing"]["cells"]) == 6
    for output in manifest["outputs"]:
        path = workspace.reports / STUDY / output["path"]
        assert path.stat().st_size == output["bytes"]
    assert {o["path"].split("/")[0] for o in manifest["outputs"]} == {
        "runs", "tiny.html",
    }  # fmt: skip


def test_progress_names_each_cell(good):
    told = [(e.event, e.cell, e.cells) for e in good[2]]
    assert told[0] == ("start", None, None)
    assert ("cell", 1, 6) in told
    assert ("cell", 6, 6) in told
    assert told[-1][0] == "done"


def test_the_page_loads_nothing_and_can_be_read_by_all(good, page_of):
    page = page_of(good[0])
    assert check_html(page) == []
    assert "<script" not in page
    assert not re.search(r"""(src|srcset)=["']?(https?:)?//""", page)
    assert "default-src 'none'" in page
    assert '<html lang="en">' in page
    assert page.count("<main") == 1
    assert '<a class="skip" href="#report">' in page
    assert 'id="report"' in page
    assert 'alt="A dot &amp; no more."' in page
    assert "<caption>Days</caption>" in page
    assert '<th scope="row">a</th>' in page
    assert "<details" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert "No description has been provided" not in page


def test_the_page_says_what_it_was_made_from(good, page_of):
    page = page_of(good[0])
    assert "<h1>What moved</h1>" in page
    assert "<caption>Data vintage</caption>" in page
    assert "2026-01-01" in page
    assert "Few &amp; far between." in page
    assert re.search(r"Python</th><td>3\.", page)
    assert re.search(r"pandas</th><td>\d", page)
    assert re.search(r"SHA-256 <code>[0-9a-f]{64}</code>", page)
    assert "SIMULATED" not in page


def test_the_page_holds_no_clock_and_no_path(good, page_of):
    workspace, run, _ = good
    page = page_of(workspace)
    manifest = run.outcomes[0].manifest
    assert str(workspace.root) not in page
    assert manifest["timing"]["finished"] not in page
    assert manifest["run_id"] not in page
    assert "papermill" not in re.sub(r"papermill</th><td>[\d.]+", "", page)


def test_a_second_run_renders_nothing(good, render):
    workspace, _, _ = good
    page = workspace.reports / STUDY / "tiny.html"
    before = page.stat().st_mtime_ns
    run = render(workspace, "tiny")
    assert run.outcomes[0].status == "fresh"
    assert run.outcomes[0].manifest["title"] == "What moved"
    assert page.stat().st_mtime_ns == before


@pytest.mark.slow
def test_forced_twice_and_from_two_folders_the_bytes_are_the_same(  # noqa: PLR0913
    good, tmp_path, new_workspace, put, render, page_of
):
    workspace, first, _ = good
    before = page_of(workspace)
    again = render(workspace, "tiny", force=True)
    other = new_workspace(tmp_path / "a different place")
    put(other, "tiny", *GOOD)
    render(other, "tiny")
    assert again.outcomes[0].status == "ok"
    assert page_of(workspace) == before == page_of(other)
    runs = [one.outcomes[0].manifest["outputs"] for one in (first, again)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("1 / 0", ("ZeroDivisionError: division by zero", 3)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ("kernel died", 3)),
        ("import sys; sys.exit(0)", ("SystemExit|never ran", 3)),
        ("import sys; sys.exit(3)", ("SystemExit: 3", 3)),
        ("import os; os._exit(0)", ("kernel died", 3)),
        ("import warnings; warnings.warn('old')", ("writes nothing to stderr.*old", 3)),
        ("object()", ("memory address", 3)),
        ("ALT = ' '\n" + FIGURE, ("no alternative text", 3)),
        (
            "print('" + "/usr" + "')\nimport sys; print(sys.prefix)",
            ("path of this", None),
        ),
        (
            "from IPython.display import HTML\nHTML('<script>1</script>')",
            ("script", None),
        ),
        (
            "from IPython.display import HTML\nHTML('<img alt=a src=//example.org/a>')",
            ("loads", None),
        ),
        (CARD.replace('"warnings": [', '"warnings": [1, '), ("report card", None)),
    ],
)
def test_a_report_that_must_not_pass_does_not(workspace, put, render, source, found):
    message, cell = found
    put(workspace, "bad", "# Title", source, "2 + 2")
    run = render(workspace, "bad")
    error = run.errors[0]
    assert isinstance(error, ReportError)
    assert re.search(message, str(error), re.DOTALL), str(error)
    assert not (workspace.reports / STUDY / "bad.html").exists()
    kept = _failure(workspace, "bad")
    assert kept["status"] == "failed"
    assert kept["cell"] == cell
    assert "bad" in run.index.read_text(encoding="utf-8")
    assert (run.index.parent / "failed" / "bad" / "traceback.txt").stat().st_size > 9


@pytest.mark.parametrize(
    "source",
    ["import time; time.sleep(60)", "sum(range(10**12))"],
    ids=["asleep", "in one long C call"],
)
def test_a_report_that_takes_too_long_is_stopped_with_its_children(
    workspace, put, render, left_over, source
):
    child = "import subprocess; p = subprocess.Popen(['sleep', '300']); 0"
    put(workspace, "slow", "# Title", child, source)
    began = time.monotonic()
    run = render(workspace, "slow", timeout=4.0)
    assert time.monotonic() - began < 20
    assert isinstance(run.errors[0], ReportTimeout)
    assert "stopped after 4 s" in str(run.errors[0])
    assert _failure(workspace, "slow")["status"] == "timeout"
    assert _failure(workspace, "slow")["cell"] == 4
    assert left_over() == []


def test_a_child_left_by_a_good_notebook_does_not_outlive_it(
    workspace, put, render, left_over
):
    child = "import subprocess; p = subprocess.Popen(['sleep', '300']); 0"
    own = 'study: str = "tiny-observed"\nprograms: list[str] = ["sleep"]'
    put(workspace, "tiny", "# Title", child, parameters=own)
    assert render(workspace, "tiny").outcomes[0].status == "ok"
    assert left_over() == []


def test_a_failure_leaves_the_last_good_report_and_the_others_go_on(
    workspace, put, render, page_of
):
    put(workspace, "a", "# First", "1")
    put(workspace, "b", "# Second", "2")
    render(workspace, "a", "b")
    before = page_of(workspace, "a")
    put(workspace, "a", "# First", "1 / 0")
    put(workspace, "b", "# Second changed", "2")
    run = render(workspace, "a", "b")
    assert [one.status for one in run.outcomes] == ["failed", "ok"]
    assert page_of(workspace, "a") == before
    assert "Second changed" in page_of(workspace, "b")
    index = run.index.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in index
    assert "The report below is the last good one" in index
    put(workspace, "a", "# First", "1")
    assert render(workspace, "a").outcomes[0].status == "fresh"
    assert not (run.index.parent / "failed" / "a").exists()
    assert "ZeroDivisionError" not in run.index.read_text(encoding="utf-8")


def test_a_simulated_study_says_so_everywhere(workspace, put, render, page_of):
    put(workspace, "tiny", "# Title", CARD)
    run = render(workspace, "tiny", study="tiny-simulated")
    assert not run.errors
    page = page_of(workspace, study="tiny-simulated")
    assert 'role="region"><strong>SIMULATED</strong>' in page
    assert "SIMULATED" in run.index.read_text(encoding="utf-8")
    top = workspace.reports / "index.html"
    assert "SIMULATED" in top.read_text(encoding="utf-8")


def test_the_kernel_knows_its_parent_where_no_guard_can_stop_it(
    workspace, put, render, page_of
):
    """Windows has no guard: ipykernel leaves when this process's handle is gone."""
    source = """\
import os
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
print(app.parent_handle == os.getppid(), app.poller.is_alive())"""
    put(workspace, "tiny", "# Title", source)
    assert not render(workspace, "tiny").errors
    assert ">True True\n" in page_of(workspace)


def test_given_parameters_reach_the_kernel_and_a_page_of_their_own(
    workspace, put, render, page_of
):
    put(workspace, "tiny", "# Title", "print(repr((study, app, n)))")
    run = render(workspace, "tiny", parameters={"app": "007", "n": "5"})
    name = run.outcomes[0].job.name
    page = page_of(workspace, name)
    assert f"('{STUDY}', '007', 5)" in page
    assert not (workspace.reports / STUDY / "tiny.html").exists()


def test_the_kernel_is_private_and_single_threaded(workspace, put, render, page_of):
    source = """\
import os, sys
names = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS PYTHONHASHSEED MPLBACKEND".split()
print([os.environ[name] for name in names])
print(os.environ["MIGRATION_WORKSPACE"] == os.getcwd())
print(os.environ["IPYTHONDIR"] != os.path.expanduser("~/.ipython"))
print(get_ipython().history_manager.hist_file)"""
    put(workspace, "tiny", "# Title", source)
    run = render(workspace, "tiny")
    assert not run.errors
    page = page_of(workspace)
    backend = "module://matplotlib_inline.backend_inline"
    assert str(["1", "1", "0", backend]) in page
    assert "True\nTrue\n:memory:" in page


def test_without_the_notebook_libraries_it_says_what_to_install(
    workspace, put, render, monkeypatch
):
    for name in ("papermill", "migration.report.render", "migration.report.make"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "papermill", None)
    put(workspace, "tiny", "# Title", "1")
    with pytest.raises(
        WorkspaceError, match=r"papermill.*platform-migration\[reports\]"
    ):
        render(workspace, "tiny")
