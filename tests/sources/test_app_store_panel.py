"""From kept charts to ranks by day: an interval where charts of a day differ."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from app_store_shapes import (
    SIGNAL,
    TELEGRAM,
    chart,
    feed_address,
    grid,
    legacy,
    lookup,
    results,
    small,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import raw_of

from migration.errors import MigrationError, NoData, SchemaDrift
from migration.panel import check_panel
from migration.sources.app_store import METRICS, panel
from migration.sources.app_store.feeds import Chart
from migration.sources.app_store.places import place_of
from migration.sources.cards import card
from migration.sources.registry import module_of

V2 = "https://rss.marketingtools.apple.com/api/v2/in/apps/top-free/100/apps.json"
INDEX = "https://web.archive.org/cdx/search/cdx?url=itunes.apple.com"


def wayback(stamp, original):
    return f"https://web.archive.org/web/{stamp}id_/{original}"


def kept(*charts):
    """Raw files of ``(address, content)``, live ones asked on 11 January at noon."""
    names = [f"{n:03}" for n in range(len(charts))]
    files = {name: content for name, (_, content) in zip(names, charts, strict=True)}
    urls = {name: url for name, (url, _) in zip(names, charts, strict=True)}
    return raw_of(files, url=urls, retrieved_at="2021-01-11T12:00:00+00:00")


def live(made, cc="in", limit=100, size=100, **places):
    return feed_address(cc, limit), legacy(chart(size, **places), made=made, cc=cc)


def rows(raw, study, app="signal", **only):
    found = check_panel(panel(raw, study))
    for name, value in {"app": app, **only}.items():
        found = found[found[name] == value]
    return found.set_index("period").sort_index()


@pytest.fixture(scope="module")
def india():
    return small(("IN",))


# ---- days ---------------------------------------------------------------------------


def test_a_day_is_worked_by_hand(india):
    """Best 2 and worst 5 of the 10th; off a chart of 100 on the 11th; 1 on the 13th."""
    raw = kept(
        live("2021-01-10T09:00:00+05:30", signal=5),
        live("2021-01-10T15:00:00+05:30", signal=2),
        live("2021-01-11T09:00:00+05:30", telegram=3),
        live("2021-01-12T09:00:00+05:30", signal=1),
    )
    found = rows(raw, india)
    assert [f"{day:%d}" for day in found.index] == ["10", "11", "12"]
    assert found["status"].tolist() == ["censored", "censored", "observed"]
    bounds = [(2, 5), (101, np.inf), (1, 1)]
    assert [*zip(found["lower"], found["upper"], strict=True)] == bounds
    assert found["value"].isna().tolist() == [True, True, False]
    assert rows(raw, india, "telegram").loc["2021-01-11", "value"] == 3
    assert set(found["zone"]) == {"Asia/Kolkata"}


@pytest.mark.parametrize(
    ("market", "day"),
    [("IN", "2021-01-11"), ("US", "2021-01-10"), ("NA", "2021-01-10")],
)
def test_a_chart_belongs_to_the_day_of_its_market(market, day):
    """18:30:01 UTC on the 10th: past midnight in India alone."""
    made = "2021-01-10T18:30:01Z"
    found = rows(kept(live(made, cc=market.lower(), signal=4)), small((market,)))
    assert [f"{period:%F}" for period in found.index] == [day]
    assert set(found["market"]) == {market}


def test_off_the_chart_is_past_the_list_that_came_not_the_one_asked_for(india):
    raw = kept(live("2021-01-10T09:00:00Z", limit=200, size=57))
    row = rows(raw, india).iloc[0]
    assert (row["lower"], row["upper"], row["status"]) == (58, np.inf, "censored")


def test_a_repeated_app_leaves_places_between_bounds(india):
    """Signal is 3rd and 11th; Telegram may be behind it, or stand in its stead."""
    apps = [*chart(10, signal=3, whatsapp=2), SIGNAL, TELEGRAM]
    for shown, telegram in ((apps, (11, 12)), (apps[:-1], (3, np.inf))):
        raw = kept((feed_address("in"), legacy(shown)))
        signal = rows(raw, india).iloc[0]
        assert (signal["lower"], signal["upper"], signal["status"]) == (
            3,
            11,
            "censored",
        )
        other = rows(raw, india, "telegram").iloc[0]
        assert (other["lower"], other["upper"]) == telegram
        assert rows(raw, india, "whatsapp")["value"].tolist() == [2]


@pytest.mark.parametrize(
    ("shown", "bounds"),
    [
        ("AAB", {"A": (1, 2), "B": (2, 3), "C": (1, np.inf)}),
        ("ABA", {"A": (1, 3), "B": (1, 2), "C": (1, np.inf)}),
        ("DAAB", {"D": (1, 1), "A": (2, 3), "B": (3, 4), "C": (2, np.inf)}),
        ("AB", {"A": (1, 1), "B": (2, 2), "C": (3, np.inf)}),
    ],
)
def test_what_a_repeated_entry_leaves_open_is_worked_by_hand(shown, bounds):
    found = Chart(apps=tuple(shown))
    assert {app: found.bounds(app) for app in bounds} == bounds
    assert found.size == len(set(shown))


@given(st.permutations("ABCDEF"), st.integers(0, 5), st.integers(0, 6), st.booleans())
def test_a_repeat_never_gives_a_rank_that_is_wrong(true, which, where, in_stead):
    """A copy is put between others, or in the stead of one: the truth is inside."""
    shown = [*true]
    shown[where : where + in_stead] = [true[which]]
    found = Chart(apps=tuple(shown))
    for place, app in enumerate(true, start=1):
        lower, upper = found.bounds(app)
        assert lower <= place <= upper


def test_two_cuts_of_one_chart_say_what_both_allow(india):
    made = "2021-01-10T09:00:00Z"
    short, long = live(made, limit=10, size=10), live(made, size=100, signal=40)
    for raw in (kept(short, long), kept(long, short)):
        assert rows(raw, india)["value"].tolist() == [40]
        telegram = rows(raw, india, "telegram").iloc[0]
        assert (telegram["lower"], telegram["upper"]) == (101, np.inf)


def test_two_charts_of_one_instant_that_disagree_are_an_interval(india):
    made = "2021-01-10T09:00:00Z"
    raw = kept(live(made, signal=7), live(made, signal=9))
    row = rows(raw, india).iloc[0]
    assert (row["lower"], row["upper"], row["status"]) == (7, 9, "censored")


def test_a_chart_seen_again_changes_nothing(india):
    once = [live("2021-01-10T09:00:00Z", signal=7), live("2021-01-11T09:00:00Z")]
    first, again = panel(kept(*once), india), panel(kept(*once, *once[::-1]), india)
    pd.testing.assert_frame_equal(first, again)


def test_a_day_without_a_chart_has_no_row_and_is_not_off_the_chart(india):
    raw = kept(live("2021-01-08T09:00:00Z"), live("2021-01-11T09:00:00Z", signal=2))
    assert len(rows(raw, india)) == 2


# ---- places that show charts --------------------------------------------------------


def test_no_two_places_are_one_series():
    made = "2021-01-10T09:00:00Z"
    study = small(("IN",), metrics=("rank", "rank_v2", "rank_itunes_page"))
    page = wayback(
        "20210110120000", "https://www.apple.com/in/itunes/charts/free-apps/"
    )
    raw = kept(
        live(made, signal=2),
        (V2, results(chart(50, signal=1), made="Sun, 10 Jan 2021 09:00:00 +0000")),
        (page, grid(chart(20, signal=4))),
    )
    found = rows(raw, study).set_index("metric")["value"].to_dict()
    assert found == {"rank": 2, "rank_v2": 1, "rank_itunes_page": 4}


def test_a_captured_chart_has_its_own_time_and_a_page_that_of_the_capture(india):
    """Captured on the 11th, made on the 10th; and the archive's list is no chart."""
    stamp = "20210111063000"
    feed = wayback(stamp, feed_address("in"))
    raw = kept((feed, legacy(chart(signal=1))), (INDEX, b"[]"))
    assert [f"{d:%F}" for d in rows(raw, india).index] == ["2021-01-10"]
    paged = small(("US",), metrics=("rank_itunes_page",))
    page = wayback(stamp, "http://www.apple.com/itunes/charts/free-apps/")
    found = rows(kept((page, grid(chart(20, signal=4)))), paged)
    assert [f"{d:%F}" for d in found.index] == ["2021-01-11"]


