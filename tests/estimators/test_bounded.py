"""Ends of an effect where "<1" hides days: SIMULATED interest, by hand and by brute."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest, window_effect
from migration.estimators.bounded import bounded_effect
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.path_options import PathOptions

POISSON = PathOptions(estimator="poisson", noise="ar1")
BOUNDS = ["s_lower", "s_upper"]


@pytest.fixture
def interest(frame, design):
    """Shares of 0 to 1 of 24 units; some days of some units are below 0.01."""
    few = design.but(controls=design.controls[:24], outcome="s")
    kept = frame[frame.unit.isin(["hit", *few.controls])].reset_index(drop=True)
    share = (kept.n / 16_500).round(4)
    rng = np.random.default_rng(1)
    below = (share < 0.01) & (rng.random(len(kept)) < 0.3)
    hidden = kept.assign(s=share.mask(below), s_lower=share, s_upper=share)
    hidden.loc[below, "s_lower"], hidden.loc[below, "s_upper"] = 0.0, 0.01
    assert hidden.s.isna().sum() > 150
    assert hidden.s[kept.unit == "hit"].isna().sum() > 2
    return hidden, few, below


def ends_of(result):
    rows = result.secondary.set_index("test")["estimate"]
    return rows["the least that the bounds allow"], rows[
        "the most that the bounds allow"
    ]


def test_a_hidden_day_in_no_block_does_not_turn_the_ends_round(frame, design):
    """64 days are 21 blocks of three and a Sunday; the window is Wednesday to Friday.

    That Sunday enters by its weekday alone: higher, it raised the effect.
    """
    short = design.but(window=(0, 2))
    first = short.baseline[0]
    odd = (frame.unit == "hit") & (frame.period <= first + pd.Timedelta(days=2))
    made = frame.assign(y_lower=frame.y, y_upper=frame.y, y=frame.y.mask(odd))
    made.loc[odd, "y_lower"], made.loc[odd, "y_upper"] = 0.0, 9.0
    found = bounded_effect(made, short, estimate=abnormal_interest)
    low, high = ends_of(found)
    assert low < high
    assert found.design.baseline[0] == first + pd.Timedelta(days=1)
    assert any("first 1 days are left out" in w for w in found.warnings)
    for value in (0.0, 4.0, 9.0):
        filled = frame.assign(y=frame.y.where(~odd, value))
        inside = window_effect(filled, found.design)[1].estimate[0]
        assert low - 1e-12 <= inside <= high + 1e-12
    kept = bounded_effect(
        made.assign(y=made.y.where(made.period != first, 5.0)),
        short,
        estimate=abnormal_interest,
    )
    assert kept.design.baseline == short.baseline


@pytest.mark.parametrize("ratio", [False, True])
def test_no_value_between_the_bounds_leaves_the_ends(interest, ratio):
    """Many ways to fill the hidden days, none of which is beyond an end."""
    frame, design, below = interest
    if ratio:
        design = design.but(estimand="log ratio of means")
    found = bounded_effect(frame, design, estimate=abnormal_interest)
    low, high = ends_of(found)
    rng = np.random.default_rng(2)
    for _ in range(25):
        drawn = 0.01 * rng.integers(0, 2, size=len(frame))
        filled = frame.assign(s=frame.s.where(~below, drawn))
        _, inside = window_effect(filled, design)
        assert low <= inside.estimate[0] <= high
    assert found.identification == "bounds"
    bundle = design.but(identification="bundle")
    both = bounded_effect(frame, bundle, estimate=abnormal_interest)
    assert both.identification == "bundle"
    assert np.isnan(found.headline[["estimate", "std_error", "p_value"]]).all()
    assert found.headline["conf_low"] < low < high < found.headline["conf_high"]


def test_three_hidden_days_of_the_window_worked_by_hand(frame, design):
    """Three of nine days between 4 and 6: the ends are 3 x 2 / 9 apart."""
    days = pd.to_datetime(["2021-01-07", "2021-01-08", "2021-01-12"])
    here = (frame.unit == "hit") & frame.period.isin(days)
    hidden = frame.assign(y=frame.y.mask(here), y_lower=frame.y, y_upper=frame.y)
    hidden.loc[here, ["y_lower", "y_upper"]] = 4.0, 6.0
    before = hidden.copy()
    options = PathOptions(noise="ar1")
    few = design.but(controls=design.controls[:9])
    found = bounded_effect(hidden, few, estimate=event_study, options=options)
    low, high = ends_of(found)
    assert high - low == pytest.approx(6 / 9)
    daily = found.effects.set_index("period")
    width = daily["set_high"] - daily["set_low"]
    np.testing.assert_allclose(width[days], 2)
    np.testing.assert_allclose(width["2020-12-25":"2021-01-06"], 0, atol=1e-12)
    assert daily["estimate"].isna().all()
    assert_frame_equal(hidden, before)
    assert "3 values of 1 units are known only between bounds" in found.warnings[0]
    assert json.loads(json.dumps(found.to_dict()))["identification"] == "bounds"


def test_bounds_that_are_a_point_give_its_ends(frame, design):
    here = (frame.unit == "c03") & (frame.period == "2021-01-08")
    point = frame.assign(y=frame.y.mask(here), y_lower=frame.y, y_upper=frame.y)
    found = bounded_effect(point, design, estimate=abnormal_interest)
    plain = abnormal_interest(frame, design).headline
    ends = ["conf_low", "conf_high"]
    np.testing.assert_allclose(found.headline[ends], plain[ends], rtol=1e-9)
    np.testing.assert_allclose(ends_of(found), plain["estimate"], rtol=1e-9)


def test_by_the_pseudo_likelihood(interest):
    frame, design, _ = interest
    design = design.but(estimand="log ratio of means")
    found = bounded_effect(frame, design, options=POISSON)
    low, high = ends_of(found)
    assert low < 0.8 < high
    assert "Poisson pseudo-likelihood" in found.method


def test_the_estimators_own_refusal_names_the_way(interest):
    frame, design, _ = interest
    for estimate in (abnormal_interest, event_study):
        with pytest.raises(PanelError, match=r"'<1' use bounded_effect"):
            estimate(frame, design)


def test_what_has_no_ends_is_refused(interest, frame, design):
    hidden, few, _ = interest
    with pytest.raises(PanelError, match=r"lacks \['y_lower', 'y_upper'\]"):
        bounded_effect(frame, design)
    known = frame.assign(y_lower=frame.y, y_upper=frame.y)
    with pytest.raises(DesignError, match="there is nothing to bound"):
        bounded_effect(known, design)
    crossed = hidden.assign(s_lower=hidden.s_upper + 1)
    with pytest.raises(DesignError, match=r"'s_lower' lies above 's_upper'"):
        bounded_effect(crossed, few)
    with pytest.raises(DesignError, match="need not be least"):
        bounded_effect(hidden, few, estimate=interrupted_series)
    endless = hidden.assign(s_lower=hidden.s_lower.where(hidden.s.notna(), -np.inf))
    with pytest.raises(DesignError, match="there is nothing to bound"):
        bounded_effect(endless, few)


def test_requests_are_not_spliced_without_their_low_draws(interest):
    """Of two draws of a day one is "<1": the other alone would be too high."""
    frame, design, _ = interest
    design = design.but(estimand="log ratio of means")
    options = PathOptions(estimator="poisson", noise="ar1", request="draw")
    again = frame.assign(s=frame.s.fillna(0.01), draw="b")
    both = pd.concat([frame.assign(draw="a"), again])
    with pytest.raises(PanelError, match=r"only between bounds \('<1'\).*of hit on"):
        event_study(both, design, options=options)
    known = both.assign(s=both.s.fillna(0.004)).drop(columns=BOUNDS)
    assert event_study(known, design, options=options).headline["estimate"] > 0
