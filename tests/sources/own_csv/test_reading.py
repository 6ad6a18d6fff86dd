"""What a file says with what was said of it: charts, blanks, bounds, periods."""

import numpy as np
import pandas as pd
import pytest
from sources.own_csv.cases import EXPORTED, FILES, HISTORY, LONG, VISITS, lines, load

from migration.errors import CannotAsk, SchemaDrift
from migration.outcomes import default_outcome
from migration.sources.own_csv.reading import read
from migration.sources.own_csv.said import (
    KEYS,
    Unsaid,
    are_ranks,
    as_option,
    check_said,
)
from migration.study.metrics import is_rank

INF = float("inf")
PLAIN = {"metric": "downloads", "vendor": "v", "market": "WW", **EXPORTED}


def plain(*rows, head="date|app|value", **said):
    return read(lines(head, *rows).encode(), {**PLAIN, **said})


def numbers(reading):
    return reading.rows[["value", "lower", "upper"]].to_numpy()


def test_a_blank_rank_is_beyond_the_charts_end_which_must_be_known():
    with pytest.raises(Unsaid, match="1 ranks are blank, which is beyond the chart's"):
        read(LONG.encode(), EXPORTED)
    size = {**EXPORTED, "chart_size": "200"}
    np.testing.assert_equal(numbers(read(LONG.encode(), size))[1], [np.nan, 201, INF])
    missing = read(LONG.encode(), {**EXPORTED, "blank": "missing"})
    assert missing.rows["status"].tolist() == ["observed", "missing"]


def test_a_blank_estimate_is_missing_and_a_zero_is_a_count():
    rows = plain("2021-01-10|a|0", "2021-01-11|a|", "2021-01-12|a|n/a").rows
    assert rows["status"].tolist() == ["observed", "missing", "missing"]
    assert rows["value"].tolist()[0] == 0


def test_a_rank_beyond_the_declared_end_is_refused():
    with pytest.raises(
        CannotAsk, match="chart_size=10 was said, but there are ranks up"
    ):
        read(LONG.encode(), {**EXPORTED, "chart_size": "10"})


def test_the_example_of_a_charts_end_holds_every_rank():
    many = LONG.replace(",12\n", ",750\n")
    with pytest.raises(Unsaid) as told:
        read(many.encode(), EXPORTED)
    assert told.value.example == "750"


def test_several_charts_are_one_chosen():
    other = LONG.splitlines()[1].replace("free", "paid").replace(",12", ",9")
    text = f"{LONG}{other}\n".encode()
    said = {**EXPORTED, "chart_size": "200"}
    with pytest.raises(Unsaid, match="the file holds 2: 'free', 'paid'") as told:
        read(text, said)
    assert (told.value.key, told.value.example) == ("chart", "free")
    reading = read(text, {**said, "chart": "PAID"})
    assert reading.rows["value"].tolist() == [9]
    assert reading.about == {
        "chart": "paid", "category": "Social Networking", "device": "iphone",
    }  # fmt: skip
    with pytest.raises(CannotAsk, match="chart needs one of 'free', 'paid', got 'new'"):
        read(text, {**said, "chart": "new"})


def test_what_a_file_is_of_may_be_declared_where_it_has_no_column():
    reading = plain("2021-01-10|a|1", metric="rank", chart="free", device="iPhone")
    assert reading.about == {"chart": "free", "category": "", "device": "iPhone"}


def test_a_rank_may_have_another_name_and_an_estimate_may_not_become_one():
    said = {**EXPORTED, "chart_size": "200", "metric": "rank_social"}
    assert set(read(LONG.encode(), said).rows["metric"]) == {"rank_social"}
    with pytest.raises(CannotAsk, match="holds ranks: choose a name such as"):
        read(LONG.encode(), {**said, "metric": "downloads"})
    with pytest.raises(CannotAsk, match="metric=rank was said, but the file holds vis"):
        read(VISITS.encode(), {**EXPORTED, "market": "WW", "metric": "rank"})


def test_one_of_several_metrics_is_chosen():
    content, said = FILES["data-ai-estimates"]
    reading = read(content, {**EXPORTED, **said, "metric": "revenue"})
    assert set(reading.rows["metric"]) == {"revenue"}
    with pytest.raises(CannotAsk, match="the file holds downloads, revenue"):
        read(content, {**EXPORTED, **said, "metric": "visits"})


@pytest.mark.parametrize(
    ("metric", "is_one"),
    [("rank", True), ("rank_social", True), ("chart_rank", True), ("ranking", False),
     ("downloads", False), ("frank", False), ("a_rank_b", True), ("RANK", True),
     ("Chart rank, US", True), ("", False)],
)  # fmt: skip
def test_a_metrics_name_says_by_one_rule_whether_it_is_a_place(metric, is_one):
    assert is_rank(metric) is is_one
    assert are_ranks(pd.Series([metric])).tolist() == [is_one]
    assert default_outcome(metric) == ("minus_log_rank" if is_one else "log_count")


