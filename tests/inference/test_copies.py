"""Copies among series, and numbers that rounding made."""

import numpy as np
import pytest

from migration.inference.copies import copies, rounding_error


def test_copies_are_found_at_any_level_and_scale():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(6, 60))
    y[3] = y[0] + 5
    y[4] = 7 * y[1] - 2
    y[5] = y[0] / 3
    assert copies(y) == [[0, 3, 5], [1, 4]]


def test_many_series_are_searched_at_once():
    """Six thousand, four copies among them at the far ends."""
    rng = np.random.default_rng(6)
    y = rng.normal(size=(6_000, 75)) + rng.normal(size=75)
    y[5_999], y[17], y[3_000] = 4 * y[2] + 1, y[2] - 7, 3 * y[2]
    y[444] = 2 * y[555]
    assert copies(y) == [[2, 17, 3_000, 5_999], [444, 555]]


def test_mirrored_series_are_copies():
    """Two shares that sum to one, and 1/x in logs."""
    rng = np.random.default_rng(7)
    y = rng.normal(size=(40, 60)).cumsum(axis=1)
    y[9] = 1 - y[2]
    y[30], y[31] = 2 * y[4], 5 - 3 * y[4]
    assert copies(y) == [[2, 9], [4, 30, 31]]
    counts = rng.poisson(200, size=(2, 60)).astype(float)
    assert copies(np.log([*counts, 1 / counts[0]])) == [[0, 2]]


def test_nearly_mirrored_series_are_no_copies():
    rng = np.random.default_rng(8)
    y = rng.normal(size=(3, 60))
    y[1] = -y[0] + 1e-9 * rng.normal(size=60)
    assert copies(y) == []


def test_independent_and_still_series_are_no_copies():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(5, 14))
    y[2] = y[3] = 4.0
    assert copies(y) == []


@pytest.mark.parametrize("level", [0.0, 1e3, 1e9])
def test_a_common_level_makes_no_copies(level):
    rng = np.random.default_rng(3)
    assert copies(level + rng.normal(size=(40, 70))) == []


def test_a_shock_that_all_share_makes_no_copies():
    rng = np.random.default_rng(5)
    shock = 1e5 * (np.arange(70) > 60)
    assert copies(shock + 0.1 * rng.normal(size=(40, 70))) == []
    one = shock + 0.1 * rng.normal(size=70)
    assert copies(np.array([one, 1.7 * one + 3])) == [[0, 1]]


def test_what_rounding_leaves_lies_below_the_limit_and_noise_above():
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(3, 64))
    for level in (0.0, 5.0, 1e6):
        y = level + noise
        left = (y - (noise + level)).std(axis=1)
        assert (left <= rounding_error(y, logs=False)).all()
        assert (1e-3 * noise.std(axis=1) > rounding_error(y, logs=False)).all()
    counts = rng.poisson(50, size=(3, 64)).astype(float)
    assert (rounding_error(counts, logs=True) < 1e-6).all()
