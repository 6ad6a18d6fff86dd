"""Without each part: against the whole estimation, by hand, refused."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.checks.influence import leave_one_out
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row


@pytest.mark.parametrize("estimand", ["mean of outcome", "log ratio of means"])
def test_without_a_control_is_the_estimate_without_it(frame, design, estimand):
    outcome = "y" if estimand == "mean of outcome" else "n"
    own = design.but(estimand=estimand, outcome=outcome)
    found = leave_one_out(frame, own)
    assert len(found.frame) == 45
    for name in ("c03", "c44"):
        row = found.frame.set_index("left_out").loc[name]
        less = own.but(controls=[c for c in design.controls if c != name])
        told = decide_row(window_effect(frame, less)[1])
        assert row["estimate"] == pytest.approx(told["estimate"], abs=1e-12)
        assert row["std_error"] == pytest.approx(told["std_error"], abs=1e-12)
        assert row["p_value"] == told["p_value"]


@pytest.mark.parametrize("estimand", ["mean of outcome", "log ratio of means"])
def test_without_a_market_is_the_estimate_without_it(frame, design, estimand):
    units = ["hit", "c00", "c01"]
    outcome = "y" if estimand == "mean of outcome" else "n"
    own = design.but(
        treated=units, controls=design.controls[2:], estimand=estimand, outcome=outcome
    )
    found = leave_one_out(frame, own, over="markets").frame.set_index("left_out")
    for name in units:
        less = own.but(treated=[u for u in units if u != name])
        told = decide_row(window_effect(frame, less)[1])
        assert found.loc[name, "estimate"] == pytest.approx(told["estimate"], abs=1e-12)
        assert found.loc[name, "p_value"] == pytest.approx(told["p_value"])
    assert found.index[0] == "hit"  # it alone moved


def test_without_a_day_by_hand(frame, design):
    """A jump of 9 on one of 9 days is 1 in the mean of all, and nothing without it."""
    leap = 9.0 * ((frame.unit == "hit") & (frame.period == "2021-01-09"))
    plain = leave_one_out(frame, design, over="days")
    moved = leave_one_out(frame.assign(y=frame.y + leap), design, over="days")
    assert moved.whole["estimate"] - plain.whole["estimate"] == pytest.approx(1)
    one, other = (f.frame.set_index("left_out")["estimate"] for f in (plain, moved))
    assert other["2021-01-09"] == pytest.approx(one["2021-01-09"], abs=1e-12)
    assert other["2021-01-10"] - one["2021-01-10"] == pytest.approx(9 / 8)
    assert moved.frame.left_out[0] == "2021-01-09"
    assert "2021-01-09 moves the estimate most" in moved.answer


def test_days_of_two_weeks_without_noise_or_cycle(frame, design):
    """Every day of the window gains 2: so does any eight of them."""
    rng = np.random.default_rng(4)
    own = frame.period < "2021-01-06"
    flat = frame.assign(y=np.where(own, rng.normal(0, 1e-6, len(frame)), 0.0))
    flat.loc[(flat.unit == "hit") & ~own, "y"] = 2.0
    found = leave_one_out(flat, design, over="days").frame
    np.testing.assert_allclose(found.estimate, 2.0, atol=1e-5)


def test_an_effect_that_one_day_makes_fails(frame, design):
    back = frame.assign(y=frame.y - 0.8 * _hit(frame))
    leap = 3.0 * ((frame.unit == "hit") & (frame.period == "2021-01-09"))
    found = leave_one_out(back.assign(y=back.y + leap), design, over="days")
    assert found.passed is False
    assert "the verdict CHANGES without 2021-01-09" in found.answer
    firm = leave_one_out(frame, design, over="days")
    assert firm.passed is True
    assert "sign and verdict hold without each of 9 days" in firm.answer


def _hit(frame):
    return (frame.unit == "hit") & (frame.period >= "2021-01-06")


def test_a_shock_to_all_and_an_order_change_nothing(frame, design):
    shocked = frame.assign(y=frame.y + 3.0 * (frame.period >= "2021-01-06"))
    shuffled = shocked.sample(frac=1, random_state=1)
    for over in ("controls", "days"):
        one, two = (leave_one_out(f, design, over=over) for f in (frame, shuffled))
        assert_frame_equal(one.frame, two.frame, atol=1e-9)


def test_simulated_travels_and_the_frame_stays(frame, design):
    marked = frame.assign(simulated=True)
    before = marked.copy()
    assert leave_one_out(marked, design).simulated
    assert_frame_equal(marked, before)


@pytest.mark.parametrize(
    ("over", "changes", "words"),
    [
        ("weeks", {}, r"over is 'weeks'; use one of \('controls', 'days', 'markets'\)"),
        ("markets", {}, "over markets needs 2 of them, the design has 1; treat the"),
        ("days", {"window": (0, 1)}, "over days needs 3 of them, the design has 2"),
        ("controls", {"controls": ("c01", "c02")}, "needs 3 of them, the design has 2"),
    ],
)
def test_too_little_is_refused_in_words(frame, design, over, changes, words):
    with pytest.raises(DesignError, match=words):
        leave_one_out(frame, design.but(**changes), over=over)


def test_the_result_is_plain_data(frame, design):
    told = leave_one_out(frame, design).to_dict()
    assert isinstance(told["frame"][0]["estimate"], float)
    assert pd.api.types.is_string_dtype(leave_one_out(frame, design).frame["left_out"])
