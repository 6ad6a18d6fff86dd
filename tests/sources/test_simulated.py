"""The SIMULATED panel holds the truth that it says, and nothing else by surprise."""

import dataclasses
import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.clock import EventDay
from migration.errors import SourceError
from migration.panel import check_panel
from migration.sources import World, load_panel, simulate
from migration.sources.simulated import world_of

START, ZERO = dt.date(2020, 11, 1), dt.date(2021, 1, 6)


def onset(day, *, partial=None, before=0.0):
    rule = "declared"
    return EventDay(
        event="e", zone="UTC", day_zero=day, partial=partial, before=before, rule=rule
    )


def world(**changes):
    """Two markets, forty-two apps; no noise but that of counting."""
    quiet = {
        "apps": ("hit", "rival", *(f"c{n}" for n in range(40))),
        "zones": {"IN": "Asia/Kolkata", "NA": "Africa/Windhoek"},
        "start": START,
        "base": {"hit": 9.0, "rival": 9.0},
        "onsets": {"e": {"IN": onset(ZERO), "NA": onset(ZERO + dt.timedelta(days=1))}},
        "effects": {"e": {"hit": 1.0}},
        "decay": 0.9,
        "shock_sd": 0.0,
        "noise_sd": 0.0,
        "weekly_amplitude": 0.0,
        "holiday_dip": 0.0,
        "seed": 1,
    }
    return World(**quiet | changes)


def series(made, app="hit", market="IN", metric="installs"):
    panel = made.panel
    rows = (panel["app"] == app) & (panel["market"] == market)
    return panel[rows & (panel["metric"] == metric)].set_index("period")["value"]


def test_the_effect_is_there_on_its_day_and_decays():
    installs = np.log(series(simulate(world())))
    before = installs[: pd.Timestamp(ZERO) - pd.Timedelta(days=1)].mean()
    gap = installs[pd.Timestamp(ZERO) :] - before
    expected = 0.9 ** np.arange(len(gap))
    np.testing.assert_allclose(gap, expected, atol=0.05)


def test_day_zero_is_each_markets_own():
    installs = np.log(series(simulate(world()), market="NA"))
    jump = installs.diff().idxmax()
    assert jump == pd.Timestamp(ZERO) + pd.Timedelta(days=1)


def test_a_day_that_the_event_splits_has_the_share_after():
    split = onset(ZERO + dt.timedelta(days=1), partial=ZERO, before=0.75)
    made = simulate(world(onsets={"e": {"IN": split, "NA": split}}))
    gap = np.log(series(made)) - np.log(series(simulate(world(effects={}))))
    assert gap[pd.Timestamp(ZERO)] == pytest.approx(0.25, abs=0.05)


def test_the_truth_names_effect_decay_and_day():
    truth = simulate(world()).truth
    assert len(truth) == 2
    india = truth.set_index("market").loc["IN"]
    assert (india["app"], india["effect"], india["decay"]) == ("hit", 1.0, 0.9)
    assert india["day_zero"] == pd.Timestamp(ZERO)


def test_the_truth_by_day_is_what_was_put_in_and_what_would_have_been():
    split = onset(ZERO + dt.timedelta(days=1), partial=ZERO, before=0.75)
    made = simulate(world(onsets={"e": {"IN": split, "NA": onset(ZERO)}}))
    days = made.truth_by_day.set_index(["market", "period"]).sort_index()
    assert set(days["app"]) == {"hit"}
    effect = days.loc["IN", "effect"]
    assert (effect[: pd.Timestamp(ZERO - dt.timedelta(days=1))] == 0).all()
    put_in = effect[pd.Timestamp(ZERO) :].iloc[:4]
    np.testing.assert_allclose(put_in, [0.25, 1, 0.9, 0.81])
    assert days.loc["NA", "effect"][pd.Timestamp(ZERO)] == 1
    plain = simulate(world(effects={}))
    for market in ("IN", "NA"):
        without = days.loc[market, "without"]
        counted = series(plain, market=market)
        np.testing.assert_allclose(without, counted, rtol=6 / np.sqrt(without.min()))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    assert_frame_equal(simulate(world()).panel, simulate(world()).panel)
    assert not simulate(world(seed=2)).panel.equals(simulate(world()).panel)


def test_filters_change_no_number():
    whole = simulate(world()).panel
    part = simulate(world(), metrics=["rank"], apps=["rival"], markets=["NA"]).panel
    rows = whole[
        (whole["metric"] == "rank")
        & (whole["app"] == "rival")
        & (whole["market"] == "NA")
    ]
    assert_frame_equal(part, rows.reset_index(drop=True))


def test_an_effect_changes_its_own_app_and_days_only():
    with_it = simulate(world(), metrics=["installs"]).panel
    without = simulate(world(effects={}), metrics=["installs"]).panel
    hit = (with_it["app"] == "hit") & (with_it["period"] >= "2021-01-06")
    assert_frame_equal(with_it[~hit], without[~hit])
    assert (with_it.loc[hit, "value"] > without.loc[hit, "value"]).mean() > 0.5


