"""Live requests: off by default, slow, without a trace of cookie or token, and short
of patience: the first sign of refusal ends them.
"""

import dataclasses
import datetime as dt
import gzip
import itertools
import json
import types
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from sources.protocols import trends as site

from migration.errors import CannotAsk, NoData, SchemaDrift, UnexpectedContent
from migration.sources import fetch, load_panel, rehearse
from migration.sources.ask import Answer, file_name
from migration.sources.client import Client
from migration.sources.trends import plan
from migration.sources.trends.answers import read_answer
from migration.sources.trends.points import parse_map, parse_timeseries
from migration.sources.trends.questions import (
    LONGEST,
    MAP,
    OVERLAP,
    Item,
    Question,
    question_of,
    questions,
    windows,
)
from migration.sources.trends.topics import choose, parse_topics
from migration.sources.trends.widgets import parse_explore, unguard, widget_of
from migration.store import Store

WINDOW = (site.FIRST, site.LAST)
BASE = "http://127.0.0.1:1"
TOPICS = (file_name("topics", "Signal", suffix="json"),)


@pytest.fixture
def waits():
    return []


@pytest.fixture
def live(server, workspace, waits):
    """A study pointed at the server, which answers as when all is well."""
    server.script = {p: [sent] for p, sent in site.answers(server.base).items()}
    client = Client(contact="tests@example.org", pace=0.0, sleep=waits.append)

    def run(study=None, **how):
        server.asked.clear()
        asked = study or site.study(server.base)
        since, until = WINDOW
        where = {"workspace": workspace, "client": client}
        return fetch(asked, since=since, until=until, **where, **how)["trends"]

    yield run
    client.close()


def options(study, **more):
    spec = study.source("trends")
    own = dataclasses.replace(spec, options={**spec.options, **more})
    return dataclasses.replace(study, sources=(own,))


def paths(server):
    return [path for path, _ in server.asked]


def test_nothing_is_asked_unless_the_study_says_so(study):
    assert study.source("trends").options["live"] is False
    assert list(plan(study, WINDOW)) == []
    assert list(plan(options(site.study(BASE), live="yes"), WINDOW)) == []


def test_one_visit_then_a_token_and_data_for_each_request(live, server, waits):
    done = live()
    assert not done.failed
    kinds = [urlsplit(p).path.rpartition("/")[2] for p in paths(server)]
    assert kinds == ["", "Signal", *["explore", "multiline"] * 4]
    cookies = [headers.get("cookie", "") for _, headers in server.asked]
    assert cookies[0] == ""
    assert set(cookies[1:]) == {"NID=511=invented"}
    assert sum(wait > 9 for wait in waits) == len(server.asked) - 1


def test_neither_cookie_nor_token_is_stored(live, server, workspace):
    live()
    manifest = (workspace.raw / "manifest.jsonl").read_text(encoding="utf-8")
    assert "NID" not in manifest
    assert "token" not in manifest
    assert "s-markets" not in manifest
    entries = Store(workspace.raw).entries("trends")
    asked = [e.url for e in entries if "autocomplete" not in e.url]
    assert [question_of(url).address(server.base) for url in asked] == asked
    assert len(entries) == 5


def test_the_request_goes_back_as_it_came_with_its_user_type(live, server):
    live()
    data = [p for p in paths(server) if "widgetdata" in p]
    for path in data:
        sent = json.loads(parse_qs(urlsplit(path).query)["req"][0])
        assert sent["userConfig"] == {"userType": "USER_TYPE_SCRAPER"}


