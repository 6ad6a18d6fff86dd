"""What was left of an effect: by hand, invariances, coverage, refusals."""

import json

import numpy as np
import pandas as pd
import pytest
import study_file

from migration.design import Design
from migration.errors import DesignError, StudyError
from migration.estimators.interrupted_series.decay import half_life
from migration.estimators.lasted import persistence_for
from migration.estimators.path_options import PathOptions
from migration.estimators.persistence import persistence
from migration.inference.arrays import weekday_dummies
from migration.inference.fieller import fieller_set
from migration.inference.path import contrast_weights
from migration.study import load_study

QUICK = PathOptions(noise="ar1")
OUTAGE = ("2021-01-15", "2021-01-17")


@pytest.fixture(scope="module")
def small(request):
    """SIMULATED: the shared frame with 20 of its unrelated series."""
    frame = request.getfixturevalue("frame")
    return frame[(frame.unit == "hit") | (frame.unit < "c20")]


@pytest.fixture(scope="module")
def plan(small):
    return Design(
        outcome="y",
        treated="hit",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[u for u in small.unit.unique() if u != "hit"],
        other_events={"delay": ("2021-01-15", "2021-01-16")},
        event_name="notice",
    )


@pytest.fixture(scope="module")
def found(small, plan):
    return persistence(small, plan, without=[OUTAGE], options=QUICK)


def by_hand(small, first, last):
    """Mean of some days, net of the others and of the baseline's days of the week."""
    wide = small.pivot(index="period", columns="unit", values="y")
    net = wide["hit"] - wide.drop(columns="hit").mean(axis=1)
    base = net[:"2021-01-03"]
    usual = base.groupby(base.index.day_of_week).mean()
    return (net - usual.reindex(net.index.day_of_week).to_numpy())[first:last].mean()


def test_weeks_over_the_window_worked_by_hand(small, found):
    """0.8 until 15 January, 1.3 from the 16th, and noise of 0.1 a day."""
    whole = found.ratios[found.ratios.days == "all days"].set_index("horizon")
    early = by_hand(small, "2021-01-06", "2021-01-14")
    late = [
        by_hand(small, "2021-01-15", "2021-01-21"),
        by_hand(small, "2021-01-22", "2021-01-28"),
    ]
    assert whole.index.tolist() == [9, 16]
    np.testing.assert_allclose(whole.early, early)
    np.testing.assert_allclose(whole.late, late)
    np.testing.assert_allclose(whole.estimate, np.array(late) / early)
    assert (whole.low < whole.estimate).all()
    assert (whole.estimate < whole.high).all()
    assert whole.low[16] < 1.3 / 0.8 < whole.high[16]
    assert set(whole.identification) == {"combined path"}
    assert whole.first_day[16] == pd.Timestamp("2021-01-22")


def test_days_of_an_outage_are_left_out_beside_the_whole_week(found):
    rows = found.ratios[found.ratios.horizon == 9]
    assert rows.days.tolist() == ["all days", "without 2021-01-15 to 2021-01-17"]
    assert rows.late.iloc[1] == pytest.approx(1.3, abs=0.1)
    assert (found.ratios.horizon == 16).sum() == 1  # holds no day of it


def test_the_caller_s_frame_stays_as_it_was(small, plan):
    before = small.copy()
    one = persistence(small, plan, horizons=[16], options=QUICK)
    again = persistence(small, plan, horizons=[16], options=QUICK)
    pd.testing.assert_frame_equal(small, before)
    assert repr(one) == repr(again)


def test_a_path_that_does_not_fall_has_no_half_life(found):
    assert found.decay.quantity.tolist() == ["refused", "refused"]
    assert found.decay.why.str.contains(
        "does not show a decay|does not lie below"
    ).all()
    assert "no half-life, because a decay is refused" in found.answer
    assert "on 2021-01-15 to 2021-01-21 and" in found.answer
    assert json.loads(json.dumps(found.to_dict()))["decay"][0]["estimate"] is None


def test_a_shock_common_to_all_changes_nothing(small, plan, found):
    rng = np.random.default_rng(5)
    days = sorted(small.period.unique())
    shock = small.period.map(dict(zip(days, rng.normal(size=len(days)), strict=True)))
    other = persistence(
        small.assign(y=3 * (small.y + shock)), plan, without=[OUTAGE], options=QUICK
    )
    for name in ("estimate", "low", "high"):
        np.testing.assert_allclose(other.ratios[name], found.ratios[name], rtol=1e-4)


def test_an_effect_of_nothing_has_a_ratio_without_bounds(small, plan):
    first = plan.controls[0]
    none = small.assign(y=small.y.where(small.unit != "hit", np.nan))
    none = none.assign(
        y=none.y.fillna(small[small.unit == first].set_index("period").y.mean())
    )
    rng = np.random.default_rng(3)
    none["y"] += 0.1 * rng.normal(size=len(none))
    found = persistence(none, plan, horizons=[16], options=QUICK)
    assert found.ratios.kind.iloc[0] != "interval"
    assert "there is nothing whose decay could be seen" in found.decay.why.iloc[0]


