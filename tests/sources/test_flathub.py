"""Flathub: read right, or refused; by hand, by the real files, and by nonsense."""

import dataclasses
import datetime as dt
import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import raw_of

from migration.errors import MigrationError, NoData, SchemaDrift, UnexpectedContent
from migration.panel import check_panel
from migration.sources import flathub, load_panel

HEAD = "date,app_id,downloads,updates\n"


def table(*rows):
    return {"flathub/flathub_daily.csv": (HEAD + "\n".join(rows) + "\n").encode()}


def mirror(ref, days):
    """The mirror's JSON: day to a list of [downloads, updates] by architecture."""
    stats = [
        {"date": day, "arches": {f"arch{n}": pair for n, pair in enumerate(pairs)}}
        for day, pairs in days.items()
    ]
    return {f"flathub/{ref}.json": json.dumps({"ref": ref, "stats": stats}).encode()}


def values(panel, app):
    return panel[panel["app"] == app].set_index("period")["value"]


@pytest.fixture(scope="module")
def panel(study):
    return load_panel(study, source="flathub")


def test_new_installs_are_downloads_less_updates():
    rows = flathub.parse(table("2021-01-01,a,12644,11585", "2021-01-02,a,7,7"))
    assert rows["value"].tolist() == [1059, 0]
    assert rows["status"].tolist() == ["observed", "observed"]
    assert check_panel(rows) is rows


def test_a_day_left_out_is_missing_and_not_zero():
    rows = flathub.parse(
        table("2021-01-01,a,5,1", "2021-01-03,a,6,1", "2021-01-02,b,9,0")
    )
    assert values(rows, "a").isna().tolist() == [False, True, False]
    assert values(rows, "b").isna().tolist() == [True, False, True]
    assert set(rows.loc[rows["value"].isna(), "status"]) == {"missing"}


def test_more_updates_than_downloads_is_kept_as_counted_and_partial():
    (row,) = flathub.parse(table("2021-01-01,a,3,5")).to_dict("records")
    assert (row["value"], row["lower"], row["upper"]) == (-2, -2, np.inf)
    assert row["status"] == "partial"


def test_the_mirror_sums_architectures_and_doubts_its_last_day():
    days = {"2021/01/01": [[10, 4], [3, 1]], "2021/01/02": [[5, 5]]}
    rows = flathub.parse(mirror("org.a", days))
    assert rows["value"].tolist() == [8, 0]
    assert rows["status"].tolist() == ["observed", "partial"]


def test_runtimes_are_no_applications():
    days = {"2021/01/01": [[9, 0]], "2021/01/02": [[9, 0]]}
    rows = flathub.parse(mirror("org.a", days) | mirror("org.x.Platform/3.38", days))
    assert rows["app"].unique().tolist() == ["org.a"]
    with pytest.raises(NoData, match="no day of any application"):
        flathub.parse(mirror("org.x.Platform/3.38", days))


def test_ranks_by_hand_with_ties_and_a_missing_app():
    """Day 1: a 9, b 5, c 5, d 1. Day 2: a 1, b 2, d 3, c unknown."""
    rows = [
        *("2021-01-01,a,9,0", "2021-01-01,b,5,0", "2021-01-01,c,5,0"),
        *("2021-01-01,d,1,0", "2021-01-02,a,1,0", "2021-01-02,b,2,0"),
        "2021-01-02,d,3,0",
    ]
    ranks = flathub.rank(flathub.parse(table(*rows)))
    ranks = check_panel(ranks).set_index(["period", "app"]).sort_index()
    first, second = (ranks.loc[f"2021-01-0{day}"] for day in (1, 2))
    np.testing.assert_array_equal(first["lower"], [1, 2, 2, 4])
    np.testing.assert_array_equal(first["upper"], [1, 3, 3, 4])
    assert first["status"].tolist() == ["observed", "censored", "censored", "observed"]
    np.testing.assert_array_equal(second["value"], [3, 2, np.nan, 1])
    assert second["status"].tolist()[2] == "missing"


