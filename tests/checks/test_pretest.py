"""Whether the baseline was level, and what that test could have missed."""

import numpy as np
import pandas as pd
import pytest

import migration as mg
from migration.checks.pretest import pre_trend_power
from migration.design import Design
from migration.estimators.path_options import PathOptions

DAYS = pd.date_range("2020-11-01", "2021-01-14")
QUICK = PathOptions(noise="ar1")


def frame_of(rows, slope=0.0, jump=1.0):
    """White noise, with a jump in the window of ``u0``."""
    y = np.random.default_rng(3).normal(0, 0.2, (rows, len(DAYS)))
    y[0, -9:] += jump
    y[0] += slope * np.arange(len(DAYS))
    wide = pd.DataFrame(y.T, index=pd.Index(DAYS, name="period"))
    wide.columns = [f"u{n}" for n in range(rows)]
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


def design_of(rows):
    return Design(
        outcome="y",
        treated="u0",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[f"u{n}" for n in range(1, rows)],
    )


@pytest.fixture(scope="module")
def level():
    return pre_trend_power(frame_of(25), design_of(25), options=QUICK)


def test_it_is_the_pre_trend_of_the_path(level):
    path = mg.event_study(frame_of(25), design_of(25), options=QUICK)
    rows = level.frame.set_index("found_in")
    for name, chance in (("slope_50", 0.5), ("slope_80", 0.8)):
        assert rows.slope_a_day[chance] == path.pretrend[name]
        assert rows.hidden[chance] == path.pretrend[f"{name}_hidden"]
        assert rows.hidden_if_passed[chance] == path.pretrend[f"{name}_hidden_passed"]
        share = abs(path.pretrend[f"{name}_hidden"] / path.headline["estimate"])
        assert rows.of_the_estimate[chance] == pytest.approx(share)


def test_a_level_baseline_holds_and_says_what_it_hides(level):
    assert level.passed
    first = level.frame.iloc[0]
    assert f"a slope of {first.slope_a_day:.2g} a day would go unseen" in level.answer
    assert f"add {first.hidden:.2g} to the window's mean" in level.answer


def test_a_small_effect_that_a_trend_could_hide_does_not_hold():
    found = pre_trend_power(frame_of(25, jump=0.2), design_of(25), options=QUICK)
    assert found.frame.of_the_estimate.iloc[-1] > 1
    assert found.passed is False
    assert f"would add {found.frame.of_the_estimate.iloc[-1]:.0%} of it" in found.answer


def test_a_trend_is_found_out():
    found = pre_trend_power(frame_of(25, slope=0.03), design_of(25), options=QUICK)
    assert found.passed is False
    assert "joint p = 0.04 by rank among 24" in found.answer


def test_a_rank_of_few_series_cannot_fail():
    found = pre_trend_power(frame_of(9, slope=0.03), design_of(9), options=QUICK)
    assert found.passed is None
