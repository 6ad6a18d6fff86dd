"""Figures, dates and places as they are written, one by one."""

import datetime as dt
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.errors import SchemaDrift, SourceError
from migration.sources.own_csv.days import read_days
from migration.sources.own_csv.figures import read_figures
from migration.sources.own_csv.said import Unsaid
from migration.sources.places import market_of, read_markets

NAN, INF = float("nan"), float("inf")


def figures(*texts, rank=False, **said):
    frame, unit = read_figures(pd.Series(texts, dtype="str"), said, rank=rank)
    return frame, unit


def values(*texts, **more):
    return figures(*texts, **more)[0]["value"].tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234), ("0", 0), ("12.5", 12.5), ("12,5", 12.5), ("0,125", 0.125),
        ("0.125", 0.125), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("12,34,567", 1234567),
        ("1 234 567", 1234567), ("1\u00a0234", 1234), ("1\u202f234,5", 1234.5),
        ("1'234", 1234), ("1234.567", 1234.567), ("1.5e3", 1500), ("2e3", 2000),
        ("-3", -3), (" 7 ", 7), ("$5", 5), ("€ 1.234,50", 1234.5), ("5 ₹", 5),
        ("12%", 12), ("12.5 %", 12.5),
    ],
)  # fmt: skip
def test_one_figure_alone(text, value):
    assert values(text) == [value]


@pytest.mark.parametrize(
    "text", ["", "-", "–", "n/a", "N/A", "NA", "NaN", "null", "None", " ", "unranked"]
)
def test_a_blank_has_no_number(text):
    frame, _ = figures("1", text)
    assert frame["blank"].tolist() == [False, True]
    assert frame.loc[1, ["value", "lower", "upper"]].isna().all()


def test_what_stands_for_off_the_chart_is_declared():
    assert figures("0", "3", rank=True, off="0")[0]["blank"].tolist() == [True, False]
    with pytest.raises(SchemaDrift, match=r"1 or more.*got '0'.*say off"):
        figures("0", "3", rank=True)


def test_bounds_of_what_is_known_between_two():
    frame, _ = figures(">500", "<5,000", "7,500,000")
    np.testing.assert_equal(
        frame[["value", "lower", "upper"]].to_numpy(),
        [[NAN, 500, INF], [NAN, 0, 5000], [7.5e6] * 3],
    )
    frame, _ = figures(">500", "<10", "1,234", rank=True)
    np.testing.assert_equal(
        frame[["value", "lower", "upper"]].to_numpy(),
        [[NAN, 501, INF], [NAN, 1, 9], [1234] * 3],
    )


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("1,234",), "."),
        (("1.234",), ","),
        (("1.234", "7", "2.345"), ","),
    ],
)
def test_a_sign_that_may_divide_thousands_or_decimals_is_asked_about(texts, wanted):
    with pytest.raises(
        Unsaid, match=r"may be a whole number, or have decimals"
    ) as told:
        values(*texts)
    assert (told.value.key, told.value.example) == ("decimal", wanted)
    assert values(texts[0], decimal=".") != values(texts[0], decimal=",")
    assert values(texts[0], decimal=wanted) == [1234]


def test_the_column_shows_which_sign_it_is():
    assert values("1.234", "1.5") == [1.234, 1.5]
    assert values("1.234", "1,5") == [1234, 1.5]
    assert values("1,234", "1.234.567") == [1.234, 1234567]


def test_ranks_are_whole_so_that_no_sign_is_in_doubt():
    assert values("1,234", "1.234", rank=True) == [1234, 1234]
    assert values("12.0", rank=True) == [12]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("1,234.5", "1.234,5"), "one way of writing them, got both"),
        (("1.2M",), "got '1.2M'"),
        (("12-15",), "got '12-15'"),
        (("(5)",), r"got '\(5\)'"),
        (("1e400",), "got '1e400'"),
        (("9" * 40,), "got '999"),
        (("9" * 500,), "got '999"),
        (("١٢",), "got '١٢'"),
        (("1_000",), "got '1_000'"),
        (("12,34",  "5.5"), "got both"),
        (("1,23,4",), "got '1,23,4'"),
        (("inf",), "got 'inf'"),
        (("<html>",), "got '<html>'"),
        (("5%", "5"), "one unit, got '%', ''"),
        (("$5", "€5"), "one unit"),
    ],
)  # fmt: skip
def test_what_is_no_figure_is_refused(texts, words):
    with pytest.raises(SchemaDrift, match=words):
        figures(*texts)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "<1", "0.5"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(SchemaDrift, match="places, 1 or more"):
        figures(text, rank=True)


