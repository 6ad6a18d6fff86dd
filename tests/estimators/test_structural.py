"""Structural counterfactuals: what they find, hold, refuse, and share."""

import json

import numpy as np
import pandas as pd
import pytest

from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.structural_jointly import structural_jointly

APPS = ("hit", "c00", "c01")


@pytest.fixture(scope="module")
def result(request):
    frame = request.getfixturevalue("frame")
    return structural_counterfactual(frame, make_design())


def make_design(**changes):
    from migration.design import Design

    fields = {
        "outcome": "y",
        "treated": "hit",
        "event": "2021-01-06",
        "window": (0, 8),
        "baseline": ("2020-11-01", "2021-01-03"),
        "controls": [f"c{i:02d}" for i in range(2, 45)],
        "other_events": {"delay": ("2021-01-15", "2021-01-16")},
        "event_name": "notice",
    }
    return Design(**fields | changes)


def test_the_effect_is_found_by_the_rule_and_by_the_model(result):
    """SIMULATED: the hit series gains 0.8."""
    assert result.headline.conf_low < 0.8 < result.headline.conf_high
    assert result.headline.p_value < 0.05
    own = result.summary.loc["average"]
    assert own.conf_low < 0.8 < own.conf_high
    assert own.estimate == pytest.approx(result.headline.estimate, abs=1e-9)
    cumulated = result.summary.loc["cumulated"]
    assert cumulated.estimate == pytest.approx(9 * own.estimate)
    assert cumulated.std_error == pytest.approx(9 * own.std_error)


def test_the_window_s_mean_is_that_of_its_days(result):
    window = result.effects.loc[0:8]
    assert window.estimate.mean() == pytest.approx(result.headline.estimate)
    assert window.cumulated.iloc[-1] == pytest.approx(window.estimate.sum())
    assert (window.model_low < window.estimate).all()
    assert (window.estimate < window.model_high).all()
    assert result.effects.loc[:-1].model_low.isna().all()


def test_it_agrees_with_the_plain_contrast_where_nothing_drifts(result, frame):
    plain = abnormal_interest(frame, make_design())
    assert result.headline.estimate == pytest.approx(plain.headline.estimate, abs=0.05)


@pytest.mark.parametrize("engine", ["uc", "arima"])
@pytest.mark.parametrize("covariates", ["none", "mean", 2])
def test_shift_and_scale_of_the_outcome(frame, engine, covariates):
    settings = {"engine": engine, "covariates": covariates}
    one = structural_counterfactual(frame, make_design(), **settings)
    moved = frame.assign(y=3 * frame.y - 11)
    other = structural_counterfactual(moved, make_design(), **settings)
    for name in ("estimate", "conf_low", "conf_high"):
        assert other.headline[name] == pytest.approx(3 * one.headline[name], rel=1e-6)
    assert other.headline.p_value == one.headline.p_value


def test_the_order_of_rows_and_controls_changes_nothing(frame, result):
    mixed = frame.sample(frac=1, random_state=7)
    design = make_design(controls=[f"c{i:02d}" for i in range(44, 1, -1)])
    again = structural_counterfactual(mixed, design)
    np.testing.assert_allclose(again.headline, result.headline, rtol=1e-9)


def test_the_frame_is_left_as_it_is_and_the_result_is_plain_values(frame, result):
    before = frame.copy()
    structural_counterfactual(frame, make_design())
    pd.testing.assert_frame_equal(frame, before)
    told = json.loads(json.dumps(result.to_dict()))
    assert {row["effect"] for row in told["summary"]} == {
        "average",
        "cumulated",
        "relative",
    }
    assert told["diagnostics"]


def test_a_log_s_relative_effect_is_a_percentage(frame):
    logs = frame.copy()
    logs.attrs["outcome"] = "log_count"
    summary = structural_counterfactual(logs, make_design()).summary
    average, relative = summary.loc["average"], summary.loc["relative"]
    assert relative.estimate == pytest.approx(np.expm1(average.estimate))
    assert relative.conf_low == pytest.approx(np.expm1(average.conf_low))


def test_a_count_s_relative_effect_is_over_the_counterfactual(frame):
    summary = structural_counterfactual(frame, make_design()).summary
    seen = frame[
        (frame.unit == "hit") & frame.period.between("2021-01-06", "2021-01-14")
    ].y.mean()
    effect = summary.estimate["average"]
    assert summary.estimate["relative"] == pytest.approx(effect / (seen - effect))


def test_no_relative_effect_of_what_may_be_zero(frame):
    low = structural_counterfactual(frame.assign(y=frame.y - 7), make_design())
    assert np.isnan(low.summary.estimate["relative"])
    assert any("no relative effect" in w for w in low.warnings)


