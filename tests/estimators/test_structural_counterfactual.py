import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.design import design_for
from migration.errors import DesignError, PanelError
from migration.estimators.structural_counterfactual import (
    structural_counterfactual,
    window_structure,
)
from migration.inference import noise
from migration.inference.structure_checks import PRIOR, prior_shift
from migration.outcomes import to_outcome
from migration.results import COLUMNS
from migration.sources import load_panel
from migration.study import load_study

EVENT = "2021-01-06"
COVARIATES = ["mean", "none", 2]


@pytest.fixture
def few(frame, design):
    """The hit series and 24 controls: quick, and not calibrated."""
    kept = design.controls[:24]
    return frame[frame.unit.isin(["hit", *kept])], design.but(controls=kept)


def numbers(result):
    """Everything that has a number: headline, path, the model's own."""
    path = result.effects.drop(columns="period").to_numpy()
    return [result.headline.to_numpy(), path, result.summary.to_numpy()]


def same(one, other):
    for left, right in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@pytest.mark.parametrize("covariates", COVARIATES)
def test_a_shift_of_any_series_changes_nothing(few, covariates):
    frame, design = few
    shift = frame.unit.map({u: 3.0 * i for i, u in enumerate(frame.unit.unique())})
    before = structural_counterfactual(frame, design, covariates=covariates)
    moved = frame.assign(y=frame.y + shift)
    after = structural_counterfactual(moved, design, covariates=covariates)
    np.testing.assert_allclose(after.headline, before.headline, atol=1e-8)
    own = ["average", "cumulated"]
    np.testing.assert_allclose(
        after.summary.loc[own], before.summary.loc[own], atol=1e-8
    )


@pytest.mark.parametrize("covariates", COVARIATES)
def test_a_lift_of_the_treated_is_recovered(few, covariates):
    frame, design = few
    lift = 0.7 * ((frame.unit == "hit") & (frame.period >= EVENT))
    before = structural_counterfactual(frame, design, covariates=covariates)
    lifted = frame.assign(y=frame.y + lift)
    after = structural_counterfactual(lifted, design, covariates=covariates)
    change = (after.headline - before.headline)[list(COLUMNS[:4])]
    np.testing.assert_allclose(change, [0.7, 0, 0.7, 0.7], atol=1e-9)
    moved = after.summary - before.summary
    assert moved.loc["cumulated", "estimate"] == pytest.approx(9 * 0.7)
    days = (after.effects.estimate - before.effects.estimate).loc[0:8]
    np.testing.assert_allclose(days, 0.7, atol=1e-9)


@pytest.mark.parametrize("engine", ["uc", "arima"])
def test_units_of_the_outcome_scale_everything(few, engine):
    frame, design = few
    before = structural_counterfactual(frame, design, engine=engine)
    tenfold = structural_counterfactual(
        frame.assign(y=10 * frame.y), design, engine=engine
    )
    wanted = before.headline * [10, 10, 10, 10, 1]
    np.testing.assert_allclose(tenfold.headline, wanted, rtol=1e-7)
    wanted = before.summary.loc["average"] * [10, 10, 10, 10, 1, 1]
    np.testing.assert_allclose(tenfold.summary.loc["average"], wanted, rtol=1e-6)


def test_the_order_of_rows_and_controls_changes_nothing(few):
    frame, design = few
    mixed = frame.sample(frac=1, random_state=1)
    turned = design.but(controls=design.controls[::-1])
    same(
        structural_counterfactual(frame, design),
        structural_counterfactual(mixed, turned),
    )


def test_a_weekly_pattern_of_one_series_changes_nothing(few):
    frame, design = few
    pattern = np.array([0, 3, 1, -2, 4, 0, 1.0])[frame.period.dt.day_of_week]
    moved = frame.assign(y=frame.y + pattern * (frame.unit == "hit"))
    before = structural_counterfactual(frame, design)
    after = structural_counterfactual(moved, design)
    np.testing.assert_allclose(after.headline, before.headline, atol=1e-8)


def test_the_frame_of_the_caller_stays(few):
    frame, design = few
    copy = frame.copy(deep=True)
    structural_counterfactual(frame, design)
    assert_frame_equal(frame, copy)


