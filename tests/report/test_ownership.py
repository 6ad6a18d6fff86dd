"""A reports' folder is one study file's; names are such as every system can keep."""

import json

import pytest

from migration.errors import ParameterError, StudyError, WorkspaceError
from migration.report.owner import OWNER, check_owner, claim
from migration.report.plan import Choice, plan_reports
from migration.study import load_study

STUDY = "tiny-observed"


@pytest.fixture
def twin(workspace, tmp_path):
    """A second file of the same id, elsewhere, that says something else."""
    own = workspace.studies / f"{STUDY}.toml"
    path = tmp_path / "elsewhere" / "mine.toml"
    path.parent.mkdir()
    text = own.read_text(encoding="utf-8").replace("A tiny study", "Another study")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_second_file_of_one_id_is_refused_and_nothing_is_overwritten(
    workspace, put, render, command, twin
):
    put(workspace, "tiny", "# Title", "1")
    render(workspace, "tiny")
    page = workspace.reports / STUDY / "tiny.html"
    before = page.read_bytes()
    done = command(
        "report", str(twin), "--notebook", "tiny", "--force",
        "--workspace", str(workspace.root),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "the workspace's studies/tiny-observed.toml" in done.stderr
    assert str(twin) in done.stderr
    assert "another id" in done.stderr
    assert page.read_bytes() == before


def test_a_changed_file_is_still_the_same_study(workspace):
    own = workspace.studies / f"{STUDY}.toml"
    (workspace.reports / STUDY).mkdir(parents=True)
    claim(load_study(STUDY, workspace=workspace), workspace)
    own.write_bytes(own.read_bytes() + b"\n# reread\n")
    check_owner(load_study(STUDY, workspace=workspace), workspace)
    check_owner(load_study(own, workspace=workspace), workspace)


def test_a_moved_file_and_a_copy_with_the_same_bytes_go_on(workspace, twin):
    (workspace.reports / STUDY).mkdir(parents=True)
    own = workspace.studies / f"{STUDY}.toml"
    claim(load_study(STUDY, workspace=workspace), workspace)
    second = load_study(twin, workspace=workspace)
    with pytest.raises(StudyError, match="needs to be its own"):
        check_owner(second, workspace)
    own.unlink()
    check_owner(second, workspace)


def test_a_damaged_note_of_the_owner_is_taken_over(workspace, twin):
    folder = workspace.reports / STUDY
    folder.mkdir(parents=True)
    for text in ("", "[]", '{"file": 1}'):
        (folder / OWNER).write_text(text, encoding="utf-8")
        check_owner(load_study(twin, workspace=workspace), workspace)
    claim(load_study(twin, workspace=workspace), workspace)
    assert json.loads((folder / OWNER).read_bytes())["file"] == str(twin)
    with pytest.raises(StudyError, match=r"mine\.toml has too"):
        check_owner(load_study(STUDY, workspace=workspace), workspace)


@pytest.mark.parametrize(
    "name",
    [
        "index", "index.html", "con", "nul", "com1", "lpt9.x", "aux.old", "Tiny",
        "two words", "tiny.", "_x", "é", "x" * 77, "tiny--0a1b2c3d", "a'b",
    ],
)  # fmt: skip
def test_a_notebook_that_no_report_can_be_named_after_is_refused(workspace, put, name):
    put(workspace, name, "# Title", "1")
    study = load_study(STUDY, workspace=workspace)
    for choice in (Choice(notebooks=(name,)), Choice()):
        with pytest.raises(ParameterError, match=r"name.*needs.*rename") as error:
            plan_reports(study, workspace, choice)
        assert repr(name) in str(error.value)


def test_a_notebook_that_is_no_report_may_have_any_name(workspace, put):
    put(workspace, "Untitled 1", "1", parameters="n: int = 1")
    put(workspace, "x" * 76, "# Title", "1")
    study = load_study(STUDY, workspace=workspace)
    jobs = plan_reports(study, workspace, Choice())
    assert "x" * 76 in [job.name for job in jobs]
    side = plan_reports(
        study, workspace, Choice(notebooks=("x" * 76,), parameters={"n": "4"})
    )
    assert len(f"{side[0].name}.manifest.json") == 100


def test_a_folder_of_reports_that_leads_elsewhere_is_refused(
    workspace, put, render, tmp_path
):
    put(workspace, "tiny", "# Title", "1")
    other = tmp_path / "other"
    (other / "runs").mkdir(parents=True)
    (other / "runs" / "0123456789abcdef").mkdir()
    (workspace.reports / STUDY).symlink_to(other, target_is_directory=True)
    with pytest.raises(WorkspaceError, match=r"is a link to .*other"):
        render(workspace, "tiny")
    (workspace.reports / STUDY).unlink()
    (workspace.reports / STUDY).mkdir()
    (workspace.reports / STUDY / "runs").symlink_to(other / "runs")
    with pytest.raises(WorkspaceError, match="is a link to"):
        render(workspace, "tiny")
    assert (other / "runs" / "0123456789abcdef").is_dir()


def test_the_whole_folder_of_reports_may_be_a_link_but_not_to_nothing(
    workspace, put, render, tmp_path
):
    put(workspace, "tiny", "# Title", "1")
    elsewhere = tmp_path / "disk"
    workspace.reports.rmdir()
    workspace.reports.symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(WorkspaceError, match="which is not there"):
        render(workspace, "tiny")
    elsewhere.mkdir()
    assert render(workspace, "tiny").outcomes[0].status == "ok"
    assert (elsewhere / STUDY / "tiny.html").is_file()


def test_the_workspaces_copy_of_a_shipped_study_goes_on_with_its_reports(workspace):
    shipped = load_study("twitter-2022", workspace=workspace)
    (workspace.reports / shipped.id).mkdir(parents=True)
    claim(shipped, workspace)
    own = workspace.studies / "twitter-2022.toml"
    own.write_bytes(shipped.path.read_bytes() + b"\n# controls of mine\n")
    second = load_study("twitter-2022", workspace=workspace)
    assert second.path == own
    check_owner(second, workspace)
    claim(second, workspace)
    with pytest.raises(StudyError, match="needs to be its own"):
        check_owner(shipped, workspace)
    elsewhere = workspace.root / "twitter-2022.toml"
    own.rename(elsewhere)
    claim(shipped, workspace)
    with pytest.raises(StudyError, match=r"the shipped studies/twitter-2022\.toml has"):
        check_owner(load_study(elsewhere), workspace)
