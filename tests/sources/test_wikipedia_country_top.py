"""A country's most read articles: intervals of a hundred, and lists that end."""

import dataclasses
import datetime as dt
import json

import pytest
from hypothesis import given, settings
from sources.malformed import ends_well, malformed
from sources.planned import BASE, run
from sources.protocols import wikipedia_country_top as told

from migration.errors import (
    MigrationError,
    NoData,
    SchemaDrift,
    StudyError,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources import card
from migration.sources.wikimedia.charts import read_chart
from migration.sources.wikipedia_country_top import panel, plan

WINDOW = told.PROTOCOL.window
STUDY = told.study(BASE)
_, RAW = run(plan(STUDY, WINDOW), told.answers(BASE))


def rows(found, metric, market="IN", app="signal"):
    chosen = found[(found["app"] == app) & (found["market"] == market)]
    return chosen[chosen["metric"] == metric].set_index("period").sort_index()


def test_lists_are_asked_from_their_first_day_on_and_a_denied_country_once():
    asks, _ = run(plan(STUDY, WINDOW), told.answers(BASE))
    asked = [ask.url.removeprefix(f"{BASE}/pageviews/top-per-country/") for ask in asks]
    days = ("2021/01/01", "2021/01/02", "2021/01/03")
    listed = [f"{c}/all-access/{day}" for c in ("IN", "NA") for day in days]
    assert sorted(asked) == sorted([*listed, "TR/all-access/2021/01/01"])
    assert all(ask.accept == (200, 404) for ask in asks)


def test_a_denied_country_that_answers_is_asked_on():
    """On past a day that is not: the 2nd is lacking, the 3rd is not."""
    answers = told.answers(BASE) | {told.path("TR", 1): told.chart("TR", 1, [])}
    asks, raw = run(plan(STUDY, WINDOW), answers)
    assert sum("/TR/" in ask.url for ask in asks) == 3
    found = panel(raw, STUDY)
    assert rows(found, "views", "TR")["upper"].iloc[0] == 100_000


def test_in_a_rehearsal_every_country_is_counted():
    asks, _ = run(plan(STUDY, WINDOW), {})
    assert len(asks) == 3 + 3 + 1


def test_options_narrow_the_days():
    source = STUDY.sources[0]
    late = {**source.options, "last": dt.date(2021, 1, 1)}
    study = dataclasses.replace(
        STUDY, sources=(dataclasses.replace(source, options=late),)
    )
    assert len(run(plan(study, WINDOW), {})[0]) == 3
    before = (dt.date(2020, 12, 1), dt.date(2020, 12, 31))
    assert run(plan(study, before), {})[0] == []


def test_views_are_what_rounding_up_leaves_open():
    found = check_panel(panel(RAW, STUDY))
    json.dumps(found.attrs)
    one = dataclasses.replace(
        STUDY.apps[0], ids={"wikipedia_views": ("en.wikipedia/Signal_(software)",)}
    )
    alone = panel(RAW, dataclasses.replace(STUDY, apps=(one,)))
    bounds = rows(alone, "views")[["lower", "upper"]].to_numpy().tolist()
    assert bounds == [[0, 100_000], [199_001, 199_100], [199_701, 199_800]]


def test_the_rank_is_that_of_the_best_placed_article():
    found = rows(panel(RAW, STUDY), "rank")
    assert found["status"].tolist() == ["censored", "observed", "observed"]
    assert found["value"].tolist()[1:] == [9, 2]


def test_own_identifiers_win_over_borrowed_ones():
    ids = {"wikipedia_country_top": ("en.wikipedia/Other_1",)}
    app = dataclasses.replace(STUDY.apps[0], ids=STUDY.apps[0].ids | ids)
    found = panel(RAW, dataclasses.replace(STUDY, apps=(app,)))
    assert rows(found, "rank")["value"].tolist() == [1, 1, 1]


def test_without_a_list_or_an_article_there_is_no_data():
    with pytest.raises(NoData, match="no list of any market"):
        panel(dataclasses.replace(RAW, entries=()), STUDY)
    bare = tuple(dataclasses.replace(app, ids={}) for app in STUDY.apps)
    with pytest.raises(NoData, match="no app has articles"):
        panel(RAW, dataclasses.replace(STUDY, apps=bare))


def test_an_article_without_a_project_is_refused():
    app = dataclasses.replace(STUDY.apps[0], ids={"wikipedia_views": ("Signal",)})
    with pytest.raises(StudyError, match="project, a slash and the title"):
        panel(RAW, dataclasses.replace(STUDY, apps=(app,)))


def chart(**changes):
    reply = json.loads(told.chart("IN", 2, [], length=2)[2])
    reply["items"][0] |= changes
    return json.dumps(reply).encode()


ROW = {"article": "A", "project": "en.wikipedia", "views_ceil": 100, "rank": 1}


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"<html>", UnexpectedContent, "got HTML"),
        (b'{"items": []}', NoData, "the list is empty"),
        (chart(country="DE"), SchemaDrift, "needs one list, of"),
        (chart(day="03"), SchemaDrift, "needs one list, of"),
        (chart(articles=[]), SchemaDrift, "needs a list of 'articles'"),
        (chart(articles=[ROW | {"views_ceil": 0}]), SchemaDrift, "from 1"),
        (chart(articles=[ROW | {"rank": True}]), SchemaDrift, "from 1"),
        (chart(articles=[ROW | {"article": ""}]), SchemaDrift, "needs 'article'"),
        (chart(articles=[{**ROW, "project": None}]), SchemaDrift, "needs 'article'"),
        (chart(articles=["A"]), SchemaDrift, "needs 'article'"),
        (chart(articles=[ROW, ROW | {"rank": 2}]), SchemaDrift, "stands twice"),
    ],
)
def test_a_list_of_another_shape_is_refused(body, error, words):
    with pytest.raises(error, match=words):
        read_chart(BASE + told.path("IN", 2), body, status=200)


SPOILT = malformed(told.chart("IN", 2, [(1, *told.SIGNAL, 900)], length=3)[2], "json")
slow = pytest.mark.slow


@pytest.mark.parametrize("times", [100, pytest.param(1000, marks=slow)])
def test_a_spoilt_list_ends_in_a_list_or_an_error(times):
    @settings(max_examples=times)
    @given(SPOILT)
    def spoil(content):
        try:
            found = read_chart(BASE + told.path("IN", 2), content, status=200)
        except MigrationError:
            return
        assert all(one.views > 0 and one.rank > 0 for one in found.places)

    spoil()


@pytest.mark.parametrize("times", [20, pytest.param(150, marks=slow)])
def test_a_panel_with_a_spoilt_list_ends_well(times):
    (name,) = (e.name for e in RAW.entries if e.url.endswith(told.path("IN", 2)))

    @settings(max_examples=times)
    @given(SPOILT)
    def spoil(content):
        files = {**RAW.files, name: content}
        ends_well(lambda: panel(dataclasses.replace(RAW, files=files), STUDY))

    spoil()


def test_the_card_gives_the_unit_of_each_metric_that_the_study_loads(study):
    assert study.source("wikipedia_country_top").enabled
    assert set(card("wikipedia_country_top").unit) == set(
        study.source("wikipedia_country_top").metrics
    )


def test_the_card_says_when_the_bound_outside_a_whole_list_does_not_hold():
    oddities = card("wikipedia_country_top").oddities
    (told,) = [one for one in oddities if "whole list of 1000" in one]
    assert "few readers, who read it often, can exceed that bound" in told
