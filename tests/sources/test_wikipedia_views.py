"""Views by title: which titles are summed, what is 0, and what is not known."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from pandas.testing import assert_frame_equal
from sources.malformed import ends_well, malformed
from sources.planned import BASE, run
from sources.protocols import wikipedia_views as told

from migration.errors import (
    NoData,
    RateLimited,
    SchemaDrift,
    StudyError,
    Transient,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources import card
from migration.sources.wikimedia.daily import read_daily
from migration.sources.wikipedia_views import panel, plan
from migration.sources.wikipedia_views.pages import read_page

EN, DE, HI, SIGNAL = told.EN, told.DE, told.HI, told.SIGNAL
WINDOW = told.PROTOCOL.window
GONE = (404, told.PROBLEM, told.NO_DATA)


def made(answers=None, *, study=None, read="2026-11-25T10:00:00+00:00"):
    """The panel of what a plan keeps, read at some time."""
    study = study or told.study(BASE)
    sent = told.answers(BASE) | (answers or {})
    _, raw = run(plan(study, WINDOW), sent, retrieved_at=read)
    found = check_panel(panel(raw, study))
    json.dumps(found.attrs)
    return found


def rows(found, metric="views", app="signal"):
    chosen = found[(found["app"] == app) & (found["metric"] == metric)]
    return chosen.set_index("period").sort_index()


def test_titles_are_asked_for_once_and_all_views_of_each_project():
    asks, _ = run(plan(told.study(BASE), WINDOW), told.answers(BASE))
    paths = [ask.url.removeprefix(BASE).partition("#")[0] for ask in asks]
    assert sorted(paths) == sorted(told.answers(BASE))
    assert len({ask.name for ask in asks}) == len(asks)
    views = [ask for ask in asks if "/per-article/" in ask.url]
    assert all(ask.accept == (200, 404) for ask in views)
    assert {ask.settles.isoformat() for ask in views} == {"2021-01-10"}
    wikis = [ask for ask in asks if "w/api.php" in ask.url]
    assert all(ask.settles is None and ask.leads_to for ask in wikis)


def narrowed(first, last):
    study = told.study(BASE)
    spec = study.source("wikipedia_views")
    options = {
        **spec.options,
        "first": dt.date(2021, 1, first),
        "last": dt.date(2021, 1, last),
    }
    source = dataclasses.replace(spec, options=options)
    return dataclasses.replace(study, sources=(source,))


def test_options_narrow_the_days_that_are_asked_and_read():
    """What another study fetched of more days is not read."""
    asks, _ = run(plan(narrowed(6, 7), WINDOW), {})
    views = [ask.url for ask in asks if "/daily/" in ask.url]
    assert len(views) == 6
    assert all(url.endswith("/2021010600/2021010700") for url in views)
    assert run(plan(narrowed(20, 25), WINDOW), {})[0] == []
    _, raw = run(plan(told.study(BASE), WINDOW), told.answers(BASE))
    found = check_panel(panel(raw, narrowed(6, 7)))
    assert rows(found, "views_en")["value"].tolist() == [320, 700]
    with pytest.raises(NoData, match="no view is kept of the days that the options"):
        panel(raw, narrowed(20, 25))


def test_without_a_network_a_plan_goes_on_to_the_next():
    asks, raw = run(plan(told.study(BASE), WINDOW), {})
    assert len(asks) == 3 + 3 + 3  # titles, views of the named ones, all views
    assert raw.entries == ()


def test_each_language_has_a_metric_of_its_own_and_no_country():
    found = made()
    assert set(found["metric"]) == {
        "views",
        "share",
        "views_en",
        "views_de",
        "views_hi",
    }
    assert rows(found, "views_en")["value"].tolist() == [100, 320, 700, 900]
    assert rows(found, "views_de")["value"].tolist() == [50] * 4
    assert set(found["market"]) == {"WW"}


@pytest.mark.parametrize(
    ("read", "values", "statuses"),
    [
        # Left out on the 6th and later; 20 came by a redirect on the 6th.
        ("2021-01-11T09:00:00+00:00", [100, 20, 0, 0], ["observed"] * 4),
        (
            "2021-01-10T23:59:59+00:00",
            [100, 20, 0, np.nan],
            ["observed"] * 3 + ["missing"],
        ),
        (
            "2021-01-09T00:00:00+00:00",
            [100, 20, np.nan, np.nan],
            ["observed", "observed", "missing", "missing"],
        ),
        (
            "2021-01-07T00:00:00+00:00",
            [100, np.nan, np.nan, np.nan],
            ["partial"] + ["missing"] * 3,
        ),
        ("", [100, np.nan, np.nan, np.nan], ["partial"] + ["missing"] * 3),
    ],
)
def test_a_day_left_out_is_zero_only_when_it_was_old(read, values, statuses):
    one = told.views(EN, SIGNAL, [(5, 100)])
    found = rows(made({told.views_path(EN, SIGNAL): one}, read=read), "views_en")
    np.testing.assert_array_equal(found["value"], values)
    assert found["status"].tolist() == statuses


def test_a_young_day_is_a_floor_and_no_number_to_rely_on():
    found = rows(made(read="2021-01-09T12:00:00+00:00"), "views_de")
    assert found["status"].tolist() == ["observed", "observed", "partial", "partial"]
    assert found["upper"].tolist()[2:] == [np.inf, np.inf]
    assert found["lower"].tolist() == [50] * 4
    share = rows(made(read="2021-01-09T12:00:00+00:00"), "share")
    assert share["status"].tolist() == ["observed"] * 2 + ["missing"] * 2


def test_a_redirect_with_404_adds_nothing_a_main_title_with_404_is_missing():
    found = made({told.views_path(DE, told.MESSENGER): GONE})
    assert set(rows(found, "views_de")["status"]) == {"missing"}
    assert rows(found)["value"].tolist() == [100, 320, 700, 900]
    assert found.attrs["languages"]["signal"] == {"summed": [EN], "no_views": [DE]}
    assert rows(found, "share")["value"].iloc[0] == 100 / 10_000
    nothing = made({p: GONE for p in told.answers(BASE) if "/per-article/hi" in p})
    assert set(rows(nothing, "views", "whatsapp")["status"]) == {"missing"}


def test_a_title_that_moved_is_summed_with_the_one_it_has_now():
    """404 under the new title, views under the old: the page had not moved yet."""
    reply = json.loads(told.titles("Signal (app)", ["Signal (software)"])[2])
    reply["query"]["redirects"] = [{"from": "Signal (software)", "to": "Signal (app)"}]
    sent = {
        told.titles_path(EN, SIGNAL): (200, told.JSON, json.dumps(reply).encode()),
        told.views_path(EN, "Signal_(app)"): GONE,
    }
    found = made(sent)
    assert rows(found, "views_en")["value"].tolist() == [100, 300, 700, 900]
    assert found.attrs["titles"]["signal"][EN] == {
        "summed": [SIGNAL],
        "no_views": ["Signal_(app)"],
    }


def test_what_was_not_fetched_makes_the_sum_missing_or_a_floor():
    answers = told.answers(BASE)
    study = told.study(BASE)
    for path, status in (
        (told.views_path(EN, SIGNAL), "missing"),
        (told.views_path(EN, "TextSecure"), "partial"),
        (told.titles_path(EN, SIGNAL), "partial"),
    ):
        without = {one: sent for one, sent in answers.items() if one != path}
        _, raw = run(plan(study, WINDOW), without)
        found = check_panel(panel(raw, study))
        assert set(rows(found, "views_en")["status"]) == {status}, path
        assert set(rows(found)["status"]) == {status}, path
        assert set(rows(found, "views_de")["status"]) == {"observed"}


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"missing": ""}, "there is no such page today"),
        (
            {"pageprops": {"disambiguation": "", "wikibase_item": "Q1"}},
            "a page of several meanings",
        ),
    ],
)
def test_a_page_that_is_not_the_apps_gives_its_named_title_alone(changes, note):
    reply = json.loads(told.titles(SIGNAL, ["TextSecure"])[2])
    reply["query"]["pages"]["99"] |= changes
    found = made({told.titles_path(EN, SIGNAL): (200, {}, json.dumps(reply).encode())})
    assert found.attrs["notes"] == {f"{EN}/{SIGNAL}": note}
    assert found.attrs["titles"]["signal"][EN] == {"summed": [SIGNAL]}


def test_a_title_that_leads_into_a_section_is_counted_for_itself():
    reply = json.loads(told.titles("Messengers", ["Others"])[2])
    step = {"from": "Signal (software)", "to": "Messengers", "tofragment": "Signal"}
    reply["query"]["redirects"] = [step]
    page = read_page(json.dumps(reply).encode(), SIGNAL)
    assert page.titles == (SIGNAL,)
    assert page.note == "leads into a section of Messengers"


def test_the_newest_answer_wins_and_windows_are_laid_side_by_side():
    study = told.study(BASE)
    first, second = told.answers(BASE), told.answers(BASE)
    second[told.views_path(DE, told.MESSENGER)] = told.steady(DE, told.MESSENGER, 51)
    _, old = run(plan(study, WINDOW), first, retrieved_at="2026-01-01T00:00:00+00:00")
    _, new = run(plan(study, WINDOW), second, retrieved_at="2026-01-02T00:00:00+00:00")
    renamed = tuple(dataclasses.replace(e, name=f"new-{e.name}") for e in new.entries)
    files = {**old.files, **{f"new-{name}": x for name, x in new.files.items()}}
    for entries in ((*old.entries, *renamed), (*renamed, *old.entries)):
        both = dataclasses.replace(old, entries=entries, files=files)
        assert rows(panel(both, study), "views_de")["value"].tolist() == [51] * 4


def test_a_later_404_takes_back_no_count():
    """A day that is not loaded, and a title that is not served, answer alike."""
    study = told.study(BASE)
    first, second = told.answers(BASE), told.answers(BASE)
    second[told.views_path(DE, told.MESSENGER)] = GONE
    _, old = run(plan(study, WINDOW), first, retrieved_at="2026-01-01T00:00:00+00:00")
    _, new = run(plan(study, WINDOW), second, retrieved_at="2026-01-02T00:00:00+00:00")
    renamed = tuple(dataclasses.replace(e, name=f"new-{e.name}") for e in new.entries)
    files = {**old.files, **{f"new-{name}": x for name, x in new.files.items()}}
    both = dataclasses.replace(old, entries=(*old.entries, *renamed), files=files)
    german = rows(panel(both, study), "views_de")
    assert german["value"].tolist() == [50] * 4
    assert set(german["status"]) == {"observed"}


def test_a_day_that_a_whole_project_lacks_is_not_loaded_and_no_zero():
    """Old as it is: the service was late by more than its two days."""
    late = {
        told.views_path(DE, told.MESSENGER): told.views(
            DE, told.MESSENGER, [(5, 50), (7, 50)]
        ),
        told.all_path(DE): told.views(DE, "", [(5, 5000), (6, 5000), (7, 5000)]),
    }
    german = rows(made(late), "views_de")
    np.testing.assert_array_equal(german["value"], [50, 0, 50, np.nan])
    assert german["status"].tolist() == ["observed"] * 3 + ["missing"]
    assert rows(made(late))["status"].iloc[-1] == "missing"


def test_the_order_of_files_changes_nothing():
    study = told.study(BASE)
    _, raw = run(plan(study, WINDOW), told.answers(BASE))
    turned = dataclasses.replace(raw, entries=raw.entries[::-1])
    one, other = panel(raw, study), panel(turned, study)
    key = ["app", "metric", "period"]
    assert_frame_equal(
        one.sort_values(key, ignore_index=True),
        other.sort_values(key, ignore_index=True),
    )


def test_a_control_without_views_is_left_out_and_told():
    study = told.study(BASE)
    source = dataclasses.replace(study.sources[0], controls=(f"{EN}/GIMP", f"{EN}/X"))
    study = dataclasses.replace(study, sources=(source,))
    sent = {
        told.views_path(EN, "GIMP"): told.steady(EN, "GIMP", 9),
        told.titles_path(EN, "GIMP"): told.titles("GIMP"),
        told.views_path(EN, "X"): GONE,
    }
    found = made(sent, study=study)
    assert rows(found, "views", f"{EN}/GIMP")["value"].tolist() == [9] * 4
    assert found.attrs["absent_controls"] == [f"{EN}/X"]


def test_no_view_at_all_is_no_data():
    study = told.study(BASE)
    gone = {path: GONE for path in told.answers(BASE) if "per-article" in path}
    _, raw = run(plan(study, WINDOW), gone)
    with pytest.raises(NoData, match="no view of any title that the study names"):
        panel(raw, study)
    with pytest.raises(NoData, match="no views of any title are kept"):
        panel(dataclasses.replace(raw, entries=()), study)


def test_an_identifier_without_a_project_is_refused():
    study = told.study(BASE)
    app = dataclasses.replace(study.apps[0], ids={"wikipedia_views": ("WhatsApp",)})
    study = dataclasses.replace(study, apps=(app,))
    with pytest.raises(StudyError, match=r"such as 'en\.wikipedia/WhatsApp', got"):
        next(plan(study, WINDOW))


def daily(body, status=200):
    url = BASE + told.views_path(EN, SIGNAL)
    return read_daily(url, body, status=status, retrieved_at="2026-11-25")


def spoilt(**changes):
    return json.dumps({"items": [told.item(EN, SIGNAL, 5, 1) | changes]}).encode()


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"<html>", UnexpectedContent, "got HTML"),
        (b'{"items"', UnexpectedContent, "cannot be read as that"),
        (b"[]", SchemaDrift, "an object with a list of objects 'items'"),
        (b'{"items": {}}', SchemaDrift, "an object with a list of objects 'items'"),
        (b'{"items": []}', NoData, "the list is empty"),
        (b'{"items": [], "items": []}', SchemaDrift, "a key stands twice"),
        (spoilt(article="Signal_Protocol"), SchemaDrift, "of another series"),
        (spoilt(agent="all-agents"), SchemaDrift, "of another series"),
        (spoilt(granularity="monthly"), SchemaDrift, "of another series"),
        (spoilt(timestamp="2021013200"), SchemaDrift, "is no day"),
        (spoilt(timestamp="20210105"), None, ""),
        (spoilt(timestamp="2021010512"), SchemaDrift, "a day such as 2021010700"),
        (spoilt(timestamp="2021010400"), SchemaDrift, "days from 2021-01-05"),
        (spoilt(views=True), SchemaDrift, "needs whole views"),
        (spoilt(views=-1), SchemaDrift, "needs whole views"),
        (spoilt(views=1.0), SchemaDrift, "needs whole views"),
    ],
)
def test_views_of_another_shape_are_refused(body, error, words):
    if error is None:
        assert len(daily(body).views) == 1
        return
    with pytest.raises(error, match=words):
        daily(body)


def test_both_forms_of_the_services_404_are_answers_and_no_other_is():
    older = json.dumps(
        {
            "type": "https://mediawiki.org/wiki/HyperSwitch/errors/not_found",
            "title": "Not found.",
            "method": "get",
            "detail": "The date(s) you used are valid, but ...",
        }
    ).encode()
    assert daily(told.NO_DATA, 404).views is None
    assert daily(older, 404).views is None
    with pytest.raises(UnexpectedContent):
        daily(b"<html>no such page</html>", 404)
    with pytest.raises(SchemaDrift, match="the service's own 'Not Found'"):
        daily(b'{"title": "Gone fishing"}', 404)


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        ([], SchemaDrift, "needs an object"),
        ({}, SchemaDrift, "needs one page"),
        ({"query": {"pages": {}}}, SchemaDrift, "needs one page"),
        ({"query": {"pages": [{"title": "Other"}]}}, SchemaDrift, "about 'Other'"),
        (
            {"query": {"pages": [{"title": "A", "redirects": [{"title": 1}]}]}},
            SchemaDrift,
            "needs one page",
        ),
        (
            {"query": {"pages": [{"title": "A"}], "redirects": {}}},
            SchemaDrift,
            "needs steps",
        ),
        (
            {"query": {"pages": [{"title": "A"}]}, "continue": {"rdcontinue": 5}},
            SchemaDrift,
            "needs keys",
        ),
        ({"error": {"code": "maxlag"}}, Transient, "cannot answer now"),
        ({"error": {"code": "ratelimited"}}, RateLimited, "asks for patience"),
        ({"error": {"code": "badvalue"}}, SchemaDrift, "refuses the question"),
    ],
)
def test_titles_of_another_shape_are_refused(reply, error, words):
    with pytest.raises(error, match=words):
        read_page(json.dumps(reply).encode(), "A")


def test_both_forms_of_a_wikis_list_of_pages_are_read():
    page = {"pageid": 1, "ns": 0, "title": "A b", "redirects": [{"title": "C d"}]}
    for pages in ({"1": page}, [page]):
        reply = json.dumps({"query": {"pages": pages}}).encode()
        assert read_page(reply, "A b").titles == ("A_b", "C_d")


STUDY = told.study(BASE)
_, RAW = run(plan(STUDY, WINDOW), told.answers(BASE))


def _with_files(path, content):
    (name,) = (e.name for e in RAW.entries if e.url.removeprefix(BASE) == path)
    return panel(dataclasses.replace(RAW, files={**RAW.files, name: content}), STUDY)


GOOD = {
    told.views_path(EN, SIGNAL): told.answers(BASE)[told.views_path(EN, SIGNAL)][2],
    told.views_path(EN, "Signal_app"): told.NO_DATA,
    f"{told.titles_path(EN, SIGNAL)}#{EN}": told.titles(
        SIGNAL, ["TextSecure", "Signal app"]
    )[2],
}


@pytest.mark.parametrize("path", GOOD, ids=["views", "404", "titles"])
@pytest.mark.parametrize(
    "times", [20, pytest.param(350, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_a_spoilt_answer_ends_well(path, times):
    @settings(max_examples=times)
    @given(malformed(GOOD[path], "json"))
    def spoil(content):
        ends_well(lambda: _with_files(path, content))

    spoil()


def test_the_card_gives_the_unit_of_each_metric_that_the_study_loads(study):
    assert study.source("wikipedia_views").enabled
    assert set(card("wikipedia_views").unit) == set(
        study.source("wikipedia_views").metrics
    )
