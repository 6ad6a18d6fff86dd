"""What a notebook reads makes it stale when it changes; data it must declare."""

import json
import os
import subprocess
import sys

import pytest

from migration.report.manifest import load_manifest, sha256
from migration.report.observed import (
    UNSTEADY,
    Places,
    Read,
    changes,
    keep_outside,
    load_outside,
    read_log,
)
from migration.report.opened import watch
from migration.study import load_study

STUDY = "tiny-observed"
DECLARED = f"""\
study: str = "{STUDY}"
inputs: list[str] = ["extra/table.csv", "extra/panel.parquet"]"""
READING = """\
import os, pathlib, sqlite3
import helper
import pandas as pd
pathlib.Path("made.txt").write_text("x", encoding="utf-8")
made = pathlib.Path("made.txt").read_text(encoding="utf-8")
rows = pd.read_csv("extra/table.csv")
panel = pd.read_parquet("extra/panel.parquet")
outside = open(os.path.join("..", "beside", "notes.txt"), encoding="utf-8").read()
try:
    open("extra/later.csv", encoding="utf-8")
except FileNotFoundError:
    pass
print(helper.VALUE, len(rows), len(panel), outside)"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory, new_workspace, put, render):
    """A report that read a module, a table, Parquet and an outside file; its run."""
    import pandas as pd

    workspace = new_workspace(tmp_path_factory.mktemp("reading") / "work")
    (workspace.root / "extra").mkdir()
    (workspace.root / "helper.py").write_text("VALUE = 1\n", encoding="utf-8")
    (workspace.root / "extra" / "table.csv").write_text("a\n1\n", encoding="utf-8")
    pd.DataFrame({"a": [1]}).to_parquet(workspace.root / "extra" / "panel.parquet")
    beside = workspace.root.parent / "beside" / "notes.txt"
    beside.parent.mkdir()
    beside.write_text("notes", encoding="utf-8")
    put(workspace, "tiny", "# Title", READING, parameters=DECLARED)
    run = render(workspace, "tiny")
    assert not run.errors
    return workspace, run.outcomes[0].manifest


@pytest.fixture
def why(reading):
    """Why the report is stale now; nothing is rendered."""
    from migration.report.plan import Choice, plan_reports

    def ask():
        workspace, _ = reading
        study = load_study(STUDY, workspace=workspace)
        return plan_reports(study, workspace, Choice(notebooks=("tiny",)))[0].why

    return ask


def test_every_file_that_was_read_is_in_the_manifest_by_a_name_without_a_path(reading):
    workspace, manifest = reading
    found = {one["name"]: one["sha256"] for one in manifest["observed"]}
    assert found == {
        "outside:notes.txt": sha256(b"notes"),
        "workspace:extra/later.csv": "",
        "workspace:helper.py": sha256(b"VALUE = 1\n"),
    }
    own = {
        one["name"]: one["sha256"]
        for one in manifest["inputs"]
        if one["name"].startswith("workspace/")
    }
    assert own == {
        "workspace/extra/panel.parquet": sha256(
            (workspace.root / "extra" / "panel.parquet").read_bytes()
        ),
        "workspace/extra/table.csv": sha256(b"a\n1\n"),
    }
    assert str(workspace.root.parent) not in json.dumps(manifest)


def test_the_page_names_them_and_no_path(reading, page_of):
    workspace, _ = reading
    page = page_of(workspace)
    assert "workspace:helper.py" in page
    assert "outside:notes.txt" in page
    assert "later.csv</th>" not in page
    assert str(workspace.root.parent) not in page


@pytest.mark.parametrize("name", ["helper.py", "../beside/notes.txt"])
def test_a_changed_file_makes_it_stale_and_the_same_bytes_fresh_again(
    reading, why, name
):
    path = reading[0].root / name
    before = path.read_bytes()
    assert why() == ()
    path.write_bytes(before + b"\n")
    assert path.name in why()[0]
    path.unlink()
    assert f"{path.name} (gone)" in why()[0]
    path.write_bytes(before)
    assert why() == ()


@pytest.mark.parametrize("name", ["extra/table.csv", "extra/panel.parquet"])
def test_a_changed_input_makes_it_stale_and_the_same_bytes_fresh_again(
    reading, why, name
):
    path = reading[0].root / name
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    assert why() == (f"input files changed: workspace/{name}",)
    path.write_bytes(before)
    assert why() == ()


def test_a_file_that_was_looked_for_and_appears_makes_it_stale(reading, why):
    later = reading[0].root / "extra" / "later.csv"
    later.write_text("a\n2\n", encoding="utf-8")
    assert why() == (
        "files that the notebook reads changed: workspace:extra/later.csv",
    )
    later.unlink()
    assert why() == ()


@pytest.mark.slow
def test_the_page_is_the_same_from_another_folder_and_with_compiled_modules(  # noqa: PLR0913
    reading, tmp_path, put, render, page_of, new_workspace
):
    workspace, manifest = reading
    other = new_workspace(tmp_path / "an other place")
    for name in ("helper.py", "extra/table.csv", "extra/panel.parquet"):
        target = other.root / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((workspace.root / name).read_bytes())
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "notes.txt").write_text("notes", encoding="utf-8")
    put(other, "tiny", "# Title", READING, parameters=DECLARED)
    first = render(other, "tiny").outcomes[0].manifest
    again = render(other, "tiny", force=True).outcomes[0].manifest
    assert page_of(other) == page_of(workspace)
    assert first["observed"] == again["observed"] == manifest["observed"]


@pytest.fixture
def places(workspace):
    return Places(load_study(STUDY, workspace=workspace), workspace)


def _log(tmp_path, *lines):
    path = tmp_path / "kernel" / "opened.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def _state(path):
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def test_what_the_key_knows_and_what_the_kernel_made_are_no_inputs(
    workspace, places, tmp_path
):
    raw = workspace.raw / "flathub" / "day.json"
    raw.parent.mkdir(parents=True)
    made = workspace.root / "made.csv"
    for path in (raw, made, workspace.raw / "manifest.jsonl"):
        path.write_text("x", encoding="utf-8")
    own = places.study.path
    notes = [workspace.reports / ".hashes.json", workspace.processed / ".hashes.json"]
    for note in notes:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("{}", encoding="utf-8")
    log = _log(
        tmp_path,
        ["read", str(raw), *_state(raw)],
        ["read", str(workspace.raw / "manifest.jsonl"), 1, 1],
        ["read", str(own), *_state(own)],
        ["read", os.__file__, 1, 1],
        ["read", str(made), None, None],
        ["made", str(made), 1, 1],
        ["read", str(tmp_path / "kernel" / "kernel.json"), 1, 1],
        ["read", str(workspace.root), 1, 1],
        *(["read", str(note), *_state(note)] for note in notes),
    )
    assert read_log(log, places, frozenset({"raw/flathub/day.json"})) == ((), {})
    reads, _ = read_log(log, places, frozenset())
    assert [one.name for one in reads] == ["workspace:data/raw/flathub/day.json"]


def test_a_file_changed_while_it_was_read_is_never_fresh(workspace, places, tmp_path):
    path = workspace.root / "a.csv"
    path.write_text("new", encoding="utf-8")
    log = _log(tmp_path, ["read", str(path), 3, 1])
    reads, outside = read_log(log, places, frozenset())
    assert reads == (Read(name="workspace:a.csv", sha256=UNSTEADY, bytes=3),)
    held = {"observed": [vars(reads[0])]}
    assert "workspace:a.csv" in changes(held, places, outside)[0]


def test_outside_files_of_one_name_are_told_apart_and_kept_for_this_machine(
    places, tmp_path, workspace
):
    lines = []
    for name in ("a", "b"):
        path = tmp_path / name / "rows.csv"
        path.parent.mkdir()
        path.write_text(name, encoding="utf-8")
        lines.append(["read", str(path), *_state(path)])
    reads, outside = read_log(_log(tmp_path, *lines), places, frozenset())
    assert [one.name for one in reads] == ["outside:2:rows.csv", "outside:rows.csv"]
    folder = workspace.reports / STUDY
    folder.mkdir(parents=True)
    keep_outside(folder, "tiny", outside)
    held = {"observed": [vars(one) for one in reads]}
    assert changes(held, places, load_outside(folder, "tiny")) == ()
    keep_outside(folder, "tiny", {})
    assert "(gone)" in changes(held, places, load_outside(folder, "tiny"))[0]


def test_the_nearest_folder_names_a_file(places, workspace, tmp_path):
    prefix = workspace.root / "venv"
    places.roots[prefix] = ""
    assert places.name(prefix / "lib" / "x.py") is None
    assert places.name(workspace.root / "x.py") == "workspace:x.py"
    assert places.name(tmp_path / "x.py") == "outside:x.py"
    assert places.path("workspace:x.py", {}) == workspace.root / "x.py"
    assert places.path("outside:x.py", {}) is None
    told = tmp_path / "site" / "some_package-1.0.dist-info" / "entry_points.txt"
    assert places.name(told) is None


def test_a_folder_that_holds_no_input_names_none_of_its_files(places, workspace):
    prefix = workspace.root / "venv"
    places.roots[prefix] = ""
    folders = [prefix, prefix / "lib", workspace.root, workspace.root.parent]
    folders += [workspace.raw / "flathub", places.study.path.parent]
    held = {str(one): places.holds_none(str(one)) for one in folders}
    named = {str(one): places.name(one / "x.py") is None for one in folders}
    assert held == named
    assert set(held.values()) == {True, False}


WATCHED = """\
import json, os, sqlite3, sys
from migration.report.opened import watch
watch(sys.argv[1])
open("a.txt", encoding="utf-8").close()
open("a.txt", encoding="utf-8").close()
open(0, closefd=False)
open("b.txt", "w", encoding="utf-8").close()
open("a.txt", "r+", encoding="utf-8").close()
os.replace("b.txt", "c.txt")
sqlite3.connect("d.db").close()
sqlite3.connect(":memory:").close()
try:
    open("\\0", encoding="utf-8")
