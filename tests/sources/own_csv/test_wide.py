"""A table with one column an app, and one whose column of figures names its metric."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.errors import CannotAsk, MigrationError, SchemaDrift
from migration.sources.own_csv.reading import read

SAID = {
    "metric": "downloads", "market": "WW", "vendor": "A. Counter",
    "exported": "2021-03-01",
}  # fmt: skip


def cells(reading):
    rows = reading.rows
    days = rows["period"].dt.strftime("%F")
    return list(zip(rows["called"], rows["market"], days, rows["value"], strict=True))


def test_each_column_beside_the_dates_is_an_app_worked_by_hand():
    text = "date,Signal,Other\n2021-01-10,5,7\n2021-01-11,6,\n"
    found = read(text.encode(), SAID)
    assert found.form == "plain-wide"
    assert cells(found)[:3] == [
        ("Signal", "WW", "2021-01-10", 5),
        ("Signal", "WW", "2021-01-11", 6),
        ("Other", "WW", "2021-01-10", 7),
    ]
    assert found.rows["status"].tolist() == ["observed"] * 3 + ["missing"]


@pytest.mark.parametrize(
    "text",
    [
        "Day;Signal;Other\n10.01.2021;5,5;7,25\n11.01.2021;6,5;8,75\n",
        "day\tSignal\tOther\n2021-01-10\t5.5\t7.25\n2021-01-11\t6.5\t8.75\n",
        "Other|Signal|date\n7.25|5.5|2021-01-10\n8.75|6.5|2021-01-11\n",
    ],
)
def test_signs_and_orders_of_columns_make_no_difference(text):
    found = cells(read(text.encode(), SAID | {"date_order": "dmy"}))
    assert sorted(found) == [
        ("Other", "WW", "2021-01-10", 7.25),
        ("Other", "WW", "2021-01-11", 8.75),
        ("Signal", "WW", "2021-01-10", 5.5),
        ("Signal", "WW", "2021-01-11", 6.5),
    ]


def test_a_column_of_markets_is_none_of_the_apps():
    text = "date,Country,Signal\n2021-01-10,IN,5\n2021-01-11,IN,6\n"
    text += "2021-01-10,NA,7\n2021-01-11,NA,8\n"
    said = {key: value for key, value in SAID.items() if key != "market"}
    found = cells(read(text.encode(), said))
    assert [one[:2] for one in found] == [("Signal", "IN")] * 2 + [("Signal", "NA")] * 2


def test_a_column_named_after_a_metric_is_its_value():
    text = "Day,App,Country,Downloads\n2021-01-10,Signal,IN,5\n2021-01-11,Signal,IN,6\n"
    found = read(text.encode(), {"vendor": "v", "exported": "2021-03-01"})
    assert found.form == "plain"
    assert found.units == {"downloads": "downloads a day"}
    assert cells(found)[0] == ("Signal", "IN", "2021-01-10", 5)


@pytest.mark.parametrize(
    "text",
    [
        "date,Signal,Note\n2021-01-10,5,good\n",
        "when,Signal,Other\n2021-01-10,5,1\n",
        "date,Signal\n",
    ],
)
def test_texts_and_no_dates_are_no_such_table(text):
    with pytest.raises(SchemaDrift, match="say what its columns mean"):
        read(text.encode(), SAID)


def test_a_column_without_a_name_is_none_of_an_app():
    with pytest.raises(SchemaDrift, match="a column has no name: name it, or leave it"):
        read(b"date,Signal,\n2021-01-10,5,1\n", SAID)
    with pytest.raises(SchemaDrift, match="row 2 needs 2 cells as the header has"):
        read(b"date,Signal,\n2021-01-10,5,1\n", SAID | {"form": "plain-wide"})


def test_a_form_that_is_said_is_told_what_it_needs():
    with pytest.raises(SchemaDrift, match="figures and blanks in it, got 'good'"):
        read(b"date,Signal,Note\n2021-01-10,5,good\n", SAID | {"form": "plain-wide"})
    with pytest.raises(SchemaDrift, match="no header of a known form"):
        read(b"when,Signal\n2021-01-10,5\n", SAID | {"form": "plain-wide"})
    with pytest.raises(SchemaDrift, match="no header of a known form"):
        read(b"date,Signal\n2021-01-10,5\n", SAID | {"form": "plain"})


def test_totals_of_weeks_are_asked_about():
    text = "date,Signal\n2021-01-03,5\n2021-01-10,6\n2021-01-17,6\n"
    with pytest.raises(CannotAsk, match="a week's or a month's total is no day's"):
        read(text.encode(), SAID)


TEXTS = st.lists(
    st.lists(st.sampled_from(["date", "2021-01-10", "Signal", "5", "", ">9", "x"])),
    max_size=5,
)


@given(TEXTS, st.sampled_from(",;\t|"))
@settings(max_examples=150)
def test_any_table_is_read_or_refused_in_words(rows, mark):
    text = "\n".join(mark.join(row) for row in rows)
    try:
        found = read(text.encode(), SAID)
    except MigrationError:
        return
    assert len(found.rows)


def test_more_columns_than_a_spreadsheet_has_are_refused_before_they_are_looked_at():
    text = "date" + ",a" * 16_384 + "\n"
    with pytest.raises(SchemaDrift, match="line 1 has 16,385 cells, and a table needs"):
        read(text.encode(), SAID)


def test_a_column_that_stands_twice_is_named():
    with pytest.raises(SchemaDrift, match="'Signal' stands 2 times in the header"):
        read(b"date,Signal,Other, signal\n2021-01-10,5,6,7\n", SAID)
