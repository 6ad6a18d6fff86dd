import json

import numpy as np
import pandas as pd
import pytest

from migration.design import Design, design_for
from migration.errors import DesignError
from migration.estimators import structural_jointly as module
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.structural_jointly import structural_jointly
from migration.inference.jointly import effect_errors
from migration.inference.sample import arrange
from migration.inference.structure import fit_structure
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

EVENT = "2021-01-06"
N_CONTROLS = 42


@pytest.fixture(scope="module")
def together(frame):
    """SIMULATED: "hit" and "twin" share a drift of their own, and most of their noise.

    The twin's effect is 0.3 where the hit one's is 0.8; "loner" shares nothing.
    """
    days = frame.period.drop_duplicates().sort_values()
    rng = np.random.default_rng(7)
    drift = 0.05 * rng.normal(size=len(days)).cumsum() + 0.1 * rng.normal(
        size=len(days)
    )
    hit = frame[frame.unit == "hit"].sort_values("period")
    base = hit.y.to_numpy() + drift
    small = 0.01 * rng.normal(size=(2, len(days)))
    twin = base + small[0] - 0.5 * (hit.period >= EVENT).to_numpy()
    loner = frame[frame.unit == "c44"].sort_values("period").y.to_numpy() + small[1]
    rows = [
        hit.assign(unit=unit, y=y)
        for unit, y in (("hit", base), ("twin", twin), ("loner", loner))
    ]
    others = ~frame.unit.isin(["hit", "c44"])
    return pd.concat([*rows, frame[others]], ignore_index=True)


@pytest.fixture(scope="module")
def designs():
    first = Design(
        outcome="y",
        treated="hit",
        event=EVENT,
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[f"c{i:02d}" for i in range(N_CONTROLS)],
        other_events={"delay": ("2021-01-15", "2021-01-16")},
        event_name="notice",
    )
    return {app: first.but(treated=app) for app in ("hit", "twin", "loner")}


@pytest.fixture(scope="module")
def joint(together, designs):
    return structural_jointly(together, designs)


@pytest.fixture(scope="module")
def observed():
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    frame = to_outcome(panel, "log_count")
    apps = "signal", "telegram", "whatsapp"
    named = {app: design_for(study, frame, app=app, event="notice") for app in apps}
    return frame, named, structural_jointly(frame, named)


def test_each_effect_is_the_single_estimators(together, designs, joint):
    found = joint
    for app, design in designs.items():
        alone = structural_counterfactual(together, design)
        np.testing.assert_allclose(found.effects.loc[app], alone.headline, rtol=1e-12)
        np.testing.assert_allclose(
            found.own.loc["average", app, ""].iloc[:6],
            alone.summary.loc["average"],
            rtol=1e-9,
        )


def test_what_two_apps_share_leaves_their_difference(joint):
    """True difference 0.5; its error is a fraction of either effect's."""
    found = joint
    pair = found.differences.loc["hit", "twin"]
    assert pair.conf_low < 0.5 < pair.conf_high
    assert pair.std_error < 0.3 * found.effects.loc["hit", "std_error"]
    cov = found.covariance
    correlation = cov.loc["hit", "twin"] / np.sqrt(
        cov.loc["hit", "hit"] * cov.loc["twin", "twin"]
    )
    assert correlation > 0.9
    alone = cov.loc["hit", "loner"] / np.sqrt(
        cov.loc["hit", "hit"] * cov.loc["loner", "loner"]
    )
    assert abs(alone) < 0.4
    own = found.own.loc["difference", "hit", "twin"]
    assert own.std_error < 0.5 * found.own.loc["average", "hit", ""].std_error
    assert own.conf_low < 0.5 < own.conf_high


def test_apps_and_controls_in_another_order_change_nothing(together, designs, joint):
    before = joint
    turned = {
        app: d.but(controls=d.controls[::-1]) for app, d in reversed(designs.items())
    }
    after = structural_jointly(together, turned)
    pair, back = (
        before.differences.loc["hit", "twin"],
        after.differences.loc["twin", "hit"],
    )
    np.testing.assert_allclose(
        back,
        [-pair.estimate, pair.std_error, -pair.conf_high, -pair.conf_low, pair.p_value],
    )
    np.testing.assert_allclose(
        after.covariance.loc[list(designs), list(designs)], before.covariance
    )
    assert after.calibration["pairs"] == before.calibration["pairs"]


def test_a_lift_of_one_app_lifts_its_differences(together, designs, joint):
    before = joint.differences
    lift = 0.4 * ((together.unit == "twin") & (together.period >= EVENT))
    lifted = together.assign(y=together.y + lift)
    after = structural_jointly(lifted, designs).differences
    change = (after - before).estimate
    np.testing.assert_allclose(change, [-0.4, 0, 0.4], atol=1e-9)
    np.testing.assert_allclose(after.std_error, before.std_error)


def test_p_of_a_difference_has_the_floor_of_its_pairs(joint):
    """42 controls make 21 disjoint pairs: nothing below 1/22, and it is said."""
    found = joint
    assert found.differences.p_value.min() == pytest.approx(1 / 22)
    assert any("21 disjoint pairs" in warning for warning in found.warnings)


