"""Batches: one answer to the bit, here, in two processes and on a cluster."""

from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import count
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from dooming import Dooming
from hypothesis import given
from hypothesis import strategies as st

from migration.checks.each import check_each
from migration.checks.influence import leave_one_out
from migration.checks.multiverse import multiverse
from migration.checks.placebo import placebo_in_time
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.dose_contrast import dose_contrast
from migration.inference.batches import AHEAD, compute_on, in_batches, seeded
from migration.inference.permutation import DEALS, deals

MARKETS = [f"M{number:02d}" for number in range(12)]
DOSE = {market: float(number % 5) for number, market in enumerate(MARKETS)}


@given(st.integers(0, 40), st.integers(1, 9))
def test_batches_hold_each_draw_once_and_more_draws_keep_the_first(total, size):
    one, more = seeded(7, total, size), seeded(7, total + size, size)
    assert sum(many for _, many in one) == total
    assert all(1 <= many <= size for _, many in one)
    whole = [seed.generate_state(2).tolist() for seed, many in one if many == size]
    kept = [seed.generate_state(2).tolist() for seed, _ in more[: len(whole)]]
    assert whole == kept
    assert len({tuple(state) for state in whole}) == len(whole)


def test_deals_come_in_batches_and_ours_is_first_and_once():
    dose = np.arange(9.0)
    batches = deals(dose, 12_000)
    assert [deal.draws for deal in batches] == [5_000, 5_000, 2_000]
    orders = np.vstack([deal.orders() for deal in batches])
    assert orders.shape == (12_001, 9)
    assert list(orders[0]) == list(range(9))
    np.testing.assert_array_equal(np.sort(orders, axis=1)[::500], [list(range(9))] * 25)
    assert len(np.unique(orders[1:], axis=0)) > 11_000
    (fewer,) = deals(dose)
    np.testing.assert_array_equal(orders[: DEALS + 1], fewer.orders())
    share = (orders[1:] == np.arange(9)).mean()  # of places that a deal leaves: 1 in 9
    assert share == pytest.approx(1 / 9, abs=4 * np.sqrt(8) / 9 / np.sqrt(9 * 12_000))


def test_an_order_is_kept_and_leaving_off_asks_for_no_more():
    taken = []
    with ThreadPoolExecutor(2) as pool, compute_on(pool):
        assert list(in_batches(abs, range(-200, 0))) == list(range(200, 0, -1))
        for found in in_batches(taken.append, count()):
            assert found is None
            if len(taken) >= 3:
                break
    assert len(taken) <= AHEAD + 3
    assert list(in_batches(abs, [-1])) == [1]  # and it is computed here again


def test_an_error_of_a_batch_is_that_of_the_call():
    with (
        ThreadPoolExecutor(2) as pool,
        compute_on(pool),
        pytest.raises(ValueError, match="'two'"),
    ):
        list(in_batches(int, ["1", "two", "3"]))


def test_what_is_no_executor_is_refused_before_anything_is_computed():
    with (
        pytest.raises(DesignError, match=r"ProcessPoolExecutor\(\).*got <class 'int'>"),
        compute_on(2),
    ):
        pytest.fail("nothing is to be computed")


@pytest.fixture(scope="module")
def by_market():
    """SIMULATED: six apps in twelve markets, one of which moves with the dose."""
    rng = np.random.default_rng(4)
    days = pd.date_range("2020-11-01", "2021-01-20", name="period")
    names = [f"{app}:{m}" for app in ("hit", *"abcde") for m in MARKETS]
    y = 5 + 0.1 * rng.normal(size=(len(days), len(names)))
    y[days >= "2021-01-06", :12] += 0.05 * np.array(list(DOSE.values()))
    wide = pd.DataFrame(y, index=days, columns=names)
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


def _dose(by_market):
    units = sorted(set(by_market["unit"]))
    design = Design(
        outcome="y",
        treated=[unit for unit in units if unit.startswith("hit")],
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[unit for unit in units if not unit.startswith("hit")],
    )
    found = dose_contrast(by_market, design, dose=DOSE, deals=20_000)
    return found.secondary.set_index("test")


def _checks(frame, design):
    """A check of three windows, one of which has too few days to leave one out."""
    windows = {"all": (0, 8), "half": (0, 4), "two": (0, 1)}
    each = {
        name: abnormal_interest(frame, design.but(window=window))
        for name, window in windows.items()
    }
    found = check_each(leave_one_out, frame, each, over="days")
    assert list(found.results) == ["all", "half"]
    return pd.concat([*(one.frame for one in found.results.values()), found.refused])


@pytest.fixture
def asked(frame, design, by_market):
    """Each call that comes in batches, as the frame that it gives."""
    return {
        "specifications": lambda: multiverse(frame, design, choices="full").frame,
        "null curves": lambda: multiverse(frame, design, permutations=200).curve,
        "placebo windows": lambda: placebo_in_time(frame, design).frame,
        "effects": partial(_checks, frame, design),
        "deals": partial(_dose, by_market),
    }


def test_a_process_that_dies_is_an_error_and_no_answer(tmp_path):
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        compute_on(Dooming(pool, tmp_path / "died")),
        pytest.raises(BrokenExecutor),
    ):
        list(in_batches(abs, [-1, -2, -3]))


@pytest.mark.slow
def test_two_processes_give_the_bits_of_one(asked):
    here = {name: call() for name, call in asked.items()}
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
        compute_on(pool),
    ):
        for name, call in asked.items():
            pd.testing.assert_frame_equal(call(), here[name], check_exact=True)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_them_too_though_workers_are_killed(asked, tmp_path):
    distributed = pytest.importorskip("distributed")
    here = {name: call() for name, call in asked.items()}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as made,
        distributed.Client(made) as client,
    ):
        for name, call in asked.items():
            dooming = Dooming(client.get_executor(), tmp_path / name)
            with compute_on(dooming):
                found = call()
            assert dooming.asked > 1
            assert dooming.mark.exists()
            pd.testing.assert_frame_equal(found, here[name], check_exact=True)
