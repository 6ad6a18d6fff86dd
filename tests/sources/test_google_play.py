"""Captured charts and counters of Google Play: days, markets, gains."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from captured import Captured
from google_play_pages import PACKAGES, cards, cluster, free, own_page, product, top
from served import serve

from migration.errors import CannotAsk, NoData
from migration.panel import check_panel
from migration.sources import google_play
from migration.sources.archive import Capture
from migration.sources.google_play.asking import chosen

HOST = "https://play.google.com"
SIGNAL, OTHER = "org.thoughtcrime.securesms", "org.example.control"
WINDOW = (dt.date(2021, 1, 8), dt.date(2021, 1, 12))
TOP = f"{HOST}/store/apps/top"
APP = f"{HOST}/store/apps/details?id={SIGNAL}"


def few(study, *, metrics=google_play.METRICS, **options):
    """Signal and an unrelated app."""
    app = dataclasses.replace(
        study.app("signal"), ids={"google_play": (SIGNAL,)}, until={}
    )
    spec = dataclasses.replace(
        study.source("google_play"), controls=(OTHER,), metrics=metrics, options=options
    )
    return dataclasses.replace(study, apps=(app,), sources=(spec,))


def read(study, captured, window=WINDOW):
    asked, raw = serve(google_play.plan(study, window), Captured(captured))
    return asked, check_panel(google_play.panel(raw, study))


def rows(panel, metric, app="signal", market=None):
    chosen_rows = (panel["metric"] == metric) & (panel["app"] == app)
    found = panel[chosen_rows]
    if market is not None:
        found = found[found["market"] == market]
    return found.set_index("period").sort_index()


def counted(least, exact, ratings=None, **how):
    return product(SIGNAL, [f"{least:,}+", least, exact], ratings, **how)


def test_a_rank_is_of_the_market_and_its_local_day(study):
    """19:00 UTC on the 10th is the 11th in India and the 10th in Brazil."""
    page = free((PACKAGES[0], SIGNAL, *PACKAGES[1:9]))
    captured = {
        ("20210110190000", f"{TOP}?hl=en&gl=IN"): page,
        ("20210110190000", f"{TOP}?hl=en&gl=BR"): page,
        ("20210110190000", f"{TOP}?hl=en&gl=XX"): page,
    }
    _, made = read(few(study), captured)
    india, brazil = (rows(made, "rank", market=code) for code in ("IN", "BR"))
    assert india.index.tolist() == [pd.Timestamp("2021-01-11")]
    assert brazil.index.tolist() == [pd.Timestamp("2021-01-10")]
    assert (india["value"].iloc[0], india["status"].iloc[0]) == (2, "observed")
    assert india["zone"].iloc[0] == "Asia/Kolkata"
    off = rows(made, "rank", OTHER, "IN").iloc[0]
    assert (off["lower"], off["upper"], off["status"]) == (11, np.inf, "censored")
    assert "XX" not in set(made["market"])
    assert made.attrs["charts"] == {"rank": 2}
    assert made.attrs["chart_size"] == {"rank": [10, 10]}


def test_a_chart_of_no_known_country_claims_no_market(study):
    captured = {("20210110190000", TOP): free((SIGNAL, *PACKAGES))}
    _, made = read(few(study), captured)
    row = rows(made, "rank_unplaced").iloc[0]
    assert (row["market"], row["zone"], row["value"]) == ("ZZ", "UTC", 1)
    assert set(rows(made, "rank")["status"]) == {"missing"}
    assert "ZZ" not in {market.code for market in study.markets}


def test_captures_of_a_day_that_differ_are_an_interval(study):
    url = f"{TOP}/category/COMMUNICATION?gl=DE"
    captured = {
        ("20210110090000", url): free((SIGNAL, *PACKAGES)),
        ("20210110150000", url): free((*PACKAGES[:4], SIGNAL)),
        ("20210111150000", url): free(PACKAGES[:7]),
    }
    _, made = read(few(study), captured)
    first, second = rows(made, "rank_communication", market="DE").to_dict("records")
    assert (first["lower"], first["upper"], first["status"]) == (1, 5, "censored")
    assert (second["lower"], second["upper"]) == (8, np.inf)


def test_a_longer_list_is_followed_and_named_by_what_leads_to_it(study):
    link = f"{HOST}/store/apps/collection/cluster?clp=F"
    lists = (
        cluster("Top paid apps", PACKAGES, "P"),
        cluster("Top free apps", PACKAGES[:3], "F"),
    )
    captured = {
        ("20210110090000", f"{TOP}?gl=IN"): top(*lists),
        ("20210111090000", f"{link}&gl=IN"): own_page((*PACKAGES, SIGNAL)),
        ("20210111090000", f"{link.replace('=F', '=P')}&gl=IN"): own_page(PACKAGES),
    }
    asked, made = read(few(study), captured)
    india = rows(made, "rank", market="IN")
    assert india["lower"].tolist() == [4, 31]
    assert india["status"].tolist() == ["censored", "observed"]
    assert not any("clp%3DP" in ask.url or "clp=P" in ask.url for ask in asked)
    _, made = read(few(study, clusters=False), captured)
    assert len(rows(made, "rank", market="IN")) == 1


def test_a_list_to_which_no_page_leads_is_left_out(study):
    url = f"{HOST}/store/apps/collection/cluster?clp=F&gl=IN"
    captured = {
        ("20210110090000", f"{TOP}?gl=IN"): top(cluster("Free", PACKAGES, "F")),
        ("20210111090000", url): own_page((*PACKAGES, SIGNAL)),
    }
    _, raw = serve(google_play.plan(few(study), WINDOW), Captured(captured))
    (name,) = [n for n in raw.files if "cluster" in n and n.endswith(".html")]
    alone = dataclasses.replace(
        raw, entries=tuple(e for e in raw.entries if e.name == name)
    )
    with pytest.raises(NoData, match="no chart and no app page"):
        google_play.panel(alone, few(study))


def test_pages_of_cards_tell_of_their_own_places_alone(study):
    url = f"{HOST}/store/apps/collection/topselling_free?gl=US&start={{}}&num=30"
    captured = {
        ("20190110120000", url.format(0)): cards(PACKAGES[:10]),
        ("20190111120000", url.format(10)): cards((*PACKAGES[10:14], SIGNAL)),
        ("20190112120000", url.format(10)): cards(PACKAGES[10:20]),
    }
    window = (dt.date(2019, 1, 8), dt.date(2019, 1, 14))
    asked, made = read(few(study), captured, window)
    us = rows(made, "rank", market="US")
    assert us["lower"].tolist() == [11, 15]
    assert us["status"].tolist() == ["censored", "observed"]
    assert not any(
        "apps%2Ftop" in ask.url and "topselling" not in ask.url for ask in asked
    )


def test_counters_are_the_worlds_and_exact_or_between_tiers(study):
    captured = {
        ("20210108000000", APP): counted(10_000_000, 23_871_650, 400, made=2020),
        ("20210110120000", f"{APP}&z=KZ"): counted(10_000_000, None, made=2021),
        ("20210112235959", f"{APP}&hl=en&gl=us"): counted(
            50_000_000, 50_000_007, 480, made=2022
        ),
        ("20210112235959", f"{APP}.other"): counted(5, 6),
    }
    asked, made = read(few(study), captured)
    installs = rows(made, "installs")
    assert installs["value"].tolist()[::2] == [23_871_650, 50_000_007]
    assert installs[["lower", "upper"]].values.tolist()[1] == [10_000_000, 49_999_999]
    assert installs["status"].tolist() == ["observed", "censored", "observed"]
    assert rows(made, "ratings")["value"].tolist() == [400, 480]
    assert set(installs["market"]) == {"WW"}
    assert made.attrs["without_page"] == [OTHER]
    assert made.attrs["fell"] == []
    assert set(rows(made, "rank")["status"]) == {"missing"}
    assert not any("securesms.other" in ask.url for ask in asked)


def test_a_counter_that_fell_is_told(study):
    captured = {
        ("20210108000000", APP): counted(10, 30),
        ("20210109000000", APP): counted(10, 29),
    }
    _, made = read(few(study), captured)
    assert made.attrs["fell"] == [SIGNAL]


def test_gains_belong_to_the_days_between_by_hand(study):
    captured = {
        ("20210108000000", APP): counted(10_000_000, 23_000_000, 400),
        ("20210109120000", APP): counted(10_000_000, None),
        ("20210112000000", APP): counted(50_000_000, 50_000_007, 480),
    }
    _, made = read(few(study), captured)
    gains = google_play.between_captures(made).set_index(["metric", "after"])
    first, second = gains.loc["installs"].to_dict("records")
    assert (first["days"], first["lower"], first["upper"]) == (
        1,
        -13_000_000,
        26_999_999,
    )
    assert np.isnan(first["gain"])
    assert (second["days"], second["lower"], second["upper"]) == (3, 8, 40_000_007)
    (ratings,) = gains.loc["ratings"].to_dict("records")
    assert (ratings["gain"], ratings["days"]) == (80, 4)
    assert ratings["until"] == pd.Timestamp("2021-01-12")
    assert set(gains["app"]) == {"signal"}


def test_gains_of_neighbouring_captures_add_up_to_the_whole(study):
    counts = [100, 130, 130, 190, 260]
    captured = {
        (f"202101{8 + n:02d}060000", APP): counted(100, count)
        for n, count in enumerate(counts)
    }
    _, made = read(few(study), captured)
    gains = google_play.between_captures(made)
    assert gains["gain"].sum() == counts[-1] - counts[0]
    assert gains["days"].sum() == 4
    whole = made[made["period"].isin([made["period"].min(), made["period"].max()])]
    (row,) = google_play.between_captures(whole).to_dict("records")
    assert (row["gain"], row["days"]) == (160, 4)


def test_of_one_capture_there_is_no_gain(study):
    _, made = read(few(study), {("20210108000000", APP): counted(10, 30)})
    assert google_play.between_captures(made).empty


def test_what_cannot_be_read_is_not_kept(study):
    captured = {
        ("20210110090000", f"{TOP}?gl=IN"): b"<html>Before you continue</html>",
        ("20210110090000", APP): b"<html>sorry</html>",
    }
    _, raw = serve(google_play.plan(few(study), WINDOW), Captured(captured))
    assert not any(name.endswith(".html") for name in raw.files)
    with pytest.raises(NoData, match="no chart and no app page"):
        google_play.panel(raw, few(study))


def test_some_captures_of_a_day_are_chosen_the_first_and_the_last_among_them():
    times = [f"202101{day}{hour:02d}0000" for day in (10, 11) for hour in range(24)]
    captures = [Capture(timestamp=t, original=f"{TOP}?gl=IN") for t in times]
    captures += [Capture(timestamp=t, original=f"{TOP}ic?gl=IN") for t in times]
    some = [c.timestamp[6:10] for c, _ in chosen(captures, forms=["top"], per_day=3)]
    assert some == ["1000", "1012", "1023", "1100", "1112", "1123"]
    both = [
        Capture(timestamp=times[n], original=f"{APP}&gl={gl}")
        for n, gl in enumerate(["US", "IN", "DE"])
    ]
    assert len(list(chosen(both, forms=["product"], per_day=2))) == 2


def test_only_what_the_study_wants_is_asked(study):
    def urls(**how):
        one = few(study, **how)
        return [ask.url for ask in serve(google_play.plan(one, WINDOW), Captured())[0]]

    assert all("details" in url for url in urls(metrics=("installs",)))
    assert len(urls(metrics=("installs",))) == 2 * 4
    assert all("details" not in url for url in urls(metrics=("rank",)))
    assert urls(history=False) == []
    base = "http://127.0.0.1:9"
    assert all(url.startswith(f"{base}/cdx/") for url in urls(address=f"{base}/"))


def test_todays_charts_cannot_be_asked_for(study):
    with pytest.raises(CannotAsk, match="only a browser on its page gets"):
        next(google_play.plan(few(study, live=True), WINDOW))
    with pytest.raises(CannotAsk, match="options of 'google_play' are live, history"):
        next(google_play.plan(few(study, alive=True), WINDOW))


def test_a_rehearsal_asks_for_the_lists_of_captures(study):
    asked, raw = serve(google_play.plan(few(study), WINDOW), {})
    assert len(asked) == 1 + 2 * 4
    assert all(ask.leads_to for ask in asked)
    assert raw.files == {}
