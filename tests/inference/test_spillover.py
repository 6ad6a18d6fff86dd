"""Direct effects and spillovers together, on SIMULATED series with known effects."""

import numpy as np
import pytest

from migration.errors import DesignError
from migration.inference.spillover import (
    all_unit_equations,
    direct_effects,
    joint_effects,
    placebo_effects,
)

BASELINE = np.arange(60) < 50


@pytest.fixture
def y():
    rng = np.random.default_rng(8)
    factors = rng.normal(size=(2, 60)).cumsum(axis=1)
    loadings = rng.dirichlet([1, 1, 1], size=18)[:, :2]
    loadings[[0, 4, 7]] = 1 / 3  # well inside the others' range
    return loadings @ factors + 0.05 * rng.normal(size=(18, 60))


def exposure(*rows):
    pattern = np.zeros((18, len(rows)))
    pattern[list(rows), range(len(rows))] = 1
    return pattern


def test_effects_put_in_come_out_together(y):
    y[0, ~BASELINE] += 3.0
    y[4, ~BASELINE] -= 2.0
    found, spilt = placebo_effects(y, BASELINE, exposure(4), np.arange(5, 18))
    assert found[0, ~BASELINE].mean() == pytest.approx(3, abs=0.1)
    assert spilt[4, ~BASELINE].mean() == pytest.approx(-2, abs=0.1)
    assert np.abs(found[1:, ~BASELINE].mean(axis=1)).max() < 0.3
    assert not np.delete(spilt, 4, axis=0).any()


def test_what_is_put_in_is_added_to_what_was_there(y):
    """An exact invariance: the estimator is linear in the days after the event."""
    before = placebo_effects(y, BASELINE, exposure(4, 7), np.arange(8, 18))
    y[0, 55], y[7, 55] = y[0, 55] + 10, y[7, 55] - 6
    after = placebo_effects(y, BASELINE, exposure(4, 7), np.arange(8, 18))
    assert (after[0] - before[0])[0, 55] == pytest.approx(10)
    assert (after[1] - before[1])[7, 55] == pytest.approx(-6)
    np.testing.assert_allclose((after[1] - before[1])[4], 0, atol=1e-9)


def test_partialling_out_is_the_joint_least_squares(y):
    apart, residual = all_unit_equations(y, BASELINE)
    pattern = exposure(4, 7)
    each = direct_effects(apart, residual, pattern)
    for row in (0, 2, 17):
        both = np.column_stack([np.eye(18)[row], pattern])
        joint = joint_effects(apart, residual, both)[0]
        np.testing.assert_allclose(each[row], joint, atol=1e-9)
    assert np.isnan(each[[4, 7]]).all()


def test_more_effects_than_series_can_tell_apart_are_refused(y):
    apart, residual = all_unit_equations(y, BASELINE)
    with pytest.raises(DesignError, match=r"18 effects cannot be told apart.*17"):
        joint_effects(apart, residual, np.eye(18))
