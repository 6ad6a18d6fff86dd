"""Effects of several series: covariance, draws, ratios."""

import numpy as np
import pytest

from migration.inference.counterfactual import Mixture
from migration.inference.jointly import (
    Errors,
    joint_covariance,
    joint_draws,
    ratio_interval,
    two_sided,
)

DRAWS = 40_000


def normal_margin(centre, error):
    one = np.ones((1, 1, 1))
    return Mixture(centre * one, error * one, one[0], df=10_000)


def errors(rho, sizes=(1.0, 2.0), centres=(1.0, 3.0)):
    """Two series whose innovations correlate by rho, on two days."""
    innovation = np.array([[1.0, 0], [rho, np.sqrt(1 - rho**2)]])
    loading = np.array([[size, 0] for size in sizes])
    margins = map(normal_margin, centres, sizes)
    return Errors(loading, innovation, tuple(margins))


@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.6])
def test_covariance_and_draws_worked_by_hand(rho):
    """Errors one and two: covariance 2 rho, which the draws must show."""
    found = errors(rho)
    wanted = [[1, 2 * rho], [2 * rho, 4]]
    np.testing.assert_allclose(joint_covariance(found), wanted, atol=1e-12)
    drawn = joint_draws(found, n=DRAWS, seed=1)
    np.testing.assert_allclose(np.cov(drawn.T), wanted, atol=0.08)
    np.testing.assert_allclose(drawn.mean(axis=0), [1, 3], atol=0.04)


def test_every_draw_keeps_its_margin():
    found = errors(0.6)
    drawn = joint_draws(found, n=DRAWS, seed=2)
    for k, margin in enumerate(found.margin):
        for level in (0.025, 0.5, 0.975):
            wanted = margin.quantile(level)[0, -1]
            assert np.quantile(drawn[:, k], level) == pytest.approx(wanted, abs=0.06)


def test_the_seed_alone_makes_the_draws():
    first, again, other = (
        joint_draws(errors(0.3), n=100, seed=seed) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_shared_error_leaves_the_difference():
    drawn = joint_draws(errors(1 - 1e-9, sizes=(1.0, 1.0)), n=DRAWS, seed=3)
    assert np.diff(drawn).std() < 1e-3


def fieller(a, b, var, z=1.959964):
    """Roots of (a - r b)**2 = z**2 var(a - r b), in closed form."""
    square = [
        b**2 - z**2 * var[1][1],
        -2 * (a * b - z**2 * var[0][1]),
        a**2 - z**2 * var[0][0],
    ]
    return np.sort(np.roots(square))


@pytest.mark.parametrize("centre", [(3.0, 8.0), (3.0, -8.0), (-0.5, 6.0)])
@pytest.mark.parametrize("rho", [-0.5, 0.7])
def test_a_ratio_has_the_ends_of_fieller(centre, rho):
    found = errors(rho, centres=centre)
    above, below = joint_draws(found, n=200_000, seed=4).T
    low, high = ratio_interval(above, below, 0.05)
    wanted = fieller(*centre, joint_covariance(found))
    np.testing.assert_allclose([low, high], wanted, atol=0.02)


def test_a_ratio_over_what_may_be_zero_is_unbounded():
    above, below = joint_draws(errors(0.2, centres=(5.0, 1.0)), n=2000, seed=5).T
    assert ratio_interval(above, below, 0.05) == (-np.inf, np.inf)


def test_p_from_draws_by_hand():
    """One of 19 draws on the far side: 2 * 2 / 20; none: 2 * 1 / 20; half: one."""
    assert two_sided(np.r_[-1.0, np.ones(18)]) == pytest.approx(0.2)
    assert two_sided(np.ones(19)) == pytest.approx(0.1)
    assert two_sided(np.r_[-np.ones(10), np.ones(10)]) == 1