def test_a_visit_that_was_stopped_goes_on_where_it_ended(live, server):
    whole = server.script[site.MARKETS]
    server.script[site.MARKETS] = [(403, {}, b"no")]
    stopped = live()
    assert (len(stopped.entries), stopped.failed) == (4, True)
    server.script[site.MARKETS] = whole
    again = live()
    assert (len(again.entries), len(again.kept), again.failed) == (1, 4, False)
    kinds = [urlsplit(p).path.rpartition("/")[2] for p in paths(server)]
    assert kinds == ["", "explore", "multiline"]
    assert live().entries == ()
    assert paths(server) == []


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ((429, {}, b"<html>Error 429 (Too Many Requests)!!1"), "asks for patience"),
        (
            (302, {"Location": "https://www.google.com/sorry/index?q=1"}, b""),
            "a person",
        ),
        ((302, {"Location": "https://consent.google.com/ml"}, b""), "wants a person"),
        ((200, {"Content-Type": "text/html"}, b"<!DOCTYPE html>"), "wants a per"),
        ((401, {}, b""), "refuses"),
    ],
)
@pytest.mark.parametrize("where", ["explore", "multiline", "visit"])
def test_the_first_sign_of_refusal_ends_it(live, server, where, sent, words):
    if where == "visit":
        chosen = [site.VISIT]
        if sent[0] == 200:
            words = "gave no cookie"
    else:
        chosen = [path for path in server.script if f"/{where}?" in path]
    for path in chosen:
        server.script[path] = [sent]
    done = live()
    assert words in done.ended
    assert sum(path in chosen for path in paths(server)) == 1
    assert paths(server)[-1] in chosen


def test_without_a_cookie_nothing_is_asked(live, server):
    server.script[site.VISIT] = [(404, {"Set-Cookie": "OTHER=1"}, b"<html>")]
    assert "gave no cookie, without which Trends answers nothing" in live().ended
    assert paths(server) == [site.VISIT]


def test_a_second_draw_waits_for_another_day(live, server, workspace, monkeypatch):
    study = options(site.study(server.base), draws=2)
    assert len(live(study).entries) == 5
    assert len(live(study).entries) == 0
    assert paths(server) == [site.VISIT]  # to know which day it is
    monkeypatch.setattr("migration.sources.client.polite.dt", clock(days=1))
    assert len(live(study).entries) == 4
    assert len(live(study).entries) == 0
    assert paths(server) == []  # two draws of each are here
    panel = load_panel(study, source="trends", workspace=workspace)
    assert set(panel["metric"]) == {"interest"}  # the same bytes: one draw


