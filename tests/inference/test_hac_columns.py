"""Newey-West of many series: as one by one, by hand, and where a VAR is not told."""

import numpy as np
import pytest

from migration.inference.hac import newey_west
from migration.inference.hac_columns import (
    Prewhitened,
    bartlett,
    newey_west_columns,
)


def regressors(n, window):
    """Day of week, and two windows one after the other at the end."""
    day = np.arange(n)
    weekdays = (day[:, None] % 7 == np.arange(1, 7)).astype(float)
    first = (day >= n - 2 * window) & (day < n - window)
    return np.column_stack([np.ones(n), weekdays, first, day >= n - window])


def series(n, number=12, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(number, n)).cumsum(axis=1) + rng.normal(size=(number, n))


OPTIONS = [
    {},
    {"lag": 4},
    {"lag": 120},
    {"lag": 0, "prewhite": False},
    {"lag": 4, "prewhite": False},
    {"lag": 89, "prewhite": False},
    {"lag": 90, "prewhite": False},
    {"lag": 200, "prewhite": False},
    {"prewhite": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("window", [1, 2, 9])
def test_every_series_has_the_numbers_that_it_has_alone(options, window):
    """A window of one day has no residual: its score is zero by construction."""
    x, y = regressors(90, window), series(90)
    weights = np.vstack([np.eye(9)[7:], np.r_[np.zeros(7), 1, -1]])
    found = newey_west_columns(y, x, weights, **options)
    for row, own in enumerate(y):
        alone = newey_west(own, x, **options)
        errors = np.sqrt(np.diag(weights @ alone.cov @ weights.T))
        np.testing.assert_allclose(found.estimate[row], weights @ alone.coef, rtol=1e-9)
        np.testing.assert_allclose(found.std_error[row], errors, rtol=1e-7)
        assert found.lag[row] == alone.lag


def test_more_series_than_one_chunk_change_nothing(monkeypatch):
    x, y = regressors(60, 5), series(60)
    whole = newey_west_columns(y, x, np.eye(9)[7:])
    monkeypatch.setattr("migration.inference.hac_columns.CELLS", 300)
    parts = newey_west_columns(y, x, np.eye(9)[7:])
    np.testing.assert_allclose(parts.std_error, whole.std_error, rtol=1e-12)
    np.testing.assert_array_equal(parts.lag, whole.lag)


def test_scale_and_what_the_regressors_explain_leave_the_rest_alone():
    x, y = regressors(60, 5), series(60)
    before = newey_west_columns(y, x, np.eye(9)[7:])
    moved = newey_west_columns(3 * y + 7 * x[:, 8] - x[:, 2], x, np.eye(9)[7:])
    np.testing.assert_allclose(moved.std_error, 3 * before.std_error, rtol=1e-9)
    np.testing.assert_allclose(moved.estimate, 3 * before.estimate + [0, 7], atol=1e-9)


def test_a_mean_worked_by_hand():
    """Residuals -1, 1, 1, -1: autocovariances 4, -1 and -2 at lags 0, 1, 2.

    With one lag 4 + 2 (1/2) (-1) = 3; with two 4 + 2 (2/3) (-1) + 2 (1/3) (-2) = 4/3;
    over n squared.
    """
    y, x = np.array([[0.0, 2, 2, 0]]), np.ones((4, 1))
    for lag, total in ((0, 4), (1, 3), (2, 4 / 3)):
        found = newey_west_columns(y, x, np.ones((1, 1)), lag=lag, prewhite=False)
        assert found.estimate[0, 0] == pytest.approx(1)
        assert found.std_error[0, 0] ** 2 == pytest.approx(total / 16)
        assert bartlett(y - 1, lag)[0] == pytest.approx(total)


def test_scores_that_explain_one_another_are_fitted_one_by_one():
    """Residuals on five days of a window alone: both scores are the same."""
    x = np.column_stack([np.ones(60), np.arange(60) // 5 == 8]).astype(float)
    y = np.vstack([5.0 + (np.arange(60) == 42), series(60, 1)[0]])
    left = y - (x @ np.linalg.lstsq(x, y.T, rcond=None)[0]).T
    assert Prewhitened.of(left, x).told.tolist() == [False, True]
    found = newey_west_columns(y, x, np.eye(2), lag=3)
    for row, own in enumerate(y):
        squares = np.diag(newey_west(own, x, lag=3).cov)
        np.testing.assert_allclose(found.std_error[row] ** 2, squares, atol=1e-12)
    assert (found.lag == 3).all()


def test_a_series_without_residuals_has_no_error():
    x = regressors(60, 5)
    y = np.vstack([series(60, 1)[0], x @ np.zeros(9)])
    found = newey_west_columns(y, x, np.eye(9)[7:], prewhite=False)
    assert (found.std_error[1] == 0).all()
    assert (found.std_error[0] > 0).all()