@settings(max_examples=15)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.integers(1, 9))
def test_ranks_know_only_the_order(counts, factor):
    def ranks(numbers):
        rows = [f"2021-01-01,app{i},{n},0" for i, n in enumerate(numbers)]
        return flathub.rank(flathub.parse(table(*rows)))[["lower", "upper"]]

    pd.testing.assert_frame_equal(ranks(counts), ranks([factor * n for n in counts]))


def test_the_order_of_rows_changes_nothing():
    rows = [f"2021-01-0{day},{app},{day},0" for day in (1, 2, 3) for app in "ab"]
    one, other = (flathub.parse(table(*r)) for r in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)


def test_the_hand_arithmetic(panel, study):
    """Mean of 9 to 16 January over 10 December to 5 January, worked by hand."""
    wide = panel[panel["metric"] == "new_installs"].pivot(
        index="period", columns="app", values="value"
    )
    before = wide.loc["2020-12-10":"2021-01-05"].mean()
    ratio = wide.loc["2021-01-09":"2021-01-16"].mean() / before
    assert ratio["signal"] == pytest.approx(5.20, abs=0.005)
    assert ratio["telegram"] == pytest.approx(1.65, abs=0.005)
    assert ratio["session"] == pytest.approx(2.4, abs=0.05)
    assert ratio["element"] == pytest.approx(1.45, abs=0.005)
    assert ratio["wire"] == pytest.approx(1.45, abs=0.005)
    unrelated = ratio[list(study.source("flathub").controls)]
    assert unrelated.median() == pytest.approx(1.1, abs=0.03)
    assert unrelated.quantile([0.05, 0.95]).between(0.9, 1.35).all()


def test_the_origin_is_both_wrappers_and_ends_with_the_rename(panel):
    raw = flathub.parse_table((_embedded() / "flathub_daily.csv").read_bytes())
    raw = raw.assign(new=raw["downloads"] - raw["updates"]).set_index("period")
    wrappers = raw[raw["app"].isin(["io.bit3.WhatsAppQT", "com.gigitux.gtkwhats"])]
    origin = panel[(panel["app"] == "whatsapp") & (panel["metric"] == "new_installs")]
    assert origin["period"].max() == pd.Timestamp("2021-01-17")
    by_day = wrappers.groupby(level=0)["new"].sum()
    np.testing.assert_array_equal(origin["value"], by_day[:"2021-01-17"])
    ranks = panel[(panel["app"] == "whatsapp") & (panel["metric"] == "rank")]
    assert ranks["period"].max() == pd.Timestamp("2021-01-17")


def test_youp_is_no_part_of_any_app(panel):
    assert "com.gigitux.youp" not in set(panel["app"])


def test_a_panel_says_among_how_many_its_ranks_are(panel):
    assert panel.attrs["vintage"]["ranked"] == [110, 111]
    ranks = panel[panel["metric"] == "rank"]
    assert ranks["upper"].max() <= 111


def test_an_app_is_missing_where_one_of_its_identifiers_is(small):
    days = [f"2021-01-0{n}" for n in (1, 2, 3)]
    rows = [f"{day},io.bit3.WhatsAppQT,5,0" for day in days]
    rows += [f"{day},com.gigitux.gtkwhats,4,0" for day in days if day != days[1]]
    rows += [f"{day},org.signal.Signal,9,0" for day in days]
    made = flathub.panel(raw_of(table(*rows)), small)
    installs = made[made["metric"] == "new_installs"]
    assert values(installs, "whatsapp").tolist()[::2] == [9, 9]
    assert np.isnan(values(installs, "whatsapp").iloc[1])
    assert made.attrs["absent_controls"] == ["org.gimp.GIMP", "org.kde.krita"]


