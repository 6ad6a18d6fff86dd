"""What is here by source, market and day; what is not; what cannot be read."""

import dataclasses
import sys
import types

import numpy as np
import pandas as pd
import pytest

from migration.panel import COLUMNS, STATUSES
from migration.report import overview
from migration.sources import load_coverage, load_panel, registry, spans_of, status
from migration.sources.coverage import daily_coverage
from migration.store import MANIFEST, Store


def rows(app, market, days):
    """A series of one source: day to status; its numbers do not matter here."""
    bounds = {"observed": (1, 1, 1), "censored": (np.nan, 0, 1)}
    bounds |= {"partial": (1, 0, 1), "missing": (np.nan,) * 3}
    place = ("s", "m", app, market)
    told = [
        (*place, pd.Timestamp(2021, 1, day), "UTC", *bounds[what], what)
        for day, what in days.items()
    ]
    frame = pd.DataFrame(told, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(["value", "lower", "upper"], "float64"))


def panel():
    first = {1: "observed", 2: "censored", 5: "observed"}
    second = {4: "partial", 6: "observed"}
    abroad = {2: "missing", 3: "observed"}
    parts = [rows("a", "NA", first), rows("b", "NA", second), rows("a", "IN", abroad)]
    return pd.concat(parts, ignore_index=True)


def test_days_and_markets_counted_by_hand():
    """Series a is there from the 1st to the 5th, b from the 4th to the 6th."""
    daily = daily_coverage(panel())
    namibia = daily[daily["market"] == "NA"].set_index("period")
    assert namibia.index.day.tolist() == [1, 2, 3, 4, 5, 6]
    assert namibia["observed"].tolist() == [1, 0, 0, 0, 1, 1]
    assert namibia["censored"].tolist() == [0, 1, 0, 0, 0, 0]
    assert namibia["partial"].tolist() == [0, 0, 0, 1, 0, 0]
    assert namibia["missing"].tolist() == [0, 0, 1, 1, 1, 0]
    spans = spans_of(daily).set_index("market")
    india = spans.loc["IN", ["days", "series", *STATUSES]].tolist()
    assert india == [2, 1, 1, 0, 0, 1]
    assert spans.loc["NA", ["days", "series", *STATUSES]].tolist() == [6, 2, 3, 1, 1, 3]


def test_the_order_of_rows_does_not_matter():
    shuffled = panel().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(daily_coverage(shuffled), daily_coverage(panel()))


def test_days_add_up_to_what_the_series_have(study, workspace):
    daily = load_coverage(study, workspace=workspace)
    assert daily.attrs["sources"] == [s.id for s in study.sources if s.enabled]
    own = daily[daily["source"] == "flathub"]
    whole = load_panel(study, source="flathub", workspace=workspace)
    for kind in ("observed", "censored", "partial"):
        assert own[kind].sum() == (whole["status"] == kind).sum()
    table = status(study, workspace=workspace).set_index("source")
    known = daily.groupby("source")[list(STATUSES)].sum()
    for source in ("flathub", "wikipedia_top"):
        assert known.loc[source].sum() == table.loc[source, "days"].sum()


@pytest.fixture
def empty(study, monkeypatch):
    """The shipped study with a further source of which nothing is here."""
    fake = types.ModuleType("migration.sources.fake_source")
    fake.plan = lambda *_: iter(())
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.setitem(registry.MODULES, "fake", "fake_source")
    spec = dataclasses.replace(study.source("flathub"), id="fake", controls=())
    own = [s for s in study.sources if s.id in ("flathub", "wikipedia_top")]
    return dataclasses.replace(study, sources=(spec, *own))


def test_a_source_of_which_nothing_is_here_is_told_and_is_no_problem(empty, workspace):
    note = "nothing here yet: migration fetch whatsapp-2021 --source fake"
    table = status(empty, workspace=workspace)
    row = table[table["source"] == "fake"].iloc[0]
    assert (row["note"], row["problem"], row["days"]) == (note, "", 0)
    assert set(table["source"]) == {"fake", "flathub", "wikipedia_top"}
    daily = load_coverage(empty, workspace=workspace)
    assert daily.attrs["nothing_here"] == {"fake": note}
    assert set(daily["source"]) == {"flathub", "wikipedia_top"}
    found = overview.status(empty, workspace)
    lines = overview.status_lines(found)
    assert f"  fake: {note}" in lines
    assert not any(row["control"] for row in found["data"] if row["source"] == "fake")


def test_nothing_at_all_is_a_table_without_rows(empty, workspace):
    only = load_coverage(empty, sources=["fake"], workspace=workspace)
    assert only.empty
    assert spans_of(only).empty
    assert list(only.attrs["nothing_here"]) == ["fake"]


def test_a_broken_manifest_line_of_one_source_leaves_the_others(study, workspace):
    Store(workspace.raw).put("wikipedia_top", "a.csv", b"1", url="u")
    manifest = workspace.raw / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"status"', b"status"))
    table = status(study, workspace=workspace).set_index("source")
    assert "not a manifest line" in table.loc["wikipedia_top", "problem"]
    assert (table.loc["flathub", "problem"] == "").all()
    daily = load_coverage(study, workspace=workspace)
    assert list(daily.attrs["problems"]) == ["wikipedia_top"]
    lines = overview.status_lines(overview.status(study, workspace))
    assert any("not a manifest line" in line for line in lines)
    assert any(line.startswith("  flathub WW: 2020-11-01") for line in lines)
    assert lines[-1].startswith("  unsure (all): raw/manifest.jsonl, line 1, is not a")


def test_a_manifest_that_does_not_read_at_all_is_told_of_every_source(study, workspace):
    workspace.raw.joinpath(MANIFEST).write_bytes(b"{\n")
    table = status(study, workspace=workspace)
    assert table["problem"].str.contains("line 1, is not a manifest line").all()
    lines = overview.status_lines(overview.status(study, workspace))
    assert lines[0] == "data:"


def test_markets_with_the_same_days_share_a_line():
    span = {"source": "s", "series": 3, "first": "2021-01-01", "last": "2021-01-09"}
    counts = {"days": 9, "observed": 20, "censored": 7, "partial": 0, "missing": 0}
    codes = ["AT", "BE", "DE", "FR", "IN", "IT", "NA", "NO"]
    many = [{**span, **counts, "market": code} for code in codes]
    alone = {**many[0], "market": "US", "series": 2, "missing": 1}
    assert overview.coverage_lines([*many, alone]) == [
        "s AT, BE, DE, FR, IN, IT and 2 more: 2021-01-01 to 2021-01-09, 3 series each: "
        "160 observed, 56 censored",
        "s US: 2021-01-01 to 2021-01-09, 2 series: 20 observed, 7 censored, 1 missing",
    ]
