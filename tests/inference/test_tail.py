"""Gabaix and Ibragimov's regression of log(rank - 1/2) on log size."""

import numpy as np
import pytest

from migration.errors import DesignError
from migration.inference.tail import tail_exponent


@pytest.mark.parametrize("exponent", [0.8, 1.0, 2.5])
def test_sizes_on_the_line_give_their_exponent(exponent):
    sizes = 1e6 * (np.arange(50) + 0.5) ** (-1 / exponent)
    found = tail_exponent(sizes)
    assert found.exponent == pytest.approx(exponent)
    assert found.std_error == pytest.approx(exponent * np.sqrt(2 / 50))
    assert found.slope == pytest.approx(1 / exponent)
    assert found.slope_error == pytest.approx(np.sqrt(2 / 50) / exponent)


def test_three_sizes_worked_by_hand():
    """Logs 2, 1, 0 against log .5, log 1.5, log 2.5: slope -(log 5) / 2."""
    assert tail_exponent(np.exp([1.0, 0, 2])).exponent == pytest.approx(np.log(5) / 2)


def test_units_and_order_change_nothing():
    sizes = np.random.default_rng(1).pareto(1.2, 200) + 1
    one = tail_exponent(sizes)
    assert tail_exponent(1000 * sizes[::-1]).exponent == pytest.approx(one.exponent)


def test_the_error_covers_where_that_of_the_regression_does_not():
    """SIMULATED Pareto tails, exponent 1: 95% intervals, 400 draws."""
    rng = np.random.default_rng(5)
    own = naive = 0
    for _ in range(400):
        sizes = np.sort(rng.pareto(1.0, 100) + 1)[::-1]
        found = tail_exponent(sizes)
        x, y = np.log(sizes), np.log(np.arange(100) + 0.5)
        rest = y - y.mean() + found.exponent * (x - x.mean())
        error = np.sqrt(rest.var(ddof=2) / ((x - x.mean()) ** 2).sum())
        own += abs(found.exponent - 1) < 1.96 * found.std_error
        naive += abs(found.exponent - 1) < 1.96 * error
    assert 0.91 < own / 400 < 0.98
    assert naive / 400 < 0.5


@pytest.mark.parametrize("sizes", [[1, 2], [3, 2, 0], [3, 2, np.nan], [5, 5, 5]])
def test_what_has_no_tail_is_refused(sizes):
    with pytest.raises(DesignError, match="a tail needs"):
        tail_exponent(np.array(sizes, dtype=float))
