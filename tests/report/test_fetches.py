"""Data that no fetch has renewed: told from a note, with no network and no pandas."""

import datetime as dt
import json

import pytest

from migration.cli import cli
from migration.report.fetches import (
    ages,
    check_all_fetches,
    check_fetches,
    fetch_lines,
    is_asked,
    noted,
    noted_line,
)
from migration.report.owner import claim
from migration.sources.registry import can_be_fetched, why_nothing
from migration.store import Store, last_fetches, note_fetch
from migration.study import SourceSpec, load_study

STUDY = "tiny-observed"
WEEK = dt.timedelta(days=8)


@pytest.fixture
def study(workspace):
    return load_study(STUDY, workspace=workspace)


@pytest.fixture
def note(workspace):
    """Note a last fetch as one of some days ago."""

    def write(days=0.0, why="", tried=0.0, study=STUDY, source="flathub"):
        now = dt.datetime.now(dt.UTC)
        whole, last = (
            (now - dt.timedelta(days=n)).isoformat(timespec="seconds")
            for n in (days, tried)
        )
        held = {study: {source: {"tried": last, "whole": whole, "why": why}}}
        workspace.raw.mkdir(parents=True, exist_ok=True)
        path = workspace.raw / ".fetches.json"
        path.write_text(json.dumps(held), encoding="utf-8")

    return write


def test_a_source_that_was_never_fetched_whole_is_told(workspace, study):
    (one,) = check_fetches(study, workspace, WEEK)
    assert (one.source, one.state, one.fetched) == ("flathub", "stale", None)
    said = "no whole fetch is noted here, needed one in the last 8.0 days"
    assert one.why == (said,)
    assert fetch_lines([one]) == [
        f"stale   {STUDY}, flathub: {said}",
        "0 of 1 sources fetched of late",
    ]


@pytest.mark.parametrize(
    ("days", "state"), [(0, "fresh"), (7.9, "fresh"), (9, "stale")]
)
def test_the_last_whole_fetch_has_an_age(workspace, study, note, days, state):
    note(days, why="refused (403)" if days == 9 else "")
    (one,) = check_fetches(study, workspace, WEEK)
    assert one.state == state
    if state == "stale":
        assert one.why[0] == "last fetched whole 9.0 days ago, needed 8.0 days at most"
        assert one.why[1].endswith("UTC: refused (403)")
    else:
        assert fetch_lines([one]) == ["1 of 1 sources fetched of late"]


def test_a_clock_that_ran_ahead_proves_no_fetch(workspace, study, note):
    note(days=-400)
    (one,) = check_fetches(study, workspace, WEEK)
    assert one.why == ("its last fetch is 400.0 days ahead of the clock: set that",)


def test_another_study_has_notes_of_its_own(workspace, study, note):
    note(study="other")
    assert check_fetches(study, workspace, WEEK)[0].state == "stale"
    note_fetch(Store(workspace.raw), STUDY, "flathub")
    assert check_fetches(study, workspace, WEEK)[0].state == "fresh"
    assert set(last_fetches(Store(workspace.raw), "other")) == {"flathub"}


@pytest.mark.parametrize(
    "held", ["", "[]", '{"tiny-observed": []}', '{"tiny-observed": {"flathub": 1}}',
             '{"tiny-observed": {"flathub": {"tried": "", "whole": "now", "why": ""}}}']
)  # fmt: skip
def test_a_note_that_does_not_read_is_none_and_is_written_over(workspace, study, held):
    workspace.raw.mkdir(parents=True, exist_ok=True)
    (workspace.raw / ".fetches.json").write_text(held, encoding="utf-8")
    assert check_fetches(study, workspace, WEEK)[0].why[0].startswith("no whole fetch")
    note_fetch(Store(workspace.raw), STUDY, "flathub")
    assert check_fetches(study, workspace, WEEK)[0].state == "fresh"


@pytest.mark.parametrize("options", [{}, {"live": True}, {"live": False}])
def test_the_cards_know_what_the_sources_themselves_do(study, options):
    """Asked without their modules, which take pandas."""
    import dataclasses

    for source in ("flathub", "trends", "own_csv", "simulated", "published", "github"):
        spec = SourceSpec(id=source, metrics=("a",), zone="UTC", options=options)
        held = dataclasses.replace(study, sources=(spec,))
        asked = can_be_fetched(source) and not why_nothing(held, source)
        assert is_asked(spec) is asked, source
    off = SourceSpec(id="flathub", metrics=("a",), zone="UTC", enabled=False)
    assert not is_asked(off)
    assert not is_asked(SourceSpec(id="of-another-kind", metrics=("a",), zone="UTC"))


def test_without_a_study_every_one_with_reports_is_looked_at(workspace, study):
    assert check_all_fetches(workspace, WEEK) == ()
    (workspace.reports / STUDY).mkdir(parents=True)
    claim(study, workspace)
    (workspace.reports / "unknown").mkdir()
    assert [one.study for one in check_all_fetches(workspace, WEEK)] == [STUDY]
    assert ages(None, workspace, None) == ages(study, workspace, None) == ()
    assert fetch_lines(()) == []


def test_status_says_when(workspace, study, note):
    note(9, why="refused (403)")
    (one,) = noted(study, workspace)
    assert noted_line(one).startswith("flathub: whole, last on 20")
    assert noted_line(one).endswith("UTC not: refused (403)")
    assert noted_line({**one, "whole": "", "why": ""}) == "flathub: never whole"


def test_the_command_says_it_in_its_code_and_in_json(workspace, command, note):
    def check(*more):
        return command("check", STUDY, *more, cwd=workspace.root)

    note(9)
    done = check("--max-fetch-age", "8d")
    assert done.returncode == 4
    assert "flathub: last fetched whole 9.0 days ago" in done.stdout
    rows = json.loads(check("--max-fetch-age", "2w", "--json").stdout)
    assert [row["source"] for row in rows if "source" in row] == ["flathub"]
    assert "sources fetched" not in check().stdout
    assert check("--max-fetch-age", "soon").returncode == 2


def test_old_data_alone_make_the_code_4(workspace, note, monkeypatch):
    """Where every report is fresh, which they are for as long as nothing comes."""
    from migration.report import checking

    one = checking.Standing(study=STUDY, report="a", state="fresh", why=())
    monkeypatch.setattr(checking, "check_study", lambda *_, **__: (one,))
    for days, code in ((1, 0), (9, 4)):
        note(days)
        words = ["--workspace", str(workspace.root), "check", STUDY]
        found = cli.main([*words, "--max-fetch-age", "8d"], standalone_mode=False)
        assert found == code
