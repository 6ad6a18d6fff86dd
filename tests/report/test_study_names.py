"""What is given for a name of the study is looked up before any kernel starts."""

import json
import subprocess
import sys

import pytest

from migration.cli.door import main
from migration.errors import ParameterError
from migration.report.checking import check_study
from migration.report.manifest import load_error
from migration.report.plan import Choice, plan_reports
from migration.report.publish import record_failure
from migration.report.site import study_index
from migration.study import load_study

EPISODE = "whatsapp-2021"
KERNEL = ("papermill", "nbclient", "ipykernel", "pandas")
OWN = 'study: str = "tiny-observed"\nevent: str | None = None\nn: int = 3'


@pytest.fixture(scope="module")
def episode():
    return load_study(EPISODE)


@pytest.mark.parametrize(
    ("notebook", "given", "said"),
    [
        (
            "02_event_study",
            {"event": "delya"},
            r"event: no focal.*did you mean 'delay'",
        ),
        ("02_event_study", {"event": "capitol"}, "there are notice, delay"),
        ("01_record", {"event": "capitoll"}, "did you mean 'capitol'"),
        ("03_robustness", {"later": "delya"}, "later: no focal.*'delay'"),
        ("02_event_study", {"placebo": "x"}, "placebo: no placebo 'x'.*only"),
        ("02_event_study", {"source": "nosuch"}, "source: no source 'nosuch'.*flathub"),
        ("02_event_study", {"metric": "instals"}, "of flathub: .*'new_installs'"),
        (
            "02_event_study",
            {"source": "wikipedia_top", "metric": "new_installs"},
            "no metric 'new_installs' of wikipedia_top: there are views, rank",
        ),
        ("04_migration", {"attention": "wikipedia_view"}, "'wikipedia_views'"),
        ("04_migration", {"group": "IN,EUU"}, "no market or group 'EUU'.*'EU'"),
        ("01_record", {"zone": "Europe/Berln"}, "zone: no zone.*'Europe/Berlin'"),
    ],
)
def test_a_name_that_the_study_does_not_have_is_refused(
    episode, workspace, notebook, given, said
):
    choice = Choice(notebooks=(notebook,), parameters=given)
    with pytest.raises(ParameterError, match=said):
        plan_reports(episode, workspace, choice)


@pytest.mark.parametrize(
    ("notebook", "given"),
    [
        ("02_event_study", {"event": "delay", "later": "notice"}),
        ("02_event_study", {"source": "wikipedia_top", "metric": "rank"}),
        ("02_event_study", {"source": "None", "metric": "rank"}),
        ("01_record", {"event": "capitol", "zone": "Asia/Kolkata"}),
        ("04_migration", {"group": "EU-UK,IN", "attention": "wikipedia_top"}),
    ],
)
def test_a_name_that_the_study_has_is_planned(episode, workspace, notebook, given):
    choice = Choice(notebooks=(notebook,), parameters=given)
    (job,) = plan_reports(episode, workspace, choice)
    assert job.why == ("never rendered",)


def test_a_parameter_of_another_name_or_type_means_what_it_likes(workspace, put):
    own = 'study: str = "tiny-observed"\nevent: int = 3\nsource_of_light: str = "sun"'
    put(workspace, "own", "1 + 1", parameters=own)
    study = load_study("tiny-observed", workspace=workspace)
    given = {"event": "4", "source_of_light": "moon"}
    (job,) = plan_reports(
        study, workspace, Choice(notebooks=("own",), parameters=given)
    )
    assert job.values["event"] == 4


def test_a_slip_ends_with_2_before_anything_heavy_is_imported(workspace):
    code = (
        "import sys, migration.cli.door as door\n"
        "try:\n    door.main(sys.argv[1:])\n"
        "finally:\n"
        f"    print([n for n in {KERNEL!r} if n in sys.modules])"
    )
    where = ["--workspace", str(workspace.root)]
    asked = [EPISODE, "--notebook", "02_event_study", "-p", "event=delya"]
    done = subprocess.run(
        [sys.executable, "-c", code, "report", *where, *asked],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (2, "[]")
    assert "did you mean 'delay'?" in done.stderr
    assert not list(workspace.reports.iterdir())


@pytest.fixture
def failed(workspace, put, record):
    """A report with a parameter that failed once, and never was good."""
    put(workspace, "tiny", "# Title", "1 + 1", parameters=OWN)
    study = load_study("tiny-observed", workspace=workspace)
    given = {"n": 4}
    (job,) = plan_reports(
        study, workspace, Choice(notebooks=("tiny",), parameters=given)
    )
    failure = record(
        job.name, notebook="tiny.ipynb", message="no such day", given=given, key=job.key
    )
    record_failure(workspace.reports / study.id, job.name, failure, {})
    return study, job.name


def test_check_tells_how_a_failure_of_what_was_asked_once_is_forgotten(
    workspace, failed
):
    study, name = failed
    found = {one.report: one for one in check_study(study, workspace)}
    place = f"reports/{study.id}/failed/{name}"
    advice = f"ask for it again, or delete {place} to forget it"
    assert (found[name].state, found[name].why) == ("failed", ("no such day", advice))
    error = workspace.root / place / "error.json"
    assert load_error(error) is not None
    error.unlink()
    left = {one.report for one in check_study(study, workspace)}
    assert name not in left


def test_the_index_tells_it_too(workspace, failed):
    study, name = failed
    path = workspace.reports / study.id / "failed" / name / "error.json"
    page = study_index([], [json.loads(path.read_text(encoding="utf-8"))])
    assert f"delete the folder <code>failed/{name}</code> to forget it" in page


def test_a_failure_whose_name_is_no_more_is_gone(workspace, put, record):
    put(workspace, "tiny", "1 + 1", parameters=OWN)
    study = load_study("tiny-observed", workspace=workspace)
    lost = record(
        "tiny--12345678", notebook="tiny.ipynb", message="no", given={"event": "nope"}
    )
    record_failure(workspace.reports / study.id, "tiny--12345678", lost, {})
    found = {one.report: one for one in check_study(study, workspace)}
    assert found["tiny--12345678"].state == "gone"
    assert "delete" in found["tiny--12345678"].why[0]


def test_the_command_ends_with_2(capsys, workspace):
    given = ["--workspace", str(workspace.root), "report", EPISODE, "-n"]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--notebook", "02_event_study", "-p", "source=nosuch"])
    assert ended.value.code == 2
    assert "source: no source 'nosuch'" in capsys.readouterr().err
