"""GDELT's timelines: counts of articles, its faults in words, its spoilt JSON."""

import dataclasses
import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import raw_of
from served import serve

from migration.errors import (
    CannotAsk,
    MigrationError,
    NoData,
    RateLimited,
    SchemaDrift,
    StudyError,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources import gdelt

WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 2, 9))


def point(day, value, norm):
    return {"date": f"202101{day:02d}T000000Z", "value": value, "norm": norm}


def timeline(*points, title='"signal app"', step="day", series="Article Count"):
    return {
        "query_details": {"title": title, "date_resolution": step},
        "timeline": [{"series": series, "data": list(points)}],
    }


def sent(*points):
    return json.dumps(timeline(*points)).encode()


@pytest.fixture(scope="module")
def few(study):
    """Signal by two phrases and WhatsApp by one, in the world, India and Namibia."""
    ids = {"signal": ('"signal app"', '"signal messenger"'), "whatsapp": ("whatsapp",)}
    apps = tuple(
        dataclasses.replace(study.app(app), ids={"gdelt": names}, until={})
        for app, names in ids.items()
    )
    spec = dataclasses.replace(
        study.source("gdelt"), options={"markets": ["WW", "IN", "NA"]}
    )
    return dataclasses.replace(study, apps=apps, sources=(spec,))


def url_of(study, app, market):
    (query,) = (
        q for q, about in gdelt.queries(study).items() if about == (app, market)
    )
    for ask in serve(gdelt.plan(study, WINDOW), {})[0]:
        if parse_qs(urlsplit(ask.url).query)["query"] == [query]:
            return ask.url
    raise AssertionError(query)


def test_a_query_by_hand(few):
    assert gdelt.queries(few) == {
        '("signal app" OR "signal messenger")': ("signal", "WW"),
        '("signal app" OR "signal messenger") sourcecountry:india': ("signal", "IN"),
        '("signal app" OR "signal messenger") sourcecountry:namibia': ("signal", "NA"),
        "whatsapp": ("whatsapp", "WW"),
        "whatsapp sourcecountry:india": ("whatsapp", "IN"),
        "whatsapp sourcecountry:namibia": ("whatsapp", "NA"),
    }


def test_the_plan_asks_one_question_a_query(few):
    asked, _ = serve(gdelt.plan(few, WINDOW), {})
    assert len(asked) == 6
    assert len({ask.name for ask in asked}) == 6
    assert all(ask.pace >= 6.5 for ask in asked)
    assert all(ask.settles == dt.date(2021, 2, 10) for ask in asked)
    query = parse_qs(urlsplit(asked[4].url).query)
    assert query["query"] == ["whatsapp sourcecountry:india"]
    assert query["mode"] == ["timelinevolraw"]
    days = query["startdatetime"] + query["enddatetime"]
    assert days == ["20210101000000", "20210209235959"]


def test_a_short_window_is_asked_as_thirty_days(few):
    day = dt.date(2021, 1, 30)
    url = serve(gdelt.plan(few, (day, day)), {})[0][0].url
    assert parse_qs(urlsplit(url).query)["startdatetime"] == ["20210101000000"]


def test_names_of_countries_may_be_corrected(few, study):
    spec = dataclasses.replace(few.sources[0], options={"markets": ["GB", "CZ"]})
    other = dataclasses.replace(few, sources=(spec,))
    assert [q.rpartition(":")[2] for q in gdelt.queries(other)][:2] == [
        "unitedkingdom", "czechrepublic",
    ]  # fmt: skip
    spec = dataclasses.replace(
        spec, options={"markets": ["GB"], "countries": {"GB": "uk"}}
    )
    other = dataclasses.replace(few, sources=(spec,))
    assert next(iter(gdelt.queries(other))).endswith("sourcecountry:uk")
    spec = dataclasses.replace(spec, options={"markets": ["XX"]})
    with pytest.raises(StudyError, match="XX"):
        gdelt.queries(dataclasses.replace(few, sources=(spec,)))
    whole = gdelt.queries(study)
    assert len(whole) == 3 * (1 + len(study.markets))


def test_an_option_that_is_not_known_is_refused(few):
    spec = dataclasses.replace(few.sources[0], options={"market": ["IN"]})
    with pytest.raises(CannotAsk, match="options of 'gdelt' are markets, countries"):
        next(gdelt.plan(dataclasses.replace(few, sources=(spec,)), WINDOW))


