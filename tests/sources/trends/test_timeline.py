"""Exports over time are read by their structure, in any language and re-saved form."""

import numpy as np
import pytest
from sources.trends_files import (
    DAYS,
    FREQUENCY,
    HOURS,
    LOCALISED,
    NEWER,
    VALUES,
    export,
)

from migration.errors import CannotAsk, NoData, SchemaDrift, UnexpectedContent
from migration.sources.trends.timeline import parse_timeline

PLAIN = export("Category: All categories", "Day,signal: (India)", DAYS)


def same(one, other):
    assert one.frequency == other.frequency
    assert [c.term for c in one.columns] == [c.term for c in other.columns]
    np.testing.assert_array_equal(one.periods, other.periods)
    for name in ("value", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("language", LOCALISED)
def test_every_language_seen_says_the_same(language):
    preamble, head, rows, *_ = LOCALISED[language]
    found = parse_timeline(export(preamble, head, rows))
    assert found.frequency == FREQUENCY[rows]
    (column,) = found.columns
    assert (column.term, f"{column.label})") == ("signal", head.partition("(")[2])
    assert found.preamble == preamble
    np.testing.assert_array_equal(found.value[:, 0], np.array(VALUES, dtype=float))


def test_numbers_are_intervals_by_hand():
    """Rounded to the whole; "<1" is above zero and below one and no number."""
    rows = ("2021-01-05,0", "2021-01-06,<1", "2021-01-07,7", "2021-01-08,100")
    rows += ("2021-01-09,",)
    found = parse_timeline(export("", "Day,signal: (India)", rows))
    np.testing.assert_array_equal(found.value[:, 0], [0, np.nan, 7, 100, np.nan])
    np.testing.assert_array_equal(found.lower[:, 0], [0, 0, 6.5, 99.5, np.nan])
    np.testing.assert_array_equal(found.upper[:, 0], [0.5, 1, 7.5, 100, np.nan])


def quoted(content):
    lines = content.decode().split("\n")
    cells = [",".join(f'"{c}"' for c in line.split(",")) for line in lines if line]
    return "\n".join(cells).encode()


RESAVED = {
    "semicolons": PLAIN.replace(b",", b";"),
    "tabs": PLAIN.replace(b",", b"\t"),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "UTF-16": PLAIN.replace(b",", b"\t").decode().encode("utf-16"),
    "line ends of Windows": PLAIN.replace(b"\n", b"\r\n"),
    "line ends of old Macs": PLAIN.replace(b"\n", b"\r"),
    "no preamble": PLAIN.partition(b"\n\n")[2],
    "no last line end": PLAIN.rstrip(b"\n"),
    "all quoted": quoted(PLAIN),
    "blanks around": PLAIN.replace(b",", b", "),
    "a mark for a spreadsheet": b"sep=,\n" + PLAIN,
    "rows the other way round": export(
        "Category: All categories", "Day,signal: (India)", DAYS[::-1]
    ),
    "day, month, year": export(
        "", "Day;signal: (India)", [f"{d};{v}" for d, v in (
            ("13/01/2021", 12), ("14/01/2021", "<1"), ("15/01/2021", 100),
            ("16/01/2021", 40),
        )],
    ).replace(b"13/01", b"05/01").replace(b"14/01", b"06/01").replace(
        b"15/01", b"07/01").replace(b"16/01", b"08/01"),
}  # fmt: skip


@pytest.mark.parametrize("form", RESAVED)
def test_a_file_saved_anew_says_the_same(form):
    order = "dmy" if form == "day, month, year" else None
    same(parse_timeline(RESAVED[form], date_order=order), parse_timeline(PLAIN))


def test_the_newer_form_by_hand():
    found = parse_timeline(NEWER)
    assert found.frequency == "month"
    assert [c.term for c in found.columns] == ["WhatsApp", "Signal", "Telegram"]
    assert [c.label for c in found.columns] == [None, None, None]
    assert found.periods.astype("datetime64[D]").astype(str).tolist() == [
        "2020-12-01", "2021-01-01", "2021-02-01",
    ]  # fmt: skip
    np.testing.assert_array_equal(found.value[:, 0], [58, 100, 71])
    np.testing.assert_array_equal(found.value[2], [71, np.nan, np.nan])
    np.testing.assert_array_equal(found.upper[2], [71.5, 1, 1])


@pytest.mark.parametrize(
    ("header", "term", "label"),
    [
        ("a: (b): (India)", "a: (b)", "India"),
        ('"one, two + three: (India)"', "one, two + three", "India"),
        ("signal: (Myanmar (Burma))", "signal", "Myanmar (Burma)"),
        ("signal : (France)", "signal", "France"),
        ("シグナル：（すべての国）", "シグナル", "すべての国"),
        ("signal (India)", "signal (India)", None),
    ],
)
def test_a_term_may_hold_what_divides_it_from_its_place(header, term, label):
    found = parse_timeline(export("", f"Day,{header}", DAYS))
    assert (found.columns[0].term, found.columns[0].label) == (term, label)


@pytest.mark.parametrize(
    ("texts", "frequency"),
    [
        (HOURS, "hour"),
        (("2021-01-10T05:08:00,1", "2021-01-10T05:16:00,2"), "minute"),
        (("2021-01-01,1", "2021-01-02,2", "2021-01-05,3"), "day"),
        (("2021-01-03,1", "2021-01-10,2", "2021-01-24,3"), "week"),
        (("2021-01-01,1", "2021-02-01,2"), "month"),
        (("2021-01,1", "2021-02,2"), "month"),
    ],
)
def test_the_rows_alone_tell_the_frequency(texts, frequency):
    assert parse_timeline(export("", "x,signal", texts)).frequency == frequency


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        (["2021-01-05,101", "2021-01-06,1"], SchemaDrift, "whole numbers of 0 to 100"),
        (["2021-01-05,1.5", "2021-01-06,1"], SchemaDrift, "got '1.5'"),
        (["2021-01-05,-1", "2021-01-06,1"], SchemaDrift, "data row 1 needs whole"),
        (["2021-01-05,>1", "2021-01-06,1"], SchemaDrift, "got '>1'"),
        (["2021-01-05,50%", "2021-01-06,50%"], SchemaDrift, "got '50%'"),
        (["2021-01-05,1,2", "2021-01-06,1"], SchemaDrift, "needs 2 cells as the head"),
        (["2021-01-05,1", "2021-01-05,1"], SchemaDrift, "rows of different dates"),
        (["2021-01-05,1"], SchemaDrift, "two or more rows"),
        (["2021-01-05,1", "2021-01-07,1"], SchemaDrift, "by hour, day, week or month"),
        (["2021-02-30,1", "2021-03-01,1"], SchemaDrift, "a date that is none"),
        (["1999-02-03,1", "1999-02-04,1"], SchemaDrift, "dates of 2004-01-01 to"),
        (["2021-01-05,1", "tomorrow,1"], SchemaDrift, "dates such as 2021-01-31"),
        (['2021-01-05,"1', "2021-01-06,1"], SchemaDrift, "not to be read as CSV"),
        (
            ["2026-01-01T00:00:00Z,5", "2026-01-02T00:00:00Z,6"],
            SchemaDrift,
            "begins with '2026-01-01T00:00:00Z', and what is read is 2021-01-31 or ",
        ),
        (
            ["2026-01-01 00:00,5", "2026-01-02 00:00,6"],
            SchemaDrift,
            "begins with '2026-01-01 00:00', and what is read is 2021-01-31 or 2021-01-"
            "31T00:00:00, without a zone or a blank",
        ),
        ([], NoData, "no row that begins with a date: export interest over time"),
    ],
)
def test_what_no_export_says_is_refused(rows, error, words):
    with pytest.raises(error, match=words):
        parse_timeline(export("", "Day,signal: (India)", rows))


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", NoData, "is empty"),
        (b"<!DOCTYPE html><html></html>", UnexpectedContent, "comma-separated text"),
        (b'{"default": {}}', UnexpectedContent, "comma-separated text"),
        (b")]}'\n{}", UnexpectedContent, "comma-separated text"),
        (b"\xff\x00\xd8", UnexpectedContent, "needs text in UTF-8"),
        (b"Day,a\n2021-01-05,\x00", UnexpectedContent, "comma-separated text"),
        (b"2021-01-05,1\n2021-01-06,2\n", SchemaDrift, "needs the header above it"),
        (b"Day,a,a\n2021-01-05,1,2\n", SchemaDrift, "of one form and each once"),
        (b"Day,a: (b),c\n2021-01-05,1,2\n", SchemaDrift, "of one form and each once"),
        (b"Day,\n2021-01-05,1\n", SchemaDrift, "a column without a name"),
        (b"Day\n2021-01-05,1\n", SchemaDrift, "needs 1 cells as the header"),
    ],
)
def test_what_is_no_export_is_refused(content, error, words):
    with pytest.raises(error, match=words):
        parse_timeline(content)