def clock(days=0, at=None):
    """A module of time for the client, other days from now or at one moment."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return at or dt.datetime.now(tz) + dt.timedelta(days=days)

    return types.SimpleNamespace(UTC=dt.UTC, datetime=Clock)


@pytest.mark.parametrize("cookie_first", [False, True])
def test_what_could_still_change_is_asked_again(
    live, server, monkeypatch, workspace, cookie_first
):
    """Until three days after the last, the numbers are of another sample."""
    study = site.study(server.base)
    for day, times in ((9, 4), (11, 4), (12, 4), (13, 0)):
        moment = dt.datetime(2021, 1, day, tzinfo=dt.UTC)
        monkeypatch.setattr("migration.sources.client.polite.dt", clock(at=moment))
        if cookie_first and times:  # the visit begins for a title that is not known
            (workspace.raw / "trends").joinpath(*TOPICS).unlink(missing_ok=True)
        assert not live(study).failed
        asked = [path for path in paths(server) if "widgetdata" in path]
        assert (day, len(asked)) == (day, times)


def test_draws_that_differ_have_a_standard_error(live, server, workspace, monkeypatch):
    study = options(site.study(server.base), draws=2)
    live(study)
    monkeypatch.setattr("migration.sources.client.polite.dt", clock(days=1))
    changed = site.timeline([v - 2 for v in site.INDIA], site.NAMIBIA)
    server.script[site.MARKETS] = [site.sent(changed)]
    live(study)
    panel = load_panel(
        study, source="trends", metric="interest_draw_se", workspace=workspace
    )
    errors = site.series(panel, "IN")["value"]
    np.testing.assert_allclose(errors, np.sqrt(2) / np.sqrt(2))


def test_the_rehearsal_counts_what_would_be_asked(server, workspace):
    study = site.study(server.base)
    since, until = WINDOW
    (counted,) = rehearse(study, since=since, until=until, workspace=workspace)
    assert server.asked == []
    assert (counted.kept, counted.questions) == (0, 3)
    assert counted.expected == 6  # a token and data each; Signal's topic is not known
    assert counted.seconds >= 90


def test_a_topic_is_chosen_by_its_very_title_and_type():
    suggested = parse_topics(
        b")]}',\n"
        b'{"default":{"topics":['
        b'{"mid":"/m/01","title":"Signal","type":"Topic"},'
        b'{"mid":"/g/02","title":"signal","type":"Mobile application"},'
        b'{"mid":"/m/03","title":"Signal Private Messenger","type":"Software"}]}}'
    )
    assert choose(suggested, "Signal") == "/g/02"
    assert choose(suggested, "Telegram") is None
    twice = [*suggested, {**suggested[1], "mid": "/g/04"}]
    assert choose(twice, "Signal") is None


def test_a_topic_that_is_not_found_leaves_the_others(live, server, workspace):
    path = "/trends/api/autocomplete/Signal?hl=en-US"
    server.script[path] = [site.sent({"default": {"topics": []}})]
    done = live()
    assert not done.failed
    panel = load_panel(site.study(server.base), source="trends", workspace=workspace)
    assert set(panel["app"]) == {"whatsapp"}
    assert panel.attrs["vintage"]["absent"] == ["signal"]


def test_long_windows_share_sixty_days():
    first, last = dt.date(2020, 1, 1), dt.date(2021, 12, 31)
    found = windows((first, last))
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all((b - a).days + 1 <= LONGEST for a, b in found)
    for (_, end), (start, _) in itertools.pairwise(found):
        assert (end - start).days + 1 == OVERLAP
    with pytest.raises(CannotAsk, match="by day from 8 days on, got 2020-01-01"):
        windows((first, dt.date(2020, 1, 7)))


def test_every_market_stands_beside_the_anchor(study):
    own = options(study, live=True, anchor="DE")
    asked = list(questions(own, WINDOW, {"signal": "/g/1", "x": "a"}))
    several = [one for one in asked if len(one.items) > 1]
    assert all(one.items[0].geo == "DE" and len(one.items) <= 5 for one in several)
    geos = [item.geo for one in several for item in one.items[1:]]
    assert len(geos) == 2 * 59
    assert "NA" in geos
    assert [one.items[0].geo for one in asked if len(one.items) == 1] == ["WW", "WW"]
    assert len({one.address("b") for one in asked}) == len(asked)
    assert len({one.name for one in asked}) == len(asked)


def test_apps_may_be_compared_in_each_market(study):
    own = options(study, compare="apps", world=False)
    keywords = {str(n): f"/m/0{n}" for n in range(7)}
    asked = list(questions(own, WINDOW, keywords))
    assert len(asked) == 2 * 60
    assert [item.keyword for item in asked[1].items] == ["/m/00", "/m/05", "/m/06"]
    for wrong in ({"compare": "all"}, {"anchor": "XX"}):
        with pytest.raises(CannotAsk, match="the option"):
            list(questions(options(study, **wrong), WINDOW, keywords))


def test_a_title_of_no_app_is_refused_before_anything_is_asked():
    study = options(site.study(BASE), topics={"nobody": "X"})
    with pytest.raises(CannotAsk, match="topics names 'nobody', which is no app of"):
        next(plan(study, WINDOW))


@pytest.mark.parametrize("draws", [0, 101, 2.0, "2", True])
def test_draws_are_a_number(server, draws):
    study = options(site.study(server.base), draws=draws)
    with pytest.raises(CannotAsk, match="the option draws needs a number of 1 to 100"):
        next(plan(study, WINDOW))


def answer(value, url="", day="2021-02-01"):
    return Answer(
        url=url,
        status=200,
        headers={},
        content=site.sent(value)[2],
        retrieved_at=f"{day}T00:00:00+00:00",
    )


def test_windows_of_their_own_are_asked_for_elsewhere_and_read(live, server):
    """Each item has days of its own: -1 where it has no point, and no row then."""
    request = site.asked(site.SIGNAL, ["IN", "NA"])
    made, widget = site.page(request, "r")
    for item in widget["comparisonItem"]:
        item["time"] = site.DAYS
    columns = [[40, 50, 100], [-1, 7, "<1"]]
    points = [
        {
            "columnData": [
                {
                    "time": site.moment(n),
                    "value": 0 if value == "<1" else value,
                    "formattedValue": "" if value == -1 else str(value),
                    "isPartial": n == 2,
                }
                for value in row
            ]
        }
        for n, row in enumerate(zip(*columns, strict=True))
    ]
    data = {"default": {"timelineData": points, "averages": []}}
    ranges = site.path("widgetdata/multirange", widget, "r")
    server.script[site.path("explore", request)] = [site.sent(made, site.GUARDS[0])]
    server.script[ranges] = [site.sent(data)]
    assert not live().failed
    assert ranges in paths(server)
    found = parse_timeseries(site.sent(data)[2], items=2)
    np.testing.assert_array_equal(found.value, [[40, np.nan], [50, 7], [100, np.nan]])
    np.testing.assert_array_equal(found.upper[:, 1], [np.nan, 7.5, 1])
    assert found.asked.tolist() == [[True, False], [True, True], [True, True]]
    assert found.partial.tolist() == [[False, False], [False, False], [True, True]]


def test_maps_are_asked_for_where_the_study_says_so(live, server, workspace):
    study = options(site.study(server.base), regions=True, world=False)
    for keyword in (site.WHATSAPP, site.SIGNAL):
        request = site.asked(keyword, [""])
        made, widget = site.page(request, keyword)
        made["widgets"][1]["id"] = "GEO_MAP"
        places = [
            {"geoCode": "IN", "geoName": "India", "value": [100], "hasData": [True],
             "formattedValue": ["100"], "maxValueIndex": 0},
            {"geoCode": "NA", "geoName": "Namibia", "value": [0], "hasData": [True],
             "formattedValue": ["<1"], "maxValueIndex": 0},
            {"geoCode": "PR", "geoName": "Puerto Rico", "value": [0],
             "formattedValue": [""], "hasData": [False], "maxValueIndex": 0},
            {"geoCode": "XK", "geoName": "Kosovo", "value": [3], "hasData": [True],
             "formattedValue": ["3"], "maxValueIndex": 0},
        ]  # fmt: skip
        data = site.sent({"default": {"geoMapData": places}})
        server.script[site.path("explore", request)] = [site.sent(made)]
        server.script[site.path("widgetdata/comparedgeo", widget, keyword)] = [data]
    assert not live(study).failed
    panel = load_panel(
        study, source="trends", metric="interest_by_region", workspace=workspace
    )
    signal = panel[panel["app"] == "signal"].set_index("market")
    assert signal["status"].to_dict() == {
        "IN": "observed",
        "NA": "censored",
        "PR": "missing",
    }
    assert set(panel["period"].astype(str)) == {str(site.FIRST)}


def test_a_map_of_days_that_were_not_over_is_partial():
    item = Item(keyword="a", geo="WW", time=site.DAYS)
    question = Question(items=(item,), widget=MAP)
    place = {
        "geoCode": "IN",
        "value": [100],
        "formattedValue": ["100"],
        "hasData": [True],
    }
    for day, partial in (("2021-01-08", True), ("2021-01-09", False)):
        sent = answer({"default": {"geoMapData": [place]}}, day=day)
        assert read_answer(sent, question, {"a": "a"}).partial.tolist() == [[partial]]


def test_percentages_of_a_map_are_told_from_its_index():
    place = {"geoCode": "CA", "value": [98, 2], "formattedValue": ["98%", "2%"],
             "hasData": [True, True]}  # fmt: skip
    found = parse_map(site.sent({"default": {"geoMapData": [place]}})[2], items=2)
    assert (found.compared, found.value.tolist()) == (True, [[98, 2]])


POINT = site.point(0, ["5"])


@pytest.mark.parametrize(
    "spoilt",
    [
        {"time": 1609459200},
        {"time": "tomorrow"},
        {"time": "99999999999"},
        {"time": "0"},
        {"value": [5, 5]},
        {"value": [True]},
        {"value": [6]},
        {"value": None},
        {"formattedValue": ["500"]},
        {"formattedValue": [""]},
        {"formattedValue": [5]},
        {"hasData": ["true"]},
        {"isPartial": "yes"},
        {"columnData": []},
    ],
)
def test_a_point_of_another_shape_is_refused(spoilt):
    value = {"default": {"timelineData": [{**POINT, **spoilt}, site.point(1, ["5"])]}}
    with pytest.raises(SchemaDrift):
        parse_timeseries(site.sent(value)[2], items=1)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", UnexpectedContent),
        (b")]}'", UnexpectedContent),
        (b")]}',\n<html>", UnexpectedContent),
        (b"<html>", UnexpectedContent),
        (b'{"default": NaN}', UnexpectedContent),
        (b"[" * 100_000, UnexpectedContent),
        (gzip.compress(b"[]", mtime=0)[:-1], UnexpectedContent),
        (gzip.compress(b"[]", mtime=0)[:10] + b"x" * 20, UnexpectedContent),
        (gzip.compress(b"[]", mtime=0), SchemaDrift),
        (b"[]", SchemaDrift),
        (b'{"default": []}', SchemaDrift),
        (b'{"default": {"timelineData": {}}}', SchemaDrift),
        (b'{"default": {"timelineData": [1]}}', SchemaDrift),
        (b'{"default": {"timelineData": []}}', NoData),
    ],
)
def test_a_body_of_another_kind_is_refused(body, error):
    with pytest.raises(error):
        parse_timeseries(body, items=1)


@pytest.mark.parametrize("guard", [b")]}'\n", b")]}',\n", b"", b"\xef\xbb\xbf"])
def test_the_guard_is_taken_off_with_a_comma_or_without(guard):
    assert unguard(guard + b'{"a": 1}', name="x") == {"a": 1}


@pytest.mark.parametrize(
    ("widgets", "words"),
    [
        ([], "a list of widgets and has none"),
        ([1], "widgets that are objects"),
        ([{"id": "TITLE_0"}], "needs a widget TIMESERIES, got none"),
        (
            [{"id": "TIMESERIES", "token": "t", "request": {}}],
            "needs userConfig",
        ),
    ],
)
def test_a_page_without_what_is_needed_is_refused(widgets, words):
    with pytest.raises(SchemaDrift, match=words):
        widget_of(json.dumps({"widgets": widgets}).encode(), "TIMESERIES")


def test_the_only_map_of_several_is_the_first():
    made, _ = site.page(site.asked("a", [""]), "t")
    made["widgets"][1]["id"] = "GEO_MAP_0"
    content = json.dumps(made).encode()
    assert widget_of(content, "GEO_MAP").token == "t"
    assert set(parse_explore(content)) == {"GEO_MAP_0"}


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/trends/api/explore",
        f"{BASE}/trends/api/explore?req=1#TIMESERIES-1",
        f"{BASE}/trends/api/explore?req=%7B%7D#TIMESERIES-1",
        Question(items=(Item(keyword="a", geo="IN", time="x"),), draw=1).url(BASE),
        Question(items=(Item(keyword="a", geo="IN", time="x"),)).url(BASE) + "#OTHER-1",
    ],
)
def test_an_address_that_is_no_question_of_ours_is_refused(url):
    with pytest.raises(SchemaDrift, match="which is no question of ours"):
        question_of(url)
