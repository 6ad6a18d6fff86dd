"""Manifests that are not ones of ours are named, never a crash; no path is told."""

import json
import re
import sys
from pathlib import Path

import pytest

from migration.report.manifest import load_error, load_manifest, strangers, to_json
from migration.report.neutral import machine_folders, neutral, neutral_all
from migration.report.overview import report_status, status_lines
from migration.report.site import study_index, write_indexes
from migration.study import load_study

STUDY = "tiny-observed"
HOMES = ("/ho" + "me/ann", "/Us" + "ers/ann", "C:\\Us" + "ers\\ann")


@pytest.mark.parametrize(
    "changed",
    [
        {"report": 1}, {"report": "other"}, {"timing": None}, {"timing": {}},
        {"outputs": {}}, {"outputs": [{}]}, {"headline": ["a"]}, {"simulated": "no"},
        {"schema": 0}, {"observed": None}, {"inputs": [1]}, {"run": None},
    ],
)  # fmt: skip
def test_a_manifest_that_lacks_a_key_or_type_is_not_ours(tmp_path, record, changed):
    path = tmp_path / "tiny.manifest.json"
    path.write_bytes(to_json(record()))
    assert load_manifest(path) is not None
    assert strangers(tmp_path) == []
    path.write_bytes(to_json({**record(), **changed}))
    assert load_manifest(path) is None
    assert strangers(tmp_path) == ["tiny.manifest.json"]


@pytest.fixture
def odd(workspace, put, record):
    """A study's folder with foreign files where manifests and failures lie."""
    put(workspace, "tiny", "# Title", "1")
    folder = workspace.reports / STUDY
    (folder / "failed" / "gone").mkdir(parents=True)
    for name in ("tiny.manifest.json", "x.manifest.json", "failed/gone/error.json"):
        (folder / name).write_bytes(b'{"schema":1}\n')
    (folder / "good.manifest.json").write_bytes(to_json(record("good")))
    return folder


@pytest.mark.usefixtures("odd")
def test_status_names_foreign_files_and_goes_on(workspace, command):
    study = load_study(STUDY, workspace=workspace)
    rows = {row["report"]: row for row in report_status(study, workspace)}
    assert rows["tiny"]["state"] == "stale"
    assert rows["tiny"]["why"] == ["tiny.manifest.json is not one of ours"]
    assert rows["x.manifest.json"]["state"] == "unread"
    assert rows["failed/gone/error.json"]["state"] == "unread"
    lines = status_lines({"data": [], "reports": list(rows.values())})
    assert any("x.manifest.json" in line for line in lines)
    done = command("status", STUDY, "--workspace", str(workspace.root))
    assert done.returncode == 0, done.stderr
    assert "x.manifest.json" in done.stdout


def test_both_indexes_name_foreign_files(workspace, odd):
    foreign = workspace.reports / "foreign"
    foreign.mkdir()
    (foreign / "a.manifest.json").write_text("[]", encoding="utf-8")
    (foreign / "index.html").write_text("theirs", encoding="utf-8")
    write_indexes(workspace.reports)
    own = (odd / "index.html").read_text(encoding="utf-8")
    top = (workspace.reports / "index.html").read_text(encoding="utf-8")
    for name in ("tiny.manifest.json", "x.manifest.json", "failed/gone/error.json"):
        assert f"<code>{name}</code>" in own
        assert f"<code>{STUDY}/{name}</code>" in top
    assert "foreign/a.manifest.json" in top
    assert (foreign / "index.html").read_text(encoding="utf-8") == "theirs"


def test_rendering_replaces_a_foreign_manifest(workspace, odd, render):
    assert render(workspace, "tiny").outcomes[0].status == "ok"
    assert load_manifest(odd / "tiny.manifest.json") is not None
    assert "tiny.manifest.json" not in strangers(odd)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("form", ["{}/a b.csv", "'{}/x/y.csv'", "file://{}/x", "({})"])
def test_no_home_is_told(home, form):
    said = neutral(f"no file {form.format(home)} here")
    assert "ann" not in said
    assert said.endswith("here")
    assert neutral(said) == said


def test_known_folders_have_names_and_other_paths_keep_their_end():
    folders = machine_folders(Path("/srv/deep/place"), [Path("/srv/studies")])
    text = "/srv/deep/place/a.csv, /srv/studies/b.toml, /mnt/disk/c.csv, 1/2 and/or x"
    said = "WORKSPACE/a.csv, STUDY/b.toml, …/c.csv, 1/2 and/or x"
    assert neutral(text, folders) == said
    assert neutral_all({"a": [text, 1]}, folders) == {"a": [said, 1]}
    kept = "see https://example.org/a/b and doi:10.1000/1/2 <b>x</b>"
    assert neutral(kept, folders) == kept


def test_a_failure_is_kept_without_paths_and_told_whole(workspace, put, render):
    home, prefix = Path.home(), sys.prefix
    source = f"raise ValueError(r'{workspace.root}/a.csv {home}/b.csv {prefix}/c')"
    put(workspace, "tiny", "# Title", source)
    run = render(workspace, "tiny")
    assert f"{workspace.root}/a.csv" in str(run.errors[0])
    folder = run.index.parent
    kept = load_error(folder / "failed" / "tiny" / "error.json")
    assert "WORKSPACE/a.csv HOME/b.csv PYTHON/c" in kept["message"]
    notebook = json.loads((folder / "failed" / "tiny" / "report.ipynb").read_bytes())
    outputs = json.dumps([cell.get("outputs") for cell in notebook["cells"]])
    trace = (folder / "failed" / "tiny" / "traceback.txt").read_text(encoding="utf-8")
    shown = [run.index.read_text(encoding="utf-8"), trace, outputs, kept["traceback"]]
    for text in shown:
        for place in (str(workspace.root), prefix, f"{home}/"):
            assert not re.search(
                rf"(?<![\w.]){re.escape(place)}", text.split("raise")[0]
            )


def test_an_old_failure_with_a_path_is_shown_without(failure):
    page = study_index([], [{**failure, "message": f"no {HOMES[0]}/x.csv"}])
    assert HOMES[0] not in page
    assert "HOME/x.csv" in page