def test_the_known_effect_is_found(frame, design):
    """SIMULATED truth 0.8; nothing smaller than the rank's floor is printed."""
    found = structural_counterfactual(frame, design)
    assert found.headline.conf_low < 0.8 < found.headline.conf_high
    assert found.headline.p_value == pytest.approx(1 / 46)
    own = found.summary.loc["average"]
    assert own.conf_low < 0.8 < own.conf_high
    assert 0 <= own.size_here <= 0.25


def test_average_cumulated_and_pointwise_agree(few):
    found = structural_counterfactual(*few)
    days = found.effects.loc[0:8]
    assert days.estimate.mean() == pytest.approx(found.headline.estimate)
    np.testing.assert_allclose(days.cumulated, days.estimate.cumsum())
    cumulated, average = found.summary.loc["cumulated"], found.summary.loc["average"]
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert cumulated[name] == pytest.approx(9 * average[name], rel=1e-6)
    last = days.iloc[-1]
    assert last.cumulated_low == pytest.approx(cumulated.conf_low)
    assert (days.model_low < days.estimate).all()
    assert (days.estimate < days.model_high).all()


def test_relative_effect_of_logs_and_of_levels(few):
    frame, design = few
    logs = frame.copy()
    logs.attrs["outcome"] = "log_count"
    result = structural_counterfactual(logs, design)
    assert not any("takes it for a level" in said for said in result.warnings)
    found = result.summary
    average = found.loc["average"]
    assert found.loc["relative", "estimate"] == pytest.approx(
        np.exp(average.estimate) - 1
    )
    assert "outcome" not in frame.attrs
    result = structural_counterfactual(frame, design)
    assert any("takes it for a level" in said for said in result.warnings)
    found = result.summary
    hit = (frame.unit == "hit") & frame.period.between(EVENT, "2021-01-14")
    seen, effect = frame.y[hit].mean(), found.loc["average", "estimate"]
    assert found.loc["relative", "estimate"] == pytest.approx(effect / (seen - effect))


def test_no_relative_effect_where_the_counterfactual_may_be_zero(few):
    frame, design = few
    low = frame.assign(y=frame.y - 5.7 * (frame.unit == "hit"))
    found = structural_counterfactual(low, design)
    assert found.summary.loc["relative"].iloc[:4].isna().all()
    assert any("no relative effect" in warning for warning in found.warnings)


def test_baseline_days_are_forecast_without_themselves(few):
    """A spike within a block moves its own pseudo-forecast by itself, or nearly."""
    frame, design = few
    day = pd.Timestamp("2020-12-31")
    spike = 5.0 * ((frame.unit == "hit") & (frame.period == day))
    before = structural_counterfactual(frame, design).effects.set_index("period")
    after = structural_counterfactual(frame.assign(y=frame.y + spike), design)
    moved = after.effects.set_index("period").estimate - before.estimate
    assert moved[day] == pytest.approx(5, abs=0.3)


def test_everything_travels_as_plain_values(few):
    found = structural_counterfactual(*few)
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert {"summary", "placebos", "diagnostics"} <= json.loads(text).keys()
    assert list(found.secondary.test)[:2] == ["block-t alone", "rank alone"]
    assert (found.placebos.conf_low < found.placebos.conf_high).all()
    assert (found.placebos.last_day < pd.Timestamp(EVENT)).all()
    assert "not calibrated" in " ".join(found.warnings)


def without(frame, unit, day):
    return (frame.unit == unit) & (frame.period == day)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("unit", ["hit", "c03"])
@pytest.mark.parametrize("day", ["2020-12-01", "2021-01-08"])
def test_what_is_no_number_is_refused(few, value, unit, day):
    frame, design = few
    bad = frame.assign(y=frame.y.mask(without(frame, unit, day), value))
    with pytest.raises(PanelError, match=rf"{unit}|infinite"):
        structural_counterfactual(bad, design)


def test_a_gap_is_refused(few):
    frame, design = few
    with pytest.raises(PanelError, match="hit"):
        structural_counterfactual(frame[~without(frame, "hit", "2020-12-01")], design)


