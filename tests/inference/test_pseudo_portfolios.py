import numpy as np

from migration.inference.pseudo_portfolios import market_series, pseudo_portfolios

CONTROLS = tuple(f"c{i}" for i in range(12))


def names(portfolios, controls):
    return [{controls[row] for row in rows} for rows in portfolios]


def test_plain_units_are_replaced_by_as_many_unrelated_ones():
    found = pseudo_portfolios(("a", "b", "c"), CONTROLS, most=50, seed=1)
    assert 1 < len(found) <= 50
    assert all(len(set(rows)) == 3 for rows in found)
    assert len({tuple(sorted(rows)) for rows in found}) == len(found)


def test_the_seed_decides():
    one, same, other = (
        pseudo_portfolios(("a", "b"), CONTROLS, most=9, seed=s) for s in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_markets_of_one_app_are_replaced_by_those_of_one_unrelated_app():
    """c has no market FR and cannot stand in."""
    controls = ("a:DE", "a:FR", "b:FR", "b:DE", "c:DE", "b:IT")
    found = pseudo_portfolios(("x:DE", "x:FR"), controls, most=99, seed=1)
    assert sorted(map(sorted, names(found, controls))) == [
        ["a:DE", "a:FR"],
        ["b:DE", "b:FR"],
    ]
    # Row for row the market stays the same.
    for rows in found:
        assert [controls[row][-2:] for row in rows] == ["DE", "FR"]


def test_two_apps_are_replaced_by_two():
    controls = tuple(f"c{i}:{m}" for i in range(4) for m in ("DE", "FR"))
    treated = ("x:DE", "x:FR", "y:DE")
    for rows in pseudo_portfolios(treated, controls, most=30, seed=1):
        first, second, third = (controls[row] for row in rows)
        assert first[:2] == second[:2] != third[:2]


def test_nobody_is_drawn_when_nobody_would_be_left_to_make_the_market():
    assert pseudo_portfolios(("a", "b"), ("c", "d"), most=9, seed=1) == []
    assert pseudo_portfolios(("a:DE", "b:DE"), ("c", "d", "e"), most=9, seed=1) == []


def test_the_market_worked_by_hand():
    """Markets 0 and 1; the unit in 1 is held against 4 and 6, or against 6 alone."""
    values = np.array([[1.0], [3], [4], [6]])
    places, wanted = np.array([0, 0, 1, 1]), np.array([1, 0])
    np.testing.assert_allclose(market_series(values, places, wanted), [[5], [2]])
    out = market_series(values, places, wanted, np.array([2, 0]))
    np.testing.assert_allclose(out, [[6], [3]])
    one = market_series(values, np.zeros(4, dtype=int), np.zeros(2, dtype=int))
    np.testing.assert_allclose(one, [3.5])
