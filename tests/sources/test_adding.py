"""A researcher's files enter the store byte for byte, with what was said of them."""

import dataclasses
import json
import os
import re
import sys

import pytest
from click.testing import CliRunner
from sources.own_csv.cases import STUDY, make_study

import migration as mg
from migration.cli import cli
from migration.errors import CannotAsk, NoData, StudyError
from migration.sources import adding
from migration.sources.adding import read_file
from migration.sources.registry import takes_files
from migration.store import Store
from migration.workspace import init_workspace

VISITS = "Date,Domain,Visits\n2021-01-10,signal.org,1\n2021-01-11,signal.org,2\n"
SAID = {"exported": "2021-02-01", "market": "WW"}


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path)


@pytest.fixture
def space(tmp_path):
    return init_workspace(tmp_path / "space")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "My Visits (é), 1.CSV"
    path.write_text(VISITS, encoding="utf-8")
    return path


def test_a_file_is_kept_byte_for_byte_with_its_own_name_alone(study, space, file):
    found = mg.add(study, file, said=SAID, workspace=space)
    assert repr(found) == "<own_csv: 1 added, 0 kept, 0 refused>"
    (entry,) = found.entries.values()
    assert re.fullmatch(r"own_csv/my-visits-1-[0-9a-f]{8}\.csv", entry.name)
    assert (space.raw / entry.name).read_bytes() == file.read_bytes()
    assert (entry.url, entry.status, entry.card) == ("", 0, "own_csv")
    assert entry.retrieved_at == "2021-02-01"  # an export is as old as its making
    assert entry.declared == {
        "exported": "2021-02-01", "market": "WW", "zone": "UTC", "vendor": "Similarweb",
        "form": "similarweb-visits", "metric": "visits",
    }  # fmt: skip
    line = (space.raw / "manifest.jsonl").read_text(encoding="utf-8")
    assert str(file.parent) not in line
    assert '"declared-market": "WW"' in line
    assert mg.verify(space) == []


def test_a_file_added_twice_adds_nothing(study, space, file, tmp_path):
    mg.add(study, file, said=SAID, workspace=space)
    before = (space.raw / "manifest.jsonl").read_bytes()
    again = mg.add(study, file, said=SAID, workspace=space)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(file.read_bytes())
    third = mg.add(study, [copy, copy], said=SAID, workspace=space)
    assert repr(again) == "<own_csv: 0 added, 1 kept, 0 refused>"
    assert len(third.kept) == 1  # one path, given twice
    assert (space.raw / "manifest.jsonl").read_bytes() == before
    assert len(list((space.raw / "own_csv").iterdir())) == 1


def test_bytes_declared_otherwise_are_read_as_declared_last(study, space, file):
    load = {"source": "own_csv", "workspace": space}
    mg.add(study, file, said=SAID, workspace=space)
    assert set(mg.load_panel(study, **load)["market"]) == {"WW"}
    mg.add(study, file, said={**SAID, "market": "NA"}, workspace=space)
    assert set(mg.load_panel(study, **load)["market"]) == {"NA"}
    mg.add(study, file, said=SAID, workspace=space)
    assert set(mg.load_panel(study, **load)["market"]) == {"WW"}
    assert len(list((space.raw / "own_csv").iterdir())) == 1
    mg.add(study, file, said={"use": "no"}, workspace=space)
    with pytest.raises(NoData, match="no raw file of 'own_csv' is kept"):
        mg.load_panel(study, **load)
    assert mg.verify(space) == []


def test_a_correction_of_the_day_of_export_holds_for_every_day(study, space, file):
    mg.add(study, file, said=SAID, workspace=space)
    later = {**SAID, "exported": "2021-05-01"}
    mg.add(study, file, said=later, workspace=space)
    with pytest.raises(NoData, match="no raw file"):
        mg.load_panel(study, source="own_csv", as_of="2021-03-01", workspace=space)
    found = mg.load_panel(study, source="own_csv", workspace=space)
    assert found.attrs["vintage"]["retrieved_at"] == "2021-05-01"