def test_a_market_is_in_the_file_or_said_and_not_both():
    with pytest.raises(Unsaid, match="say market: of which country it is") as told:
        read(VISITS.encode(), EXPORTED)
    assert told.value.key == "market"
    with pytest.raises(
        CannotAsk, match=r"market=US was said, but .* with IN: leave it"
    ):
        read(LONG.encode(), {**EXPORTED, "chart_size": "200", "market": "US"})
    half = LONG.replace("India", "", 1)
    with pytest.raises(SchemaDrift, match="1 rows have no market"):
        read(half.encode(), {**EXPORTED, "chart_size": "200"})


def test_a_total_of_a_week_is_no_days_figure():
    weekly = ("2021-01-03|a|7", "2021-01-10|a|8", "2021-01-17|a|9")
    for said in ({}, {"granularity": "day"}):
        with pytest.raises(CannotAsk, match="a report needs one of every day") as told:
            plain(*weekly, **said)
        assert "--say" not in str(told.value)
    with pytest.raises(Unsaid, match="of one date"):
        plain(weekly[0])
    with pytest.raises(Unsaid, match="7 days or more apart: a week's"):
        plain(*weekly[:2])
    assert len(plain(*weekly[:2], granularity="day").rows) == 2  # two days of many
    assert len(plain(*weekly, metric="rank").rows) == 3  # a place is of its day


def test_weeks_that_begin_on_another_day_for_each_app_are_weeks():
    """Together their dates are a day apart, as those of days would be."""
    weekly = ("2021-01-03|a|7", "2021-01-10|a|8", "2021-01-04|b|9", "2021-01-11|b|9")
    with pytest.raises(Unsaid, match="7 days or more apart: a week's"):
        plain(*weekly)
    assert len(plain(*weekly, granularity="day").rows) == 4
    daily = [f"2021-01-{day:02d}|a|{day}" for day in range(1, 9)]
    assert len(plain(*daily, "2021-01-02|b|5", "2021-01-05|b|5").rows) == 10


def test_who_made_it_and_when_it_was_exported_must_be_known():
    with pytest.raises(Unsaid, match="say vendor: who made the figures"):
        plain("2021-01-10|a|1", "2021-01-11|a|1", vendor="")
    with pytest.raises(Unsaid, match="on 2021-01-11 or later") as told:
        plain("2021-01-10|a|1", "2021-01-11|a|1", exported="")
    assert told.value.example == "2021-01-12"
    with pytest.raises(CannotAsk, match="but there are figures of 2021-01-11: correct"):
        plain("2021-01-10|a|1", "2021-01-11|a|1", exported="2021-01-09")


def test_rows_that_stand_twice_are_one_unless_they_differ():
    rows = ("2021-01-10|a|1", "2021-01-11|a|2", "2021-01-10|a|1")
    assert len(plain(*rows).rows) == 2
    with pytest.raises(
        SchemaDrift, match=r"1 figures stand twice and differ, .* of 'a'"
    ):
        plain(*rows, "2021-01-11|a|3")


def test_the_order_of_rows_changes_nothing():
    rows = [f"2021-01-{day:02d}|a|{day}" for day in range(1, 9)]
    key = ["period", "value"]
    one, other = plain(*rows).rows, plain(*rows[::-1]).rows
    assert one[key].equals(other[key].sort_values("period", ignore_index=True))


@pytest.mark.parametrize(
    "row", ["2021-01-10|a|5|6|7", "2021-01-10|a|5|7|4", "2021-01-10|a|5|4|"]
)
def test_bounds_must_be_two_around_the_value(row):
    with pytest.raises(SchemaDrift, match="need two bounds, around the value"):
        plain(row, head="date|app|value|lower|upper", granularity="day")


def test_a_count_below_zero_is_refused():
    with pytest.raises(SchemaDrift, match="downloads need to be 0 or more"):
        plain("2021-01-10|a|-1", granularity="day")
    assert (
        numbers(plain("2021-01-10|a|-1", granularity="day", metric="net"))[0, 0] == -1
    )


def test_percentages_have_their_unit():
    share = {"metric": "reach", "granularity": "day"}
    assert plain("2021-01-10|a|12%", **share).units == {"reach": "%"}
    assert plain("2021-01-10|a|12%", **share, unit="percent of phones").units == {
        "reach": "percent of phones"
    }
    with pytest.raises(CannotAsk, match="unit=people was said, but the reach are perc"):
        plain("2021-01-10|a|12%", **share, unit="people")