def test_stale_and_undated_charts_are_named(india):
    stale = wayback("20210111133000", feed_address("in"))
    undated = wayback("20210112133000", feed_address("in"))
    raw = kept(
        (stale, legacy(chart(signal=1))), (undated, legacy(chart(signal=1), updated={}))
    )
    attrs = panel(raw, india).attrs
    assert attrs["stale_charts"] == 1
    assert attrs["stale"] == ["rank IN: made 2021-01-10, asked 2021-01-11"]
    assert attrs["undated"] == 1
    assert attrs["charts"] == {"rank": 2}
    assert attrs["chart_size"] == {"rank": [100, 100]}
    assert "from the best to the worst" in attrs["rule"]
    json.dumps(attrs)


def test_markets_without_a_chart_are_told_and_have_no_row():
    attrs = panel(kept(live("2021-01-10T09:00:00Z")), small(("IN", "NA"))).attrs
    assert attrs["without"] == ["NA"]


def test_a_metric_without_any_chart_is_missing():
    study = small(("IN",), metrics=("rank", "rank_v1"))
    found = rows(kept(live("2021-01-10T09:00:00Z", signal=2)), study)
    assert found.set_index("metric")["status"].to_dict() == {
        "rank": "observed", "rank_v1": "missing",
    }  # fmt: skip


def test_a_chart_of_no_market_of_the_study_is_none(india):
    with pytest.raises(NoData, match="no chart of any of the study's markets"):
        panel(kept(live("2021-01-10T09:00:00Z", cc="us")), india)
    with pytest.raises(NoData, match="no chart of any"):
        panel(raw_of({}), india)