except ValueError:
    pass
if os.fork() == 0:
    open("e.txt", encoding="utf-8").close()
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_watch_tells_reading_from_making_and_follows_a_fork(tmp_path):
    for name in ("a.txt", "d.db", "e.txt"):
        (tmp_path / name).touch()
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log)],
        cwd=tmp_path, check=False, capture_output=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    own = [(kind, path.rpartition("/")[2]) for kind, path, *_ in lines
           if path.startswith(str(tmp_path))]  # fmt: skip
    assert own == [
        ("read", "a.txt"), ("made", "b.txt"), ("made", "c.txt"),
        ("read", "d.db"), ("read", "e.txt"),
    ]  # fmt: skip


def test_the_watch_leaves_no_name_in_the_notebook(workspace, put, render, page_of):
    source = "print([name for name in ('watch', 'READ', 'json') if name in globals()])"
    put(workspace, "tiny", "# Title", source)
    assert not render(workspace, "tiny").errors
    assert ">[]\n" in page_of(workspace)
    manifest = load_manifest(workspace.reports / STUDY / "tiny.manifest.json")
    assert manifest["observed"] == []
    assert callable(watch)


UNTOLD = """\
import csv, pathlib
import helper
rows = list(csv.reader(open("extra/b.csv", encoding="utf-8")))
pathlib.Path("extra/a.txt").read_text(encoding="utf-8")
import pandas as pd
pd.read_parquet("extra/panel.parquet")"""


