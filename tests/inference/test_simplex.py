"""Weights on the simplex: cases worked by hand, a certificate, and what must not move.

All series here are SIMULATED.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.inference.frank_wolfe import frank_wolfe_weights
from migration.inference.simplex import duality_gap, simplex_weights

FLAT, STEEP = np.array([0.0, 0.0, 0.0]), np.array([4.0, 8.0, 12.0])


def panel(seed, n_donors=12, n_days=30):
    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(n_donors, n_days)).cumsum(axis=1)
    return donors[0] + rng.normal(size=n_days), donors


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ([1.0, 2.0, 3.0], [0.75, 0.25]),  # a quarter of the way up
        ([5.0, 10.0, 15.0], [0.0, 1.0]),  # beyond the hull: the nearest corner
        ([-1.0, -2.0, -3.0], [1.0, 0.0]),
        ([4.0, 8.0, 12.0], [0.0, 1.0]),  # a donor itself
    ],
)
def test_two_donors_worked_by_hand(target, expected):
    weights = simplex_weights(np.array(target), np.array([FLAT, STEEP]))
    np.testing.assert_allclose(weights, expected, atol=1e-12)


def test_a_ridge_worked_by_hand():
    """min (1 - w)^2 + 3 (w^2 + (1 - w)^2) over donors 0 and 1: w = 4/7."""
    weights = simplex_weights(np.array([1.0]), np.array([[0.0], [1.0]]), ridge=3.0)
    np.testing.assert_allclose(weights, [3 / 7, 4 / 7], atol=1e-12)


def test_an_intercept_takes_a_level_out():
    weights = simplex_weights(
        np.array([101.0, 102.0, 103.0]), np.array([FLAT, STEEP]), intercept=True
    )
    np.testing.assert_allclose(weights, [0.75, 0.25], atol=1e-12)


@given(
    seed=st.integers(0, 10_000),
    intercept=st.booleans(),
    ridge=st.sampled_from([0.0, 1e-6, 1.0, 1e4]),
)
def test_the_duality_gap_certifies_the_optimum(seed, intercept, ridge):
    target, donors = panel(seed)
    given_ = {"intercept": intercept, "ridge": ridge}
    weights = simplex_weights(target, donors, **given_)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    start = duality_gap(np.full(12, 1 / 12), target, donors, **given_)
    assert abs(duality_gap(weights, target, donors, **given_)) <= 1e-8 * (1 + start)


def test_more_donors_than_days_give_weights_that_do_not_depend_on_their_order():
    target, donors = panel(3, n_donors=90, n_days=40)
    order = np.random.default_rng(0).permutation(90)
    weights = simplex_weights(target, donors, ridge=1e-6)
    np.testing.assert_allclose(
        simplex_weights(target, donors[order], ridge=1e-6), weights[order], atol=1e-7
    )


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_measure_do_not_matter(scale):
    target, donors = panel(4)
    np.testing.assert_allclose(
        simplex_weights(scale * target, scale * donors),
        simplex_weights(target, donors),
        atol=1e-7,
    )


def test_a_great_ridge_makes_all_weights_equal():
    target, donors = panel(5)
    weights = simplex_weights(target, donors, ridge=1e9)
    np.testing.assert_allclose(weights, 1 / 12, atol=1e-5)


def test_the_early_end_of_frank_wolfe_is_near_the_optimum_and_never_below():
    target, donors = panel(6)
    noise = float(np.diff(donors, axis=1).std(ddof=1))
    zeta = 0.5 * noise
    early = frank_wolfe_weights(target, donors, zeta=zeta, intercept=True, noise=noise)
    given_ = {"intercept": True, "ridge": 30 * zeta**2}
    gap = duality_gap(early, target, donors, **given_)
    assert 0 < gap < 1e-3 * duality_gap(np.eye(12)[1], target, donors, **given_)
    assert early.min() >= 0
    assert early.sum() == pytest.approx(1)
