"""Noise without a matrix, and an interval of a decay that reaches 1 where it must."""

import numpy as np
import pytest

from migration.inference.arma import arma_covariance, fit_noise
from migration.inference.arrays import weekday_dummies
from migration.inference.decay import fit_decay, pulse_response
from migration.inference.gls import fit

DAYS = np.r_[np.arange(64.0), np.arange(66.0, 110.0)]


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9, 0.999])
def test_an_ar1_without_its_matrix_is_the_one_with_it(rho, restricted):
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=(3, 108)), rng.normal(size=(108, 4))
    noise = np.array([rho]), np.empty(0)
    quick = fit_noise(y, x, DAYS, noise, restricted=restricted)
    plain = fit(y, x, arma_covariance(DAYS, *noise), restricted=restricted)
    for name in ("coef", "unscaled", "scale", "loglik"):
        ours, theirs = getattr(quick, name), getattr(plain, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def _path(decay, floor, *, seed):
    """SIMULATED: noise of .1, a pulse of 1 on day 66 beside a step of ``floor``."""
    days = np.arange(110.0)
    rng = np.random.default_rng(seed)
    path = pulse_response(days, 66.0, decay) + floor * (days >= 66)
    base = np.column_stack([weekday_dummies(days.astype(int) % 7), days >= 66])
    return (path + 0.1 * rng.normal(size=110))[None], base.astype(float), days


def test_a_pulse_beside_its_step_that_goes_on_falling_has_no_end():
    """A line down cannot be told from a decay near 1: the interval must reach 1."""
    y, base, days = _path(0.99, -0.5, seed=1)
    found = fit_decay(y, base, days, np.array([66.0]), orders=((1, 0),))
    assert found.high[0] == 1


def test_a_quick_decay_to_a_floor_has_both_ends():
    y, base, days = _path(0.7, 0.4, seed=1)
    found = fit_decay(y, base, days, np.array([66.0]), orders=((1, 0),))
    assert found.low[0] < 0.7 < found.high[0] < 0.9


def test_the_ends_are_those_of_a_search_over_a_fine_grid():
    """The likelihood at each decay by itself, the noise's memory on a grid of .005."""
    y, base, days = _path(0.8, 0.3, seed=3)
    found = fit_decay(y, base, days, np.array([66.0]), orders=((1, 0),))
    grid = np.arange(0.5, 0.96, 0.005)
    memory = np.arange(-0.5, 0.5, 0.005)
    value = np.array([max(_loglik(y, base, days, d, r) for r in memory) for d in grid])
    kept = grid[2 * (value.max() - value) <= 3.841]
    assert found.low[0] == pytest.approx(kept.min(), abs=0.006)
    assert found.high[0] == pytest.approx(kept.max(), abs=0.006)


def _loglik(y, base, days, decay, rho):
    x = np.column_stack([base, pulse_response(days, 66.0, decay)])
    noise = np.array([rho]), np.empty(0)
    return float(fit_noise(y, x, days, noise, restricted=False).loglik[0])


def test_the_long_run_gain_s_interval_holds_the_truth_and_is_wider_above():
    """SIMULATED: 1 on day 66 of which .8 a day is left, 5 in all; uneven as it must."""
    held, uneven = [], []
    for seed in range(12):
        y, base, days = _path(0.8, 0.0, seed=seed)
        found = fit_decay(y, base[:, :-1], days, np.array([66.0]), orders=((1, 0),))
        low, high = found.gain[0]
        held.append(low <= 5 <= high)
        total = found.coef[-1] / (1 - found.decay[0])
        uneven.append(high - total > total - low)
    assert sum(held) >= 10
    assert all(uneven)


def test_a_decay_that_may_be_none_has_no_long_run_gain():
    y, base, days = _path(0.99, -0.5, seed=1)
    found = fit_decay(y, base, days, np.array([66.0]), orders=((1, 0),))
    assert np.isnan(found.gain).all()