def test_counts_and_shares_by_hand(few):
    answers = {
        url_of(few, "signal", "WW"): sent(point(12, 50, 200), point(10, 5, 200)),
        url_of(few, "signal", "NA"): sent(point(10, 0, 40), point(11, 0, 0)),
        url_of(few, "whatsapp", "IN"): b'{"timeline": []}',
        url_of(few, "whatsapp", "WW"): b"{}",
    }
    _, raw = serve(gdelt.plan(few, WINDOW), answers)
    made = (
        check_panel(gdelt.panel(raw, few))
        .set_index(["metric", "market", "period"])
        .sort_index()
    )
    share = made.loc[("news_share", "WW")]
    np.testing.assert_array_equal(share["value"], [2.5, np.nan, 25])
    assert share["status"].tolist() == ["observed", "missing", "observed"]
    assert made.loc[("articles", "WW"), "value"].tolist()[::2] == [5, 50]
    namibia = made.loc[("news_share", "NA")]
    assert namibia["value"].iloc[0] == 0
    assert namibia["status"].tolist() == ["observed", "missing", "missing"]
    assert made.loc[("articles", "NA"), "status"].tolist()[:2] == ["observed"] * 2
    assert set(made["app"]) == {"signal"}
    assert made["zone"].eq("UTC").all()
    attrs = gdelt.panel(raw, few).attrs
    assert ["whatsapp", "IN"] in attrs["absent"]
    assert ["signal", "IN"] in attrs["absent"]
    assert ["signal", "NA"] not in attrs["absent"]
    assert attrs["queries"]["whatsapp"] == "whatsapp"


def test_a_day_that_was_not_over_is_partial(few):
    answers = {url_of(few, "signal", "WW"): sent(point(9, 4, 100), point(10, 3, 100))}
    made = serve(gdelt.plan(few, WINDOW), answers, retrieved_at="2021-01-10T09:00:00")
    panel = check_panel(gdelt.panel(made[1], few)).set_index(["metric", "period"])
    share, articles = panel.loc["news_share"], panel.loc["articles"]
    assert share["status"].tolist() == ["observed", "partial"]
    assert share[["lower", "upper"]].values.tolist() == [[4, 4], [0, 100]]
    assert articles[["lower", "upper"]].values.tolist() == [[4, 4], [3, np.inf]]


def test_of_two_answers_for_a_day_the_later_is_used(few):
    url = url_of(few, "signal", "WW")
    raw = raw_of({"a.json": sent(point(10, 9, 90)), "b.json": sent(point(10, 8, 90))},
                 url=url)  # fmt: skip
    made = gdelt.panel(raw, few)
    assert made.loc[made["metric"] == "articles", "value"].tolist() == [8]


def test_without_a_timeline_of_the_study_there_is_no_panel(few):
    raw = raw_of({"a.json": sent(point(10, 9, 90))}, url="https://x?query=viber")
    with pytest.raises(NoData, match="no timeline"):
        gdelt.panel(raw, few)


def test_the_order_of_days_and_equal_repeats_change_nothing():
    points = [point(day, day, 100) for day in (1, 2, 3)]
    one, other = gdelt.parse(sent(*points)), gdelt.parse(sent(*points[::-1], points[1]))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("body", [
    b"Please limit requests to one every 5 seconds or contact x for larger queries.",
    b"\r\nPlease limit requests to one every 5 seconds",
])  # fmt: skip
def test_haste_is_told_in_words(body):
    with pytest.raises(RateLimited, match="asks for patience"):
        gdelt.parse(body)


@pytest.mark.parametrize(
    "body",
    [b"The specified phrase is too short.", b"Your query was too short or too long."],
)
def test_a_query_that_is_not_taken_is_told_in_words(body):
    with pytest.raises(CannotAsk, match=f"says '{body.decode()}'"):
        gdelt.parse(body)


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html></html>", b'{"timeline": [', b"["]
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(UnexpectedContent):
        gdelt.parse(body)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"timeline": []}', b'{"query_details": {"title": "x"}, "timeline": []}'],
)
def test_an_empty_timeline_is_no_data(body):
    with pytest.raises(NoData, match="no article"):
        gdelt.parse(body)