def numbered(*days):
    return export("", "Time,signal", [f"{day},{n}" for n, day in enumerate(days)])


def test_dates_that_mean_two_things_are_refused_until_their_order_is_declared():
    content = numbered("1/1/2021", "2/1/2021", "3/1/2021")
    words = "2021-01-01 to 2021-01-03 or 2021-01-01 to 2021-03-01: declare date_order"
    with pytest.raises(CannotAsk, match=words):
        parse_timeline(content)
    assert parse_timeline(content, date_order="dmy").frequency == "day"
    assert parse_timeline(content, date_order="mdy").frequency == "month"
    with pytest.raises(SchemaDrift, match="or declare date_order"):
        parse_timeline(content, date_order="ymd")


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (("12/31/2020", "1/1/2021"), "2020-12-31"),
        (("31.12.2020", "1.1.2021"), "2020-12-31"),
        (("2020/12/31", "2021/1/1"), "2020-12-31"),
        (("2020. 12. 31.", "2021. 1. 1."), "2020-12-31"),
        (("9/6/2026", "9/13/2026", "9/20/2026"), "2026-09-06"),
        (("1/9/2021", "2/9/2021", "3/9/2021"), "2021-09-01"),
    ],
)
def test_dates_that_only_one_order_makes_regular_are_read(days, first):
    assert str(parse_timeline(numbered(*days)).periods[0])[:10] == first