def test_the_sets_cover_the_ratio_that_was_put_in():
    """An effect of 0.3 of which half is left, in white noise; Student's t."""
    weekday, base = np.arange(80) % 7, np.arange(80) < 60
    weeks = np.zeros((2, 80))
    weeks[0, 70:77], weeks[1, 60:67] = 1 / 7, 1 / 7
    weights = contrast_weights(weeks, weekday, base)
    dummies = weekday_dummies(weekday[base])
    y = 0.2 * np.random.default_rng(20210106).normal(size=(1500, 80))
    y[:, 60:67] += 0.3
    y[:, 67:] += 0.15
    left = y[:, :60] @ (np.eye(60) - dummies @ np.linalg.pinv(dummies))
    variance = (left**2).sum(axis=1) / 53
    held = [
        0.5 in fieller_set(weights @ row, v * weights @ weights.T, 2.00575)
        for row, v in zip(y, variance, strict=True)
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_a_decay_that_is_seen_has_a_half_life_and_a_long_run_gain(small, plan):
    """1.5 on 10 December, of which 0.8 a day is left: 3.1 days, and 7.5 in all."""
    since = (small.period - pd.Timestamp("2020-12-10")).dt.days.clip(lower=-1)
    pulse = np.where(since >= 0, 1.5 * 0.8 ** since.clip(lower=0), 0.0)
    late = (small.unit == "hit") & (small.period >= "2021-01-06")
    flat = small.y - 0.8 * late - 0.5 * (late & (small.period >= "2021-01-16"))
    fallen = small.assign(y=flat + pulse * (small.unit == "hit"))
    early = plan.but(
        event="2020-12-10", baseline=("2020-11-01", "2020-12-08"), other_events={}
    )
    found = persistence(fallen, early, horizons=[14], options=QUICK)
    rows = found.decay[found.decay["shape"] == "pulse"].set_index("quantity")
    assert rows.estimate["decay a day"] == pytest.approx(0.8, abs=0.03)
    assert rows.estimate["half-life, days"] == pytest.approx(3.1, abs=0.5)
    assert rows.estimate["long-run gain, w / (1 - d)"] == pytest.approx(7.5, abs=1)
    assert "; half-life 2.9 days (" in found.answer
    assert found.ratios.identification.tolist() == ["window"]


def test_half_lives_worked_by_hand():
    """Air miles: d of .8139 with an error of .0978, and of .813997."""
    np.testing.assert_allclose(half_life(0.8139, 0.0978), [3.366, 1.964], atol=5e-4)
    assert half_life(0.813997, 0.0)[0] == pytest.approx(3.368, abs=5e-4)


def test_a_ratio_of_means_takes_the_pseudo_likelihood(small, plan):
    counts = plan.but(outcome="n", estimand="log ratio of means")
    rows = persistence(
        small,
        counts,
        horizons=[16],
        options=PathOptions(estimator="poisson", noise="ar1"),
    ).ratios
    assert rows.low.iloc[0] < 1.3 / 0.8 < rows.high.iloc[0]
    assert rows.late.iloc[0] == pytest.approx(1.3, abs=0.1)


def test_a_week_without_numbers_says_so(small, plan):
    short = small[(small.unit != "hit") | (small.period < "2021-01-20")]
    rows = persistence(short, plan, options=QUICK).ratios
    assert rows.why.tolist() == [
        "no number on 2 of its days",
        "no number on 7 of its days",
    ]
    assert rows.estimate.isna().all()
    one = persistence(
        short, plan, horizons=[9], without=[("2021-01-15", "2021-01-21")], options=QUICK
    )
    assert one.ratios.why.iloc[1] == "no day is left"
    assert one.answer.startswith("nothing can be said of later weeks: no number")


@pytest.mark.slow
def test_a_study_names_apps_and_outages(tmp_path, small, plan):
    study = load_study(study_file.write(tmp_path, plan.controls))
    named = small.copy()
    named.attrs = {"source": "flathub"}
    found = persistence_for(
        study, named, apps=["hit"], event="notice", outages=["outage"]
    )
    assert list(found) == ["Hit"]
    assert "without 2021-01-15 to 2021-01-17" in set(found["Hit"].ratios.days)
    assert found.refused.empty
    lost = (named.unit == "hit") & (named.period == "2021-01-08")
    gap = named.assign(y=named.y.where(~lost))
    gap.attrs = named.attrs
    which = {"apps": ["hit"], "event": "notice"}
    none = persistence_for(study, gap, outages=["outage", None], **which)
    assert not none
    assert "2021-01-08" in none.refused.reason[0]
    with pytest.raises(StudyError, match="no event 'strike'"):
        persistence_for(study, gap, outages=["outage", "strike"], **which)


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ({"horizons": [3]}, "9 to 19, got"),
        ({"horizons": [20]}, "9 to 19, got"),
        ({"horizons": []}, "9 to 19, got"),
        ({"without": [("2021-01-17", "2021-01-15")]}, "before it starts"),
        ({"options": PathOptions(estimator="poisson")}, "estimator='ols'"),
    ],
)
def test_what_cannot_be_meant_is_refused(small, plan, told, needed):
    with pytest.raises(DesignError, match=needed):
        persistence(small, plan, **told)


def test_one_unrelated_series_is_refused(small, plan):
    with pytest.raises(DesignError, match="two unrelated units"):
        persistence(small, plan.but(controls=["c01"]))


def test_a_share_of_an_effect_on_logs_says_so(small, plan):
    """Half of log 4 is log 2: 100% and not half of 300%."""
    logs = small.copy()
    logs.attrs = {"outcome": "log_count"}
    one, other = (
        persistence(frame, plan, horizons=[16], options=QUICK)
        for frame in (logs, small)
    )
    assert one.of_logs
    assert one.answer.startswith("in log points, ")
    assert one.to_dict()["outcome"] == "log_count"
    assert not other.of_logs
    assert "log points" not in other.answer