def test_a_series_without_days_is_no_data():
    with pytest.raises(NoData, match="no day"):
        gdelt.parse(sent())


@pytest.mark.parametrize(
    "dirt", ["\x01\x1f", "\t", "\\", "\\x", "\\'", "\\\\", "\\u12", "é"]
)
def test_what_json_forbids_is_taken_out(dirt):
    title = json.dumps('"signal app"')[1:-1]
    body = json.dumps(timeline(point(10, 5, 50))).replace(
        title, title[:5] + dirt + title[5:]
    )
    assert gdelt.parse(body.encode())["articles"].tolist() == [5]


def test_bytes_that_are_no_text_and_a_mark_before_the_json_do_no_harm():
    body = b"\xef\xbb\xbf" + sent(point(10, 5, 50)).replace(
        b"signal app", b"signal \xff"
    )
    assert gdelt.parse(body)["articles"].tolist() == [5]


GOOD = point(10, 5, 50)


@pytest.mark.parametrize(
    "reply",
    [
        [1],
        timeline(GOOD, step="hour"),
        timeline(GOOD, step=None),
        {**timeline(GOOD), "query_details": "day"},
        timeline(GOOD, series="Volume Intensity"),
        {**timeline(GOOD), "timeline": timeline(GOOD)["timeline"] * 2},
        {**timeline(GOOD), "timeline": {"series": "Article Count"}},
        {**timeline(GOOD), "timeline": [{"series": "Article Count", "data": {}}]},
        timeline(7),
        timeline({**GOOD, "date": "20210110T010000Z"}),
        timeline({**GOOD, "date": "2021-01-10"}),
        timeline({**GOOD, "date": "20210230T000000Z"}),
        timeline({**GOOD, "date": 20210110}),
        timeline({**GOOD, "value": "5"}),
        timeline({**GOOD, "value": 5.5}),
        timeline({**GOOD, "value": -1}),
        timeline({**GOOD, "value": True}),
        timeline({**GOOD, "value": None}),
        timeline({**GOOD, "value": 51}),
        timeline({**GOOD, "norm": 10**30}),
        timeline({"date": GOOD["date"], "value": 5}),
        timeline(GOOD, {**GOOD, "value": 6}),
    ],
)
def test_a_shape_that_is_not_known_is_refused(reply):
    with pytest.raises(SchemaDrift, match="gdelt"):
        gdelt.parse(json.dumps(reply).encode())


LEAVES = (
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats() | st.text(max_size=9)
)
THINGS = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(
    st.sampled_from(["date", "value", "norm", "data", "series"]), LEAVES, max_size=2
)  # fmt: skip
PLACES = [
    ("timeline",), ("query_details",), ("query_details", "date_resolution"),
    ("timeline", 0), ("timeline", 0, "series"), ("timeline", 0, "data"),
    ("timeline", 0, "data", 0), ("timeline", 0, "data", 1, "date"),
    ("timeline", 0, "data", 1, "value"), ("timeline", 0, "data", 0, "norm"),
]  # fmt: skip
SPOILT = {
    "place": st.sampled_from(PLACES),
    "thing": THINGS,
    "changes": st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=2
    ),
    "cut": st.integers(0, 2000),
}


def spoilt_timeline(study, place, thing, changes, cut):
    reply = timeline(point(10, 5, 50), point(11, 6, 60))
    inner = reply
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = thing
    raw = bytearray(json.dumps(reply).encode())
    for at, byte in changes:
        raw[at % len(raw)] = byte
    content = bytes(raw)[: cut if cut < len(raw) else None]
    try:
        made = gdelt.panel(
            raw_of({"a.json": content}, url="https://x?query=whatsapp"), study
        )
    except MigrationError:
        return
    check_panel(made)


@given(**SPOILT)
@settings(max_examples=100)
def test_a_spoilt_timeline_is_read_right_or_refused(few, place, thing, changes, cut):
    spoilt_timeline(few, place, thing, changes, cut)


@pytest.mark.slow
@given(**SPOILT)
@settings(max_examples=1000)
def test_very_many_spoilt_timelines_are_read_right_or_refused(
    few, place, thing, changes, cut
):
    spoilt_timeline(few, place, thing, changes, cut)
