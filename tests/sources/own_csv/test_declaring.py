"""What a file needs said of it is asked for at once, with an example that would do."""

import dataclasses
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources.own_csv.cases import EXPORTED, FILES, as_headers, lines, raw_with

from migration.errors import (
    CannotAsk,
    MigrationError,
    NoData,
    SchemaDrift,
    StudyError,
)
from migration.panel import check_panel
from migration.sources.own_csv import declare, panel
from migration.sources.own_csv.said import KEYS


def asked_for(study, content, said):
    """The declarations that the refusal of a file gives as examples."""
    with pytest.raises(CannotAsk) as told:
        declare(study, "file.csv", content, said)
    options = shlex.split(str(told.value).partition("Add, with your own: ")[2])
    assert options[::2] == ["--say"] * (len(options) // 2)
    return dict(pair.split("=", 1) for pair in options[1::2])


@pytest.mark.parametrize("form", FILES)
def test_the_examples_of_a_refusal_would_do(own, form):
    content, said = FILES[form]
    needed = {k: v for k, v in said.items() if k in ("app", "category", "market")}
    examples = asked_for(own, content, needed)
    assert "exported" in examples
    assert "metric" not in examples or form == "plain"
    found = declare(own, "file.csv", content, {**needed, **examples})
    raw = raw_with({"own_csv/a": content}, {"own_csv/a": as_headers(found)})
    assert not check_panel(panel(raw, own)).empty


def test_everything_that_lacks_is_told_at_once(own):
    text = "Day;N\n01/02/2021;1.234\n02/02/2021;2.345\n"
    said = {"date_column": "Day", "value_column": "N"}
    examples = asked_for(own, text.encode(), said)
    assert examples == {
        "app": "Signal", "metric": "downloads", "market": "WW", "date_order": "dmy",
        "decimal": ",", "vendor": "Sensor Tower", "exported": "2021-02-03",
    }  # fmt: skip
    own_words = {**said, **examples, "app": "signal.org"}
    assert declare(own, "f.csv", text.encode(), own_words)["metric"] == "downloads"


def test_what_is_returned_is_what_the_file_is_read_by(own):
    content, said = FILES["appfigures-long"]
    found = declare(own, "ranks.csv", content, {**EXPORTED, **said, "unit": " "})
    assert found == {
        "exported": "2021-02-01", "chart_size": "400", "zone": "UTC",
        "form": "appfigures-long", "vendor": "Appfigures", "chart": "free",
        "category": "Social Networking", "device": "iphone", "metric": "rank",
    }  # fmt: skip
    assert declare(own, "ranks.csv", content, found) == found


def test_several_metrics_stay_several(own):
    content, said = FILES["sensor-tower-estimates"]
    assert "metric" not in declare(own, "f.csv", content, {**EXPORTED, **said})


def plain(app="signal.org", market="NA"):
    rows = (f"2021-01-{day}|{app}|{market}|5" for day in (10, 11))
    return lines("date|app|market|value", *rows).encode()


SAID = {**EXPORTED, "metric": "downloads", "vendor": "v"}


@pytest.mark.parametrize(
    ("content", "said", "error", "words"),
    [
        (
            plain("Signal"),
            {},
            NoData,
            r"none of the file's 1 apps .* it has 'Signal'; put .* under ids\.own_csv",
        ),
        (plain(market="BR"), {}, NoData, r"is of BR, and none is a market .* \(WW, IN"),
        (
            plain(),
            {"metric": "sales"},
            CannotAsk,
            "reads rank, rank_social, downloads, revenue, visits from own_csv, and the "
            "file holds sales: add it to metrics in the study",
        ),
        (plain(), {"colour": "red"}, CannotAsk, "takes no declaration 'colour'"),
        (plain(), {"date_column": "Day"}, SchemaDrift, "no header of a known form"),
        (
            plain(),
            {"date_column": "Dya", "value_column": "value"},
            SchemaDrift,
            "a line needs all columns that --say named: 'Dya', 'value'. Write them as",
        ),
        (plain().replace(b"11", b"1x"), {}, SchemaDrift, "got '2021-01-1x'"),
    ],
)
def test_a_file_of_no_use_is_refused(own, content, said, error, words):
    with pytest.raises(error, match=words):
        declare(own, "file.csv", content, {**SAID, **said})


def test_a_word_that_does_not_do_is_told_and_not_tried_for_ever(own):
    text = lines("date|app|value", "01/02/2021|signal.org|1", "01/03/2021|signal.org|1")
    said = {**SAID, "market": "WW", "date_order": "ymd"}
    with pytest.raises(CannotAsk, match="date_order") as told:
        declare(own, "f.csv", text.encode(), said)
    assert re.search("may be a day of either month", str(told.value))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(KEYS)), st.text(max_size=30), max_size=4))
def test_whatever_is_said_is_taken_or_refused(own, words):
    try:
        found = declare(own, "f.csv", plain(), {**SAID, **words})
    except MigrationError:
        return
    assert found == {**found, **declare(own, "f.csv", plain(), found)}


def test_a_study_without_the_source_is_refused(own):
    other = dataclasses.replace(
        own, sources=(dataclasses.replace(own.source("own_csv"), id="other"),)
    )
    with pytest.raises(StudyError, match="own_csv"):
        declare(other, "f.csv", plain(), SAID)


def test_a_file_is_withdrawn_without_being_read(own):
    assert declare(own, "f.csv", b"no table", {"use": "no"}) == {"use": "no"}


def test_what_ranks_would_need_besides_is_asked_with_the_rest(own):
    """Nobody has said yet whether blanks are counts that lack or places off a chart."""
    text = "date,Signal,Other\n2021-01-10,5,7\n2021-01-11,6,\n"
    with pytest.raises(CannotAsk, match=r"; of ranks, chart_size \(1 ranks are blank"):
        declare(own, "file.csv", text.encode(), {})
    examples = asked_for(own, text.encode(), {})
    assert set(examples) == {"metric", "market", "vendor", "exported"}
    counts = text.replace("7", "7000")
    with pytest.raises(CannotAsk) as told:
        declare(own, "file.csv", counts.encode(), {})
    assert "chart_size" not in str(told.value)
