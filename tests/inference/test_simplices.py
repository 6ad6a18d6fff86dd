"""Many problems at once have the weights of each alone, whatever they start from.

All series here are SIMULATED.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.inference import simplices
from migration.inference.simplex import duality_gap, simplex_weights
from migration.inference.simplices import Problems


def problems(seed, *, n_donors=12, n_days=30, ridge=1e-6, intercept=False):
    """Every donor's own series as a target too, on all days and on two parts."""
    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(n_donors, n_days)).cumsum(axis=1)
    target = np.vstack([donors[0] + rng.normal(size=n_days), donors])
    day = np.arange(n_days)
    days = np.array([day >= 0, day < n_days - 7, (day < 5) | (day >= 12)])
    allowed = np.vstack([np.ones(n_donors, dtype=bool), ~np.eye(n_donors, dtype=bool)])
    every = np.tile
    return Problems(
        target=every(target, (3, 1)),
        donors=donors,
        days=days,
        place=np.repeat(np.arange(3), n_donors + 1),
        allowed=every(allowed, (3, 1)),
        ridge=np.full(3 * (n_donors + 1), ridge),
        intercept=intercept,
    )


def one_by_one(asked):
    found = np.zeros(asked.allowed.shape)
    for row, allowed in enumerate(asked.allowed):
        days = asked.days[asked.place[row]]
        found[row, allowed] = simplex_weights(
            asked.target[row, days],
            asked.donors[np.ix_(allowed, days)],
            intercept=asked.intercept,
            ridge=float(asked.ridge[row]),
        )
    return found


@given(
    seed=st.integers(0, 10_000),
    intercept=st.booleans(),
    ridge=st.sampled_from([0.0, 1e-6, 1.0, 1e4]),
)
def test_each_has_the_weights_that_it_has_alone(seed, intercept, ridge):
    asked = problems(seed, ridge=ridge, intercept=intercept)
    found = asked.weights()
    np.testing.assert_allclose(found, one_by_one(asked), atol=1e-9)
    # From the answers, or from those of other days, the way leads to the same place.
    for start in (found, np.roll(found, 13, axis=0)):
        np.testing.assert_allclose(asked.weights(start), found, atol=1e-9)


@pytest.mark.parametrize("intercept", [False, True])
def test_with_more_donors_than_days_each_is_at_its_optimum(intercept):
    asked = problems(3, n_donors=60, n_days=25, ridge=1e-3, intercept=intercept)
    found = asked.weights()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert found.min() >= 0
    for row in range(61):
        own = asked.target[row], asked.donors[asked.allowed[row]]
        weights = found[row, asked.allowed[row]]
        gap = duality_gap(weights, *own, intercept=intercept, ridge=1e-3)
        assert abs(gap) <= 1e-8


def test_levels_that_all_share_cost_no_digits():
    asked = problems(4)
    raised = replace(asked, target=asked.target + 1e6, donors=asked.donors + 1e6)
    np.testing.assert_allclose(raised.weights(), asked.weights(), atol=1e-8)


def test_a_donor_that_is_the_target_has_all_weight():
    asked = problems(5, ridge=0.0)
    copied = replace(asked, allowed=np.ones_like(asked.allowed))
    found = copied.weights()
    np.testing.assert_allclose(found[1:13], np.eye(12), atol=1e-12)


def test_donors_that_are_sums_of_one_another_are_left_to_the_slow_way(monkeypatch):
    """A target inside the hull of more donors than days: no gap to go by."""
    rng = np.random.default_rng(6)
    donors = rng.normal(size=(12, 4))
    asked = Problems(
        target=np.vstack([donors.mean(axis=0), donors[0] + 9]),
        donors=donors,
        days=np.ones((1, 4), dtype=bool),
        place=np.zeros(2, dtype=np.int64),
        allowed=np.ones((2, 12), dtype=bool),
        ridge=np.zeros(2),
        intercept=False,
    )
    slow = []

    def counted(*given, **more):
        slow.append(given[0])
        return simplex_weights(*given, **more)

    monkeypatch.setattr(simplices, "simplex_weights", counted)
    found = asked.weights()
    np.testing.assert_allclose(found[0] @ donors, donors.mean(axis=0), atol=1e-9)
    np.testing.assert_array_equal(slow[0], asked.target[0])
    monkeypatch.setattr(simplices, "MOST_STEPS", 0)
    np.testing.assert_allclose(asked.weights(), one_by_one(asked), atol=1e-12)
