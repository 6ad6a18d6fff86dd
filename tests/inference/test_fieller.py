"""Fieller's set: by hand, against a grid, its coverage, what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from migration.errors import DesignError
from migration.inference.fieller import FiellerSet, fieller_set

INF = float("inf")
number = st.floats(-5, 5).map(lambda x: round(x, 3))


def test_an_interval_worked_by_hand():
    """(2 - r)^2 <= 0.5 (1 + r^2): r^2 - 8 r + 7 <= 0, so from 1 to 7."""
    found = fieller_set(np.array([2.0, 1.0]), 0.5 * np.eye(2), 1.0)
    assert found.kind == "interval"
    assert found.pieces[0] == pytest.approx((1.0, 7.0))
    assert found.estimate == 2.0
    assert found.words() == "1 to 7"


def test_an_outside_worked_by_hand():
    """(2 - r)^2 <= 2 (1 + r^2): r^2 + 4 r - 2 >= 0, the roots -2 -+ sqrt 6."""
    found = fieller_set(np.array([2.0, 1.0]), 2 * np.eye(2), 1.0)
    assert found.kind == "outside"
    ends = [found.pieces[0][1], found.pieces[1][0]]
    np.testing.assert_allclose(ends, [-2 - np.sqrt(6), -2 + np.sqrt(6)])
    assert 0 not in found
    assert 1 in found
    assert found.words() == "at most -4.45 or at least 0.449"


def test_the_whole_line_where_neither_is_told_from_zero():
    found = fieller_set(np.array([1.0, 1.0]), 4 * np.eye(2), 1.0)
    assert (found.kind, found.words()) == ("whole line", "every value")
    assert fieller_set(np.ones(2), np.eye(2), INF).kind == "whole line"


def test_a_denominator_exactly_at_its_limit_leaves_half_a_line():
    """(2 - r)^2 <= 1 + r^2: 4 r >= 3."""
    found = fieller_set(np.array([2.0, 1.0]), np.eye(2), 1.0)
    assert found.pieces == ((0.75, INF),)
    assert found.words() == "at least 0.75"
    assert fieller_set(np.array([-2.0, 1.0]), np.eye(2), 1.0).words() == (
        "at most -0.75"
    )


def test_the_covariance_moves_the_set():
    """Numerator a copy of the denominator: their ratio is known without error."""
    found = fieller_set(np.array([1.0, 1.0]), 0.1 * np.ones((2, 2)), 1.0)
    assert found.pieces[0] == pytest.approx((1.0, 1.0))


@given(arrays(float, 2, elements=number), arrays(float, (2, 2), elements=number))
def test_the_set_is_what_a_grid_of_ratios_does_not_refuse(pair, root):
    cov = root @ root.T
    if pair[1] == 0 and cov[1, 1] == 0:
        return
    found = fieller_set(pair, cov, 1.96)
    for r in np.linspace(-30, 30, 241):
        gap = abs(pair[0] - r * pair[1])
        error = np.sqrt(max(np.array([1, -r]) @ cov @ np.array([1, -r]), 0))
        if abs(gap - 1.96 * error) > 1e-6 * (1 + abs(r)):
            assert (r in found) == (gap < 1.96 * error)


@given(arrays(float, 2, elements=number), arrays(float, (2, 2), elements=number))
def test_scaling_the_denominator_scales_the_set(pair, root):
    cov = root @ root.T + 0.1 * np.eye(2)
    one = fieller_set(pair, cov, 2.0)
    scale = np.diag([1.0, 4.0])
    other = fieller_set(scale @ pair, scale @ cov @ scale, 2.0)
    assert one.kind == other.kind
    np.testing.assert_allclose(np.ravel(one.pieces) / 4, np.ravel(other.pieces))


@pytest.mark.parametrize("denominator", [0.3, 1.0, 5.0])
def test_it_covers_however_near_to_zero_the_denominator_is(denominator):
    rng = np.random.default_rng(1954)
    cov = np.array([[1.0, 0.5], [0.5, 1.0]])
    truth = np.array([2 * denominator, denominator])
    drawn = rng.multivariate_normal(truth, cov, size=2000)
    held = np.mean([2.0 in fieller_set(pair, cov, 1.959964) for pair in drawn])
    assert held == pytest.approx(0.95, abs=0.015)


def test_a_part_of_the_set_may_be_two_or_none():
    both = FiellerSet(2.0, "outside", ((-INF, 0.2), (0.6, INF)))
    assert both.within(0, 1).words() == "0 to 0.2 or 0.6 to 1"
    assert np.isnan(both.within(0, 1).estimate)
    none = FiellerSet(2.0, "interval", ((1.5, 3.0),)).within(0, 1)
    assert (none.kind, none.words(), none.pieces) == ("empty", "no value", ())
    assert np.isnan(none.low)
    assert np.isnan(none.high)
    assert 0.5 not in none


@pytest.mark.parametrize(
    ("pair", "cov", "critical", "needed"),
    [
        ([1, 2, 3], np.eye(2), 2, "2 estimates and their 2 x 2 covariance"),
        ([1, np.nan], np.eye(2), 2, "finite estimates"),
        ([1, 2], [[1, 2], [2, 1]], 2, "no negative variance"),
        ([1, 2], [[1, 0.5], [0, 1]], 2, "symmetric"),
        ([1, 2], np.eye(2), 0, "larger than 0, got 0"),
        ([1, 2], np.eye(2), np.nan, "larger than 0, got nan"),
        ([1, 0], np.diag([1.0, 0.0]), 2, "exactly 0, without error"),
    ],
)
def test_what_has_no_ratio_is_refused(pair, cov, critical, needed):
    with pytest.raises(DesignError, match=needed):
        fieller_set(np.array(pair, dtype=float), np.array(cov, dtype=float), critical)
