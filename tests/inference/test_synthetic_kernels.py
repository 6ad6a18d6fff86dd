"""Counterfactuals from arrays: by hand, under changes that must not matter, in size.

All series here are SIMULATED.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from migration.inference.blocks import block_contrast, block_means
from migration.inference.rule import decide
from migration.inference.synthetic import (
    baseline_blocks,
    gap_contrast,
    synthesise,
    with_held_out,
)
from migration.inference.synthetic_tests import (
    conformal,
    conformal_t,
    cross_fitted,
    cross_fitted_error,
    placebo_p,
    ratio_rank,
    shift_p,
)
from migration.inference.synthetic_turns import Refits, Turns
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
    DIFF_IN_DIFF,
    SYNTHETIC_CONTROL,
    SYNTHETIC_DID,
    donors_of,
    unit_weights,
)

BASELINE, WINDOW = np.arange(45) < 36, np.arange(45) >= 36
FAMILY = (SYNTHETIC_CONTROL, DEMEANED_CONTROL, SYNTHETIC_DID, DIFF_IN_DIFF)
LEVELLED = (DEMEANED_CONTROL, SYNTHETIC_DID, DIFF_IN_DIFF)


def panel(seed=1, n=13, n_days=45):
    """Two factors, own noise with memory, rows exchangeable; no effect."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(2, n_days)).cumsum(axis=1)
    noise = rng.normal(size=(n, n_days + 1))
    noise = noise[:, 1:] + 0.5 * noise[:, :-1]
    return 3 + rng.uniform(size=(n, 2)) @ factors + 0.5 * noise


def turns(y, recipe, near=None):
    return Turns(y, 36, recipe, donors_of(len(y)), near)


def test_weights_and_effect_worked_by_hand():
    """The treated is three parts a and one part b, then 2 above them; c is far off."""
    a, b = np.array([0.0, 4, 0, 8, 4, 4]), np.array([4.0, 0, 8, 0, 4, 8])
    c, hit = np.full(6, 50.0) + np.arange(6), 0.75 * a + 0.25 * b
    y = np.vstack([hit + 2 * (np.arange(6) >= 4), a, b, c])
    pre = np.arange(6) < 4
    found = synthesise(y, pre, ~pre, SYNTHETIC_CONTROL)
    np.testing.assert_allclose(found.omega[0], [0, 0.75, 0.25, 0], atol=1e-6)
    np.testing.assert_allclose(found.gap[0], [0, 0, 0, 0, 2, 2], atol=1e-5)
    assert found.estimate[0] == pytest.approx(2, abs=1e-5)


def test_uniform_weights_are_the_difference_in_differences():
    y = panel()
    found = synthesise(y, BASELINE, WINDOW, DIFF_IN_DIFF)
    change = y[:, WINDOW].mean(axis=1) - y[:, BASELINE].mean(axis=1)
    assert found.estimate[0] == pytest.approx(change[0] - change[1:].mean())


def test_with_uniform_weights_the_contrast_is_that_of_blocks():
    """Held-out blocks against the rest are the blocks against a mean with them in."""
    y = panel()
    found = synthesise(y, BASELINE, WINDOW, DIFF_IN_DIFF)
    held_out = with_held_out(y, BASELINE, WINDOW, DIFF_IN_DIFF)[1]
    ours = gap_contrast(found.estimate, held_out)
    theirs = block_contrast(
        block_means(found.gap, BASELINE, 9), found.gap[:, WINDOW].mean(axis=1)
    )
    np.testing.assert_allclose(ours.estimate, theirs.estimate, atol=1e-12)
    np.testing.assert_allclose(ours.std_error, theirs.std_error, rtol=1e-12)
    assert ours.df == theirs.df == 3


@pytest.mark.parametrize("recipe", FAMILY)
def test_a_common_shock_changes_nothing(recipe):
    """A trend and a shock to all; before the event the ridge's zeta would see it."""
    shock = 5 * np.random.default_rng(2).normal(size=45)
    if recipe == SYNTHETIC_DID:
        shock = np.where(WINDOW, shock, np.arange(45) / 3)
    y = panel()
    before, after = (
        synthesise(values, BASELINE, WINDOW, recipe) for values in (y, y + shock)
    )
    np.testing.assert_allclose(after.estimate, before.estimate, atol=1e-5)


@pytest.mark.parametrize("recipe", LEVELLED)
def test_levels_of_the_series_do_not_matter_with_an_intercept(recipe):
    y, levels = panel(), 10 * np.random.default_rng(3).normal(size=(13, 1))
    before, after = (
        synthesise(values, BASELINE, WINDOW, recipe) for values in (y, y + levels)
    )
    # Weights of time follow the donors' levels too, less their own mean.
    np.testing.assert_allclose(after.omega, before.omega, atol=1e-5)
    if recipe != SYNTHETIC_DID:
        np.testing.assert_allclose(after.estimate, before.estimate, atol=1e-5)


