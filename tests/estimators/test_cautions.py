"""SIMULATED controls that are nearly the treated series, and places at the top."""

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.estimators.abnormal_interest import abnormal_interest
from migration.inference.copies import likeness

DAYS = pd.date_range("2020-11-02", periods=73, name="period")
NAMES = [f"c{k:02d}" for k in range(20)]
LIKE = "moves from day to day as the treated one does"


def asked(change, baseline=("2020-11-02", "2021-01-03"), **attrs):
    """SIMULATED: 20 controls and a treated series, changed; what is warned of."""
    rng = np.random.default_rng(12)
    week = 0.3 * np.sin(2 * np.pi * np.arange(len(DAYS)) / 7)
    y = 5 + week + 0.1 * rng.normal(size=len(DAYS)) + 0.2 * rng.normal(size=(21, 73))
    change(y, rng.normal(size=(1, 73)))
    wide = pd.DataFrame(y.T, index=DAYS, columns=["hit", *NAMES])
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    frame.attrs = attrs
    design = Design(
        outcome="y", treated="hit", event="2021-01-06", window=(0, 6),
        baseline=baseline, controls=NAMES,
    )  # fmt: skip
    return [w for w in abnormal_interest(frame, design).warnings if LIKE in w]


def noisy(y, noise):
    y[3] = y[0] + 0.05 * noise[0]


def rounded(y, _):
    y[3] = np.round(1.7 * y[0], 2)


def a_day_later(y, noise):
    y[3, 1:] = y[0, :-1] + 0.02 * noise[0, 1:]


def mirrored(y, noise):
    y[3] = 10 - y[0] + 0.02 * noise[0]


@pytest.mark.parametrize("change", [noisy, rounded, a_day_later, mirrored])
def test_a_control_that_is_nearly_the_treated_series_is_named(change):
    (said,) = asked(change)
    assert said.startswith("c02, one of the unrelated series, moves")
    assert "leave it out if it is" in said


def test_unrelated_series_with_one_week_and_one_market_are_not_named():
    assert asked(lambda *_: None) == []
    assert asked(lambda y, e: np.copyto(y[3], y[0] + 0.4 * e[0])) == []


def test_of_few_days_no_likeness_is_told():
    assert asked(noisy, baseline=("2020-12-07", "2021-01-03")) == []


def test_likeness_by_hand():
    """Steps 1, -1, 2 beside 2, -2, 4, their mirror, none, and those a day later."""
    y = np.array([[0, 1, 0, 2], [0, 2, 0, 4], [9, 8, 9, 7], [3, 3, 3, 3]], dtype=float)
    np.testing.assert_allclose(likeness(y, np.zeros(4)), [1, 1, 0])
    own = np.array([0, 1, 0, 2, 1, 5, 2], dtype=float)
    later, flat = np.vstack([own, np.concatenate([[7], own[:-1]])]), np.zeros(7)
    assert likeness(later, flat, 1) == pytest.approx(1)
    assert likeness(later[::-1], flat, -1) == pytest.approx(1)
    assert likeness(later, flat)[0] < 0.9


def test_what_all_series_share_is_no_likeness():
    rng = np.random.default_rng(2)
    market = rng.normal(size=500)
    y = 3 * market + rng.normal(size=(4, 500))
    assert likeness(y, np.zeros(500)).min() > 0.8
    assert likeness(y, market).max() < 0.2


def test_first_places_are_said_of_ranks_alone():
    rng = np.random.default_rng(3)
    ranks = np.exp(rng.normal(3, 0.2, size=(21, len(DAYS)))).round()
    ranks[0, DAYS >= "2021-01-08"] = 1
    wide = pd.DataFrame(-np.log(ranks.T), index=DAYS, columns=["hit", *NAMES])
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    design = Design(
        outcome="y", treated="hit", event="2021-01-06", window=(0, 6),
        baseline=("2020-11-02", "2021-01-03"), controls=NAMES,
    )  # fmt: skip
    said = "first place on 5 of 7 days of the window: no place shows how far ahead"
    for outcome, number in (("minus_log_rank", 1), ("log_count", 0)):
        frame.attrs = {"outcome": outcome}
        warnings = abnormal_interest(frame, design).warnings
        assert sum(said in w for w in warnings) == number


@pytest.mark.parametrize("n_controls", [2, 3, 6])
def test_a_control_beside_a_copy_is_not_taken_for_one_too(n_controls):
    """Net of a mean that holds both, few controls move together whatever they are."""
    rng = np.random.default_rng(5)
    spread = np.exp(rng.normal(size=(n_controls + 1, 1)))
    y = spread * rng.normal(size=(n_controls + 1, 73))
    y[1] = y[0] + 0.02 * rng.normal(size=73)
    wide = pd.DataFrame(y.T, index=DAYS, columns=["hit", *NAMES[:n_controls]])
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    design = Design(
        outcome="y", treated="hit", event="2021-01-06", window=(0, 6),
        baseline=("2020-11-02", "2021-01-03"), controls=NAMES[:n_controls],
    )  # fmt: skip
    said = [w for w in abnormal_interest(frame, design).warnings if LIKE in w]
    assert [w.split(",")[0] for w in said] == ["c00"]
