"""The other series of a researcher's files, proposed as controls and written down."""

import dataclasses as dc
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import migration as mg
from migration.cli import cli
from migration.errors import CannotAsk, DesignError, NoData, StudyError
from migration.sources.drafting import draft_study
from migration.sources.totals import totals_among
from migration.study import new_study
from migration.study.controls import write_controls
from migration.workspace import init_workspace

DAYS = pd.date_range("2022-07-01", "2022-11-30")
SAID = {
    "metric": "downloads", "market": "WW", "vendor": "SIMULATED",
    "exported": "2022-12-01",
}  # fmt: skip


def write_table(folder):
    """SIMULATED: apps of twitter-2022, a series that is whole and four that are not."""
    rng = np.random.default_rng(20221027)
    drawn = np.add(rng.integers(20, 90, (len(DAYS), 3)), [900, 30, 7])
    table = pd.DataFrame(drawn, columns=["Twitter", "Mastodon", "Whole"], index=DAYS)
    table["Whole Twice"] = 3 * table["Whole"]
    table["Short"] = table["Mastodon"].where(DAYS >= "2022-08-01")
    table["Still"] = 7
    table["Zero"] = (DAYS != "2022-09-09").astype(int)
    path = folder / "table.csv"
    table.rename_axis("date").to_csv(path)
    return path


@pytest.fixture
def space(tmp_path):
    here = init_workspace(tmp_path / "space")
    study = mg.load_study("twitter-2022", workspace=here)
    mg.add(study, write_table(tmp_path), said=SAID, workspace=here)
    return here


@pytest.fixture
def study(space):
    return mg.load_study("twitter-2022", workspace=space)


@pytest.fixture
def command(space):
    def run(*words):
        return CliRunner().invoke(cli, [*words, "--workspace", str(space.root)])

    return run


def test_each_series_that_is_no_app_is_told_with_what_is_against_it(study, space):
    found = mg.load_candidates(study, workspace=space).set_index("series")
    assert found["fault"].to_dict() == {
        "Short": "no figure on 16 of 95 days of the baseline and windows",
        "Still": "the same figure on all 79 days of the baseline",
        "Whole": "",
        "Whole Twice": "moves as Whole, but for level and scale",
        "Zero": "zero on 1 of 95 days of the baseline and windows",
    }
    assert not found["named"].any()
    assert found.loc["Short", "first"] == pd.Timestamp("2022-07-01")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Whole store", "the sum of all other series, the study's apps among them"),
        ("TOTAL", "called a total, and it may hold the study's apps"),
    ],
)
def test_a_total_is_not_proposed(tmp_path, name, why):
    table = pd.read_csv(write_table(tmp_path), index_col="date")
    table = table[["Twitter", "Mastodon", "Whole"]].copy()
    table["Another"] = table["Whole"].to_numpy()[::-1] + 3
    parts = table if name == "Whole store" else table[["Mastodon", "Another"]]
    table[name] = parts.sum(axis=1)
    table.to_csv(tmp_path / "table.csv")
    here = init_workspace(tmp_path / "of_totals")
    study = mg.load_study("twitter-2022", workspace=here)
    mg.add(study, tmp_path / "table.csv", said=SAID, workspace=here)
    found = mg.load_candidates(study, workspace=here).set_index("series")["fault"]
    assert found.to_dict() == {"Another": "", "Whole": "", name: why}


@given(st.integers(4, 9), st.integers(0, 2**32 - 1))
def test_independent_series_are_no_totals_and_their_sum_is_one(number, seed):
    drawn = np.random.default_rng(seed).lognormal(5, 1, (30, number)).round()
    wide = pd.DataFrame(drawn, index=pd.date_range("2022-07-01", periods=30))
    wide.columns = [f"s{one}" for one in range(number)]
    assert totals_among(long_of(wide), wide.columns) == {}
    wide["s_sum"] = wide.sum(axis=1)
    assert [*totals_among(long_of(wide), wide.columns)] == ["s_sum"]