def test_an_app_without_its_raw_file_is_refused(small):
    with pytest.raises(NoData, match=r"com\.gigitux\.gtkwhats.*'whatsapp'"):
        flathub.panel(raw_of(table("2021-01-01,org.signal.Signal,9,0")), small)


def test_an_identifier_that_is_absent_makes_the_sum_missing(small):
    rows = ["2021-01-01,org.signal.Signal,9,0", "2021-01-01,io.bit3.WhatsAppQT,9,0"]
    made = flathub.panel(raw_of(table(*rows)), small)
    assert values(made[made["metric"] == "new_installs"], "whatsapp").isna().all()


GOOD = {"date": "2021/01/01", "arches": {"x86_64": [3, 1]}}
SHAPES = {
    "not an object": [1],
    "no stats": {"ref": "a"},
    "another key": {"ref": "a", "stats": [], "more": 1},
    "ref of another kind": {"ref": 5, "stats": [GOOD]},
    "no ref": {"ref": "", "stats": [GOOD]},
    "stats of another kind": {"ref": "a", "stats": {"x": GOOD}},
    "a day twice": {"ref": "a", "stats": [GOOD, GOOD]},
    "a day without arches": {"ref": "a", "stats": [{"date": "2021/01/01"}]},
    "no architecture": {"ref": "a", "stats": [{**GOOD, "arches": {}}]},
    "arches of another kind": {"ref": "a", "stats": [{**GOOD, "arches": [[3, 1]]}]},
    "ISO dates": {"ref": "a", "stats": [{**GOOD, "date": "2021-01-01"}]},
    "a short date": {"ref": "a", "stats": [{**GOOD, "date": "2021/1/01"}]},
    "a date that is none": {"ref": "a", "stats": [{**GOOD, "date": "2021/02/30"}]},
    "three counts": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [3, 1, 1]}}]},
    "a fraction": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [3.5, 1]}}]},
    "a whole float": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [3.0, 1]}}]},
    "a truth": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [True, 1]}}]},
    "a text": {"ref": "a", "stats": [{**GOOD, "arches": {"x": ["3", 1]}}]},
    "below zero": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [3, -1]}}]},
    "no float's size": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [10**18, 1]}}]},
    "null": {"ref": "a", "stats": [{**GOOD, "arches": {"x": [None, 1]}}]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_is_not_known_is_refused(shape):
    with pytest.raises(SchemaDrift):
        flathub.parse({"a.json": json.dumps(SHAPES[shape]).encode()})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"<html>{}",
        b"\xff{}",
        b"[" * 10**5,
        b'{"ref": NaN, "stats": []',
        b"{}x",
    ],
)
def test_what_is_no_json_is_refused(raw):
    with pytest.raises(UnexpectedContent):
        flathub.parse({"a.json": raw})


def test_a_key_twice_is_refused():
    raw = b'{"ref": "a", "ref": "b", "stats": []}'
    with pytest.raises(SchemaDrift, match="a key twice"):
        flathub.parse({"a.json": raw})


def test_an_app_in_two_files_is_refused():
    days = {"2021/01/01": [[3, 1]]}
    raws = mirror("a", days) | {"copy.json": mirror("a", days)["flathub/a.json"]}
    with pytest.raises(SchemaDrift, match="an app twice"):
        flathub.parse(raws)


@pytest.mark.parametrize(
    "text",
    [
        "date,app,downloads,updates\n2021-01-01,a,1,1\n",
        HEAD,
        HEAD + "2021-01-01,a,1\n",
        HEAD + "2021-01-01,a,1,1,1\n",
        HEAD + "2021-01-01,a,1.0,1\n",
        HEAD + "2021-01-01,a,-1,1\n",
        HEAD + "2021-01-01,a,,1\n",
        HEAD + "2021-01-01,,1,1\n",
        HEAD + "2021-1-1,a,1,1\n",
        HEAD + "2021-02-30,a,1,1\n",
        HEAD + "2021-01-01,a,1,1\n2021-01-01,a,1,1\n",
        HEAD + "2021-01-01,a,٣,1\n",
    ],
)
def test_a_table_that_is_not_as_promised_is_refused(text):
    with pytest.raises(SchemaDrift, match="flathub"):
        flathub.parse({"flathub_daily.csv": text.encode()})