def test_the_metadata_before_the_header_name_the_app():
    names = read(HISTORY.encode(), {**EXPORTED, "chart_size": "9"}).rows["names"]
    assert set(names) == {("Signal - Private Messenger",)}


def chart(day, *apps, market="in"):
    head = "date|country|list_name|cat_key|rank|package_name"
    rows = (
        f"{day}|{market}|free|ALL|{place}|{app}" for place, app in enumerate(apps, 1)
    )
    return lines(head, *rows)


def charts(*parts):
    return parts[0] + "".join(part.split("\n", 1)[1] for part in parts[1:])


OTHERS = tuple(f"app{n}" for n in range(11))


def test_an_app_that_a_whole_list_lacks_is_beyond_its_end(own):
    text = charts(
        chart("2021-01-10", "org.securesms", *OTHERS),
        chart("2021-01-11", *OTHERS, "another"),
    )
    panel = load(own, (text.encode(), {}))
    assert panel["status"].tolist() == ["observed", "censored"]
    assert panel.loc[1, ["lower", "upper"]].tolist() == [13, INF]
    assert panel.attrs["readings"][0]["chart_size"] == 12
    assert panel.attrs["left_out"]["n_apps"] == 12


@pytest.mark.parametrize(
    ("second", "said", "rows"),
    [
        (chart("2021-01-11", *OTHERS), {}, 1),  # a shorter list: which end?
        (chart("2021-01-11", *OTHERS), {"chart_size": "11"}, None),  # beyond the end
        (chart("2021-01-11", *OTHERS), {"chart_size": "12"}, 1),  # cut short
        (chart("2021-01-11", *OTHERS, "x").replace(",1,app0", ",40,app0"), {}, 1),
    ],
)
def test_of_an_extract_of_a_list_nothing_is_known(own, second, said, rows):
    text = charts(chart("2021-01-10", "org.securesms", *OTHERS), second)
    if rows is None:
        with pytest.raises(CannotAsk, match="ranks up to 12"):
            load(own, (text.encode(), said))
    else:
        assert len(load(own, (text.encode(), said))) == rows


def test_an_app_that_is_on_no_list_of_a_file_is_not_called_off_the_chart(own):
    text = chart("2021-01-10", "org.securesms", *OTHERS)
    panel = load(own, (text.encode(), {}))
    assert set(panel["app"]) == {"signal"}
    assert panel.attrs["absent"] == [
        "874139669|Signal - Private Messenger|signal.org",
        "686449807|Telegram Messenger|telegram.org",
        "Photos",
    ]


def test_declarations_have_one_form():
    said = check_said(
        {"vendor": "  Sensor   Tower ", "market": "namibia", "blank": "Missing",
         "encoding": "latin-1", "app": " ", "chart_size": 200, "unit": None}
    )  # fmt: skip
    assert said == {
        "vendor": "Sensor Tower", "market": "NA", "blank": "missing",
        "encoding": "iso8859-1", "chart_size": "200",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("vender", "x", "no declaration 'vender': did you mean 'vendor'"),
        ("exported", "1/2/2021", "exported needs the day of the export, such as"),
        ("exported", "2021-02-30", "exported needs"),
        ("exported", "1021-02-01", "a year from 1990"),
        ("metric", "Down Loads", "metric needs what is measured, of a-z"),
        ("market", "Atlantis", "market needs a country, such as IN or India"),
        ("zone", "Mars/Olympus", "zone needs a zone of IANA"),
        ("date_order", "ydm", "date_order needs one of ymd, mdy, dmy, got 'ydm'"),
        ("decimal", ";", "decimal needs the decimal sign"),
        ("chart_size", "1", "chart_size needs the last place of the chart, 2 or more"),
        ("chart_size", "9" * 9, "chart_size needs"),
        ("encoding", "hex", "encoding needs how the text is coded"),
        ("encoding", "nonesuch", "encoding needs"),
        ("blank", "zero", "blank needs 'off-chart' or 'missing'"),
        ("granularity", "week", "granularity needs 'day'"),
        ("use", "maybe", "use needs 'no'"),
        ("vendor", "x" * 201, "at most 200 printable characters"),
        ("vendor", "a\x00b", "printable"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(key, text, words):
    with pytest.raises(CannotAsk, match=words):
        check_said({key: text})


def test_every_key_is_explained_and_its_options_are_quoted_where_need_be():
    assert all(what[:1].islower() or what[:1] == "'" for what, _ in KEYS.values())
    assert as_option("vendor", "Sensor Tower") == '--say "vendor=Sensor Tower"'
    assert as_option("exported", "2021-02-01") == "--say exported=2021-02-01"
