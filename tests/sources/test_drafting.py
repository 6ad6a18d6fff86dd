"""A study drafted from a table, and one copied to be changed."""

import datetime as dt
import shlex

import pandas as pd
import pytest
from click.testing import CliRunner

from migration.cli import cli, exit_code
from migration.cli.exits import BAD_INPUT
from migration.errors import CannotAsk, StudyError
from migration.report.plan import Choice, plan_reports
from migration.sources.drafting import draft_study
from migration.study import copy_study, load_study, new_study
from migration.study.new import WINDOW
from migration.workspace import init_workspace

EVENT = dt.date(2021, 10, 4)
ROLES = {"Old One": "origin", 'New "App"': "destination", "Ünder": "neighbour"}


@pytest.fixture
def table(tmp_path):
    days = pd.date_range("2021-06-01", "2021-10-31", name="Day")
    frame = pd.DataFrame(dict.fromkeys([*ROLES, "Else"], 1234.5), index=days)
    path = tmp_path / "table.csv"
    frame.to_csv(path, sep=";", decimal=",", date_format="%d.%m.%Y")
    return path


def test_the_apps_and_the_baseline_are_those_of_the_table(tmp_path, table):
    here = init_workspace(tmp_path / "space")
    draft = draft_study(table, roles=ROLES, event=EVENT)
    new_study("outage", here, draft=draft)
    study = load_study("outage", workspace=here)
    assert {app.name: app.role for app in study.apps} == ROLES
    assert [app.id for app in study.apps] == ["old-one", "new-app", "under"]
    assert [app.ids["own_csv"] for app in study.apps] == [(name,) for name in ROLES]
    assert study.baseline.start == dt.date(2021, 6, 1)
    assert study.baseline.end == dt.date(2021, 9, 26)
    assert study.focal().start == EVENT
    assert 'from Old One to New "App"' in study.question
    assert [market.code for market in study.markets] == ["WW"]


def test_markets_and_the_metric_are_read_where_the_table_has_them(tmp_path):
    days = [f"2021-0{m}-{d:02d}" for m in (1, 2, 3) for d in range(1, 29)]
    rows = [
        f"{day},{app},{place},5"
        for day in days
        for app in ("A", "B")
        for place in ("Namibia", "DE")
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["date,app,country,visits", *rows]), encoding="utf-8")
    roles = {"A": "origin", "B": "destination"}
    draft = draft_study(path, roles=roles, event=dt.date(2021, 3, 10))
    assert draft.markets == (("DE", "Germany"), ("NA", "Namibia"))
    assert draft.metrics == ("visits",)
    here = init_workspace(tmp_path / "space")
    new_study("two", here, draft=draft)
    study = load_study("two", workspace=here)
    assert len(study.markets) == 2
    assert study.notebooks[-1] == "05_market"
    assert study.focal().window == WINDOW
    jobs = plan_reports(study, here, Choice(all_markets=True))
    assert [job.name for job in jobs] == ["05_market--de", "05_market--na"]


@pytest.mark.parametrize(
    ("roles", "event", "words"),
    [
        (
            {},
            None,
            r"add --origin NAME --destination NAME --event DAY; it has 'Old One'",
        ),
        ({"Old One": "origin"}, EVENT, "add --destination NAME; it has"),
        ({"Old Ome": "origin"}, EVENT, "no series 'Old Ome': did you mean 'Old One'"),
        (ROLES, dt.date(2021, 6, 8), "needs to be on 2021-06-10 to 2021-10-31"),
        (ROLES, dt.date(2022, 6, 8), "needs to be on 2021-06-10 to 2021-10-31"),
    ],
)
def test_what_a_table_does_not_say_is_asked_for(table, roles, event, words):
    with pytest.raises(CannotAsk, match=words):
        draft_study(table, roles=roles, event=event)


