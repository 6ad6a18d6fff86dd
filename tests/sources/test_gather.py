"""The door: which panel a study gets, what it records, and what is built of it."""

import dataclasses
import json

import pytest
from pandas.testing import assert_frame_equal

from migration.errors import DamagedFile, NoData, SourceError, StudyError
from migration.panel import check_panel
from migration.sources import (
    build,
    card,
    list_cards,
    load_built,
    load_calendar,
    load_panel,
    status,
    verify,
)
from migration.sources.processed import _parsers
from migration.sources.registry import MODULES, can_be_fetched
from migration.store import Store


@pytest.mark.parametrize("source", ["flathub", "wikipedia_top", "published"])
def test_each_panel_is_sound_and_says_what_it_was_made_from(study, workspace, source):
    panel = load_panel(study, source=source, workspace=workspace)
    assert check_panel(panel) is panel
    vintage = panel.attrs["vintage"]
    assert vintage["citation"] == card(source).citation
    assert (vintage["source"], vintage["origin"]) == (source, "embedded")
    assert panel.attrs["simulated"] is False
    assert all(len(file["sha256"]) == 64 for file in vintage["files"])
    assert vintage["first_day"] == f"{panel['period'].min():%Y-%m-%d}"
    assert vintage["last_day"] == f"{panel['period'].max():%Y-%m-%d}"
    assert json.loads(json.dumps(panel.attrs)) == panel.attrs


def test_apps_have_the_ids_of_the_study_and_controls_their_own(study, workspace):
    panel = load_panel(study, source="flathub", metric="rank", workspace=workspace)
    apps = {app.id for app in study.apps if "flathub" in app.ids}
    assert set(panel["app"]) == apps | set(study.source("flathub").controls)
    assert set(panel["metric"]) == {"rank"}


def test_filters_keep_what_is_asked(study, workspace):
    one = load_panel(study, source="flathub", apps=["signal"], workspace=workspace)
    assert set(one["app"]) == {"signal"}
    with pytest.raises(SourceError, match="'nobody'"):
        load_panel(study, source="flathub", apps=["nobody"], workspace=workspace)
    with pytest.raises(SourceError, match="filters by apps, markets, got app"):
        load_panel(study, source="flathub", app=["signal"], workspace=workspace)


def test_what_a_study_does_not_offer_is_refused(study, workspace):
    with pytest.raises(StudyError, match="flathub"):
        load_panel(study, source="flathubb", workspace=workspace)
    with pytest.raises(SourceError, match="'downloads'"):
        load_panel(study, source="flathub", metric="downloads", workspace=workspace)
    off = next(spec.id for spec in study.sources if not spec.enabled)
    with pytest.raises(SourceError, match="cannot be loaded"):
        load_panel(study, source=off, workspace=workspace)


def test_a_source_that_is_switched_off_is_not_loaded(small, workspace):
    off = dataclasses.replace(small.source("flathub"), enabled=False)
    study = dataclasses.replace(small, sources=(off,))
    with pytest.raises(SourceError, match="not enabled"):
        load_panel(study, source="flathub", workspace=workspace)


def test_status_has_a_row_a_series(study, workspace):
    table = status(study, workspace=workspace)
    assert set(table["source"]) == {s.id for s in study.sources if s.enabled}
    signal = table[(table["app"] == "signal") & (table["source"] == "wikipedia_top")]
    row = signal.set_index("metric").loc["views"]
    assert (row["days"], row["observed"], row["censored"]) == (52, 10, 42)
    assert (row["origin"], row["problem"]) == ("embedded", "")
    read = table[table["problem"] == ""]
    known = read[["observed", "censored", "partial", "missing"]].sum(axis=1)
    assert (known == read["days"]).all()
    unread = table[table["problem"] != ""]
    assert unread["problem"].str.contains("run `migration fetch` first").all()


def test_verify_looks_at_both_stores(workspace):
    assert verify(workspace) == []
    Store(workspace.raw).put("s", "a.json", b"1", url="u")
    (workspace.raw / "s" / "a.json").write_bytes(b"2")
    (problem,) = verify(workspace)
    assert problem.startswith("workspace: damaged: s/a.json")


def test_a_damaged_raw_file_shows_in_status_as_an_error(study, workspace):
    Store(workspace.raw).put("published", "a.csv", b"1", url="u")
    (workspace.raw / "published" / "a.csv").write_bytes(b"2")
    with pytest.raises(DamagedFile, match=r"published/a\.csv"):
        load_panel(study, source="published", workspace=workspace)