def test_vintages_stand_side_by_side(study, space, file, tmp_path):
    mg.add(study, file, said=SAID, workspace=space)
    revised = tmp_path / "other" / file.name
    revised.parent.mkdir()
    revised.write_text(VISITS.replace(",2\n", ",9\n"), encoding="utf-8")
    mg.add(study, revised, said={**SAID, "exported": "2021-05-01"}, workspace=space)
    load = {"source": "own_csv", "workspace": space}
    assert mg.load_panel(study, **load)["value"].tolist() == [1, 9]
    old = mg.load_panel(study, **load, as_of="2021-03-01")
    assert old["value"].tolist() == [1, 2]
    assert [r["exported"] for r in old.attrs["vintage"]["readings"]] == ["2021-02-01"]
    with pytest.raises(NoData, match="bring one with `migration add`"):
        mg.load_panel(study, **load, as_of="2021-01-01")


def test_what_was_declared_makes_the_panel_anew(study, space, file):
    mg.add(study, file, said=SAID, workspace=space)
    (first,) = mg.build(study, workspace=space)
    assert [b.rebuilt for b in mg.build(study, workspace=space)] == [False]
    mg.add(study, file, said={**SAID, "market": "NA"}, workspace=space)
    (second,) = mg.build(study, workspace=space)
    assert (first.rebuilt, second.rebuilt) == (True, True)


def test_a_source_without_files_is_passed_over_when_all_are_built(study, space):
    assert mg.build(study, workspace=space) == []
    with pytest.raises(NoData, match="no raw file of 'own_csv' is kept"):
        mg.build(study, sources=["own_csv"], workspace=space)


def test_metrics_that_no_file_has_are_not_asked_for(study, space, file):
    mg.add(study, file, said=SAID, workspace=space)
    found = mg.load_panel(study, source="own_csv", workspace=space)
    assert set(found["metric"]) == {"visits"}
    with pytest.raises(mg.SourceError, match="'rank'"):
        mg.load_panel(study, source="own_csv", metric="rank", workspace=space)


