"""Whose notebooks are run: no study file from elsewhere chooses what is run here."""

import json

import pytest

from migration.cli.door import main
from migration.errors import ParameterError, StudyError
from migration.report.checking import check_study
from migration.report.chosen import left_out
from migration.report.plan import Choice, plan_reports
from migration.study import load_study

DERIVED = 'study: str = "tiny-observed"\npath: str = f"{study}.csv"'


@pytest.fixture
def named(workspace, tmp_path):
    """Write the tiny study, inside the workspace or outside, with some notebooks."""

    def write(*notebooks, outside=True):
        own = workspace.studies / "tiny-observed.toml"
        line = f"notebooks = {json.dumps(list(notebooks))}\nbaseline ="
        text = own.read_text(encoding="utf-8").replace("baseline =", line)
        path = tmp_path / "sent.toml" if outside else own
        path.write_text(text, encoding="utf-8")
        return load_study(str(path) if outside else own.stem, workspace=workspace)

    return write


def test_a_study_from_elsewhere_cannot_have_a_notebook_here_run(workspace, put, named):
    put(workspace, "evil", "open('/tmp/pwned', 'w')")
    said = r"sent\.toml: notebooks: .*got evil: .*--notebook evil, or move the study"
    with pytest.raises(StudyError, match=said):
        plan_reports(named("evil"), workspace, Choice())
    with pytest.raises(StudyError, match="got evil:"):
        plan_reports(named("01_record", "evil"), workspace, Choice())


def test_who_names_it_on_the_command_line_has_it_run(workspace, put, named):
    put(workspace, "own", "1 + 1")
    (job,) = plan_reports(named("own"), workspace, Choice(notebooks=("own",)))
    assert job.name == "own"


def test_a_study_of_the_workspace_names_its_notebooks(workspace, put, named):
    put(workspace, "own", "1 + 1")
    put(workspace, "other", "1 + 1")
    (job,) = plan_reports(named("own", outside=False), workspace, Choice())
    assert job.name == "own"


def test_a_study_from_elsewhere_names_those_that_ship(workspace, named):
    (job,) = plan_reports(named("02_event_study"), workspace, Choice())
    assert job.name == "02_event_study"


def test_check_does_not_refuse_what_was_asked_for(workspace, put, named):
    put(workspace, "own", "1 + 1")
    assert check_study(named("own"), workspace) == ()


def test_the_command_refuses_with_2_and_runs_nothing(workspace, put, named, capsys):
    put(workspace, "evil", "1 + 1")
    path = str(named("evil").path)
    with pytest.raises(SystemExit) as ended:
        main(["report", "--workspace", str(workspace.root), path])
    assert ended.value.code == 2
    assert "--notebook evil" in capsys.readouterr().err
    assert not list(workspace.reports.iterdir())


def test_a_broken_notebook_keeps_no_other_from_being_made(workspace, put, capsys):
    put(workspace, "good", "1 + 1")
    put(workspace, "broken", "1 + 1", parameters=DERIVED)
    (workspace.notebooks / "noise.ipynb").write_text("{", encoding="utf-8")
    study = load_study("tiny-observed", workspace=workspace)
    names = {job.name for job in plan_reports(study, workspace, Choice())}
    assert "good" in names
    assert names.isdisjoint({"broken", "noise"})
    assert sorted(left_out(workspace)) == ["broken.ipynb", "noise.ipynb"]
    where = ["--workspace", str(workspace.root)]
    with pytest.raises(SystemExit) as ended:
        main(["report", *where, "tiny-observed", "-n"])
    assert ended.value.code == 0
    told = capsys.readouterr().err
    assert "warning: broken.ipynb is left out: broken.ipynb, parameters cell" in told
    assert "a default must be a literal" in told


def test_a_broken_notebook_that_is_asked_for_is_refused(workspace, put):
    put(workspace, "broken", "1 + 1", parameters=DERIVED)
    study = load_study("tiny-observed", workspace=workspace)
    with pytest.raises(ParameterError, match="must be a literal"):
        plan_reports(study, workspace, Choice(notebooks=("broken",)))


@pytest.mark.parametrize(
    "asked",
    [
        ["whatsapp-2021", "--jobs", "0"],
        ["whatsapp-2021", "--timeout", "x"],
        ["whatsapp-2021", "--timeout", "nan"],
        ["whatsapp-2021", "--nosuch"],
        ["one", "two"],
        [],
    ],
)
@pytest.mark.parametrize("log", [["--log", "json"], ["--log=json"]])
def test_a_log_of_json_ends_with_refused_whatever_was_asked(capsys, asked, log):
    with pytest.raises(SystemExit) as ended:
        main(["report", *asked, *log])
    told = capsys.readouterr()
    (event,) = map(json.loads, told.out.splitlines())
    assert ended.value.code == 2
    assert (event["event"], event["status"]) == ("refused", "refused")
    assert event["error"]
    assert event["error"] in " ".join(told.err.split())


def test_a_log_of_text_has_no_event(capsys):
    with pytest.raises(SystemExit):
        main(["report", "--jobs", "0", "json"])
    assert capsys.readouterr().out == ""
