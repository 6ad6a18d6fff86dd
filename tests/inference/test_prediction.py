"""Forecasts under a known or mixed covariance: by hand, invariance, coverage."""

import numpy as np
import pytest
from scipy import stats

from migration.inference import noise as noises
from migration.inference.arrays import weekday_dummies
from migration.inference.counterfactual import (
    Mixture,
    Regression,
    Split,
    innovations,
    likelihood_weights,
    loadings,
    mixed,
    predict,
)
from migration.inference.noise import LEVEL_GRID, local_level
from migration.inference.structure import pseudo_contrast, weigh_noise

KNOWN, LENGTH = 42, 9
DAYS = np.arange(float(KNOWN + LENGTH))
SPLIT = Split(np.arange(KNOWN), np.arange(KNOWN, KNOWN + LENGTH))
MEAN = np.full((1, LENGTH), 1 / LENGTH)


def simulated(n, ratio, seed):
    """SIMULATED: local levels with a weekly cycle and a covariate, nothing happens."""
    rng = np.random.default_rng(seed)
    shape = n, len(DAYS)
    level = np.sqrt(ratio) * rng.normal(size=shape).cumsum(axis=1)
    x = rng.normal(size=shape).cumsum(axis=1) / 3
    weekly = np.tile([0, 1, 0, -1, 0, 2, 0], 8)[: len(DAYS)]
    y = level + rng.normal(size=shape) + 0.8 * x + weekly
    return Regression(y, weekday_dummies(DAYS.astype(int) % 7), x[:, :, None])


def test_three_days_worked_by_hand():
    """Days 1 and 3 at a ratio of one: diffuse start, one gain of 2/3, on paper.

    Level after two days 1 + 2/3 * 2 = 7/3 with variance 2/3; the next day's forecast
    error has variance 2/3 + 1 + 1 = 8/3 over a scale of 2**2 / 3 = 4/3.
    """
    model = Regression(np.array([[1.0, 3, 5]]), np.ones((3, 1)), np.empty((1, 3, 0)))
    cov = local_level(np.arange(3.0), 1.0)
    found = predict(model, cov, Split(np.array([0, 1]), np.array([2])))
    assert found.gap[0, 0] == pytest.approx(5 - 7 / 3)
    assert found.scale[0] == pytest.approx(4 / 3)
    assert found.variance(np.eye(1))[0, 0] == pytest.approx(32 / 9)


def test_four_pseudo_forecasts_worked_by_hand():
    """Errors 1, -1, 1, -1: sd sqrt(4/3), times sqrt(1 + 1/4); t on three degrees."""
    found = pseudo_contrast(np.array([2.0]), np.array([[1.0, -1, 1, -1]]))
    assert found.std_error[0] == pytest.approx(np.sqrt(5 / 3))
    assert found.p_value[0] == pytest.approx(2 * stats.t.sf(2 / np.sqrt(5 / 3), 3))


def test_two_equal_mixtures_worked_by_hand():
    """Centres -1 and 1, error one: the spread between them is in the error."""
    centre = np.array([[[-1.0]], [[1.0]]])
    found = Mixture(centre, np.ones((2, 1, 1)), np.full((2, 1), 0.5), df=10)
    assert found.estimate[0, 0] == 0
    assert found.std_error[0, 0] == pytest.approx(np.sqrt(2))
    assert found.p_value[0, 0] == pytest.approx(1)
    low, high = found.quantile(0.025)[0, 0], found.quantile(0.975)[0, 0]
    assert low == pytest.approx(-high)
    assert found.below(np.array([[high]]))[0, 0] == pytest.approx(0.975)


@pytest.mark.parametrize("ratio", [0.0, 0.2, 3.0])
def test_level_scale_and_coefficients_do_not_matter(ratio):
    model, cov = simulated(3, 0.2, 1), local_level(DAYS, ratio)
    moved = 5 + 2 * model.y + model.x @ np.arange(7.0) - 3 * model.own[:, :, 0]
    before = predict(model, cov, SPLIT)
    after = predict(Regression(moved, model.x, model.own), cov, SPLIT)
    np.testing.assert_allclose(after.gap, 2 * before.gap, atol=1e-9)
    np.testing.assert_allclose(after.scale, 4 * before.scale)


