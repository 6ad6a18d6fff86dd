import numpy as np
import pytest

from migration.inference.conformal import conformal_interval, conformal_p

ONES = np.ones((12, 1))


def test_p_worked_by_hand():
    """Ten baseline days, window of two: means over pairs, only 0.9 or more beyond."""
    y = np.array([[0.0, 1, 0, 1, 0, 1, 0, 1, 0, 3, 2, 2]])
    centred = y[0] - y[0].mean()
    pairs = [abs(centred[i : i + 2].mean()) for i in range(9)]
    window = abs(centred[10:].mean())
    expected = (1 + sum(p >= window for p in pairs)) / 10
    assert conformal_p(y, ONES, 10)[0] == expected


def test_an_effect_is_undone_by_naming_it():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(1, 70))
    moved = y.copy()
    moved[:, 63:] += 2.5
    x = np.ones((70, 1))
    assert conformal_p(moved, x, 63, 2.5) == conformal_p(y, x, 63)
    assert conformal_p(moved, x, 63)[0] == pytest.approx(1 / 58)


def test_the_interval_covers_the_truth_and_moves_with_it():
    rng = np.random.default_rng(1)
    y, x = rng.normal(size=(1, 70)), np.ones((70, 1))
    low, high = conformal_interval(y, x, 63, search=(-4, 4))
    moved = y.copy()
    moved[:, 63:] += 1
    found = conformal_interval(moved, x, 63, search=(-3, 5))
    assert low < 0 < high
    np.testing.assert_allclose(found, (low + 1, high + 1), atol=1e-9)


def test_a_search_that_ends_too_soon_gives_an_unbounded_end():
    y, x = np.random.default_rng(2).normal(size=(1, 70)), np.ones((70, 1))
    assert conformal_interval(y, x, 63, search=(-0.01, 4))[0] == -np.inf


def test_size_with_memory():
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(800, 100))
    y = np.zeros_like(noise)
    for t in range(1, 100):
        y[:, t] = 0.5 * y[:, t - 1] + noise[:, t]
    p = conformal_p(y[:, 29:], np.ones((71, 1)), 64)
    # Overlapping placebo windows over-reject somewhat: why this is no headline.
    assert 0.02 < (p <= 0.05).mean() < 0.14