def test_loadings_carry_the_whole_variance_of_one_noise(together, designs):
    """With one ARIMA each, products of loadings are the model's own variance."""
    structure = fit_structure(
        arrange(together, designs["hit"]), engine="arima", covariates="mean"
    )
    found = effect_errors(structure)
    own = [m.std_error[0, -1] for m in found.margin]
    np.testing.assert_allclose(np.sqrt((found.loading**2).sum(axis=1)), own)


def test_everything_travels_as_plain_values(together, designs, joint):
    marked = together.copy()
    marked.attrs["simulated"] = True
    found = structural_jointly(marked, designs)
    assert repr(found).startswith("<SIMULATED")
    json.dumps(found.to_dict(), allow_nan=False)
    frame = found.to_frame()
    assert list(frame.quantity) == ["average"] * 3 + ["difference"] * 3
    assert frame.simulated.all()
    assert repr(found) == f"<SIMULATED {repr(joint).removeprefix('<')}"


def test_observed_apps(observed):
    """Signal and Telegram gain; nothing is said of the origin, nor of its ratios."""
    _, _, found = observed
    effects = found.effects
    assert effects.loc["signal", "estimate"] > effects.loc["telegram", "estimate"] > 0
    assert (effects.loc[["signal", "telegram"], "p_value"] <= 0.02).all()
    assert effects.loc["whatsapp", "p_value"] > 0.5
    assert found.differences.loc[("signal", "telegram"), "conf_low"] > 0
    assert found.own.loc["ratio", "signal", "whatsapp"].isna().sum() >= 3
    assert found.calibration.max() <= 0.075
    assert found.own.loc["average", "signal", ""].size_here < 0.15


def test_observed_size_of_the_models_interval_is_said(observed):
    frame, named, _ = observed
    found = structural_counterfactual(frame, named["signal"])
    assert found.summary.loc["average", "size_here"] > 0.075
    assert any("leaves out zero for 10%" in warning for warning in found.warnings)
    assert found.calibration.loc["all", "rejection"] <= 0.075


def test_observed_order_of_units_changes_nothing(observed):
    frame, named, found = observed
    mixed = frame.sample(frac=1, random_state=3)
    mixed.attrs = frame.attrs
    again = structural_jointly(mixed, named)
    pd.testing.assert_frame_equal(again.effects, found.effects)
    pd.testing.assert_frame_equal(again.own, found.own)


def test_one_design_is_refused(together, designs):
    with pytest.raises(DesignError, match=r"two or more.*structural_counterfactual"):
        structural_jointly(together, {"hit": designs["hit"]})


def test_the_same_app_twice_is_refused(together, designs):
    with pytest.raises(DesignError, match="two or more designs of different apps"):
        structural_jointly(together, [designs["hit"], designs["hit"]])
    with pytest.raises(DesignError, match="treated in two designs"):
        structural_jointly(together, {"a": designs["hit"], "b": designs["hit"]})


@pytest.mark.parametrize(
    "change",
    [{"window": (0, 5)}, {"baseline": ("2020-11-08", "2021-01-03")}, {"controls": 30}],
)
def test_designs_of_other_days_or_controls_are_refused(together, designs, change):
    if "controls" in change:
        change = {"controls": designs["twin"].controls[: change["controls"]]}
    other = designs | {"twin": designs["twin"].but(**change)}
    with pytest.raises(DesignError, match=next(iter(change))):
        structural_jointly(together, other)


def test_two_apps_that_are_one_series_are_refused(together, designs, monkeypatch):
    """Their difference would be rounding error, and any number beyond it."""
    hit = together[together.unit == "hit"]
    copy = hit.assign(unit="copy", y=2 * hit.y + 1)
    both = pd.concat([together, copy], ignore_index=True)
    pair = {"hit": designs["hit"], "copy": designs["hit"].but(treated="copy")}
    monkeypatch.setattr(module, "fit_structure", None)  # no model is fitted first
    with pytest.raises(DesignError, match=r"2 of 2 series move as 1.*hit, copy"):
        structural_jointly(both, pair)
    mirrored = both.assign(y=both.y.where(both.unit != "copy", 9 - both.y))
    with pytest.raises(DesignError, match="level, scale and sign"):
        structural_jointly(mirrored, pair)


@pytest.mark.parametrize("choices", [{}, {"engine": "arima", "covariates": 2}])
def test_an_app_beside_others_has_the_numbers_that_it_has_first(
    together, designs, choices
):
    """The controls are fitted with the first app alone."""
    few = {k: d.but(controls=d.controls[:8]) for k, d in designs.items()}
    found = structural_jointly(together, few, **choices)
    turned = structural_jointly(together, dict(reversed(few.items())), **choices)
    pd.testing.assert_frame_equal(found.effects, turned.effects.loc[list(few)])
    np.testing.assert_allclose(
        found.covariance, turned.covariance.loc[list(few), list(few)]
    )