def test_every_own_test_carries_its_size(result):
    rows = result.secondary.set_index("test")
    assert 0 <= rows.size_here["local level, average effect"] <= 0.25
    assert rows.assumes["local level, average effect"].startswith("a drifting level")


BAD = [
    ({}, {"engine": "bsts"}, "engine is 'bsts'"),
    ({}, {"covariates": "all"}, "covariates is 'all'"),
    ({}, {"covariates": 0}, "covariates is 0"),
    ({}, {"covariates": True}, "covariates is True"),
    ({"controls": ()}, {}, "needs at least 2 controls"),
    ({"controls": ["c02", "c03"]}, {"covariates": 3}, "needs at least 5 controls"),
    ({"estimand": "log ratio of means"}, {}, "use abnormal_interest"),
    ({"identification": "decay"}, {}, "cannot tell two events apart"),
    ({"baseline": ("2020-11-25", "2021-01-03")}, {}, "on one side"),
]


@pytest.mark.parametrize(("changes", "settings", "told"), BAD)
def test_what_it_cannot_mean_is_refused(frame, changes, settings, told):
    with pytest.raises(DesignError, match=told):
        structural_counterfactual(frame, make_design(**changes), **settings)


def test_a_still_covariate_is_refused_by_name(frame):
    level = frame.y.where(frame.unit == "hit", 4.0)
    with pytest.raises(DesignError, match=r"constant|no finite"):
        structural_counterfactual(frame.assign(y=level), make_design())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gaps_and_infinities_are_refused(frame, value):
    hurt = (frame.unit == "hit") & (frame.period == "2021-01-08")
    with pytest.raises(PanelError):
        structural_counterfactual(
            frame.assign(y=frame.y.mask(hurt, value)), make_design()
        )


def jointly(frame, **settings):
    designs = {app: make_design(treated=app) for app in APPS}
    return structural_jointly(frame, designs, **settings)


def test_joint_effects_are_those_of_the_single_models(frame, result):
    found = jointly(frame)
    own = result.summary.loc["average"]
    for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value"):
        assert found.effects.loc["hit", name] == pytest.approx(own[name])
    np.testing.assert_allclose(
        np.diag(found.covariance), found.effects.std_error**2, rtol=1e-12
    )


def test_a_difference_turned_round_changes_its_sign(frame):
    table = jointly(frame).contrasts.loc["difference"]
    one, other = table.loc[("hit", "c00")], table.loc[("c00", "hit")]
    assert one.estimate == -other.estimate
    assert one.std_error == pytest.approx(other.std_error)
    assert one.conf_low == pytest.approx(-other.conf_high)
    assert one.conf_low < 0.8 < one.conf_high


def test_a_ratio_over_what_may_be_zero_has_no_bound(frame):
    ratios = jointly(frame).contrasts.loc["ratio"]
    over_nothing = ratios.loc[("hit", "c00")]
    assert np.isneginf(over_nothing.conf_low)
    assert np.isposinf(over_nothing.conf_high)
    told = ratios.loc[("c00", "hit")]
    assert told.conf_low < 0 < told.conf_high


def test_a_shock_that_two_series_share_narrows_their_difference(frame):
    """Whatever both have in common is no error of the difference between them."""
    rng = np.random.default_rng(9)
    days = pd.Series(0.3 * rng.normal(size=frame.period.nunique()))
    shared = dict(zip(sorted(frame.period.unique()), days, strict=True))
    both = frame.unit.isin(["hit", "c00"])
    moved = frame.assign(y=frame.y + both * frame.period.map(shared))
    found = jointly(moved, covariates="none")
    correlation = found.covariance.loc["hit", "c00"] / np.sqrt(
        found.covariance.loc["hit", "hit"] * found.covariance.loc["c00", "c00"]
    )
    assert correlation > 0.6
    row = found.contrasts.loc[("difference", "hit", "c00")]
    alone = np.hypot(*found.effects.std_error[["hit", "c00"]])
    assert row.std_error < 0.7 * alone
    assert (row.conf_high - row.conf_low) < 4 * row.std_error * 1.2


def test_joint_results_are_plain_values_and_the_same_each_time(frame):
    one, other = jointly(frame), jointly(frame)
    pd.testing.assert_frame_equal(one.contrasts, other.contrasts)
    assert json.loads(json.dumps(one.to_dict()))["effects"][0]["app"] == "hit"
    assert "jointly: hit" in repr(one)
    assert set(one.to_frame().contrast) == {"difference", "ratio"}


def test_what_is_not_joint_is_refused(frame):
    one = make_design()
    with pytest.raises(DesignError, match="two or more designs"):
        structural_jointly(frame, [one])
    with pytest.raises(DesignError, match="differ in 'window'"):
        structural_jointly(frame, [one, make_design(treated="c00", window=(0, 4))])
    with pytest.raises(DesignError, match="treated in two designs"):
        structural_jointly(frame, {"a": one, "b": one})