def test_ranks_are_a_chart_cut_at_its_end():
    made = simulate(world(chart_size=10), metrics=["rank"]).panel
    assert check_panel(made) is made
    day = made[(made["period"] == "2021-01-10") & (made["market"] == "NA")]
    assert sorted(day["value"].dropna()) == list(range(1, 11))
    off = day[day["status"] == "censored"]
    assert len(off) == 32
    assert set(off["lower"]) == {11}
    assert np.isinf(off["upper"]).all()


def test_ranks_follow_installs():
    panel = simulate(world(chart_size=42)).panel
    day = panel[(panel["period"] == "2021-01-10") & (panel["market"] == "IN")]
    wide = day.pivot(index="app", columns="metric", values="value")
    by_rank = wide.sort_values("rank")["installs"]
    assert by_rank.is_monotonic_decreasing


def test_interest_is_whole_of_a_hundred_with_less_than_one_censored():
    made = simulate(world(), metrics=["interest"]).panel
    known = made[made["status"] == "observed"]["value"]
    assert known.between(1, 100).all()
    assert (known == known.round()).all()
    assert made.groupby("market")["value"].max().tolist() == [100, 100]
    below = made[made["status"] == "censored"]
    assert len(below) > 0
    assert set(below["lower"]) == {0}
    assert set(below["upper"]) == {1}


def test_the_common_shock_is_common_and_persists():
    made = simulate(world(shock_sd=0.5, shock_ar=0.8, effects={}, days=2000))
    india, namibia = (np.log(series(made, market=m)) for m in ("IN", "NA"))
    assert np.corrcoef(india, namibia)[0, 1] > 0.95
    assert np.std(india) == pytest.approx(0.5, abs=0.12)
    assert np.corrcoef(india[1:], india[:-1])[0, 1] == pytest.approx(0.8, abs=0.08)
    rival = np.log(series(made, app="rival"))
    assert abs(np.corrcoef(india, rival)[0, 1]) < 0.3


def test_the_week_and_the_holidays_are_there():
    made = simulate(world(weekly_amplitude=0.3, holiday_dip=0.5, effects={}))
    installs = np.log(series(made))
    plain = installs[:"2020-12-20"]
    by_day = plain.groupby(plain.index.day_of_week).mean()
    assert by_day.idxmax() == 6
    assert by_day[6] - by_day.mean() == pytest.approx(0.3, abs=0.02)
    week = {"2020-12-25": "2020-12-18", "2021-01-01": "2021-01-08"}
    for holiday, other in week.items():
        assert installs[holiday] - installs[other] == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({"days": 1}, "two days"),
        ({"apps": ()}, "an app"),
        ({"decay": 1.5}, "decay of 0 to 1"),
        ({"shock_ar": 1.0}, "shock_ar"),
        ({"noise_sd": -1.0}, "deviations"),
        ({"chart_size": 0}, "chart_size"),
        ({"seed": -1}, "seed"),
        ({"effects": {"e": {"nobody": 1.0}}}, "its own apps"),
        ({"onsets": {}}, "an onset"),
    ],
)
def test_a_world_that_cannot_be_is_refused(change, needed):
    with pytest.raises(SourceError, match=needed):
        simulate(world(**change))


@pytest.mark.parametrize("only", ["metrics", "apps", "markets"])
def test_what_the_world_does_not_hold_is_refused(only):
    with pytest.raises(SourceError, match="'nowhere'"):
        simulate(world(), **{only: ["nowhere"]})


def test_the_shipped_study_loads_quickly(simulated_study):
    start = time.process_time()
    panel = load_panel(simulated_study, source="simulated", metric="installs")
    assert time.process_time() - start < 4
    assert len(panel) == 102 * 60 * 120
    assert panel.attrs["simulated"] is True
    assert "SIMULATED" in panel.attrs["vintage"]["citation"]
    assert "NA" in set(panel["market"])
    assert panel["zone"].nunique() > 40


def test_the_shipped_truth_is_that_of_its_options(simulated_study):
    truth = simulate(world_of(simulated_study), metrics=["installs"]).truth
    options = simulated_study.source("simulated").options
    signal = truth[(truth["app"] == "signal") & (truth["market"] == "IN")]
    by_event = signal.set_index("event")
    assert by_event.loc["notice", "effect"] == options["notice_effect"]["signal"]
    assert by_event.loc["notice", "day_zero"] == pd.Timestamp("2021-01-06")
    assert by_event.loc["delay", "day_zero"] == pd.Timestamp("2021-01-17")
    assert by_event.loc["delay", "partial"] == pd.Timestamp("2021-01-16")


def test_an_option_that_is_none_is_refused(simulated_study):
    spec = simulated_study.source("simulated")
    wrong = dataclasses.replace(spec, options={**spec.options, "seeds": 1})
    study = dataclasses.replace(simulated_study, sources=(wrong,))
    with pytest.raises(SourceError, match="got seeds"):
        load_panel(study, source="simulated")


def test_a_panel_of_some_markets_and_apps(simulated_study):
    panel = load_panel(
        simulated_study, source="simulated", apps=["signal"], markets=["NA", "IN"]
    )
    assert set(panel["market"]) == {"NA", "IN"}
    assert len(panel) == 3 * 2 * 120
    with pytest.raises(SourceError, match="'XX'"):
        load_panel(simulated_study, source="simulated", markets=["XX"])