def test_a_damaged_file_of_one_source_leaves_the_others_in_status(study, workspace):
    Store(workspace.raw).put("published", "a.csv", b"1", url="u")
    (workspace.raw / "published" / "a.csv").write_bytes(b"2")
    table = status(study, workspace=workspace).set_index("source")
    assert "published/a.csv is damaged" in table.loc["published", "problem"]
    assert (table.loc["flathub", "problem"] == "").all()


def test_the_calendar_is_as_it_was_compiled(workspace):
    calendar = load_calendar(workspace=workspace)
    assert len(calendar) == 36
    assert calendar["id"].is_unique
    assert (calendar["event"] != "").all()
    assert (calendar["start"] != "").all()


def test_every_source_has_a_whole_card():
    assert set(MODULES) | {"calendar"} == set(list_cards())
    for name in list_cards():
        facts = dataclasses.asdict(card(name))
        assert facts["source"] == name
        assert isinstance(facts.pop("markets"), bool), name
        assert (facts["fetched"] != "never") is can_be_fetched(name), name
        assert all(facts.values()), name
        assert all(len(oddity) > 20 for oddity in facts["oddities"])


@pytest.mark.parametrize("source", sorted(set(list_cards()) - {"simulated"}))
def test_a_card_says_what_of_it_is_not_verified(source):
    facts = card(source)
    said = " ".join([facts.terms, facts.producer, facts.people, *facts.oddities])
    words = ("not verified", "unverified", "none was verified", "Not verified")
    words += ("not checked", "recalled")
    assert any(word in said for word in words)


@pytest.mark.parametrize(
    "source",
    [
        "domains",
        "flathub",
        "gdelt",
        "github",
        "google_play",
        "simulated",
        "wikipedia_top",
    ],
)
def test_a_card_gives_the_unit_of_each_metric(study, simulated_study, source):
    owner = simulated_study if source == "simulated" else study
    assert set(card(source).unit) == set(owner.source(source).metrics)


def test_a_card_of_nothing_is_refused():
    with pytest.raises(SourceError, match=r"choose one of .*calendar, .*flathub"):
        card("flat")


def test_a_card_that_is_not_whole_is_refused(monkeypatch, tmp_path):
    (tmp_path / "bare.toml").write_text('source = "bare"\nmore = 1\n', encoding="utf-8")
    monkeypatch.setattr("migration.sources.cards.files", lambda _: tmp_path)
    with pytest.raises(SourceError, match=r"citation.*more"):
        card("bare")


def test_what_is_built_is_what_is_loaded(small, workspace):
    only = dataclasses.replace(small, id="small")
    (made,) = build(only, workspace=workspace)
    assert made.rebuilt
    panel = load_panel(only, source="flathub", workspace=workspace)
    again = load_built(made.path)
    assert_frame_equal(again, panel)
    assert again.attrs == panel.attrs
    assert made.rows == len(panel)


def test_of_what_is_not_here_nothing_is_built(small, workspace, monkeypatch):
    monkeypatch.setitem(MODULES, "empty", "flathub")
    spec = dataclasses.replace(small.source("flathub"), id="empty")
    study = dataclasses.replace(small, sources=(spec, *small.sources))
    assert [made.source for made in build(study, workspace=workspace)] == ["flathub"]
    with pytest.raises(NoData, match="no raw file of 'empty' is kept"):
        build(study, sources=["empty"], workspace=workspace)


def test_a_parser_in_a_folder_counts_as_a_parser(monkeypatch, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "a.py").write_text("1", encoding="utf-8")
    (tmp_path / "own" / "b.py").write_text("1", encoding="utf-8")
    monkeypatch.setattr("migration.sources.processed.files", lambda _: tmp_path)
    before = _parsers()
    assert _parsers() == before
    (tmp_path / "own" / "b.py").write_text("2", encoding="utf-8")
    assert _parsers() != before


def test_it_is_built_again_only_when_something_changed(small, workspace):
    (first,) = build(small, workspace=workspace)
    before = first.path.read_bytes()
    assert [b.rebuilt for b in build(small, workspace=workspace)] == [False]
    changed = dataclasses.replace(small, sha256="0" * 64)
    assert [b.rebuilt for b in build(changed, workspace=workspace)] == [True]
    first.path.write_bytes(before + b"damage")
    assert [b.rebuilt for b in build(changed, workspace=workspace)] == [True]
    assert first.path.read_bytes() == before
    first.path.with_suffix(".json").write_text("half a no", encoding="utf-8")
    assert [b.rebuilt for b in build(changed, workspace=workspace)] == [True]
    first.path.unlink()
    assert [b.rebuilt for b in build(changed, workspace=workspace)] == [True]
    names = {path.name for path in first.path.parent.iterdir()}
    assert names - {".lock"} == {"flathub.parquet", "flathub.json"}