@pytest.mark.parametrize("scale", [1, 1e4, 1e6])
def test_an_app_that_dwarfs_the_others_is_no_total_beside_their_sum(scale):
    drawn = np.random.default_rng(5).integers(10, 50, (30, 3)) * [scale, 1, 1]
    wide = pd.DataFrame(drawn, index=pd.date_range("2022-07-01", periods=30))
    wide.columns = ["big", "one", "two"]
    wide["store"] = wide.sum(axis=1)
    assert [*totals_among(long_of(wide), wide.columns)] == ["store"]


def long_of(wide):
    panel = wide.rename_axis("period").melt(
        ignore_index=False, var_name="app", value_name="value"
    )
    return panel.reset_index().assign(market="WW", metric="downloads")


def test_a_source_whose_series_are_asked_for_has_none():
    whatsapp = mg.load_study("whatsapp-2021")
    with pytest.raises(CannotAsk, match="asked for by name: put the names"):
        mg.load_candidates(whatsapp, source="flathub")
    with pytest.raises(StudyError, match="no source 'nonesuch'"):
        mg.load_candidates(whatsapp, source="nonesuch")


def test_without_files_there_is_nothing_to_choose_from(tmp_path, study):
    with pytest.raises(NoData, match="no raw file of 'own_csv'"):
        mg.load_candidates(study, workspace=init_workspace(tmp_path / "empty"))


def test_status_and_add_say_that_no_control_is_named(command, tmp_path):
    words = "1 other series are in the files and none is named as a control"
    assert words in command("status", "twitter-2022").output
    told = json.loads(command("status", "twitter-2022", "--json").output)
    assert "migration controls twitter-2022" in told["hints"][0]["hint"]
    said = [word for pair in SAID.items() for word in ("--say", "=".join(pair))]
    again = command("add", "twitter-2022", "own_csv", str(write_table(tmp_path)), *said)
    assert words in again.output


def test_the_command_prints_the_lines_and_writes_them_where_asked(command, space):
    shown = command("controls", "twitter-2022")
    assert shown.exit_code == 0
    assert 'controls = [\n  "Whole",\n]' in shown.output
    assert "zero on 1 of 95 days" in shown.output
    assert "1 proposed; reports use it: the smallest p-value of a rank among them " in (
        shown.output
    )
    own = space.studies / "twitter-2022.toml"
    assert not own.exists()
    done = command("controls", "twitter-2022", "--write")
    assert f"written: {own}" in done.output
    study = mg.load_study("twitter-2022", workspace=space)
    assert study.path == own
    assert study.source("own_csv").controls == ("Whole",)
    assert "none is named" not in command("status", "twitter-2022").output
    panel = mg.load_panel(study, source="own_csv", workspace=space)
    assert set(panel["app"]) == {"twitter", "mastodon", "Whole"}


def test_names_left_out_need_to_be_there_and_something_needs_to_remain(command):
    wrong = command("controls", "twitter-2022", "--leave-out", "Whol")
    assert "did you mean 'Whole'?" in str(wrong.exception)
    none = command("controls", "twitter-2022", "--leave-out", "Whole")
    assert "no series in the files of own_csv could be a control" in str(none.exception)


def test_only_the_controls_of_a_file_change(study, space):
    path = write_controls(study, ["Whole", 'a "b", ]c'], space, source="own_csv")
    first = path.read_text(encoding="utf-8")
    old = study.path.read_text(encoding="utf-8")
    assert [line for line in old.splitlines() if line not in first.splitlines()] == []
    again = mg.load_study("twitter-2022", workspace=space)
    assert again.source("own_csv").controls == ("Whole", 'a "b", ]c')
    write_controls(again, ["Other"], space, source="own_csv")
    last = mg.load_study("twitter-2022", workspace=space)
    assert last.source("own_csv").controls == ("Other",)
    assert last.events == study.events