def test_what_it_reads_and_does_not_declare_fails_it_with_the_line_to_add(
    workspace, put, render
):
    import pandas as pd

    (workspace.root / "helper.py").write_text("", encoding="utf-8")
    (workspace.root / "extra").mkdir()
    for name in ("a.txt", "b.csv"):
        (workspace.root / "extra" / name).write_text(name, encoding="utf-8")
    pd.DataFrame({"a": [1]}).to_parquet(workspace.root / "extra" / "panel.parquet")
    told = DECLARED.replace('"extra/table.csv", "extra/panel.parquet"', '"extra/a.txt"')
    put(workspace, "tiny", "# Title", UNTOLD, parameters=told)
    run = render(workspace, "tiny")
    line = 'inputs: list[str] = ["extra/a.txt", "extra/b.csv", "extra/panel.parquet"]'
    assert str(run.errors[0]).startswith(
        "tiny: it read extra/b.csv, extra/panel.parquet, which it does not declare"
    )
    assert str(run.errors[0]).endswith(f"or change there, {line}")
    assert not (workspace.reports / STUDY / "tiny.html").exists()
    put(
        workspace,
        "tiny",
        "# Title",
        UNTOLD,
        parameters=f'study: str = "{STUDY}"\n{line}',
    )
    assert render(workspace, "tiny").outcomes[0].status == "ok"
