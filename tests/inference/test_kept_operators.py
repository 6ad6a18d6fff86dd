"""What is kept between two calls changes no number, and does not pile up."""

import numpy as np
import pytest

from migration.inference import gls
from migration.inference.noise import ar_family, arma_family, level_family

N_PRE = 20


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(gls, "_KEPT", {})


def asked(family, *, days=26, shift=0.0, seed=0):
    y = np.random.default_rng(seed).normal(size=(3, days))
    x = np.column_stack([np.ones(days), np.arange(days) + shift])
    return gls.forecast_gaps(y, x, np.arange(days, dtype=float), N_PRE, family)


def made(monkeypatch):
    count = []
    operator = gls._operator
    monkeypatch.setattr(gls, "_operator", lambda *a: count.append(1) or operator(*a))
    return count


@pytest.mark.parametrize("other", [{"shift": 3.0}, {"days": 25}])
def test_numbers_do_not_hang_on_what_was_asked_before(other):
    alone = asked(arma_family)
    asked(arma_family, **other)
    again = asked(arma_family)
    for name in ("gap", "std_error", "loglik"):
        np.testing.assert_array_equal(getattr(again, name), getattr(alone, name))


def test_the_same_question_is_worked_out_once_for_two_families_in_turn(monkeypatch):
    count = made(monkeypatch)
    for seed in range(3):
        asked(ar_family, seed=seed)
        asked(level_family, seed=seed)
    assert len(count) == len(list(ar_family(np.arange(2.0)))) + len(
        list(level_family(np.arange(2.0)))
    )


def test_the_last_question_of_two_families_is_all_that_is_kept():
    for family in (ar_family, level_family, arma_family):
        for shift in (0.0, 1.0):
            asked(family, shift=shift)
    assert list(gls._KEPT) == [level_family, arma_family]


def test_the_last_are_gone_before_the_next_are_made(monkeypatch):
    asked(ar_family)
    held = []
    operator = gls._operator
    monkeypatch.setattr(
        gls, "_operator", lambda *a: held.append(len(gls._KEPT)) or operator(*a)
    )
    asked(ar_family, shift=1.0)
    assert set(held) == {0}


def test_long_series_keep_nothing():
    asked(ar_family, days=gls.MOST_KEPT + 1)
    assert gls._KEPT == {}
