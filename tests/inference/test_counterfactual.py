"""Predictions with estimated coefficients: by hand, by invariance, by simulation."""

import numpy as np
import pytest

from migration.inference.arima import arima_covariance, arima_grid, best_by_bic
from migration.inference.counterfactual import (
    Regression,
    Split,
    likelihood_weights,
    mixed,
    predict,
    restricted_loglik,
)
from migration.inference.noise import LEVEL_GRID, local_level


def alone(y, x=None):
    """Series without own covariates."""
    y = np.atleast_2d(y)
    x = np.ones((y.shape[1], 1)) if x is None else x
    return Regression(y, x, np.empty((*y.shape, 0)))


def test_a_mean_of_three_days_by_hand():
    """Known 1, 2, 3: mean 2, variance 1; a fourth day of 5 has a gap of 3.

    Var(gap) = s^2 (1 + 1/3).
    """
    model = alone(np.array([1.0, 2.0, 3.0, 5.0]))
    found = predict(model, np.eye(4), Split(np.arange(3), np.array([3])))
    assert found.gap[0, 0] == pytest.approx(3.0)
    assert found.scale[0] == pytest.approx(1.0)
    assert found.variance(np.ones((1, 1)))[0, 0] == pytest.approx(4 / 3)


def test_a_random_walk_forecasts_its_last_day():
    """With all variance in the walk the forecast is the last known value."""
    y = np.array([1.0, 4.0, 2.0, 7.0, 7.5, 9.0])
    cov = arima_covariance(np.arange(6.0), d=1)
    found = predict(alone(y), cov, Split(np.arange(4), np.array([4, 5])))
    np.testing.assert_allclose(found.gap[0], [0.5, 2.0], atol=1e-12)
    # Steps 3, -2, 5: variance 38/3; two days ahead doubles it.
    variance = found.variance(np.eye(2))[0]
    np.testing.assert_allclose(variance, [38 / 3, 76 / 3], rtol=1e-12)


def test_shift_and_scale_of_a_series_and_of_its_covariate():
    rng = np.random.default_rng(3)
    y, x = rng.normal(size=(2, 40)), rng.normal(size=(2, 40, 1))
    split, cov = (
        Split(np.arange(30), np.arange(30, 40)),
        local_level(np.arange(40.0), 0.1),
    )
    one = predict(Regression(y, np.ones((40, 1)), x), cov, split)
    other = predict(Regression(3 * y + 7, np.ones((40, 1)), 5 * x - 2), cov, split)
    np.testing.assert_allclose(other.gap, 3 * one.gap, atol=1e-9)
    weights = np.full((1, 10), 0.1)
    np.testing.assert_allclose(
        other.variance(weights), 9 * one.variance(weights), rtol=1e-9
    )


def test_each_series_is_predicted_as_if_it_were_alone():
    rng = np.random.default_rng(4)
    y, x = rng.normal(size=(3, 40)), rng.normal(size=(3, 40, 2))
    split, cov = (
        Split(np.arange(30), np.arange(30, 40)),
        local_level(np.arange(40.0), 0.1),
    )
    all_three = predict(Regression(y, np.ones((40, 1)), x), cov, split)
    for row in range(3):
        kept = slice(row, row + 1)
        single = predict(Regression(y[kept], np.ones((40, 1)), x[kept]), cov, split)
        np.testing.assert_allclose(single.gap, all_three.gap[kept], atol=1e-10)
        np.testing.assert_allclose(single.scale, all_three.scale[kept], rtol=1e-10)


def test_bic_counts_what_it_estimates():
    """A gain of one in the log-likelihood does not pay for a parameter at n = 60."""
    loglik = np.array([[0.0, 0.0], [1.0, 5.0]])
    chosen = best_by_bic(loglik, [(0, 0, 0), (1, 0, 0)], 60)
    np.testing.assert_array_equal(chosen, [[1, 0], [0, 1]])


def test_the_grid_of_arima_holds_each_process_once():
    points = arima_grid()
    assert len(set(points)) == len(points)
    assert {order for order, _, _ in points} == {
        (p, d, q) for p in (0, 1) for d in (0, 1) for q in (0, 1)
    }


def test_known_parameters_undercover_and_weighed_ones_do_not():
    """SIMULATED: 400 local levels of 60 days, a mean of nine days ahead."""
    rng = np.random.default_rng(20210106)
    days = np.arange(69.0)
    ratio, n = 0.02, 400
    walk = np.sqrt(ratio) * rng.normal(size=(n, 69)).cumsum(axis=1)
    model = alone(walk + rng.normal(size=(n, 69)))
    split = Split(np.arange(60), np.arange(60, 69))
    covs = [local_level(days, float(r)) for r in LEVEL_GRID]
    loglik = np.array([restricted_loglik(model, c, split.known) for c in covs])
    mean = np.full((1, 9), 1 / 9)
    weighed = mixed(model, covs, likelihood_weights(loglik), split, mean)
    best = (loglik == loglik.max(axis=0)).astype(float)
    plug_in = mixed(model, covs, best, split, mean)
    covered = [(found.p_value[:, 0] > 0.05).mean() for found in (weighed, plug_in)]
    assert covered[0] >= 0.93
    assert covered[1] < covered[0] - 0.01


def test_quantiles_invert_the_distribution():
    rng = np.random.default_rng(5)
    model = alone(rng.normal(size=(2, 30)))
    split = Split(np.arange(25), np.arange(25, 30))
    covs = [local_level(np.arange(30.0), r) for r in (0.0, 0.5)]
    weight = np.array([[0.3, 0.9], [0.7, 0.1]])
    found = mixed(model, covs, weight, split, np.eye(5))
    for level in (0.025, 0.5, 0.975):
        np.testing.assert_allclose(found.below(found.quantile(level)), level, atol=1e-9)
