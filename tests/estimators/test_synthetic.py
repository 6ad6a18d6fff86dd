"""Synthetic control, synthetic DiD and spillovers on frames: SIMULATED series."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.design import Design, design_for
from migration.errors import DesignError, PanelError
from migration.estimators.spillover_control import spillover_control
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

METHODS = [
    pytest.param(synthetic_control, {}, id="control"),
    pytest.param(synthetic_control, {"intercept": True}, id="with-intercept"),
    pytest.param(synthetic_did, {}, id="did"),
]
TESTS = {
    "block-t alone",
    "rank alone",
    "placebo rank, post/pre RMSPE",
    "placebo rank, |window mean| / pre sd",
    "conformal, moving block, weights refitted",
    "cross-fitted t, 3 folds",
}


def shifted(frame, unit, by, *, after="2021-01-06"):
    hit = (frame.unit == unit) & (frame.period >= after)
    return frame.assign(y=frame.y + by * hit)


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_the_effect_put_in_is_found_and_everything_is_said(
    frame, design, method, options
):
    kept = frame.copy()
    result = method(frame, design, **options)
    assert_frame_equal(frame, kept)
    assert result.headline.estimate == pytest.approx(0.8, abs=0.1)
    assert result.headline.conf_low < 0.8 < result.headline.conf_high
    assert result.headline.p_value == pytest.approx(1 / 46)
    assert set(result.secondary.test) >= TESTS
    sized = result.secondary.set_index("test").size_here.drop("rank alone")
    assert sized.between(0, 0.35).all()
    assert result.weights.weight.sum() == pytest.approx(1)
    assert set(result.weights.index) == set(design.controls)
    assert result.weights.weight.is_monotonic_decreasing
    assert 0 < result.pre_rmspe < 0.3
    assert repr(result).startswith("<synthetic")
    assert json.loads(json.dumps(result.to_dict()))["pre_rmspe"] == result.pre_rmspe


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_the_daily_path_shows_the_effect_day_by_day(frame, design, method, options):
    path = method(frame, design, **options).effects
    inside = path.loc[0:8]
    assert list(path.columns[:6]) == [
        "period",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "p_value",
    ]
    np.testing.assert_allclose(inside.estimate, 0.8, atol=0.35)
    assert path.loc[-30:-5].estimate.abs().mean() < 0.15
    assert path.loc[8, "cumulated"] == pytest.approx(inside.estimate.sum())


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_a_larger_effect_moves_the_estimate_by_as_much(frame, design, method, options):
    before = method(frame, design, **options).headline.estimate
    after = method(shifted(frame, "hit", 3.0), design, **options).headline.estimate
    assert after - before == pytest.approx(3, abs=1e-9)


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_a_shock_to_all_units_in_the_window_changes_nothing(
    frame, design, method, options
):
    shocked = frame.assign(y=frame.y + 4 * (frame.period >= "2021-01-06"))
    np.testing.assert_allclose(
        method(shocked, design, **options).headline,
        method(frame, design, **options).headline,
        atol=1e-6,
    )


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_the_order_of_rows_and_donors_does_not_matter(frame, design, method, options):
    mixed = frame.sample(frac=1, random_state=3)
    turned = design.but(controls=design.controls[::-1])
    one = method(frame, design, **options)
    other = method(mixed, turned, **options)
    np.testing.assert_allclose(other.headline, one.headline, atol=1e-5)
    np.testing.assert_allclose(
        other.weights.weight[one.weights.index], one.weights.weight, atol=1e-4
    )


def test_days_have_weights_in_synthetic_did_alone(frame, design):
    days = synthetic_did(frame, design).time_weights
    assert days.weight.sum() == pytest.approx(1)
    assert (days.index.min(), days.index.max()) == design.baseline
    assert not len(synthetic_control(frame, design).time_weights)


def test_the_other_members_of_the_family_stand_beside_synthetic_did(frame, design):
    rows = synthetic_did(frame, design).secondary.set_index("test")
    uniform = rows.loc["difference in differences, uniform weights"]
    days = frame.period.between("2021-01-06", "2021-01-14")
    past = frame.period.between(*design.baseline)
    gap = frame[frame.unit == "hit"].set_index("period").y
    gap = gap - frame[frame.unit != "hit"].groupby("period").y.mean()
    by_hand = gap[frame.period[days].unique()].mean()
    by_hand -= gap[frame.period[past].unique()].mean()
    assert uniform.estimate == pytest.approx(by_hand, abs=0.02)  # its week left in
    twin = synthetic_control(frame, design, intercept=True).headline
    same = rows.loc["synthetic control with intercept"]
    np.testing.assert_allclose(same[list(twin.index)].astype(float), twin)


def test_the_search_of_synthdid_may_be_asked_for(frame, design):
    few = design.but(controls=design.controls[:5])
    exact, early = (synthetic_did(frame, few, solver=s) for s in ("exact", "synthdid"))
    assert early.headline.estimate == pytest.approx(exact.headline.estimate, abs=0.02)
    with pytest.raises(DesignError, match=r"solver is 'fast'; use one of"):
        synthetic_did(frame, design, solver="fast")


def test_the_screen_takes_weight_from_a_donor_that_moved_and_names_it(frame, design):
    spilt = shifted(frame, "c07", -2.0)
    plain, screened = (synthetic_did(spilt, design, screen=s) for s in (False, True))
    assert plain.weights.weight["c07"] > 0
    assert screened.weights.weight["c07"] == 0
    said = [w for w in screened.warnings if w.startswith("spillover screen")]
    assert len(said) == 1
    assert "c07" in said[0]
    truth = synthetic_did(frame, design).headline.estimate
    assert abs(screened.headline.estimate - truth) < abs(
        plain.headline.estimate - truth
    )
    # It stays a placebo, so the smallest p is the same.
    assert "among 45 unrelated series" in screened.inference


@pytest.mark.parametrize("inference", ["jackknife", "bootstrap", "normal"])
@pytest.mark.parametrize(
    "method", [synthetic_control, synthetic_did, spillover_control]
)
def test_inference_without_meaning_for_one_treated_series_is_refused(
    frame, design, method, inference
):
    reason = "use 'rule'" if inference == "normal" else "one treated series"
    with pytest.raises(DesignError, match=reason):
        method(frame, design, inference=inference)


def test_a_series_outside_the_donors_range_is_refused_without_an_intercept(
    frame, design
):
    high = frame.assign(y=frame.y + 3 * (frame.unit == "hit"))
    with pytest.raises(DesignError, match=r"RMSPE of 2\.97.*use intercept=True"):
        synthetic_control(high, design)
    found = synthetic_control(high, design, intercept=True).headline.estimate
    assert found == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("method", [synthetic_control, synthetic_did])
def test_what_cannot_be_answered_is_refused(frame, design, method):
    with pytest.raises(DesignError, match=r"needs 2 donors, better 19, got 1"):
        method(frame, design.but(controls=["c00"]))
    with pytest.raises(DesignError, match=r"got 0"):
        method(frame, design.but(controls=()))
    with pytest.raises(DesignError, match="abnormal_interest"):
        method(frame, design.but(outcome="n", estimand="log ratio of means"))
    with pytest.raises(DesignError, match="cannot tell two events apart"):
        method(frame, design.but(identification="bounds"))
    gap = (frame.unit == "c03") & (frame.period == "2020-12-01")
    with pytest.raises(PanelError, match=r"lacks 1 values.*control c03 on 2020-12-01"):
        method(frame[~gap], design)
    with pytest.raises(DesignError, match=r"constant over the whole baseline"):
        method(frame.assign(y=1.0), design)
    still = frame.assign(y=frame.y.where(frame.unit != "c03", 5.0))
    with pytest.raises(DesignError, match=r"constant.*c03"):
        method(still, design)


def test_donors_without_any_noise_have_no_error_and_are_refused(frame, design):
    """Two donors a level apart follow each other exactly."""
    twins = frame[frame.unit.isin(["hit", "c00", "c01"])].copy()
    twin = twins[twins.unit == "c00"].set_index("period").y
    is_twin = twins.unit == "c01"
    twins.loc[is_twin, "y"] = twins.period[is_twin].map(twin) + 1.0
    with pytest.raises(DesignError, match=r"2 of 3 series move as 1.*c00, c01"):
        synthetic_control(twins, design.but(controls=["c00", "c01"]), intercept=True)


def test_few_donors_and_few_days_are_said(frame, design):
    few = design.but(controls=design.controls[:8])
    said = synthetic_did(frame, few).warnings
    assert any("the smallest p of a placebo rank is 1/9" in w for w in said)
    short = design.but(baseline=("2020-11-20", "2021-01-03"))
    said = synthetic_did(frame, short).warnings
    wanted = "45 baseline days, 60 needed for weights that do not follow noise: moved"
    assert any(w.startswith(wanted) for w in said)
    assert not any("baseline days" in w for w in synthetic_did(frame, design).warnings)


def test_the_shortest_baseline_still_has_an_earlier_date(frame, design):
    short = design.but(baseline=("2020-12-07", "2021-01-03"), window=(0, 6))
    assert any("moved to 2 earlier" in w for w in synthetic_did(frame, short).warnings)


@pytest.fixture
def rivals(frame, design):
    """Two donors become competitors; one gains 0.6 with the event, one loses 0.4."""
    spilt = shifted(shifted(frame, "c00", 0.6), "c01", -0.4)
    return spilt, design.but(controls=design.controls[2:], competitors=["c00", "c01"])


def test_spillovers_are_estimated_together_with_the_effect(rivals):
    result = spillover_control(*rivals)
    assert result.headline.estimate == pytest.approx(0.8, abs=0.12)
    assert result.exposed.estimate["c00"] == pytest.approx(0.6, abs=0.12)
    assert result.exposed.estimate["c01"] == pytest.approx(-0.4, abs=0.12)
    assert (result.exposed.conf_low < result.exposed.estimate).all()
    plain = result.secondary.set_index("test").estimate
    alone = plain["synthetic control of unrelated series alone"]
    assert alone == pytest.approx(0.8, abs=0.12)
    assert {row["unit"] for row in result.to_dict()["exposed"]} == {"c00", "c01"}
    assert {"c00", "c01"} <= set(result.weights.index)


def test_exposed_units_may_share_one_spillover(rivals):
    frame, design = rivals
    shared = pd.DataFrame({"spillover": [1.0, 1.0]}, index=["c00", "c01"])
    exposed = spillover_control(frame, design, exposure=shared).exposed
    assert exposed.estimate["c00"] == pytest.approx(exposed.estimate["c01"])
    assert -0.4 < exposed.estimate["c00"] < 0.6


def test_spillovers_without_anyone_to_spill_upon_are_refused(rivals):
    frame, design = rivals
    with pytest.raises(DesignError, match=r"needs a competitor.*got none of \[\]"):
        spillover_control(frame, design.but(competitors=()))
    gone = frame[(frame.unit != "c01") | (frame.period != "2020-12-01")]
    result = spillover_control(gone, design)
    assert list(result.exposed.index) == ["c00"]
    assert any(
        "no complete series for the competitors c01" in w for w in result.warnings
    )
    for index, values, reason in (
        (["c05"], [1.0], r"exposure names \['c05'\]"),
        (["c00", "c00"], [1.0, 1.0], "one row a unit"),
        (["c00"], [0.0], "not zero"),
        (["c00"], [np.nan], "finite"),
        (["c00"], ["much"], "exposure holds .* in 's', needs numbers"),
        (["c00"], ["1"], "exposure holds .* in 's', needs numbers"),
        (["c00"], [pd.Timestamp("2021-01-06")], "holds datetime64.*needs numbers"),
    ):
        with pytest.raises(DesignError, match=reason):
            spillover_control(
                frame, design, exposure=pd.DataFrame({"s": values}, index=index)
            )
    alone = pd.DataFrame({"s": [1.0]}, index=["c00"])
    said = spillover_control(frame, design, exposure=alone).warnings
    assert any("exposure leaves out the competitors c01" in w for w in said)
    with pytest.raises(PanelError, match="lacks"):
        spillover_control(frame.rename(columns={"y": "value"}), design)


@pytest.fixture(scope="module")
def flathub():
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    return study, to_outcome(panel, "log_count")


@pytest.mark.parametrize(("method", "options"), METHODS)
@pytest.mark.parametrize(("app", "least"), [("signal", 1.1), ("telegram", 0.2)])
def test_on_the_observed_downloads_it_agrees_with_the_plain_contrast(
    flathub, method, options, app, least
):
    study, frame = flathub
    design: Design = design_for(study, frame, app=app, event="notice")
    started = time.perf_counter()
    result = method(frame, design, **options)
    assert time.perf_counter() - started < 20  # 99 placebos, all tests: about 1 s
    assert not result.simulated
    assert least < result.headline.estimate < least + 0.3
    assert result.headline.p_value <= 0.05
    assert result.calibration.rejection["all"] <= 0.075
