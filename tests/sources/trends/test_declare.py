"""A file enters with what it does not say itself, and is refused where that clashes."""

import dataclasses

import numpy as np
import pytest
from sources.trends_files import (
    APPS,
    FREQUENCY,
    HOURS,
    LOCALISED,
    NEWER,
    NEWER_NAME,
    daily,
    entry,
    export,
    said,
)

from migration.errors import CannotAsk
from migration.panel import check_panel
from migration.sources.raw import Raw
from migration.sources.trends import declare, panel
from migration.sources.trends.exports import read_export
from migration.sources.trends.said import pairs, write_pairs

DAY = daily("2021-01-05", {"Signal": [1, 2, 3]})
ONE = {"kind": "topic", "terms": "Signal=signal"}


@pytest.mark.parametrize(
    "language", [name for name, one in LOCALISED.items() if one[2] is not HOURS]
)
def test_every_language_seen_becomes_a_panel(study, language):
    preamble, head, rows, place, by_label = LOCALISED[language]
    content = export(preamble, head, rows)
    words = {"kind": "term", "terms": "signal=signal"}
    if by_label is None:
        with pytest.raises(
            CannotAsk, match=r"say which place .* is: declare geo as IN"
        ):
            declare(study, "multiTimeline.csv", content, words)
    else:
        named = declare(study, "multiTimeline.csv", content, words)
        assert named["declared-geo"] == by_label == place
    headers = declare(study, "multiTimeline.csv", content, {**words, "geo": place})
    assert headers["declared-geo"] == place
    raw = Raw(
        origin="fetched",
        entries=(entry("trends/a.csv", content, dict(headers)),),
        files={"trends/a.csv": content},
    )
    made = check_panel(panel(raw, study))
    assert set(made["market"]) == {place}
    assert made.attrs["frequency"] == {made["metric"].iloc[0]: FREQUENCY[rows]}
    assert made.attrs["things"] == ["signal: term signal"]


def test_what_is_kept_is_enough_to_read_the_file_again(study):
    two = daily("2021-01-05", {"Signal": [1, 2], "a; b": [3, 4]}, label="Deutschland")
    words = said(
        'Signal=signal; "a; b=telegram"', geo="", kind="Signal=topic; a; b=term"
    )
    words["kind"] = 'Signal=topic; "a; b=term"'
    headers = declare(study, "multiTimeline.csv", two, words)
    assert headers == {
        "declared-kind": 'Signal=topic; "a; b=term"',
        "declared-geo": "DE",
        "declared-exported": "2022-12-31",
        "declared-terms": 'Signal: (Deutschland)=signal;"a; b: (Deutschland)=telegram"',
        "declared-file": "multiTimeline.csv",
    }
    lines = read_export(two, headers, name="x")
    assert lines.series == (
        ("signal", "DE", "topic"),
        ("telegram", "DE", "term a; b"),
    )


@pytest.mark.parametrize(
    ("name", "geo"),
    [
        ("time_series_IN_20201201-0000_20210228-2359.csv", "IN"),
        ("time_series_IN_20031231-1600_20210228-2359 (1).csv", "IN"),
        ("time_series_Worldwide_20040101-0900_20210228-2359-2.csv", "WW"),
        ("time_series_US-NY_20201201-0000_20210228-2359.csv", "US-NY"),
        ("time_series_na_20201201-0000_20210228-2359.csv", "NA"),
    ],
)
def test_the_newer_form_says_its_place_in_its_name(study, name, geo):
    words = {"kind": "topic", "terms": APPS}
    assert declare(study, name, NEWER, words)["declared-geo"] == geo
    assert declare(study, name, NEWER, {**words, "geo": geo})["declared-geo"] == geo


def test_a_name_and_a_declaration_that_differ_are_refused(study):
    words = {"kind": "topic", "terms": APPS, "geo": "DE"}
    with pytest.raises(CannotAsk, match="its name says IN, the declaration geo=DE"):
        declare(study, NEWER_NAME, NEWER, words)
    with pytest.raises(CannotAsk, match="does not say the place it shows: declare geo"):
        declare(study, "renamed.csv", NEWER, {"kind": "topic", "terms": APPS})


def test_a_header_and_a_declaration_that_differ_are_refused(study):
    with pytest.raises(CannotAsk, match=r"says India \(IN\), the declaration DE"):
        declare(study, "a.csv", DAY, {**ONE, "geo": "DE"})


def test_a_name_of_two_places_needs_a_word(study):
    content = daily("2021-01-05", {"Signal": [1, 2]}, label="Georgia")
    with pytest.raises(CannotAsk, match="which place 'Georgia' is: declare geo"):
        declare(study, "a.csv", content, ONE)
    for geo in ("GE", "US-GA"):
        assert declare(study, "a.csv", content, {**ONE, "geo": geo})