def test_sources_in_another_form_are_left_alone_with_the_lines_to_write(study, space):
    text = study.path.read_text(encoding="utf-8")
    head = text[: text.index("[[sources]]")]
    sources = 'sources = [{ id = "own_csv", metrics = ["downloads"], zone = "UTC" }]\n'
    apps = "\n".join(
        f'[[apps]]\nid = "{app.id}"\nname = "x"\nrole = "{app.role}"\n'
        for app in study.apps
    )
    events = head[head.index("[[events]]") :]
    path = space.studies / "twitter-2022.toml"
    start = head[: head.index("# ---- Apps")]
    path.write_text(start + sources + apps + events, encoding="utf-8")
    before = path.read_bytes()
    other = mg.load_study("twitter-2022", workspace=space)
    with pytest.raises(StudyError, match=r"written by hand(.|\n)*controls = \["):
        write_controls(other, ["Whole"], space, source="own_csv")
    assert path.read_bytes() == before


def test_a_file_of_other_markets_is_told_with_the_line_to_add(study, space, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(
        "date,country,Twitter\n2022-07-01,BO,5\n2022-07-02,BO,6\n", encoding="utf-8"
    )
    said = {key: word for key, word in SAID.items() if key != "market"}
    line = r'such as \{ code = "BO", name = "Bolivia", zone = "UTC" \}'
    with pytest.raises(CannotAsk, match=line):
        mg.add(study, path, said=said, workspace=space)


def test_apps_without_a_series_are_left_out_of_what_a_report_asks(study, space):
    panel = mg.load_panel(study, source="own_csv", workspace=space)
    assert mg.with_series(study, panel) is study
    one = panel[panel["app"] != "mastodon"]
    one.attrs = panel.attrs
    with pytest.raises(DesignError, match=r"own_csv has none of Mastodon \(Mastodon\|"):
        mg.with_series(study, one)
    reddit = mg.load_study("reddit-2023")
    held = pd.DataFrame({"app": ["reddit", "lemmy"]})
    joined = tuple(app for app in study.apps if app.role != "origin")
    with pytest.raises(DesignError, match=r'none with role = "origin": give one of'):
        mg.with_series(dc.replace(study, apps=joined), panel)
    kept = mg.with_series(reddit, held)
    assert [app.id for app in kept.apps] == ["reddit", "lemmy", "discord"]


def test_the_vintage_says_what_is_in_no_file_and_what_is_not_used(study, space):
    panel = mg.load_panel(study, source="own_csv", workspace=space)
    page = mg.table_vintage(panel.attrs["vintage"]).as_raw_html()
    assert "Named in the study and in no file: Tumblr|305343404|com.tumblr" in page
    assert "Series in the files that the study does not name: 5." in page
    assert "SIMULATED" in page  # who made the figures


PLACES = ("DE", "FR", "US")


def in_markets(tmp_path, *, gaps=()):
    """SIMULATED: a study of three markets drafted from a table, with its panel."""
    rng = np.random.default_rng(20181203)
    days = pd.date_range("2018-08-01", "2018-12-31")
    names = ["Old", "New", *(f"Other {n:02d}" for n in range(12))]
    rows = [
        (f"{day:%F}", app, place, number)
        for place in PLACES
        for app in names
        for day, number in zip(days, rng.integers(20, 90, len(days)), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["date", "app", "country", "downloads"])
    for app, place, day in gaps:
        here = (table["app"] == app) & (table["country"] == place)
        table = table[~(here & (table["date"] == day))]
    path = tmp_path / "three.csv"
    table.to_csv(path, index=False)
    space = init_workspace(tmp_path / "three")
    roles = {"Old": "origin", "New": "destination"}
    said = {"vendor": "SIMULATED", "exported": "2019-01-01"}
    draft = draft_study(path, roles=roles, event=dt.date(2018, 12, 3), said=said)
    new_study("three", space, draft=draft)
    study = mg.load_study("three", workspace=space)
    mg.add(study, path, said=said, workspace=space)
    return study, space


GAPS = [
    ("Other 00", "DE", "2018-09-03"),  # of the baseline
    ("Other 01", "US", "2018-12-05"),  # of the window
    ("Other 02", "FR", "2018-12-30"),  # after both
]


def test_what_is_proposed_is_what_a_report_is_held_against(tmp_path):
    study, space = in_markets(tmp_path, gaps=GAPS)
    found = mg.load_candidates(study, workspace=space).set_index("series")
    span = "1 of 126 days of the baseline and windows"
    assert found.loc[found["fault"] != "", "fault"].to_dict() == {
        "Other 00": f"no figure on {span} in DE",
        "Other 01": f"no figure on {span} in US",
    }
    proposed = list(found.index[found["fault"] == ""])
    write_controls(study, found.index, space, source="own_csv")  # every one of them
    plan = mg.load_study("three", workspace=space)
    panel = mg.load_panel(plan, source="own_csv", workspace=space)
    logs = mg.to_outcome(panel, "log_count", over_markets=True)
    design = mg.design_for(plan, logs, app="new", event="event")
    assert list(design.controls) == proposed
    assert len(mg.abnormal_interest(logs, design).secondary) > 0


def test_a_market_alone_can_use_what_lacks_a_day_in_another(tmp_path):
    study, space = in_markets(tmp_path, gaps=GAPS)
    alone = mg.load_candidates(study, market="FR", workspace=space)
    assert (alone["fault"] == "").all()
    run = CliRunner()
    at = ["--workspace", str(space.root)]
    shown = run.invoke(cli, ["controls", "three", *at]).output
    assert "10 proposed; reports use all 10: the smallest p-value of a rank" in shown
    assert "what one market's could use: --market CODE" in shown
    one = run.invoke(cli, ["controls", "three", "--market", "FR", *at]).output
    assert "12 proposed; reports use all 12" in one
    wrong = run.invoke(cli, ["controls", "three", "--market", "fr", *at])
    assert "no market 'fr' in three: did you mean 'FR'?" in str(wrong.exception)


def test_a_series_that_is_not_in_every_market_is_told(tmp_path):
    days = [f"{day:%F}" for day in pd.date_range("2018-08-01", "2018-12-31")]
    gaps = [("Other 03", "US", day) for day in days]
    study, space = in_markets(tmp_path, gaps=gaps)
    found = mg.load_candidates(study, workspace=space).set_index("series")
    told = found.loc[found["fault"] != "", "fault"].to_dict()
    assert told == {"Other 03": "not in US of 3 markets averaged"}


def test_a_place_off_the_chart_is_a_bound_and_no_number(tmp_path):
    """SIMULATED: one app off the chart on a day, one for all of the window."""
    rng = np.random.default_rng(7)
    days = pd.date_range("2018-08-01", "2018-12-31", name="date")
    names = ["Old", "New", "Whole", "Once off", "Long off"]
    table = pd.DataFrame(
        rng.integers(2, 90, (len(days), 5)), columns=names, index=days
    ).astype(object)
    table.loc["2018-09-03", "Once off"] = ">100"
    table.loc["2018-12-03":"2018-12-11", "Long off"] = ">100"
    path = tmp_path / "ranks.csv"
    table.to_csv(path)
    said = {"metric": "rank", "market": "US", "chart_size": "100"}
    said |= {"vendor": "SIMULATED", "exported": "2019-01-01"}
    space = init_workspace(tmp_path / "ranks")
    roles = {"Old": "origin", "New": "destination"}
    draft = draft_study(path, roles=roles, event=dt.date(2018, 12, 3), said=said)
    new_study("ranks", space, draft=draft)
    study = mg.load_study("ranks", workspace=space)
    mg.add(study, path, said=said, workspace=space)
    found = mg.load_candidates(study, workspace=space).set_index("series")
    span = "of 126 days of the baseline and windows"
    assert found["fault"].to_dict() == {
        "Long off": f"no figure but a bound on 9 {span}",
        "Once off": f"no figure but a bound on 1 {span}",
        "Whole": "",
    }


def test_a_study_without_an_origin_is_told_its_series_all_the_same(study, space):
    joined = tuple(app for app in study.apps if app.role == "destination")
    found = mg.load_candidates(dc.replace(study, apps=joined), workspace=space)
    assert list(found.loc[found["fault"] == "", "series"]) == ["Twitter", "Whole"]