def test_what_decides_the_days_is_asked_for_and_the_rest_later(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("date,A,B\n01/02/2021,5,6\n02/02/2021,5,6\n", encoding="utf-8")
    with pytest.raises(CannotAsk, match="say date_order"):
        draft_study(path, roles={})


def test_a_copy_loads_under_its_own_name(tmp_path):
    here = init_workspace(tmp_path)
    path = copy_study("my-twitter", "twitter-2022", here)
    study, shipped = (
        load_study("my-twitter", workspace=here),
        load_study("twitter-2022"),
    )
    assert study.path == path
    assert study.events == shipped.events
    with pytest.raises(StudyError, match="there is a study 'my-twitter' already"):
        copy_study("my-twitter", "twitter-2022", here)
    with pytest.raises(StudyError, match="did you mean 'twitter-2022'"):
        copy_study("other", "twitter-2023", here)


def test_the_command_takes_a_table_or_a_study_and_not_both(tmp_path, table):
    def run(*words):
        at = ("--workspace", str(tmp_path / "space"))
        return CliRunner().invoke(cli, ["new-study", *words, *at])

    init_workspace(tmp_path / "space")
    roles = [
        "--origin",
        "Old One",
        "--destination",
        'New "App"',
        "--event",
        "2021-10-04",
    ]
    made = run("mine", "--from", str(table), *roles)
    assert made.exit_code == 0, made.output
    assert f"migration add mine own_csv {table}" in made.output
    assert run("yours", "--like", "twitter-2022").exit_code == 0
    both = run("both", "--like", "twitter-2022", "--from", str(table))
    assert "--like copies a study as it is" in both.output
    assert "name it with --from" in run("none", *roles).output
    assert not (tmp_path / "space" / "studies" / "both.toml").exists()


@pytest.fixture
def run(tmp_path):
    here = init_workspace(tmp_path / "space")

    def command(*words):
        at = ("--workspace", str(here.root))
        return CliRunner().invoke(cli, ["new-study", "mine", *words, *at])

    return command


ASKED = ("--origin", "Old One", "--destination", 'New "App"', "--event", "2021-10-04")


def test_a_table_that_cannot_be_read_is_named_and_is_bad_input(run, tmp_path):
    for name, content, why in [
        ("nofile.csv", None, "there is no such file"),
        ("notes.csv", b"hello\n", "no header of a known form"),
        ("empty.csv", b"", "the file is empty"),
    ]:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        error = run("--from", str(path), *ASKED).exception
        assert str(error).startswith(f"{path}: {why}")
        assert exit_code(error) == BAD_INPUT


def test_an_app_has_one_role(run, table):
    both = run("--from", str(table), *ASKED, "--destination", "Old One")
    assert both.exit_code == BAD_INPUT
    assert "'Old One' is named as origin and as destination" in both.output


def test_the_next_command_repeats_what_was_said(run, tmp_path, table):
    path = tmp_path / "my table.csv"
    text = table.read_text(encoding="utf-8").replace("Day", "Date of it", 1)
    path.write_text(text, encoding="utf-8")
    done = run("--from", str(path), *ASKED, "--say", "date_column=Date of it")
    assert done.exit_code == 0, done.output
    line = next(one for one in done.output.splitlines() if "migration add" in one)
    words = ["own_csv", str(path), "--say", "date_column=Date of it"]
    assert shlex.split(line)[-4:] == words


def test_too_few_days_are_told_as_the_study_is_written(run, table):
    """27 days from 1 June to the eighth day before 5 July: 36 are needed."""
    early = run("--from", str(table), *ASKED[:-1], "2021-07-05")
    assert "warning: the baseline has 27 days, 2021-06-01 to 2021-06-27, and a " in (
        early.stderr
    )
    assert "window of 9 days needs 36 (4 times its length)" in early.stderr
    days = dt.date(2021, 10, 29)
    late = draft_study(table, roles=ROLES, event=days).doubts
    assert late == (
        "the table has 3 days from the event on, to 2021-10-31, and the window needs "
        "9: bring later days, or shorten the event's window",
    )
    assert draft_study(table, roles=ROLES, event=EVENT).doubts == ()
