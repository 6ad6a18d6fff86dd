"""Tails and quantiles against the distributions of scipy, to the bit."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from migration.inference import tails

ENDS = [0.0, np.inf, -np.inf, np.nan, 1e-300, 1e300, -1e300]
VALUES = np.concatenate([ENDS, 3 * np.random.default_rng(1).standard_cauchy(2_000)])
LEVELS = np.concatenate(
    [
        [0.0, 1.0, np.nan, -0.1, 1.1, 1e-300, 0.5, 0.025, 0.95, 0.975],
        np.random.default_rng(2).random(2_000),
    ]
)
FREEDOM = [-1, 0, 0.5, 1, 2, 3, 7, 19.5, 64, 1e6, np.nan]


def assert_same_bits(got, wanted):
    """Equal, and of one sign where they are nothing."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    np.testing.assert_array_equal(got, wanted)
    told = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got)[told], np.signbit(wanted)[told])


@pytest.mark.parametrize("name", ["cdf", "sf", "ppf", "isf"])
def test_the_normal_is_that_of_scipy(name):
    at = VALUES if name in ("cdf", "sf") else LEVELS
    assert_same_bits(getattr(tails.norm, name)(at), getattr(stats.norm, name)(at))


def test_the_log_of_a_tail_is_that_of_scipy():
    at = VALUES[np.inf > VALUES]
    assert_same_bits(tails.norm.logcdf(at), stats.norm.logcdf(at))


@pytest.mark.parametrize("df", FREEDOM)
@pytest.mark.parametrize("name", ["cdf", "sf", "ppf", "isf"])
def test_students_t_is_that_of_scipy(name, df):
    at = VALUES if name in ("cdf", "sf") else LEVELS
    assert_same_bits(getattr(tails.t, name)(at, df), getattr(stats.t, name)(at, df))


@pytest.mark.parametrize("df", FREEDOM)
@pytest.mark.parametrize("name", ["sf", "ppf"])
def test_chi_squared_is_that_of_scipy(name, df):
    at = VALUES if name == "sf" else LEVELS
    own, wanted = getattr(tails.chi2, name), getattr(stats.chi2, name)
    assert_same_bits(own(at, df), wanted(at, df))


def test_a_number_gives_a_number_and_a_column_an_array():
    column = pd.Series([0.5, 0.975])
    for given in (tails.t.ppf, tails.t.isf, tails.chi2.ppf, tails.t.sf, tails.chi2.sf):
        assert type(given(0.975, 3)) is np.float64
        assert type(given(column, 3)) is np.ndarray
        assert type(given(0.975, column + 1)) is np.ndarray


def test_the_usual_quantiles_of_the_tables():
    """As printed in any table of the distributions."""
    np.testing.assert_allclose(tails.t.ppf(0.975, [1, 10]), [12.706, 2.228], atol=1e-3)
    np.testing.assert_allclose(tails.norm.ppf(0.975), 1.959964, atol=1e-6)
    np.testing.assert_allclose(tails.chi2.ppf(0.95, [1, 5]), [3.841, 11.070], atol=1e-3)


def test_the_estimators_load_without_the_distributions_of_scipy():
    source = (
        "import sys, migration as mg\n"
        "for name in mg.__all__: getattr(mg, name)\n"
        "print([n for n in ('scipy.stats', 'scipy.signal') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True, encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
