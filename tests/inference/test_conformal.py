import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.inference.arrays import weekday_dummies
from migration.inference.conformal import conformal_interval, conformal_p, inverted

ONES = np.ones((12, 1))


def test_p_worked_by_hand():
    """Ten baseline days, window of two: means over pairs, only 0.9 or more beyond."""
    y = np.array([[0.0, 1, 0, 1, 0, 1, 0, 1, 0, 3, 2, 2]])
    centred = y[0] - y[0].mean()
    pairs = [abs(centred[i : i + 2].mean()) for i in range(9)]
    window = abs(centred[10:].mean())
    expected = (1 + sum(p >= window for p in pairs)) / 10
    assert conformal_p(y, ONES, 10)[0] == expected


def test_an_effect_is_undone_by_naming_it():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(1, 70))
    moved = y.copy()
    moved[:, 63:] += 2.5
    x = np.ones((70, 1))
    assert conformal_p(moved, x, 63, 2.5) == conformal_p(y, x, 63)
    assert conformal_p(moved, x, 63)[0] == pytest.approx(1 / 58)


def test_the_interval_covers_the_truth_and_moves_with_it():
    rng = np.random.default_rng(1)
    y, x = rng.normal(size=(1, 70)), np.ones((70, 1))
    low, high = conformal_interval(y, x, 63, step=0.3)
    moved = y.copy()
    moved[:, 63:] += 1
    found = conformal_interval(moved, x, 63, step=0.05)
    assert low < 0 < high
    np.testing.assert_allclose(found, (low + 1, high + 1), atol=1e-9)


def test_too_few_days_for_any_refusal_give_no_end():
    """Thirteen placebo windows: no p is below 1 / 14."""
    y, x = np.random.default_rng(2).normal(size=(1, 20)), np.ones((20, 1))
    assert conformal_interval(y, x, 16, step=0.3) == (-np.inf, np.inf)


def test_an_end_is_where_the_test_begins_to_refuse():
    y, x = np.random.default_rng(3).normal(size=(1, 70)), np.ones((70, 1))
    low, high = conformal_interval(y, x, 63, step=0.3)
    for end, out in ((low, -1e-6), (high, 1e-6)):
        assert conformal_p(y, x, 63, end)[0] > 0.05 >= conformal_p(y, x, 63, end + out)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 2), st.booleans())
def test_zero_lies_in_the_interval_exactly_where_the_test_keeps_it(seed, effect, whole):
    """Whole numbers tie: windows as far out as the event's count against it."""
    y = np.random.default_rng(seed).normal(size=(1, 46))
    y[:, 40:] += effect
    y = np.round(2 * y) if whole else y
    x = weekday_dummies(np.arange(46) % 7)
    low, high = conformal_interval(y, x, 40, step=0.5)
    assert (low <= 0 <= high) == (conformal_p(y, x, 40)[0] > 0.05)


def test_the_unit_of_the_outcome_changes_nothing():
    y, x = np.random.default_rng(4).normal(size=(1, 70)), np.ones((70, 1))
    small = conformal_interval(1e-20 * y, x, 63, step=1e-20)
    ends = np.array(conformal_interval(y, x, 63, step=1.0))
    np.testing.assert_allclose(np.array(small) * 1e20, ends, rtol=1e-9)
    assert conformal_p(1e-20 * y, x, 63) == conformal_p(y, x, 63)


def test_an_interval_is_where_a_test_keeps_an_effect():
    low, high = inverted(lambda effect: abs(effect - 1) < 0.5, 1.0, 0.1)
    assert (low, high) == (pytest.approx(0.5), pytest.approx(1.5))
    assert inverted(lambda e: e == e, 0.0, 1.0) == (-np.inf, np.inf)
    assert all(np.isnan(inverted(lambda e: e != e, 0.0, 1.0)))


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_kept_in_two_stretches_still_agrees_on_zero(sign):
    """Zero kept far from the estimate is taken in; zero refused near it is left out."""
    far = inverted(lambda e: (abs(e - 3 * sign) < 1) | (abs(e) < 0.1), 3.0 * sign, 0.3)
    assert sorted(map(abs, far)) == [0.0, pytest.approx(4)]
    gap = inverted(lambda e: (abs(e) > 0.1) & (abs(e) < 2), 1.5 * sign, 3.0)
    assert sorted(map(abs, gap)) == [pytest.approx(0.1), pytest.approx(2)]


def test_size_with_memory():
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(800, 100))
    y = np.zeros_like(noise)
    for t in range(1, 100):
        y[:, t] = 0.5 * y[:, t - 1] + noise[:, t]
    p = conformal_p(y[:, 29:], np.ones((71, 1)), 64)
    # Overlapping placebo windows over-reject somewhat: why this is no headline.
    assert 0.02 < (p <= 0.05).mean() < 0.14
