"""What an estimated weekly cycle costs a contrast: by hand, by algebra, by its size."""

import numpy as np
import pytest

from migration.inference.arrays import weekday_dummies, without_weekly_cycle
from migration.inference.blocks import block_contrast, block_means
from migration.inference.week import block_weights, widening, window_widening


def days_of(n_pre, length, *, gap=2, first=0):
    days = np.arange(n_pre + gap + length)
    return (days + first) % 7, days < n_pre, days >= n_pre + gap


@pytest.mark.parametrize("weeks", [2, 5, 9])
def test_one_day_has_the_error_of_least_squares_with_weekday_dummies(weeks):
    weekday, base, window = days_of(7 * weeks, 1)
    y = np.random.default_rng(2).normal(size=(3, len(weekday)))
    flat = without_weekly_cycle(y, weekday, base)
    found = block_contrast(
        block_means(flat, base, 1),
        flat[:, window][:, 0],
        widened=window_widening(weekday, base, window),
    )
    x = np.column_stack([weekday_dummies(weekday), window])
    used = base | window
    inverse = np.linalg.inv(x[used].T @ x[used])
    for row, error in zip(y, found.std_error, strict=True):
        left = row[used] - x[used] @ (inverse @ x[used].T @ row[used])
        variance = left @ left / (7 * weeks - 7)
        assert error == pytest.approx(np.sqrt(variance * inverse[-1, -1]))


@pytest.mark.parametrize("length", [7, 14, 21])
def test_whole_weeks_cost_nothing(length):
    """Whatever the cycle is said to be, a whole week of it is the same."""
    weekday, base, window = days_of(63, length)
    assert window_widening(weekday, base, window) == pytest.approx(1)


def test_two_weeks_and_two_days_worked_by_hand():
    """Weekday means of two days: blocks have 7/24 of a day's variance, two days 3/4."""
    weekday, base, window = days_of(14, 2, gap=0)
    factor = np.sqrt(3 / 4 / (7 / 24 * (1 + 1 / 7)))
    assert window_widening(weekday, base, window) == pytest.approx(factor)


@pytest.mark.parametrize(("n_pre", "length"), [(64, 9), (36, 9), (28, 3), (14, 3)])
def test_the_factor_is_that_of_simulated_white_noise(n_pre, length):
    """SIMULATED: the deviation of contrasts over the root mean square of errors."""
    weekday, base, window = days_of(n_pre, length, first=3)
    y = np.random.default_rng(3).normal(size=(40_000, len(weekday)))
    flat = without_weekly_cycle(y, weekday, base)
    found = block_contrast(block_means(flat, base, length), flat[:, window].mean(1))
    seen = np.sqrt((found.estimate**2).mean() / (found.std_error**2).mean())
    assert seen == pytest.approx(window_widening(weekday, base, window), rel=0.015)


def test_a_day_of_the_baseline_has_the_error_of_a_residual():
    """With a cycle of two days a weekday: 1 - 1/2 over the same believed variance."""
    weekday, base, _ = days_of(14, 1)
    each = np.eye(len(weekday))
    factor = widening(each, each[base], weekday, base)
    believed = 14 / 13 * (1 - 1 / 2)
    np.testing.assert_allclose(
        factor[:14] ** 2 * (1 - 1 / 14) * believed, np.full(14, 1 / 2)
    )


def test_where_the_cycle_takes_everything_nothing_is_widened():
    """Seven days show each weekday once: no block differs from another."""
    weekday, base, window = days_of(7, 1)
    assert window_widening(weekday, base, window) == 1


def test_a_weekday_that_the_baseline_never_shows_keeps_its_value():
    days = np.arange(14)
    weekday, base, window = np.minimum(days % 7, 5), days < 12, days == 13
    unseen = np.where(window, 6, weekday)
    flat = without_weekly_cycle(np.eye(14), unseen, base)
    blocks, own = block_weights(base, 1) @ flat.T, window[None] @ flat.T
    left = blocks - blocks.mean(axis=0)
    believed = (left**2).sum() / 11 * (1 + 1 / 12)
    real = ((own[0] - blocks.mean(axis=0)) ** 2).sum()
    factor = window_widening(unseen, base, window)
    assert factor == pytest.approx(np.sqrt(real / believed))
