"""The ledger: what was printed, and what cannot all be true."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import raw_of

from migration.errors import MigrationError, SchemaDrift, UnexpectedContent
from migration.panel import check_panel
from migration.sources import clashes, load_ledger, load_panel
from migration.sources.published import HEAD, panel, parse

ROW = {
    "app": "Signal",
    "metric": "downloads",
    "value": "5",
    "unit": "downloads",
    "market": "WW",
    "period_start": "2021-01-06",
    "period_end": "2021-01-10",
    "publisher": "Firm (via Paper)",
    "source_url": "https://example.org/1",
    "source_date": "2021-01-12",
}


def raws(*changes):
    rows = [dict.fromkeys(HEAD, "") | ROW | change for change in changes]
    return {"t": pd.DataFrame(rows, columns=list(HEAD)).to_csv(index=False).encode()}


def found(*changes):
    return clashes(parse(raws(*changes)))


@pytest.fixture(scope="module")
def ledger():
    return load_ledger()


@pytest.fixture(scope="module")
def clashing(ledger):
    return clashes(ledger)


@pytest.mark.parametrize(
    ("printed", "unit", "bounds", "status"),
    [
        ("12.5", "percent", (12.5, 12.5), "observed"),
        ("-17", "percent", (-17, -17), "observed"),
        (">1000", "rank (top apps)", (1000, np.inf), "censored"),
        ("<1000000", "downloads/day", (0, 1e6), "censored"),
        ("<5", "percent", (-np.inf, 5), "censored"),
        ("2000000-3000000", "downloads/day", (2e6, 3e6), "censored"),
        ("millions", "users (verbal)", (np.nan, np.nan), "missing"),
    ],
)
def test_a_value_is_a_number_an_interval_or_nothing(printed, unit, bounds, status):
    (row,) = parse(raws({"value": printed, "unit": unit})).to_dict("records")
    np.testing.assert_equal((row["lower"], row["upper"]), bounds)
    assert row["status"] == status
    assert np.isnan(row["value"]) == (status != "observed")
    assert row["printed"] == printed


@pytest.mark.parametrize(
    "change",
    [
        {"value": ""},
        {"value": "about 5"},
        {"value": "5-"},
        {"value": "7-5"},
        {"value": "1,000"},
        {"value": "nan5"},
        {"app": ""},
        {"market": ""},
        {"period_start": "6 January"},
        {"period_start": "2021-02-30"},
        {"period_start": "2021-01-11"},
        {"source_date": "2021-1"},
        {"source_date": "January"},
    ],
)
def test_what_cannot_be_read_is_refused(change):
    with pytest.raises(SchemaDrift, match="published"):
        parse(raws(change))


def test_other_columns_and_other_kinds_are_refused():
    with pytest.raises(SchemaDrift, match="needs rows of app, metric"):
        parse({"t": b"a,b\n1,2\n"})
    for raw in (b"<html>", b'{"a": 1}', b"\xff"):
        with pytest.raises(UnexpectedContent):
            parse({"t": raw})


@given(st.binary(max_size=120), st.text(max_size=60))
def test_anything_is_read_right_or_refused(raw, text):
    head = ",".join(HEAD) + "\n"
    for content in (raw, (head + text).encode(), raws({"value": text})["t"]):
        try:
            rows = parse({"t": content})
        except MigrationError:
            continue
        assert rows["status"].isin(["observed", "censored", "missing"]).all()


def test_the_whole_ledger_is_read(ledger):
    assert len(ledger) == 246
    odd = ledger[ledger["status"] != "observed"]
    assert sorted(odd["printed"]) == [
        "2000000-3000000",
        "<1000000",
        ">1000",
        "millions",
    ]
    assert "Sensor Tower" in set(ledger["vendor"])
    assert ledger.attrs["vintage"]["origin"] == "embedded"


@pytest.mark.parametrize(
    ("app", "market", "ratio"),
    [
        ("Signal", "WW", 2.1),
        ("Signal", "IN", 3.9),
        ("Telegram", "WW", 1.03),
        ("Telegram", "IN", 1.07),
    ],
)
def test_vendor_revisions_of_6_to_10_january_are_found(clashing, app, market, ratio):
    rows = clashing[
        (clashing["app"] == app)
        & (clashing["market"] == market)
        & (clashing["how"] == "same period")
        & (clashing["first_start"] == "2021-01-06")
        & (clashing["first_end"] == "2021-01-10")
        & clashing["same_vendor"]
    ]
    (row,) = rows.to_dict("records")
    assert row["ratio"] == pytest.approx(ratio, abs=0.05)
    assert (row["first_vendor"], row["quantity"]) == ("Sensor Tower", "installs")


def test_a_fortnight_and_its_two_weeks_clash(clashing):
    """India, 4 to 17 January: 26.4 million, and two weeks of 9 million each."""
    (row,) = clashing[clashing["second_parts"] + clashing["first_parts"] > 2].to_dict(
        "records"
    )
    assert (row["first_lower"], row["second_lower"]) == (18e6, 26.4e6)
    assert (row["app"], row["market"]) == ("Signal", "IN")
    assert row["first_lower"] / row["second_lower"] == pytest.approx(0.68, abs=0.005)


def test_a_part_that_exceeds_its_whole_is_found(clashing):
    """60 million of 6 to 29 January, 50.6 million of all January."""
    rows = clashing[(clashing["first_value"] == 60e6)]
    (row,) = rows.to_dict("records")
    assert row["how"] == "part exceeds the whole"
    assert row["second_value"] == 50.6e6
    assert row["ratio"] == pytest.approx(0.84, abs=0.005)
    assert row["order_known"]


def test_vendors_clash_too(clashing):
    rows = clashing[~clashing["same_vendor"] & (clashing["app"] == "Telegram")]
    assert {"Apptopia", "Sensor Tower"} == {
        *rows["first_vendor"],
        *rows["second_vendor"],
    }


def test_two_figures_by_hand():
    table = found(
        {"value": "6", "source_url": "b", "source_date": "2021-02"}, {"value": "3"}
    )
    (row,) = table.to_dict("records")
    assert (row["first_value"], row["second_value"], row["ratio"]) == (3, 6, 2)
    assert (row["first_vintage"], row["second_vintage"]) == ("2021-01-12", "2021-02")
    assert row["order_known"]
    assert row["same_vendor"]
    assert (row["first_publisher"], row["first_vendor"]) == ("Firm (via Paper)", "Firm")


def test_when_the_order_is_unknown_the_smaller_is_first():
    for date in ("", "2021-01"):
        other = {"value": "1", "source_url": "b", "source_date": date}
        (row,) = found({"value": "4"}, other).to_dict("records")
        assert (row["first_value"], row["ratio"], row["order_known"]) == (1, 4, False)


@pytest.mark.parametrize(
    "other",
    [
        {"value": "5"},
        {"value": ">4"},
        {"value": "4-6"},
        {"value": "millions"},
        {"value": "9", "app": "Telegram"},
        {"value": "9", "market": "IN"},
        {"value": "9", "metric": "new_users"},
        {"value": "9", "unit": "downloads/day"},
        {"value": "9", "period_end": "2021-01-12"},
        {"value": "2", "period_start": "2021-01-07"},
        {"value": "9", "period_start": "2021-01-11", "period_end": "2021-01-12"},
        {"value": "9", "period_start": "", "period_end": "2021-01-10"},
        {"value": "9", "unit": "installs (iOS)"},
        {"value": "9", "source_url": ROW["source_url"]},
    ],
)
def test_these_do_not_clash(other):
    assert found({}, {"source_url": "b"} | other).empty


@pytest.mark.parametrize("printed", [">6", "6-8", "<4"])
def test_intervals_that_do_not_meet_clash_without_a_ratio(printed):
    (row,) = found({}, {"value": printed, "source_url": "b"}).to_dict("records")
    assert np.isnan(row["ratio"])


def test_installs_and_downloads_are_one():
    other = {"value": "9", "metric": "installs", "unit": "installs", "source_url": "b"}
    assert len(found({}, other)) == 1


@settings(max_examples=5)
@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_no_clash(order):
    rows = [{"value": str(3 + n), "source_url": f"u{n}"} for n in range(6)]
    table = found(*(rows[n] for n in order))
    pd.testing.assert_frame_equal(
        table.sort_values(["first_value", "second_value"], ignore_index=True),
        found(*rows).sort_values(["first_value", "second_value"], ignore_index=True),
    )
    assert len(table) == 15


def test_a_ledger_without_clashes_gives_an_empty_table():
    assert list(found({}).columns) == list(found({}, {"value": "9"}).columns)
    assert found({}).empty


def test_single_days_are_panel_rows(study):
    made = load_panel(study, source="published", metric="installs")
    assert check_panel(made) is made
    signal = made[made["app"] == "signal"].set_index("period")["value"]
    assert signal["2021-01-06"] == 45086
    assert signal["2021-10-04"] == 881000


def test_figures_of_one_day_that_disagree_are_an_interval(study):
    day = {"period_start": "2021-01-06", "period_end": "2021-01-06"}
    made = panel(raw_of(raws(day, day | {"value": "9"}, {"value": "100"})), study)
    (row,) = made.to_dict("records")
    assert (row["lower"], row["upper"], row["status"]) == (5, 9, "censored")
    assert np.isnan(row["value"])
