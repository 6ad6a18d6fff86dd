"""What makes a report stale, and what does not; no kernel is started here."""

import json
from dataclasses import replace

import pytest

from migration.errors import ParameterError, ReportError
from migration.report import keys
from migration.report.plan import Choice, plan_reports
from migration.report.publish import publish, record_failure
from migration.store import Store
from migration.study import load_study

STUDY = "tiny-observed"


@pytest.fixture
def plan(workspace, put):
    """Plan of one tiny notebook, after ``place`` put a report of it in place."""
    put(workspace, "tiny", "# Title", "1 + 1")

    def make(**choice):
        study = load_study(STUDY, workspace=workspace)
        asked = Choice(notebooks=("tiny",), **choice)
        return plan_reports(study, workspace, asked)[0]

    return make


@pytest.fixture
def placed(workspace, plan, record):
    """As ``plan``, with a report in place that is fresh."""
    job = plan()
    inputs = [vars(one) for one in job.inputs]
    made = record(key=job.key, components=job.parts, inputs=inputs)
    publish(workspace.reports / STUDY, "tiny", FILES, made)
    assert plan().fresh
    return plan


FILES = {"report.html": b"<p>page</p>", "report.ipynb": b"{}"}


def test_a_report_never_rendered_says_so(plan):
    assert plan().why == ("never rendered",)


def test_force_renders_what_is_fresh(placed):
    assert placed(force=True).why == ("forced",)


def test_a_changed_cell_is_the_reason(placed, workspace, put):
    put(workspace, "tiny", "# Title", "1 + 2")
    assert placed().why == ("the notebook's cells changed",)


def test_a_changed_tag_is_the_reason(placed, workspace):
    path = workspace.notebooks / "tiny.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"][2]["metadata"]["tags"] = ["slow"]
    path.write_text(json.dumps(book), encoding="utf-8")
    assert placed().why == ("the notebook's cells changed",)


def test_outputs_and_metadata_are_no_reason(placed, workspace):
    path = workspace.notebooks / "tiny.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    book["metadata"] = {"kernelspec": {"name": "other"}}
    book["cells"][2]["execution_count"] = 7
    book["cells"][2]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "2"}
    ]
    book["cells"][2]["source"] = ["1 + 1"]
    path.write_text(json.dumps(book), encoding="utf-8")
    assert placed().fresh


def test_a_changed_study_is_the_reason(placed, workspace):
    own = workspace.studies / f"{STUDY}.toml"
    own.write_bytes(own.read_bytes() + b"\n# reread\n")
    assert placed().why == (f"input files changed: studies/{STUDY}.toml",)


def test_a_byte_of_the_raw_store_is_the_reason(placed, workspace):
    study = load_study(STUDY, workspace=workspace)
    source = study.sources[0].id
    Store(workspace.raw).put(source, "day.json", b"[1]", url="https://example.org/day")
    assert placed().why == (f"input files changed: raw/{source}/day.json",)


def test_raw_files_of_other_sources_are_no_reason(placed, workspace):
    Store(workspace.raw).put("unrelated", "day.json", b"[1]", url="https://example.org")
    assert placed().fresh


def test_the_lock_is_the_reason(placed, workspace):
    (workspace.root / "requirements.lock").write_text("numpy==2", encoding="utf-8")
    assert placed().why == ("the environment changed: lock",)


def test_a_package_version_is_the_reason(placed, monkeypatch):
    version = keys._version
    monkeypatch.setattr(
        keys, "_version", lambda name: "0.0" if name == "numpy" else version(name)
    )
    assert placed().why == ("the environment changed: numpy",)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("panel.py", "the source of migration changed"),
        ("report/template/report/style.css", "the page template changed"),
    ],
)
def test_the_package_and_its_template_are_reasons(
    placed, tmp_path, monkeypatch, file, reason
):
    for name in ("panel.py", "report/template/report/style.css"):
        source = keys._package().joinpath(*name.split("/"))
        copy = tmp_path / "package" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    monkeypatch.setattr(keys, "_package", lambda: tmp_path / "package")
    before = placed().parts
    (tmp_path / "package" / file).write_text("other", encoding="utf-8")
    assert keys.why_stale({"components": before}, placed().parts, ()) == (reason,)


def test_a_damaged_page_is_rendered_again(placed, workspace):
    (workspace.reports / STUDY / "tiny.html").write_bytes(b"half")
    assert placed().why == ("tiny.html is missing or was changed",)


def test_a_failure_with_the_same_key_is_tried_again(placed, workspace, record):
    failure = record(key=placed().key, message="no")
    record_failure(workspace.reports / STUDY, "tiny", failure, {})
    assert placed().why == ("the last run failed",)


def test_given_parameters_have_a_side_name(placed):
    side = placed(parameters={"app": "telegram"})
    assert side.name.startswith("tiny--")
    assert side.values["app"] == "telegram"
    assert side.name != placed(parameters={"app": "session"}).name
    assert placed(parameters={"app": "signal"}).name != "tiny"


def test_the_study_is_no_parameter(plan):
    with pytest.raises(ParameterError, match="argument of the command"):
        plan(parameters={"study": "other"})


def test_a_parameter_of_one_notebook_of_several_is_answered_with_which(workspace, put):
    put(workspace, "a", "1")
    put(workspace, "b", "1", parameters=f'study: str = "{STUDY}"\nm: int = 1')
    study = load_study(STUDY, workspace=workspace)
    asked = Choice(notebooks=("a", "b"), parameters={"m": "2"})
    with pytest.raises(
        ParameterError, match=r"^a\.ipynb: no parameter 'm', which --notebook b would"
    ):
        plan_reports(study, workspace, asked)
    alone = Choice(notebooks=("b",), parameters={"m": "2"})
    assert plan_reports(study, workspace, alone)[0].values["m"] == 2


def test_a_notebook_that_takes_no_study_is_no_report(workspace, put):
    put(workspace, "tiny", "1")
    put(workspace, "plain", "1", parameters="n: int = 1")
    study = load_study(STUDY, workspace=workspace)
    with pytest.raises(ParameterError, match="study: str"):
        plan_reports(study, workspace, Choice(notebooks=("plain",)))
    every = plan_reports(study, workspace, Choice())
    assert "tiny" in [job.name for job in every]
    assert "plain" not in [job.name for job in every]


def test_no_notebook_at_all_is_said(workspace, monkeypatch):
    monkeypatch.setattr("migration.report.chosen.list_notebooks", lambda _: ())
    study = load_study(STUDY, workspace=workspace)
    with pytest.raises(ReportError, match="no notebook here takes a study"):
        plan_reports(study, workspace, Choice())


def test_the_key_is_the_same_from_two_folders(plan, tmp_path, new_workspace, put):
    other = new_workspace(tmp_path / "elsewhere")
    put(other, "tiny", "# Title", "1 + 1")
    study = load_study(STUDY, workspace=other)
    job = plan_reports(study, other, Choice(notebooks=("tiny",)))[0]
    assert job.key == plan().key
    assert replace(job, name="other").key != job.key
