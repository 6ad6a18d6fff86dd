"""Memory left in residuals: draws keep the level that weekdays spoil."""

import numpy as np
import pytest

from migration.inference.arma import fit_arma, innovations, whitened
from migration.inference.arrays import weekday_dummies
from migration.inference.serial import ljung_box, ljung_box_drawn

DAYS = np.arange(80)
NONE = np.empty(0), np.empty(0)


def test_without_regressors_draws_and_chi_squared_agree():
    left = np.random.default_rng(1).normal(size=2000)
    drawn = ljung_box_drawn(left, np.ones((2000, 1)), NONE, 7)
    plain = ljung_box(left, 7)
    np.testing.assert_allclose(drawn[:, 0], plain[:, 0])
    np.testing.assert_allclose(drawn[:, 1], plain[:, 1], atol=0.05)


def test_weekdays_alone_make_chi_squared_reject_too_often():
    """SIMULATED white noise; the same draws, so that the two compare."""
    rng = np.random.default_rng(2)
    x = weekday_dummies(DAYS % 7)
    root, _ = np.linalg.qr(x)
    noise = rng.normal(size=(300, 80))
    left = noise - noise @ root @ root.T
    plain = np.array([ljung_box(row, 7)[-1, 1] for row in left])
    drawn = np.array([ljung_box_drawn(row, x, NONE, 7)[-1, 1] for row in left])
    assert (plain <= 0.05).mean() > 0.07
    assert (plain < drawn).mean() > 0.9
    assert (drawn <= 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_a_wave_that_the_noise_model_leaves_is_found():
    rng = np.random.default_rng(3)
    wave = np.cos(2 * np.pi * DAYS / 5)
    y = (wave + rng.normal(size=80))[None]
    x, days = np.ones((80, 1)), DAYS.astype(float)
    found = fit_arma(y, x, days, order=(1, 0))
    tests = ljung_box_drawn(
        innovations(y, x, days, found),
        whitened(x, days, found),
        (found.ar, found.ma),
        7,
    )
    assert np.isnan(tests[0, 1])  # one parameter leaves no degree of freedom at lag 1
    assert tests[-1, 1] < 0.01