def test_several_places_are_told_apart_by_their_labels(study):
    content = export(
        "",
        "Day,Signal: (India),Signal: (Todo el mundo)",
        ["2021-01-05,1,2", "2021-01-06,3,4"],
    )
    with pytest.raises(
        CannotAsk, match="holds 2 places, India, Todo el mundo: declare"
    ):
        declare(study, "a.csv", content, {**ONE, "geo": "IN"})
    with pytest.raises(CannotAsk, match="has no place 'Brasil' as in geo"):
        declare(study, "a.csv", content, {**ONE, "geo": "Brasil=BR"})
    headers = declare(study, "a.csv", content, {**ONE, "geo": "Todo el mundo=WW"})
    assert headers["declared-geo"] == "India=IN;Todo el mundo=WW"
    assert {one.market for one in read_export(content, headers, name="").series} == {
        "IN",
        "WW",
    }


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (
            {"kind": ""},
            "does not prove whether it shows a term or a topic: declare kind",
        ),
        ({"kind": "brand"}, "got 'brand'"),
        ({"kind": "Signal=brand"}, "got 'brand'"),
        ({"kind": "Other=topic"}, "has no column 'Other' as in kind"),
        ({"terms": ""}, "needs terms for the column 'Signal'"),
        (
            {"terms": "signal=signal"},
            "has no column 'signal' as in terms: it has Signal",
        ),
        (
            {"terms": "Signal=signall"},
            "'signall' is no app or control of 'whatsapp-2021'",
        ),
        ({"terms": "Signal"}, "terms needs which column is which app"),
        ({"terms": "Signal=a; Signal=b"}, "terms needs which column is which app"),
        ({"terms": "Signal=-"}, "no column of it is an app of the study"),
        ({"geo": "UK"}, "the United Kingdom is GB"),
        ({"geo": "XX"}, "a code of ISO 3166 such as IN or US-NY"),
        ({"exported": "2/7/2021"}, "exported needs a day such as 2021-06-30"),
        ({"exported": "2021-01-06"}, "holds 2021-01-07, after its declared export"),
        ({"date_order": "dym"}, "date_order needs one of ymd, mdy, dmy"),
        ({"draw": "first"}, "draw needs a number"),
        ({"use": "yes"}, "use needs no"),
        ({"category": "0"}, "knows no declaration 'category'; it takes geo: "),
    ],
)
def test_what_cannot_be_meant_is_refused(study, words, needed):
    with pytest.raises(Exception, match=needed) as raised:
        declare(study, "a.csv", DAY, {**said("Signal=signal"), **words})
    assert raised.type.__name__ in ("CannotAsk", "NoData")


def test_hours_are_refused_with_what_to_export(study):
    content = export("", "Time,signal: (India)", HOURS)
    with pytest.raises(CannotAsk, match="a window of 8 to 269 days, which is by day"):
        declare(study, "a.csv", content, {"kind": "term", "terms": "signal=signal"})


@pytest.mark.parametrize(
    ("first", "frequency", "exported", "partial"),
    [
        ("2021-01-05", 1, None, True),
        ("2021-01-05", 1, "2021-01-07", True),
        ("2021-01-05", 1, "2021-01-08", False),
        ("2021-01-03", 7, "2021-01-23", True),
        ("2021-01-03", 7, "2021-01-24", False),
    ],
)
def test_the_last_row_is_partial_unless_its_period_was_over(
    study, first, frequency, exported, partial
):
    content = daily(first, {"Signal": [5, 6, 7]}, frequency=frequency)
    words = ONE | ({"exported": exported} if exported else {})
    lines = read_export(content, declare(study, "a.csv", content, words), name="")
    assert lines.partial[:, 0].tolist() == [False, False, partial]


def test_a_month_is_over_after_its_last_day(study):
    for exported, partial in (("2021-02-28", True), ("2021-03-01", False)):
        words = {"kind": "topic", "terms": APPS, "exported": exported}
        headers = declare(study, NEWER_NAME, NEWER, words)
        assert read_export(NEWER, headers, name="").partial[-1, 0] == partial


def test_a_column_of_no_app_is_passed_over_when_that_is_said(study):
    content = daily("2021-01-05", {"Signal": [1, 2], "Pizza": [9, 9]})
    headers = declare(study, "a.csv", content, said("Signal=signal; Pizza=-"))
    lines = read_export(content, headers, name="")
    assert [one.app for one in lines.series] == ["signal"]
    np.testing.assert_array_equal(lines.value, [[1], [2]])


def test_a_control_of_the_study_may_be_a_column(study):
    spec = dataclasses.replace(study.source("trends"), controls=("pizza",))
    own = dataclasses.replace(study, sources=(spec,))
    content = daily("2021-01-05", {"Pizza": [9, 9]})
    assert declare(own, "a.csv", content, said("Pizza=pizza"))


def test_a_file_that_nothing_was_said_of_is_refused():
    with pytest.raises(CannotAsk, match="without a word on what it shows: add it with"):
        read_export(DAY, {"content-type": "text/csv"}, name="trends/a.csv")


def test_pairs_are_read_back_as_they_were_written():
    known = {"a = b": "signal", "c; d": "x", 'e "f"': "y", "g": "-"}
    assert pairs(write_pairs(known), key="terms") == known
    assert write_pairs(pairs(write_pairs(known), key="terms")) == write_pairs(known)