def test_a_sign_that_the_figures_contradict_is_refused():
    with pytest.raises(SchemaDrift, match="decimal=, was said, but"):
        figures("1,234.5", decimal=",")


def test_units_are_read_off_the_cells():
    assert [figures(text)[1] for text in ("5", "5%", "$5", "5 €")] == [
        "",
        "%",
        "$",
        "€",
    ]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=9))
def test_a_number_is_the_same_however_its_thousands_are_divided(numbers):
    plain = values(*map(str, numbers))
    assert plain == numbers
    for mark, decimal in ((",", "."), (".", ","), (" ", "."), ("\u202f", ",")):
        grouped = [f"{n:,}".replace(",", mark) for n in numbers]
        assert values(*grouped, decimal=decimal) == numbers


def days(*texts, **said):
    found = read_days(pd.Series(texts, dtype="str"), said)
    return [f"{day:%F}" for day in found]


@pytest.mark.parametrize(
    "text",
    [
        "2021-01-06", "2021/01/06", "2021/1/6", "2021.01.06", "20210106", " 2021-01-06",
        "2021-01-06T00:00:00", "2021-01-06T00:00:00Z", "2021-01-06 00:00:00+00:00",
        "Jan 6, 2021", "January 6, 2021", "jan. 6 2021", "6 Jan 2021", "06-Jan-2021",
        "6 January 2021",
    ],
)  # fmt: skip
def test_one_date_alone(text):
    assert days(text) == ["2021-01-06"]


def test_september_has_two_short_forms():
    assert days("Sep 6, 2021", "Sept 6, 2021") == ["2021-09-06"] * 2


def test_the_column_shows_the_order_of_day_and_month():
    assert days("01/10/2021", "01/13/2021") == ["2021-01-10", "2021-01-13"]
    assert days("10.01.2021", "13.01.2021") == ["2021-01-10", "2021-01-13"]
    assert days("05/05/2021") == ["2021-05-05"]


@pytest.mark.parametrize(
    ("order", "first"), [("mdy", "2021-01-10"), ("dmy", "2021-10-01")]
)
def test_an_order_in_doubt_is_asked_about(order, first):
    with pytest.raises(Unsaid, match="01/10 may be a day of either month") as told:
        days("01/10/2021", "01/11/2021")
    assert (told.value.key, told.value.example) == ("date_order", "mdy")
    assert days("01/10/2021", "01/11/2021", date_order=order)[0] == first


@pytest.mark.parametrize(
    ("order", "first"), [("mdy", "2021-01-06"), ("dmy", "2021-06-01")]
)
def test_a_year_of_two_digits_is_asked_about_and_is_of_this_century(order, first):
    with pytest.raises(Unsaid, match="1/6/21 has a year of two digits") as told:
        days("1/6/21", "1/7/21")
    assert (told.value.key, told.value.example) == ("date_order", "mdy")
    assert days("1/6/21", "1/7/21", date_order=order)[0] == first
    with pytest.raises(Unsaid, match="such as --say date_order=dmy"):
        days("13/6/21", "14/6/21")  # 2013, 2021 or no day: not to be guessed
    assert days("13/6/21", date_order="dmy")[0] == "2021-06-13"
    with pytest.raises(SchemaDrift, match="date_order=mdy was said, but the dates"):
        days("13/6/21", date_order="mdy")


YEAR_FIRST = "where the year stands first, write it with four digits, as in 2020-01-25"


def test_dates_of_two_digits_that_may_begin_with_the_year_are_told_how_to():
    for said in ({}, {"date_order": "ymd"}):
        with pytest.raises(
            Unsaid, match=f"as its last number: dmy, or mdy; {YEAR_FIRST}"
        ):
            days("20.01.25", "20.01.26", **said)
    assert days("20.01.25", date_order="dmy") == ["2025-01-20"]


@pytest.mark.parametrize("text", ["1/6/21", "01/13/21", "99.12.20"])
def test_no_year_stands_first_where_it_could_not(text):
    with pytest.raises(Unsaid, match="as its last number: dmy, or mdy, such as"):
        days(text)


