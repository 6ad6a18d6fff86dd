"""The headline rule: worked by hand, its two faces, its size and its power."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from migration.inference.arrays import without_weekly_cycle
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.power import minimum_effect, rule_power
from migration.inference.rule import (
    critical_among_others,
    decide,
    decide_each_day,
    own_rejections,
    rank_critical,
    rank_p,
)
from migration.inference.week import window_widening


def test_four_blocks_worked_by_hand():
    """Blocks 1, 3, 1, 3 and a window of 6: 4 on 1.1547 sqrt(5/4) = 1.2910."""
    found = block_contrast(np.array([[1.0, 3, 1, 3]]), np.array([6.0]))
    np.testing.assert_allclose(found.estimate, [4.0])
    np.testing.assert_allclose(found.std_error, [np.sqrt(5 / 3)])
    np.testing.assert_allclose(found.t, [3.098387], rtol=1e-6)
    assert found.df == 3
    # On 3 df Student's t has a closed form with tan a = t / sqrt 3.
    angle = np.arctan(3.098387 / np.sqrt(3))
    p_value = 1 - 2 / np.pi * (angle + np.sin(angle) * np.cos(angle))
    np.testing.assert_allclose(found.p_value, [p_value], rtol=1e-6)


def test_blocks_count_back_from_the_end_of_the_baseline():
    y = np.array([[100.0, 1, 2, 3, 4, 5, 6, 50, 60]])
    baseline = np.array([True] * 7 + [False] * 2)
    np.testing.assert_allclose(block_means(y, baseline, 2), [[1.5, 3.5, 5.5]])
    logs = block_means(y, baseline, 2, logs=True)
    np.testing.assert_allclose(logs, np.log([[1.5, 3.5, 5.5]]))


def test_rank_worked_by_hand():
    others = np.array([0.5, -3.0, 2.0, 1.0])
    assert rank_p(2.0, others) == 3 / 5  # itself, -3 and the tie at 2
    assert rank_p(-4.0, others) == 1 / 5


def test_series_without_a_number_are_no_nearer_to_zero():
    """Of 40 others 20 have none: nothing is left of a p of 1 / 41 but 1 / 21."""
    heard = np.linspace(0.1, 2.0, 20)
    gone = np.full(20, np.nan)
    assert rank_p(9.0, np.r_[heard, gone]) == rank_p(9.0, heard) == 1 / 21
    assert rank_critical(np.r_[gone, heard]) == rank_critical(heard) == 2.0
    assert np.isnan(rank_p(np.nan, heard))
    assert rank_critical(gone) == np.inf
    estimate = np.r_[9.0, heard, gone]
    verdict, alone = of_estimates(estimate), of_estimates(estimate[:21])
    assert dataclasses.asdict(verdict) == dataclasses.asdict(alone)
    assert verdict.n_controls == 20
    silent = of_estimates(np.r_[np.nan, heard])
    told = silent.p_value, silent.std_error, silent.conf_low, silent.conf_high
    assert np.isnan(told).all()


def of_estimates(estimate):
    return decide(BlockContrast(estimate, np.ones(len(estimate)), 6))


@pytest.mark.parametrize(
    ("n_controls", "place"), [(0, None), (18, None), (19, 1), (38, 1), (39, 2), (99, 5)]
)
def test_the_rank_rejects_only_where_its_floor_allows(n_controls, place):
    others = np.arange(1.0, n_controls + 1)
    critical = rank_critical(others)
    assert critical == (n_controls + 1 - place if place else np.inf)
    if place:
        assert rank_p(critical + 1e-9, others) <= 0.05 < rank_p(critical, others)


@given(st.integers(0, 2**32 - 1), st.integers(20, 80), st.floats(-3, 3))
def test_the_interval_holds_zero_exactly_when_p_exceeds_five_percent(seed, n, effect):
    rng = np.random.default_rng(seed)
    contrast = block_contrast(rng.normal(size=(n, 7)), rng.normal(size=n) + effect)
    verdict = decide(contrast)
    assert (verdict.p_value > 0.05) == (verdict.conf_low <= 0 <= verdict.conf_high)
    assert verdict.p_value == max(verdict.p_block, verdict.p_rank)


def test_too_few_unrelated_series_leave_the_interval_unbounded():
    rng = np.random.default_rng(1)
    contrast = block_contrast(rng.normal(size=(11, 7)), rng.normal(size=11) + 100)
    verdict = decide(contrast)
    assert verdict.p_value >= 1 / 11
    assert not verdict.calibrated
    assert np.isinf([verdict.conf_low, verdict.conf_high]).all()


@pytest.mark.parametrize("ar", [0.0, 0.5, 0.8])
def test_size_under_a_seeded_null_with_memory(ar):
    """1,000 null samples of 40 unrelated AR series: at most 7.5%, and not zero."""
    rng = np.random.default_rng(20210106)
    rejected = []
    for _ in range(1000):
        y = ar_series(rng, 41, 72, ar)
        contrast = block_contrast(
            y[:, :63].reshape(41, 7, 9).mean(axis=2), y[:, 63:].mean(axis=1)
        )
        rejected.append(decide(contrast).p_value <= 0.05)
    assert 0.01 < np.mean(rejected) <= 0.075


def ar_series(rng, n, length, ar):
    noise = rng.normal(size=(n, length + 30))
    y = np.zeros_like(noise)
    for t in range(1, length + 30):
        y[:, t] = ar * y[:, t - 1] + noise[:, t]
    return y[:, 30:]


def test_heavy_series_are_brought_to_level_where_block_t_is_not():
    """Windows noisier than their blocks: block-t over-rejects, the rule does not."""
    rng = np.random.default_rng(3)
    alone, rule = [], []
    for _ in range(600):
        contrast = block_contrast(rng.normal(size=(60, 7)), 1.6 * rng.normal(size=60))
        verdict = decide(contrast)
        alone.append(verdict.p_block <= 0.05)
        rule.append(verdict.p_value <= 0.05)
    assert np.mean(alone) > 0.1
    assert np.mean(rule) <= 0.065


def test_own_rejections_are_the_rule_applied_to_each_series_in_turn():
    rng = np.random.default_rng(4)
    contrast = block_contrast(rng.normal(size=(61, 5)), 2 * rng.normal(size=61))
    by_hand = []
    for j in range(1, 61):
        order = [j, *[k for k in range(1, 61) if k != j]]
        moved = BlockContrast(
            contrast.estimate[order], contrast.std_error[order], contrast.df
        )
        by_hand.append(decide(moved).p_value <= 0.05)
    np.testing.assert_array_equal(own_rejections(contrast), by_hand)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_minimum_effect_is_where_power_passes_eighty_percent(sign):
    rng = np.random.default_rng(5)
    contrast = block_contrast(rng.normal(size=(101, 7)), rng.normal(size=101))
    least = minimum_effect(contrast, sign=sign)
    assert rule_power(contrast, sign * (least + 1e-9)).mean() >= 0.8
    assert rule_power(contrast, sign * (least - 1e-6)).mean() < 0.8


def test_no_effect_can_be_found_with_too_few_series():
    rng = np.random.default_rng(6)
    contrast = block_contrast(rng.normal(size=(11, 7)), rng.normal(size=11))
    assert minimum_effect(contrast) == np.inf


def test_block_p_is_students():
    contrast = BlockContrast(np.array([2.0]), np.array([1.0]), 6)
    np.testing.assert_allclose(contrast.p_value, 2 * stats.t.sf(2, 6))
    np.testing.assert_allclose(contrast.critical(0.05), 2.446912, rtol=1e-6)


@pytest.mark.parametrize("n_controls", [0, 3, 45])
def test_the_days_of_a_path_are_decided_as_each_alone(n_controls):
    rng = np.random.default_rng(n_controls)
    estimate = rng.normal(size=(1 + n_controls, 30))
    error = rng.uniform(0.5, 1.5, size=estimate.shape)
    estimate[rng.random(estimate.shape) < 0.2] = np.nan
    error[1:][rng.random(error[1:].shape) < 0.1] = 0.0
    path = BlockContrast(estimate, error, 9)
    told = decide_each_day(path)
    for day in range(30):
        alone = decide(path.on_day(day))
        for name, values in told.items():
            np.testing.assert_array_equal(values[day], getattr(alone, name))


@pytest.mark.parametrize(
    ("n_pre", "length", "before", "after"),
    [(64, 9, 0.06, 0.05), (64, 1, 0.07, 0.05), (14, 3, 0.12, 0.06)],
)
def test_what_an_estimated_weekly_cycle_costs_block_t(n_pre, length, before, after):
    """SIMULATED: white noise; the shares that ``block_contrast`` tells of."""
    days = np.arange(n_pre + 2 + length)
    y = np.random.default_rng(1).normal(size=(6000, len(days)))
    base, window, weekday = days < n_pre, days >= n_pre + 2, (days + 6) % 7
    flat = without_weekly_cycle(y, weekday, base)
    parts = block_means(flat, base, length), flat[:, window].mean(1)
    widened = window_widening(weekday, base, window)
    for found, share in (
        (block_contrast(*parts), before),
        (block_contrast(*parts, widened=widened), after),
    ):
        assert (found.p_value <= 0.05).mean() == pytest.approx(share, abs=0.01)


@given(
    st.lists(
        st.sampled_from([0.0, 0.5, -0.5, 1.0, -2.0, 3.0, np.nan]) | st.floats(-9, 9),
        max_size=60,
    )
)
def test_each_among_the_others_is_as_if_it_were_taken_out(statistics):
    t = np.array(statistics, dtype=float)
    taken_out = [rank_critical(np.delete(t, place)) for place in range(len(t))]
    np.testing.assert_array_equal(critical_among_others(t), taken_out)
