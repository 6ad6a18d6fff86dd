"""Products of units and days: as the panel regression has them, by hand, refusals."""

import numpy as np
import pytest

from migration.inference.two_way import (
    average_effect,
    clustered_p,
    dynamic,
    one_unit_effects,
    two_way,
    within,
)


def plain(y, x):
    """The regression with every regressor formed as a panel."""
    inner_x, inner_y = within(x), within(y)
    flat = inner_x.reshape(len(x), -1).T
    bread = np.linalg.inv(flat.T @ flat)
    coef = bread @ flat.T @ inner_y.ravel()
    residual = inner_y - np.tensordot(coef, inner_x, axes=1)
    scores = np.einsum("knt,nt->nk", inner_x, residual)
    n, size = len(y), y.size
    factor = n / (n - 1) * (size - 1) / (size - len(x) - y.shape[1])
    return coef, factor * bread @ scores.T @ scores @ bread


@pytest.fixture
def panel():
    return np.random.default_rng(4).normal(size=(9, 14)).cumsum(axis=1)


def test_two_groups_with_days_of_their_own(panel):
    """One event hits five units from day 5 on, another three of them and one more."""
    u = np.zeros((2, 9))
    u[0, :5] = u[1, 2:6] = 1
    days = np.array([5, 6, 7, 8, 7, 8, 9])
    place = np.array([0, 0, 0, 0, 1, 1, 1])
    v = np.eye(14)[days]
    found = two_way(panel, u, v, place)
    coef, cov = plain(panel, u[place][:, :, None] * v[:, None, :])
    np.testing.assert_allclose(found.coef, coef, rtol=1e-10)
    np.testing.assert_allclose(found.cov, cov, rtol=1e-9, atol=1e-14)


def test_shocks_of_units_and_of_periods_change_nothing(panel):
    u, v, place = (
        np.arange(18.0).reshape(2, 9) ** 2,
        np.eye(14)[6:9],
        np.array([0, 1, 1]),
    )
    shocked = panel + np.arange(9.0)[:, None] * 100 - 50 * np.arange(14) ** 2
    one, other = two_way(panel, u, v, place), two_way(shocked, u, v, place)
    np.testing.assert_allclose(other.coef, one.coef, atol=1e-9)
    np.testing.assert_allclose(other.cov, one.cov, rtol=1e-6, atol=1e-12)


def test_two_treated_and_two_others_worked_by_hand():
    """Changes 3 and 5 against 1 and 1: an effect of 3.

    What it leaves of the changes is -1, 1, 0, 0, so that the clustered variance is
    (1/2)^2 (1 + 1) times 4/3 times 7/(8 - 1 - 2).
    """
    y = np.array([[0.0, 3], [0, 5], [2, 3], [7, 8]])
    fit = average_effect(
        y, np.array([True, True, False, False]), np.array([False, True])
    )
    assert fit.coef[0] == pytest.approx(3)
    assert fit.cov[0, 0] == pytest.approx(0.5 * 4 / 3 * 7 / 5)


def test_a_path_of_days_is_the_difference_of_means(panel):
    treated = np.arange(9) < 3
    found = dynamic(panel, treated, reference=4)
    change = panel - panel[:, [4]]
    gap = change[treated].mean(axis=0) - change[~treated].mean(axis=0)
    np.testing.assert_allclose(found.coef, np.delete(gap, 4), rtol=1e-10)


def test_every_unit_in_turn_is_that_unit_treated(panel):
    after = np.arange(14) >= 10
    effects, errors = one_unit_effects(panel, after)
    p_values = clustered_p(effects, errors, 9)
    for row in range(9):
        alone = average_effect(panel, np.arange(9) == row, after)
        assert effects[row] == pytest.approx(alone.coef[0], rel=1e-10)
        assert errors[row] == pytest.approx(alone.std_error[0], rel=1e-9)
        assert p_values[row] == pytest.approx(alone.p_value[0], rel=1e-8)


def test_one_unit_against_one_has_no_p():
    y = np.array([[0.0, 1, 5, 6], [0, 1, 1, 3]])
    effects, errors = one_unit_effects(y, np.arange(4) >= 2)
    assert np.isnan(clustered_p(effects, np.where(errors < 1e-12, 0, errors), 2)).all()