def test_html_is_not_a_table():
    with pytest.raises(UnexpectedContent, match="HTML"):
        flathub.parse({"flathub_daily.csv": b"<html></html>"})


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
NESTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ref", "stats", "date", "arches", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(NESTS)
def test_any_json_is_read_right_or_refused(thing):
    raw = json.dumps(thing).encode()
    try:
        rows = flathub.parse({"a.json": raw})
    except MigrationError:
        return
    check_panel(rows)


@given(st.binary(max_size=200), st.sampled_from(["a.json", "flathub_daily.csv"]))
def test_any_bytes_are_read_right_or_refused(raw, name):
    try:
        rows = flathub.parse({name: raw})
    except MigrationError:
        return
    check_panel(rows)


@given(st.text(alphabet='0123456789-,"\n\rab ', max_size=60))
def test_any_rows_are_read_right_or_refused(text):
    try:
        rows = flathub.parse({"flathub_daily.csv": (HEAD + text).encode()})
    except MigrationError:
        return
    check_panel(rows)


def test_the_mirror_and_the_table_agree(real):
    files = sorted((real / "flathub" / "raw").glob("*.json"))
    rows = flathub.parse({path.name: path.read_bytes() for path in files})
    shipped = flathub.parse(
        {"flathub_daily.csv": (_embedded() / "flathub_daily.csv").read_bytes()}
    )
    both = rows.merge(shipped, on=["app", "period"], suffixes=("", "_shipped"))
    assert len(both) >= 10 * 120
    np.testing.assert_array_equal(both["value"], both["value_shipped"])
    gaps = rows[(rows["app"] == "org.signal.Signal") & (rows["status"] == "missing")]
    lost = ["2018-06-19", "2018-12-09", "2018-12-10"]
    lost += [f"2018-11-{day}" for day in range(20, 28)]
    assert set(pd.to_datetime(lost)) == set(gaps["period"])


def test_ranks_leave_out_runtimes(real):
    """Signal on 4 and 12 January 2021: 74 and 19 among all 948 references.

    Among the 700 that are applications it is 26 and 2.
    """
    name = "flathub_allrefs_2020-10_2021-04_daily.csv.gz"
    packed = (real / "flathub" / name).read_bytes()
    counts = pd.read_csv(io.BytesIO(gzip.decompress(packed)))
    wide = counts.pivot(index="date", columns="app_id", values="new_installs")
    of_all = wide.rank(axis=1, ascending=False)["org.signal.Signal"]
    days = ["2021-01-04", "2021-01-12"]
    assert of_all[days].tolist() == [74, 19]
    raw = counts.drop(columns="new_installs").to_csv(index=False, lineterminator="\n")
    ranks = flathub.rank(flathub.parse({"flathub_daily.csv": raw.encode()}))
    assert values(ranks, "org.signal.Signal")[days].tolist() == [26, 2]


def test_a_study_may_end_an_app_earlier(small):
    ends = dataclasses.replace(
        small.app("signal"), until={"flathub": dt.date(2021, 1, 1)}
    )
    other = dataclasses.replace(small, apps=(ends,))
    rows = [f"2021-01-0{n},org.signal.Signal,9,0" for n in (1, 2)]
    made = flathub.panel(raw_of(table(*rows, "2021-01-02,b,1,0")), other)
    assert set(made["period"]) == {pd.Timestamp("2021-01-01")}


def _embedded():
    from migration.workspace import shipped

    return shipped("data/raw/embedded") / "flathub"