@pytest.mark.parametrize("unit", ["hit", "c03"])
def test_a_constant_series_is_refused_by_name(few, unit):
    frame, design = few
    still = frame.assign(y=frame.y.mask(frame.unit == unit, 5.0))
    with pytest.raises(DesignError, match=unit):
        structural_counterfactual(still, design, covariates="none")


def test_controls_whose_mean_stands_still_are_refused(few):
    """Three controls of one sum: no covariate for the treated."""
    frame, design = few
    one, two = (frame[frame.unit == name] for name in ("c00", "c01"))
    rest = frame[frame.unit.isin(["hit", "c00", "c01"])]
    sums = one.y.to_numpy() + two.y.to_numpy()
    level = pd.concat([rest, one.assign(unit="c02", y=20 - sums)])
    with pytest.raises(DesignError, match=r"constant.*covariates='none'"):
        structural_counterfactual(level, design.but(controls=("c00", "c01", "c02")))


def test_a_short_baseline_is_refused(few):
    frame, design = few
    short = design.but(baseline=("2020-12-10", "2021-01-03"))
    with pytest.raises(DesignError, match=r"baseline"):
        structural_counterfactual(frame, short)


def test_an_event_outside_is_refused(few):
    frame, design = few
    late = design.but(event="2021-03-06", other_events={})
    with pytest.raises((DesignError, PanelError), match=r"2021-03"):
        structural_counterfactual(frame, late)


@pytest.mark.parametrize(
    ("controls", "covariates", "least"), [(0, "mean", 2), (1, "mean", 2), (3, 2, 4)]
)
def test_too_few_controls_are_refused_with_advice(few, controls, covariates, least):
    frame, design = few
    alone = design.but(controls=design.controls[:controls])
    with pytest.raises(DesignError, match=rf"at least {least}.*covariates='none'"):
        structural_counterfactual(frame, alone, covariates=covariates)


def test_one_series_alone_has_a_p_of_one(few):
    """Without unrelated series the rule can reject nothing, and says so."""
    frame, design = few
    found = structural_counterfactual(
        frame[frame.unit == "hit"], design.but(controls=()), covariates="none"
    )
    assert found.headline.p_value == 1
    assert np.isinf(found.headline.conf_high)
    assert any("not calibrated: 0" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "bsts"}, "no Bayesian engine"),
        ({"covariates": "median"}, "'mean', 'none'"),
        ({"covariates": 0}, "1 or more"),
        ({"covariates": True}, "1 or more"),
        ({"covariates": 1.5}, "1 or more"),
    ],
)
def test_an_option_that_there_is_not_is_refused(few, options, said):
    with pytest.raises(DesignError, match=said):
        structural_counterfactual(*few, **options)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"estimand": "log ratio of means"}, "ratios of means"),
        ({"identification": "decay"}, "decay"),
    ],
)
def test_what_it_does_not_compute_is_refused(few, field, said):
    frame, design = few
    with pytest.raises(DesignError, match=said):
        structural_counterfactual(frame, replace(design, **field))


def test_the_grid_of_variance_ratios_is_fine_enough_for_observed_series(monkeypatch):
    """Signal after the notice: twice as many points, and the other prior is told."""
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    frame = to_outcome(panel, "log_count")
    design = design_for(study, frame, app="signal", event="notice")
    design = design.but(controls=design.controls[:30])

    def found():
        _, structure = window_structure(frame, design, engine="uc", covariates="mean")
        mixture = structure.in_window.first()
        ends = [mixture.quantile(level)[0, -1] for level in (0.025, 0.975)]
        return np.array(ends), structure

    before, structure = found()
    assert 0.02 < prior_shift(structure) < 0.25
    gains = np.linspace(0, 0.95, 2 * len(noise.GAINS))
    monkeypatch.setattr(noise, "LEVEL_GRID", gains**2 / (1 - gains))
    after, _ = found()
    assert np.abs(after - before).max() < 0.05 * np.ptp(before) / 2


def test_how_much_rests_on_the_prior_is_told(few):
    frame, design = few
    row = structural_counterfactual(frame, design).diagnostics.loc[PRIOR]
    assert 0 <= row["value"] < 1
    assert row["limit"] == 0.25
    arima = structural_counterfactual(frame, design, engine="arima").diagnostics
    assert PRIOR not in arima.index