def test_loadings_give_the_gap_and_its_variance():
    """The mean gap is linear in the days; its variance that of the linear form."""
    model, cov = simulated(4, 0.2, 2), local_level(DAYS, 0.3)
    linear, found = loadings(model, cov, SPLIT), predict(model, cov, SPLIT)
    np.testing.assert_allclose((linear * model.y).sum(axis=1), found.gap.mean(axis=1))
    variance = found.scale * ((linear @ cov) * linear).sum(axis=1)
    np.testing.assert_allclose(variance, found.variance(MEAN)[:, 0])


def test_innovations_of_the_true_model_are_white():
    model = simulated(200, 0.2, 3)
    found = innovations(model, local_level(DAYS, 0.2), SPLIT.known)
    lagged = (found[:, 1:] * found[:, :-1]).mean()
    assert abs(lagged) < 0.05
    assert (found**2).sum(axis=1) == pytest.approx(KNOWN - 8)


def test_weights_sum_to_one_and_find_the_ratio():
    """Half of the weight or more lies within a factor of thirty of the truth."""
    noise = weigh_noise("uc", simulated(60, 0.3, 4), DAYS, SPLIT.known)
    np.testing.assert_allclose(noise.weight.sum(axis=0), 1)
    near = (LEVEL_GRID > 0.01) & (LEVEL_GRID < 9)
    assert noise.weight[near].sum(axis=0).mean() > 0.5
    far = likelihood_weights(np.array([[0.0], [-1e4]]))
    np.testing.assert_array_equal(far, [[1], [0]])


def ends_of(model):
    noise = weigh_noise("uc", model, DAYS, SPLIT.known)
    found = mixed(model, noise.covs, noise.weight, SPLIT, MEAN)
    return np.column_stack([found.quantile(q)[:, 0] for q in (0.025, 0.975)])


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.5, 4.0])
def test_twice_as_many_points_move_no_end_by_a_twentieth(ratio, monkeypatch):
    """The grid is the prior, even over the gain: its density is no part of it."""
    model = simulated(60, ratio, 5)
    before = ends_of(model)
    gains = np.linspace(0, 0.95, 2 * len(LEVEL_GRID))
    monkeypatch.setattr(noises, "LEVEL_GRID", gains**2 / (1 - gains))
    moved = np.abs(ends_of(model) - before).max(axis=1)
    assert (moved / (np.ptp(before, axis=1) / 2)).max() < 0.05


def covered(model, noise):
    found = mixed(model, noise.covs, noise.weight, SPLIT, MEAN)
    return float((found.p_value[:, 0] > 0.05).mean())


def plug_in_covered(model, noise):
    """Most likely ratio, coefficients as known, ML scale, normal quantile."""
    hits = []
    for j, best in enumerate(noise.weight.argmax(axis=0)):
        one = Regression(model.y[[j]], model.x, model.own[[j]])
        found = predict(one, noise.covs[best], SPLIT)
        scale = found.scale[0] * (KNOWN - one.n_coef) / KNOWN
        error = np.sqrt(scale * (MEAN @ found.noise @ MEAN.T)[0, 0])
        hits.append(abs(found.gap.mean()) < 1.96 * error)
    return float(np.mean(hits))


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.2, 0.5])
def test_parameter_uncertainty_covers_where_the_plug_in_does_not(ratio):
    """SIMULATED: 600 series of 42 days, eight coefficients; 95% wanted.

    Two binomial errors of 600 trials are 1.8 points.
    """
    model = simulated(600, ratio, 20210106)
    noise = weigh_noise("uc", model, DAYS, SPLIT.known)
    honest, plug_in = covered(model, noise), plug_in_covered(model, noise)
    assert honest >= 0.93
    assert plug_in < 0.905
    assert honest > plug_in + 0.04