@pytest.mark.parametrize("recipe", FAMILY)
def test_order_of_donors_scale_and_an_effect_pass_through(recipe):
    y = panel()
    base = synthesise(y, BASELINE, WINDOW, recipe)
    turned = synthesise(y[[0, *range(12, 0, -1)]], BASELINE, WINDOW, recipe)
    assert turned.estimate[0] == pytest.approx(base.estimate[0], abs=1e-6)
    np.testing.assert_allclose(turned.omega[0, :0:-1], base.omega[0, 1:], atol=1e-6)
    scaled = synthesise(1000 * y, BASELINE, WINDOW, recipe)
    np.testing.assert_allclose(scaled.estimate, 1000 * base.estimate, atol=1e-3)
    hit = y.copy()
    hit[0, WINDOW] += 7
    moved = synthesise(hit, BASELINE, WINDOW, recipe)
    change = moved.estimate - base.estimate
    np.testing.assert_allclose(change, [7, *[0] * 12], atol=1e-9)


def test_the_treated_series_is_no_placebos_donor_and_barred_donors_have_no_weight():
    allowed = np.ones(12, dtype=bool)
    allowed[[2, 5]] = False
    found = synthesise(panel(), BASELINE, WINDOW, SYNTHETIC_DID, allowed)
    assert not found.omega[:, 0].any()
    assert not found.omega[:, [3, 6]].any()
    assert not np.diag(found.omega).any()
    np.testing.assert_allclose(found.omega.sum(axis=1), 1)


def test_a_missing_donor_with_weight_leaves_a_day_without_counterfactual():
    y = np.hstack([panel(), np.ones((13, 2))])
    pre, post = (np.append(m, [False, False]) for m in (BASELINE, WINDOW))
    weights = synthesise(y, pre, post, SYNTHETIC_CONTROL).omega[0]
    used, unused = int(weights.argmax()), int(np.flatnonzero(weights[1:] == 0)[0]) + 1
    y[used, 45], y[unused, 46] = np.nan, np.nan
    gap = synthesise(y, pre, post, SYNTHETIC_CONTROL).gap[0]
    assert np.isnan(gap[45])
    assert np.isfinite(gap[46])


def test_blocks_count_back_from_the_end_of_the_baseline():
    blocks = baseline_blocks(np.arange(12) < 10, 4)
    assert [np.flatnonzero(b).tolist() for b in blocks] == [[2, 3, 4, 5], [6, 7, 8, 9]]


def test_the_search_of_the_r_package_lands_near_the_optimum():
    y = panel(n=7)
    exact, early = (
        synthesise(y, BASELINE, WINDOW, replace(SYNTHETIC_DID, solver=solver))
        for solver in ("exact", "synthdid")
    )
    np.testing.assert_allclose(early.estimate, exact.estimate, atol=0.1)
    assert not np.allclose(early.omega, exact.omega, atol=1e-6)


def test_placebo_ranks_worked_by_hand():
    statistic = np.array([3.0, 1.0, 3.0, 5.0])
    np.testing.assert_allclose(placebo_p(statistic), [3 / 4, 3 / 3, 2 / 3, 1 / 3])


def test_shifts_worked_by_hand():
    """Six baseline days and a window of two whose mean, 3, one placebo window beats."""
    residual = np.array([1.0, -1, 4, 4, 0, 0, 3, 3])
    assert shift_p(residual, 6) == pytest.approx(2 / 6)
    # All eight shifts: the windows 4 4 and 3 3 reach 3; 0 3 and 3 1 do not.
    assert shift_p(residual, 6, cyclic=True) == pytest.approx(2 / 8)
    assert shift_p(np.array([5.0, -5, 0, 0, 3, 3]), 4) == pytest.approx(1 / 4)
    absolute = shift_p(np.array([5.0, -5, 0, 0, 3, 3]), 4, absolute=True)
    assert absolute == pytest.approx(2 / 4)


