"""Reports of one market each: which notebooks make them, and what they are called."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from migration.design import design_for
from migration.errors import ParameterError
from migration.outcomes import to_outcome
from migration.report.by_market import has_markets
from migration.report.plan import Choice, plan_placed, plan_reports
from migration.report.publish import publish
from migration.sources import load_panel
from migration.sources.cards import card
from migration.sources.registry import MODULES
from migration.study import load_study

MARKETS = """
[[markets]]
code = "IN"
name = "India"
zone = "Asia/Kolkata"

[[markets]]
code = "UG"
name = "Uganda"
zone = "Africa/Kampala"
contaminated = "an election and a shutdown"

"""
HEAD = 'study: str = "lands"\nmarket: str = "IN"\nn: int = 3'
FILES = {"report.html": b"<p>page</p>", "report.ipynb": b"{}"}


@pytest.fixture
def lands(workspace, put):
    """A study with two markets and the world, and two notebooks: one takes a market."""
    text = (workspace.studies / "tiny-observed.toml").read_text(encoding="utf-8")
    text = text.replace('id = "tiny-observed"', 'id = "lands"')
    text = text.replace("flathub", "own_csv").replace(
        "[[events]]", f"{MARKETS}[[events]]"
    )
    text = text.replace("baseline =", 'notebooks = ["one", "all"]\nbaseline =')
    (workspace.studies / "lands.toml").write_text(text, encoding="utf-8")
    put(workspace, "one", "# Here", "print(market)", parameters=HEAD)
    put(workspace, "all", "# Everywhere", "1", parameters='study: str = "lands"')

    def plan(**choice):
        study = load_study("lands", workspace=workspace)
        return plan_reports(study, workspace, Choice(**choice))

    return SimpleNamespace(plan=plan, workspace=workspace)


def names(jobs):
    return [job.name for job in jobs]


def test_without_a_market_its_notebook_is_no_report(lands):
    assert names(lands.plan()) == ["all"]


def test_a_market_is_answered_by_the_notebooks_that_take_one(lands):
    (job,) = lands.plan(markets=("IN",))
    assert (job.name, job.market, job.given) == ("one--in", "IN", {})
    assert job.values["market"] == "IN"


def test_all_markets_are_all_but_the_world_the_contaminated_too(lands):
    assert names(lands.plan(all_markets=True)) == ["one--in", "one--ug"]


def test_a_market_twice_is_one_job_and_the_parameter_is_the_same_job(lands):
    (twice,) = lands.plan(markets=("UG", "UG"))
    (given,) = lands.plan(parameters={"market": "UG"})
    assert (twice.name, twice.key) == (given.name, given.key) == ("one--ug", given.key)


def test_two_markets_have_two_keys(lands):
    one, other = lands.plan(all_markets=True)
    assert one.key != other.key


def test_other_parameters_add_a_name_of_their_own(lands):
    (job,) = lands.plan(markets=("IN",), parameters={"n": "4"})
    assert job.name.startswith("one--in--")
    assert job.given == {"n": "4"}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"markets": ("in",)}, "no market 'in' in lands: did you mean 'IN'?"),
        ({"markets": ("Idnia",)}, "no market 'Idnia' in lands: did you mean 'IN'?"),
        ({"markets": ("UGanda",)}, "no market 'UGanda' in lands: did you mean 'UG'?"),
        ({"markets": ("ZZ",)}, "no market 'ZZ' in lands: there are WW, IN, UG"),
        (
            {"markets": ("IN",), "notebooks": ("one", "all")},
            "all.ipynb: no parameter market: str, so no report of one market; name "
            "one that has it, such as 05_market, with --notebook",
        ),
        (
            {"notebooks": ("one",)},
            "one.ipynb answers for one market at a time and needs to be told which: "
            "--market IN, say, or --all-markets",
        ),
        (
            {"markets": ("IN",), "parameters": {"market": "UG"}},
            "a market is named once, got --market IN and -p market=UG; leave one out",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(lands, choice, message):
    with pytest.raises(ParameterError) as caught:
        lands.plan(**choice)
    assert str(caught.value) == message


def test_a_source_of_the_world_alone_is_refused_with_those_that_have_markets(lands):
    path = lands.workspace.studies / "lands.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("own_csv", "flathub"), encoding="utf-8")
    with pytest.raises(ParameterError, match="flathub of lands counts the whole world"):
        lands.plan(markets=("IN",))


def test_a_study_without_markets_is_refused(workspace, put):
    put(workspace, "one", "1", parameters=HEAD)
    study = load_study("tiny-observed", workspace=workspace)
    with pytest.raises(ParameterError, match="tiny-observed declares no market"):
        plan_reports(study, workspace, Choice(notebooks=("one",), all_markets=True))


@pytest.mark.parametrize("stem", ["x" * 73, "one--in"])
def test_a_notebook_leaves_room_for_its_markets_name(lands, put, stem):
    put(lands.workspace, stem, "1", parameters=HEAD)
    with pytest.raises(ParameterError, match="a notebook's name becomes its report's"):
        lands.plan(notebooks=(stem,), markets=("IN",))


def test_each_source_says_whether_it_has_markets():
    without = {name for name in MODULES if not has_markets(name)}
    assert {"flathub", "wikipedia_top"} < without < set(MODULES)
    for name in MODULES:
        assert card(name).markets is has_markets(name)


def test_a_source_that_nobody_knows_is_left_to_who_reads_it():
    assert has_markets("no_such_source")


@pytest.mark.parametrize(
    ("study", "source", "metric"),
    [
        ("whatsapp-2021", "flathub", "new_installs"),
        ("whatsapp-2021", "wikipedia_top", "views"),
        ("simulated-2021", "simulated", None),
    ],
)
def test_what_a_card_says_of_markets_is_what_its_panel_has(study, source, metric):
    plan = load_study(study)
    asked = metric or plan.source(source).metrics[0]
    panel = load_panel(plan, source=source, metric=asked)
    assert (set(panel["market"]) != {"WW"}) is has_markets(source)


def test_a_market_that_may_lack_is_none_of_need(lands, put):
    head = 'study: str = "lands"\nmarket: str | None = None'
    put(lands.workspace, "all", "1", parameters=head)
    assert names(lands.plan()) == ["all"]
    assert names(lands.plan(markets=("IN",))) == ["one--in", "all--in"]


def test_what_is_in_place_is_planned_again_as_it_was_asked(lands, record):
    (job,) = lands.plan(markets=("UG",), parameters={"n": "4"})
    made = record(
        job.name, study="lands", key=job.key, components=job.parts, market="UG",
        given=job.given, notebook="one.ipynb",
    )  # fmt: skip
    publish(lands.workspace.reports / "lands", job.name, FILES, made)
    study = load_study("lands", workspace=lands.workspace)
    placed = {one.name: one.fresh for one in plan_placed(study, lands.workspace)}
    assert placed == {"all": False, job.name: True}


def test_a_market_report_says_which_market_and_warns_where_it_is_doubted(
    lands, command
):
    done = command("report", "lands", "--market", "UG", cwd=lands.workspace.root)
    assert done.returncode == 0, done.stderr
    assert "warning: UG is contaminated: an election and a shutdown\n" in done.stderr
    folder = lands.workspace.reports / "lands"
    manifest = json.loads((folder / "one--ug.manifest.json").read_bytes())
    assert (manifest["market"], manifest["given"]) == ("UG", {})
    assert manifest["title"] == "Uganda: Here"
    page = (folder / "one--ug.html").read_text(encoding="utf-8")
    assert "<h1>Uganda: Here</h1>" in page
    assert "UG\n" in page
    planned = command(
        "report", "lands", "--all-markets", "-n", cwd=lands.workspace.root
    )
    assert planned.stdout == (
        "render  one--in: never rendered\n"
        "fresh   one--ug (contaminated: an election and a shutdown)\n"
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [("UG", ["UG is a contaminated market: an election"]), ("WW", [])],
)
def test_a_frame_of_one_market_warns_where_the_study_doubts_it(code, told):
    study = load_study("whatsapp-2021")
    days = pd.date_range("2020-11-01", "2021-01-31", unit="us")
    panel = pd.DataFrame(
        {
            "source": "own_csv", "metric": "downloads", "app": "signal",
            "market": code, "period": days, "zone": "UTC", "value": 5.0,
            "lower": 5.0, "upper": 5.0, "status": "observed",
        }
    )  # fmt: skip
    panel.attrs = {"contaminated": {"UG": "an election"}, "source": "own_csv"}
    frame = to_outcome(panel, "count")
    assert frame.attrs.get("market") == (code if told else None)
    design = design_for(study, frame, app="signal", event="notice")
    assert [note for note in design.notes if "contaminated" in note] == told
