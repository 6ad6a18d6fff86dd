"""A report in place is the old or the new one, whole, whenever the run is killed."""

import errno
import json
import shutil
import subprocess
import sys

import pytest

from migration.errors import Locked, ReportError, WorkspaceError
from migration.report.lock import reports_lock
from migration.report.manifest import (
    SCHEMA,
    damaged_output,
    load_manifest,
    sha256,
    write_whole,
)
from migration.report.publish import (
    clear_failure,
    list_failures,
    publish,
    record_failure,
    sweep,
    writing,
)

OLD = {"report.html": b"old page", "report.ipynb": b"old notebook"}
NEW = {"report.html": b"new page", "report.ipynb": b"new notebook"}
TABLE = b"app,estimate,p_value,data\nsignal,5.2034,0.01,observed\n"
STEPS = 40
KILLED = """\
import json, os, pathlib, signal, sys
from migration.report import manifest, publish
from pathlib import Path
left = [int(sys.argv[2])]
def count():
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
def step(real):
    def call(*a, **k):
        count()
        return real(*a, **k)
    return call
def opened(real):
    def call(*a, **k):
        file = real(*a, **k)  # a file opened to be written is empty by now
        count()
        return file
    return call
pathlib.Path.open = opened(pathlib.Path.open)
os.fsync = step(os.fsync)
pathlib.Path.replace = step(pathlib.Path.replace)
pathlib.Path.rename = step(pathlib.Path.rename)
files = {"report.html": b"new page", "report.ipynb": b"new notebook"}
record = json.loads(sys.argv[3])
publish.publish(Path(sys.argv[1]), "tiny", files, record)
"""


@pytest.fixture
def folder(tmp_path, record):
    publish(tmp_path, "tiny", OLD, record(key="sha256:old"))
    return tmp_path


def _hidden(folder):
    return [path.name for path in folder.rglob(".tmp-*")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
@pytest.mark.slow
def test_killed_before_any_step_the_page_is_old_or_new_and_the_next_run_works(
    folder, record
):
    seen, new = set(), json.dumps(record(key="sha256:new"))
    for step in range(STEPS):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder), str(step), new],
            check=False, timeout=60,
        )  # fmt: skip
        page = (folder / "tiny.html").read_bytes()
        manifest = load_manifest(folder / "tiny.manifest.json")
        assert page in (b"old page", b"new page")
        assert manifest["key"] in ("sha256:old", "sha256:new")
        if manifest["key"] == "sha256:new":
            assert damaged_output(folder, manifest) is None
        seen.add((done.returncode, page, manifest["key"]))
        if done.returncode == 0:
            break
        sweep(folder)
        assert _hidden(folder) == []
        shutil.rmtree(folder / "runs" / "new", ignore_errors=True)
        publish(folder, "tiny", OLD, record(key="sha256:old"))
    killed = {(page, key) for code, page, key in seen if code == -9}
    assert killed == {
        (b"old page", "sha256:old"),
        (b"new page", "sha256:old"),
        (b"new page", "sha256:new"),
    }
    assert (0, b"new page", "sha256:new") in seen


def test_a_page_newer_than_its_manifest_counts_as_changed(folder):
    write_whole(folder / "tiny.html", b"new page")
    manifest = load_manifest(folder / "tiny.manifest.json")
    assert damaged_output(folder, manifest) == "tiny.html"


def test_the_same_key_and_bytes_use_the_same_folder(folder, record):
    before = (folder / "runs" / "old" / "report.html").stat().st_ino
    again = publish(folder, "tiny", OLD, record(key="sha256:old"))
    assert again["run"] == "runs/old"
    assert (folder / "runs" / "old" / "report.html").stat().st_ino == before


def test_other_bytes_under_the_same_key_leave_the_first_run_alone(folder, record):
    again = publish(folder, "tiny", NEW, record(key="sha256:old"))
    assert again["run"] == "runs/old-2"
    assert (folder / "runs" / "old" / "report.html").read_bytes() == b"old page"
    assert (folder / "tiny.html").read_bytes() == b"new page"


def test_the_manifest_names_every_file_with_its_hash(folder):
    manifest = load_manifest(folder / "tiny.manifest.json")
    found = {one["path"]: one["sha256"] for one in manifest["outputs"]}
    assert found == {
        "runs/old/report.html": sha256(b"old page"),
        "runs/old/headline.csv": sha256(TABLE),
        "runs/old/report.ipynb": sha256(b"old notebook"),
        "tiny.html": sha256(b"old page"),
    }


def test_a_manifest_of_another_schema_or_half_written_is_none(folder):
    path = folder / "tiny.manifest.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:40], encoding="utf-8")
    assert load_manifest(path) is None
    path.write_text(json.dumps({"schema": SCHEMA + 1}), encoding="utf-8")
    assert load_manifest(path) is None
    assert load_manifest(folder / "absent") is None


def test_a_failure_is_kept_and_cleared(folder, record):
    failed = record(key="sha256:x", message="why")
    record_failure(folder, "tiny", failed, {"traceback.txt": b"why"})
    assert [one["key"] for one in list_failures(folder)] == ["sha256:x"]
    assert (folder / "failed" / "tiny" / "traceback.txt").read_bytes() == b"why"
    clear_failure(folder, "tiny")
    assert list_failures(folder) == []
    assert not (folder / "failed" / "tiny").exists()
    clear_failure(folder, "tiny")


def test_what_a_killed_run_left_is_swept(folder):
    for place in (folder, folder / "runs"):
        (place / ".tmp-abc").mkdir()
        (place / ".tmp-abc" / "report.html").write_bytes(b"half")
    (folder / ".tmp-def").write_bytes(b"half")
    sweep(folder)
    assert _hidden(folder) == []
    assert (folder / "tiny.html").read_bytes() == b"old page"


def test_a_link_left_under_a_hidden_name_is_removed_and_not_followed(folder, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    for place in (folder, folder / "runs"):
        (place / ".tmp-link").symlink_to(kept, target_is_directory=True)
        (place / ".tmp-nowhere").symlink_to(tmp_path / "nowhere")
    sweep(folder)
    assert _hidden(folder) == []
    assert (kept / "file").exists()


@pytest.mark.parametrize(
    ("number", "room"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EIO, False)]
)
def test_only_a_full_disk_needs_room(tmp_path, number, room):
    with pytest.raises(ReportError) as error, writing(tmp_path):
        raise OSError(number, "no")
    assert ("make room" in str(error.value)) is room


def test_a_fault_while_writing_leaves_nothing(folder, monkeypatch, record):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ReportError, match="No space left"), writing(folder):
        publish(folder, "tiny", NEW, record(key="sha256:new"))
    assert _hidden(folder) == []
    assert (folder / "tiny.html").read_bytes() == b"old page"


@pytest.mark.parametrize("number", [1, 13, 30])
def test_a_folder_that_is_not_ours_is_a_fault_of_the_workspace(tmp_path, number):
    with pytest.raises(WorkspaceError, match="not writable"), writing(tmp_path):
        raise OSError(number, "no")


def test_a_second_run_is_refused_at_once_and_told_who_holds_the_lock(tmp_path):
    reports = tmp_path / "reports"
    with (
        reports_lock(reports),
        pytest.raises(Locked, match=r"process \d+ on .*since 20"),
        reports_lock(reports),
    ):
        raise AssertionError("two runs at once")
    with reports_lock(reports):
        assert (reports / ".lock.json").exists()
    assert not (reports / ".lock.json").exists()