@pytest.mark.parametrize("order", ["dmy", "mdy", "ymd"])
def test_a_year_of_two_digits_that_has_not_come_is_refused(order):
    words = "got '12/01/99': a year of two digits .* and 2099 is after today; write"
    with pytest.raises(SchemaDrift, match=words):
        days("12/01/20", "12/01/99", date_order=order)
    with pytest.raises(
        SchemaDrift, match="2022 is after the export of 2021-07-02; write"
    ):
        days("12/01/22", date_order=order, exported="2021-07-02")
    assert days("12/01/1999", "13/01/1999") == ["1999-01-12", "1999-01-13"]


def test_a_vendors_new_year_may_be_ahead_of_the_day_of_export():
    found = days("1/1/21", date_order="dmy", exported="2020-12-31")
    assert found == ["2021-01-01"]


def test_a_place_may_be_written_with_its_sign():
    found, _ = read_figures(pd.Series(["#1", "# 12", "3"]), {}, rank=True)
    assert found["value"].tolist() == [1, 12, 3]
    with pytest.raises(SchemaDrift, match="got '#1'"):
        read_figures(pd.Series(["#1"]), {}, rank=False)


@pytest.mark.parametrize("text", ["#", " # ", "##1", "#x", "#-1", "#<5", "# #1", "%#"])
@pytest.mark.parametrize("rank", [True, False])
def test_a_sign_of_a_place_without_its_place_is_refused_as_written(text, rank):
    with pytest.raises(SchemaDrift, match=f"got {text!r}"):
        figures("1", text, "3", rank=rank)


@given(st.text("#<>%$ -,.5", max_size=5), st.booleans())
def test_any_cell_is_read_or_refused_in_words(text, rank):
    with suppress(SourceError):
        frame, _ = figures(text, rank=rank)
        assert bool(frame["blank"][0]) == bool(np.isnan(frame["lower"][0]))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("13/01/2021", "01/13/2021"), "one order of day and month, got both: 13/01"),
        (("2021-01",), "a month, a week or an hour is no day"),
        (("2021-01-06T12:00",), "got '2021-01-06T12:00'"),
        (("2021-01-06T00:00:00+05:30",), r"got '2021-01-06T00:00:00\+05:30'"),
        (("2021-13-45",), "got '2021-13-45'"),
        (("2021-02-30",), "got '2021-02-30'"),
        (("0000-00-00",), "got '0000-00-00'"),
        (("1021-01-06",), "got '1021-01-06'"),
        (("44202",), "got '44202', which is how a spreadsheet counts 2021-01-06"),
        (("99999",), "got '99999'$"),
        (("2021-01/06",), "got"),
        (("Janu 6, 2021",), "got 'Janu 6, 2021'"),
        (("",), "got ''"),
    ],
)
def test_what_is_no_day_is_refused(texts, words):
    with pytest.raises(SchemaDrift, match=words):
        days(*texts)


def test_an_order_that_the_dates_contradict_is_refused():
    with pytest.raises(
        SchemaDrift, match="date_order=dmy was said, but the dates are mdy"
    ):
        days("01/13/2021", date_order="dmy")


@given(st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2100, 12, 31)))
def test_a_day_is_the_same_in_every_form(day):
    forms = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%b %d, %Y", "%d %B %Y")
    assert days(*(f"{day:{form}}" for form in forms)) == [f"{day:%F}"] * len(forms)
    assert days(f"{day:%m/%d/%Y}", date_order="mdy") == [f"{day:%F}"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("IN", "IN"), ("in", "IN"), ("India", "IN"), ("NA", "NA"), ("na", "NA"),
        ("Namibia", "NA"), ("UK", "GB"), ("Great Britain", "GB"), ("USA", "US"),
        ("South Korea", "KR"), ("Russia", "RU"), ("Turkey", "TR"), ("Türkiye", "TR"),
        ("WW", "WW"), ("Worldwide", "WW"), ("all countries", "WW"), ("Viet  Nam", "VN"),
        ("Indien", "IN"), ("Германия", "DE"), ("Georgia", "GE"),
        ("XX", None), ("", None), ("840", None), ("Atlantis", None), ("n/a", None),
    ],
)  # fmt: skip
def test_a_place_by_its_code_or_its_name(text, code):
    assert market_of(text) == code


def test_a_text_that_is_no_place_is_refused():
    with pytest.raises(
        SchemaDrift, match=r"1 texts .* the first 'Atlantis'.*NA for Nam"
    ):
        read_markets(pd.Series(["India", "Atlantis", "India"], dtype="str"))