@pytest.mark.parametrize("recipe", [*LEVELLED, SYNTHETIC_CONTROL])
@pytest.mark.parametrize("effect", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_zero_lies_in_the_conformal_interval_exactly_where_p_exceeds_5(recipe, effect):
    for seed in range(4):
        y = panel(seed, n=8)
        y[0, WINDOW] += effect
        found = conformal(turns(y, recipe), scale=0.3)
        assert (found.conf_low <= 0 <= found.conf_high) == (found.p_value[0] > 0.05)
        moved = y.copy()
        moved[0, WINDOW] -= 0.4
        shifted = conformal(turns(moved, recipe), scale=0.2)
        ends = np.array([found.conf_low, found.conf_high])
        theirs = np.array([shifted.conf_low, shifted.conf_high])
        if (ends > 0.5).all() or (ends < -0.5).all():  # neither takes zero in
            np.testing.assert_allclose(theirs, ends - 0.4, atol=1e-6)


@pytest.mark.parametrize("recipe", FAMILY)
def test_all_series_at_once_have_the_weights_that_each_has_alone(recipe):
    """Of the baseline, of each held-out block, and of every fold and null."""
    y = panel(4)
    found, held_out = with_held_out(y, BASELINE, WINDOW, recipe)
    pools = [np.flatnonzero(own) for own in donors_of(13)]
    for row, pool in enumerate(pools):
        alone = unit_weights(y[row, BASELINE], y[pool][:, BASELINE], recipe, 9)
        np.testing.assert_allclose(found.omega[row, pool], alone, atol=1e-12)
    for place, block in enumerate(baseline_blocks(BASELINE, 9)):
        rest = synthesise(y, BASELINE & ~block, block, recipe)
        mine = held_out[:, place]
        np.testing.assert_allclose(mine, rest.gap[:, block], atol=1e-12)
    every = np.ones((1, 45), dtype=bool)
    gap = turns(y, recipe, found.omega).gaps_on(every)[0]
    for row, pool in enumerate(pools):
        weights = unit_weights(y[row], y[pool], recipe, 9)
        np.testing.assert_allclose(gap[row], y[row] - weights @ y[pool], atol=1e-12)


@pytest.mark.parametrize("recipe", FAMILY)
def test_effects_between_known_ones_have_the_weights_of_a_fit(recipe):
    """Asked for one by one, from both sides, and between: on the line or fitted."""
    y = panel(5)
    asked = np.array([-2.0, 2.0, *np.linspace(-2, 2, 41), 1e-13])
    refits = Refits(turns(y, recipe))
    found = np.vstack([refits.residuals(asked[:2]), refits.residuals(asked[2:])])
    again = refits.residuals(asked)
    for effect, mine, later in zip(asked, found, again, strict=True):
        null = y[0] - effect * WINDOW
        left = null - unit_weights(null, y[1:], recipe, 9) @ y[1:]
        left -= left.mean() if recipe.intercept else 0.0
        np.testing.assert_allclose(mine, left, atol=1e-11)
        np.testing.assert_allclose(later, left, atol=1e-11)


@pytest.mark.parametrize("recipe", LEVELLED)
def test_with_an_intercept_the_level_of_a_series_moves_no_test(recipe):
    """Five more on every day of the treated series, or of one donor."""
    y = panel(3)
    for row in (0, 4):
        raised = y.copy()
        raised[row] += 5
        for run in (conformal_t, partial(conformal, scale=0.3)):
            one, other = run(turns(y, recipe)), run(turns(raised, recipe))
            np.testing.assert_allclose(other.p_value, one.p_value, atol=1e-6)
            assert other.estimate == pytest.approx(one.estimate, abs=1e-6)


def test_without_an_intercept_the_cross_fitted_t_is_of_the_level_too():
    y = panel(3)
    raised = y + 5 * (np.arange(13) == 0)[:, None]
    plain = conformal_t(turns(y, SYNTHETIC_CONTROL))
    other = conformal_t(turns(raised, SYNTHETIC_CONTROL))
    assert other.estimate != plain.estimate


def test_an_exact_effect_is_found_by_every_test():
    y = panel()
    y[0] = y[1:5].mean(axis=0) + 0.01 * np.random.default_rng(9).normal(size=45)
    y[0, WINDOW] += 2
    folds = cross_fitted(turns(y, SYNTHETIC_CONTROL))[:1]
    assert folds.mean() == pytest.approx(2, abs=0.05)
    assert cross_fitted_error(folds, 36, 9) < 0.05
    kinds = partial(conformal, scale=0.1), conformal_t
    for test in (kind(turns(y, SYNTHETIC_CONTROL)) for kind in kinds):
        assert test.estimate == pytest.approx(2, abs=0.05)
        assert test.conf_low < 2.01
        assert test.conf_high > 1.99
        assert test.p_value[0] < 0.05


@pytest.mark.parametrize("recipe", [SYNTHETIC_CONTROL, DEMEANED_CONTROL])
def test_under_the_null_neither_the_rule_nor_the_ratio_rank_exceeds_its_level(recipe):
    """150 SIMULATED panels of 19 donors: 5% is the smallest level they can hold."""
    rule, ratio = [], []
    for seed in range(150):
        y = panel(seed, n=20)
        found, held_out = with_held_out(y, BASELINE, WINDOW, recipe)
        contrast = gap_contrast(found.estimate, held_out)
        rule.append(decide(contrast).p_value <= 0.05)
        ratio.append(ratio_rank(found, WINDOW).p_value[0] <= 0.05)
    assert np.mean(rule) <= 0.075
    assert np.mean(ratio) <= 0.075
    assert np.mean(ratio) > 0  # a test that never rejects would pass too