def test_those_that_pass_are_added_and_the_others_told(study, space, file, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("Day,Who,N\n", encoding="utf-8")
    found = mg.add(study, [bad, file], said=SAID, workspace=space)
    assert list(found.entries) == [str(file)]
    assert "no header of a known form" in found.refused[str(bad)]
    with pytest.raises(
        CannotAsk, match=r"no file was added to 'own_csv'\n  .*bad\.csv:"
    ):
        mg.add(study, bad, said=SAID, workspace=space)


def test_what_is_no_file_is_refused_each_with_its_words(tmp_path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    large = tmp_path / "large.csv"
    with large.open("wb") as sparse:
        sparse.truncate(2 * 1024**3)
    for path, words in (
        (tmp_path / "none.csv", "there is no such file: correct the path"),
        (tmp_path, "this is a folder: name the files in it"),
        (empty, "the file is empty: export it again"),
        (large, r"the file has 2,048 MB, and at most 64 are read: export fewer days"),
    ):
        with pytest.raises(CannotAsk, match=words):
            read_file(path)
    with pytest.raises(mg.WorkspaceError, match="leads nowhere"):
        read_file("a\x00b")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names there")
def test_a_pipe_is_refused_before_it_is_opened(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(CannotAsk, match="this is no plain file"):
        read_file(pipe)


def test_a_name_that_cannot_be_printed_is_made_so(tmp_path):
    odd = tmp_path / "a\nb\u202e.csv"
    odd.write_bytes(b"x")
    assert read_file(odd) == ("a_b_.csv", b"x")


def test_an_export_that_is_to_come_is_refused(study, space, file):
    with pytest.raises(CannotAsk, match="exported=2099-01-01 was said, and is to come"):
        mg.add(study, file, said={**SAID, "exported": "2099-01-01"}, workspace=space)


def test_outcomes_are_made_of_what_the_files_have(study, space, file, tmp_path):
    mg.add(study, file, said=SAID, workspace=space)
    load = {"source": "own_csv", "metric": "visits", "workspace": space}
    assert set(mg.load_outcomes(study, **load)) == {"count", "log_count"}
    ranks = tmp_path / "ranks.csv"
    ranks.write_text(
        "date,app,value\n2021-01-10,signal.org,7\n2021-01-11,signal.org,\n",
        encoding="utf-8",
    )
    said = {**SAID, "metric": "rank", "vendor": "v", "chart_size": "200"}
    mg.add(study, ranks, said=said, workspace=space)
    frame = mg.load_outcomes(study, **load)["minus_log_rank"]
    assert frame.attrs["chart_size"] == 200  # the end of the chart, not the worst rank


def test_sources_that_take_no_files_are_refused(study, space, file):
    assert takes_files("own_csv")
    assert not takes_files("flathub")
    assert not takes_files("nonesuch")
    for source in ("flathub", "nonesuch"):
        with pytest.raises(
            CannotAsk, match=rf"be added to '{source}': only to .*own_csv"
        ):
            mg.add(study, file, source=source, workspace=space)
    spec = dataclasses.replace(study.source("own_csv"), enabled=False)
    off = dataclasses.replace(study, sources=(spec,))
    with pytest.raises(CannotAsk, match="has not enabled 'own_csv'"):
        mg.add(off, file, workspace=space)
    none = dataclasses.replace(study, sources=(dataclasses.replace(spec, id="x"),))
    with pytest.raises(StudyError, match="own_csv"):
        mg.add(none, file, workspace=space)


def test_headers_that_a_source_has_named_already_are_not_named_twice(
    study, space, file, monkeypatch
):
    door = adding.module_of("own_csv")
    said = {"declared-kind": "term", "declared-file": "x.csv", "date_order": "dmy"}
    monkeypatch.setattr(door, "declare", lambda *_: said)
    (entry,) = mg.add(study, file, workspace=space).entries.values()
    assert entry.declared == {"kind": "term", "file": "x.csv", "date_order": "dmy"}
    assert entry.retrieved_at > "2026"  # no day of export was said: it came now
    monkeypatch.setattr(door, "declare", lambda *_: {**said, "declared-file": "y.csv"})
    assert mg.add(study, file, workspace=space).kept  # a file's name says nothing


@pytest.fixture
def command(space):
    (space.studies / "own.toml").write_text(STUDY, encoding="utf-8")

    def run(*arguments):
        return CliRunner().invoke(
            cli, [*map(str, arguments), "--workspace", str(space.root)],
            standalone_mode=False,
        )  # fmt: skip

    return run


OPTIONS = ("--say", "exported=2021-02-01", "--say", "market=WW")


def test_the_command_adds_and_then_builds(command, file, space):
    done = command("add", "own", "own_csv", file, *OPTIONS)
    assert done.return_value == 0
    assert done.output.splitlines()[-1] == "own_csv: 1 added, 0 kept, 0 refused"
    assert command("add", "own", "own_csv", file, *OPTIONS).return_value == 0
    built = command("build", "own").output
    assert built == "own_csv: 2 rows in data/processed/own/own_csv.parquet, made now\n"
    assert len(Store(space.raw).entries("own_csv")) == 1


def test_the_commands_codes_and_its_json(command, file, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("Day,Who,N\n", encoding="utf-8")
    some = command("add", "own", "own_csv", bad, file, *OPTIONS, "--json")
    assert some.return_value == 1
    told = json.loads(some.stdout)
    assert [one["file"] for one in told["added"]] == [str(file)]
    assert told["added"][0]["said"]["vendor"] == "Similarweb"
    assert [one["file"] for one in told["refused"]] == [str(bad)]
    assert f"migration: {bad}: no header of a known form" in some.stderr
    none = command("add", "own", "own_csv", bad, tmp_path, "--json")
    assert none.return_value == 2
    assert json.loads(none.stdout)["added"] == []
    assert "a folder: name the files in it" in none.stderr


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (["--say", "exported"], "needs KEY=VALUE, such as exported=2021-07-02"),
        (["--say", "=x"], "needs KEY=VALUE"),
        (["--say", "unit=a", "--say", "unit=b"], "unit is said twice"),
    ],
)
def test_a_pair_that_is_none_is_refused(command, file, pairs, words):
    told = command("add", "own", "own_csv", file, *pairs)
    assert words in told.exception.format_message()


def test_a_value_may_hold_the_sign_itself(command, file):
    options = (*OPTIONS, "--say", "unit=a=b")
    (added,) = json.loads(
        command("add", "own", "own_csv", file, *options, "--json").output
    )["added"]
    assert added["said"]["unit"] == "a=b"


def test_a_file_that_is_refused_is_named_once(study, space, tmp_path, monkeypatch):
    """A parser that names the file first, as some do, and one that names a folder."""
    path = tmp_path / "multi.csv"
    path.write_text("a", encoding="utf-8")
    for said, told in (
        ("multi.csv needs terms", "needs terms"),
        ("multi.csv: its header", "its header"),
        ("multi.csvs are many", "multi.csvs are many"),
    ):

        def refuse(*_, said=said):
            raise CannotAsk(said)

        monkeypatch.setattr(adding.module_of("own_csv"), "declare", refuse)
        with pytest.raises(CannotAsk) as error:
            mg.add(study, path, workspace=space)
        assert str(error.value).splitlines()[1] == f"  {path}: {told}"
