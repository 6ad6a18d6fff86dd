"""Old runs are removed; what is in place, the run before, and strangers stay."""

import pytest

from migration.report.manifest import to_json
from migration.report.prune import prune
from migration.report.publish import publish


@pytest.fixture
def runs(tmp_path, record):
    """Publish runs of reports: ``runs(report, number)``."""

    def make(report, number):
        files = {"report.html": f"{report} {number}".encode(), "report.ipynb": b"{}"}
        timing = {"finished": f"2026-01-{number:02d} 00:00:00", "seconds": 1.0}
        key = f"sha256:{hash(report) % 10**6:06d}{number:010d}"
        publish(tmp_path, report, files, record(report, key=key, timing=timing))
        return key.removeprefix("sha256:")

    return make


def _left(folder):
    return {path.name for path in (folder / "runs").iterdir()}


def test_the_run_in_place_and_the_one_before_stay(runs, tmp_path):
    tiny = [runs("tiny", number) for number in (1, 2, 3, 4)]
    other = [runs("other", number) for number in (1, 2)]
    prune(tmp_path)
    assert _left(tmp_path) == {*tiny[2:], *other}
    prune(tmp_path)
    assert _left(tmp_path) == {*tiny[2:], *other}


def test_what_is_no_run_of_ours_and_what_is_being_written_stay(runs, tmp_path):
    for number in (1, 2, 3):
        runs("tiny", number)
    place = tmp_path / "runs"
    (place / ".tmp-abc").mkdir()
    (place / "notes").mkdir()
    (place / "0123456789abcdef").mkdir()
    (place / "0123456789abcdef" / "mine.txt").touch()
    (place / "fedcba9876543210").symlink_to(tmp_path, target_is_directory=True)
    prune(tmp_path)
    kept = {".tmp-abc", "notes", "0123456789abcdef", "fedcba9876543210"}
    assert kept < _left(tmp_path)
    assert len(_left(tmp_path)) == len(kept) + 2


def test_runs_of_a_report_whose_manifest_does_not_read_stay(runs, tmp_path):
    names = {runs("tiny", number) for number in (1, 2, 3)}
    (tmp_path / "tiny.manifest.json").write_bytes(to_json({"schema": 1}))
    prune(tmp_path)
    assert _left(tmp_path) == names


def test_a_run_of_an_older_version_goes(runs, tmp_path):
    kept = runs("tiny", 1)
    old = tmp_path / "runs" / "0123456789abcdef-2"
    old.mkdir()
    (old / "manifest.json").write_bytes(to_json({"schema": 0}))
    prune(tmp_path)
    assert _left(tmp_path) == {kept}


def test_rendering_prunes_its_own_study_only(workspace, put, render):
    other = workspace.reports / "tiny-simulated" / "runs" / "0123456789abcdef"
    other.mkdir(parents=True)
    for number in range(4):
        put(workspace, "tiny", "# Title", str(number))
        assert not render(workspace, "tiny").errors
    assert len(_left(workspace.reports / "tiny-observed")) == 2
    assert other.is_dir()