def test_a_live_chart_without_a_time_of_asking_is_refused(india):
    for said in ("", "2021-01-11T12:00:00"):
        raw = raw_of({"a": legacy(chart())}, url=feed_address("in"), retrieved_at=said)
        with pytest.raises(SchemaDrift, match="the time at which it was asked"):
            panel(raw, india)


# ---- apps ---------------------------------------------------------------------------


def test_several_listings_of_one_app_do_at_least_as_well_as_the_best(india):
    apps = tuple(
        dataclasses.replace(a, ids={**a.ids, "app_store": (SIGNAL, "500000007")})
        if a.id == "signal" else a for a in india.apps
    )  # fmt: skip
    both = dataclasses.replace(india, apps=apps)
    row = rows(kept(live("2021-01-10T09:00:00Z", signal=3)), both).iloc[0]
    assert (row["lower"], row["upper"], row["status"]) == (1, 3, "censored")


def test_ratings_are_counts_of_the_day_they_were_asked():
    study = small(("IN",), metrics=("rank", "ratings"))
    url = "https://itunes.apple.com/lookup?id=1,2&country=in&entity=software"
    raw = kept((url, lookup(signal=812345, whatsapp=0)), live("2021-01-10T09:00:00Z"))
    found = rows(raw, study, metric="ratings")
    assert found["value"].to_dict() == {pd.Timestamp("2021-01-11"): 812345}
    assert rows(raw, study, "whatsapp", metric="ratings")["value"].tolist() == [0]
    assert rows(raw, study, "telegram", metric="ratings").empty


# ---- the source as a whole ----------------------------------------------------------


def test_the_card_has_a_unit_for_each_metric_and_says_what_is_from_memory():
    facts = card("app_store")
    assert set(facts.unit) == set(METRICS)
    assert "From memory and not verified" in " ".join(facts.oddities)
    assert module_of("app_store").EVERY_ANSWER is True


def test_the_shipped_study_names_metrics_that_exist(study):
    spec = study.source("app_store")
    assert spec.enabled
    assert set(spec.metrics) <= set(METRICS)
    named = {
        app.id: app.ids["app_store"] for app in study.apps if "app_store" in app.ids
    }
    assert named["signal"] == (SIGNAL,)
    assert place_of(feed_address("in")).metric == spec.metrics[0]


HOURS = st.integers(0, 24 * 40).map(
    lambda h: (
        dt.datetime(2020, 12, 1, tzinfo=dt.UTC) + dt.timedelta(hours=h)
    ).isoformat()
)
SIGHTINGS = st.tuples(
    HOURS, st.sampled_from(["in", "na", "us"]), st.integers(1, 40), st.integers(1, 60)
)
THREE = small()


def sighting(made, cc, size, place):
    return live(made, cc, size=size, **({"signal": place} if place <= size else {}))


@settings(max_examples=8)
@given(st.lists(SIGHTINGS, min_size=1, max_size=12), st.randoms())
def test_any_charts_in_any_order_are_one_sound_panel(seen, random):
    """Every place that was seen lies within its day's bounds; order does not matter."""
    found = check_panel(panel(kept(*(sighting(*one) for one in seen)), THREE))
    random.shuffle(seen)
    again = panel(kept(*(sighting(*one) for one in seen)), THREE)
    pd.testing.assert_frame_equal(found, again)
    rank = found[found["app"] == "signal"].set_index(["market", "period"])
    for made, cc, size, place in seen:
        if place <= size:
            market = THREE.market(cc.upper())
            day = pd.Timestamp(made).tz_convert(market.zone).tz_localize(None)
            row = rank.loc[(market.code, day.normalize())]
            assert row["lower"] <= place <= row["upper"]


SPOILT = st.one_of(
    st.binary(max_size=30),
    st.tuples(st.integers(0, 3000), st.binary(max_size=6), st.integers(0, 50)).map(
        lambda cut: (c := legacy(chart(12, signal=2)))[: cut[0]] + cut[1]
        + c[cut[0] + cut[2] :]
    ),
    st.text(alphabet="0123456789-:TZ+. ", max_size=26).map(
        lambda made: legacy(chart(3), made=made)
    ),
)  # fmt: skip
URLS = st.sampled_from(
    [feed_address("in"), feed_address("na", ending="xml"), V2, INDEX, "", "x:/web/",
     wayback("20210110061233", feed_address("in")), wayback("99999999999999", "http://a"),
     "https://itunes.apple.com/lookup?country=in"]
)  # fmt: skip


@pytest.mark.parametrize("examples", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_whatever_is_kept_gives_a_sound_panel_or_an_error_of_ours(examples):
    study = dataclasses.replace(
        THREE, sources=(dataclasses.replace(THREE.sources[0], metrics=METRICS),)
    )

    @settings(max_examples=examples)
    @given(st.lists(st.tuples(URLS, SPOILT), max_size=3))
    def each(files):
        try:
            check_panel(panel(kept(*files), study))
        except MigrationError:
            return

    each()
