"""Kernels of paths, bands, pre-tests, requests and permutation, by hand and in size."""

import numpy as np
import pytest
from scipy import optimize, stats

from migration.errors import DesignError
from migration.inference.dose import (
    region_means,
    region_permutation,
    robust_slope,
    slopes_within,
    t_over_regions,
)
from migration.inference.gls import fit
from migration.inference.later_days import filled_counts, net_of_known, own_path
from migration.inference.noise import ar_family, arma11
from migration.inference.path import (
    Noise,
    baseline_noise,
    contrast_weights,
    paths,
    worst_bend,
)
from migration.inference.permutation import (
    acceptance,
    deals,
    dealt_slopes,
    distinct_assignments,
    share_beyond,
)
from migration.inference.poisson_path import expected_counts, log_ratios, normalised
from migration.inference.pretrends import pretest_power, slope_for_power, wald
from migration.inference.requests import linked, spliced
from migration.inference.sup_t import box_mean, box_probability, sup_t_critical
from migration.inference.two_way import average_effect, placebo_in_space, within

DAYS = np.arange(28)
WEEKDAY = DAYS % 7
BASELINE = DAYS < 21


def test_a_weekly_cycle_and_a_level_have_no_effect():
    weights = contrast_weights(np.eye(28)[21:], WEEKDAY, BASELINE)
    cycle = 3 + np.array([0, 1, 5, -2, 0, 0, 4.0])[WEEKDAY]
    np.testing.assert_allclose(weights @ cycle, 0, atol=1e-12)
    jump = cycle + 2.5 * (DAYS == 23)
    np.testing.assert_allclose(weights @ jump, 2.5 * (np.arange(7) == 2), atol=1e-12)


def test_the_baselines_own_error_is_in_the_covariance():
    """White noise: a day has 1 + 1/3 of its variance, its weekday's mean having 3."""
    weights = contrast_weights(np.eye(28)[[21, 22]], WEEKDAY, BASELINE)
    white = Noise(np.eye(1, 28), np.zeros(1, dtype=int), np.ones(1))
    found = paths(np.zeros((1, 28)), weights, white, baseline=BASELINE, weekday=WEEKDAY)
    np.testing.assert_allclose(found.cov[0], np.eye(2) * 4 / 3, atol=1e-12)
    total = found.combine(np.array([[1.0, 1.0]]))
    assert total.cov[0, 0, 0] == pytest.approx(8 / 3)
    assert found.df == 14


def worst_by_program(anchor, window):
    """A linear program over every path from the first anchor to the window's end."""
    days = np.arange(anchor[0], window[-1] + 1)
    line = np.column_stack([np.ones(len(days)), days])
    early, late = np.isin(days, anchor), np.isin(days, window)
    weights = late / late.sum()
    weights[early] -= weights @ line @ np.linalg.pinv(line[early])
    second = np.diff(np.eye(len(days)), n=2, axis=0)
    bound = np.ones(len(second))
    found = optimize.linprog(
        -weights,
        A_ub=np.vstack([second, -second]),
        b_ub=np.r_[bound, bound],
        bounds=(None, None),
        method="highs",
    )
    assert found.status == 0
    return weights, -found.fun


@pytest.mark.parametrize(
    ("anchor", "window", "known"),
    [
        (range(9), range(10, 19), 50),  # the notice's nine days, the delay's nine
        (range(4, 9), range(10, 19), 103 / 3),
        (range(3), range(3, 4), None),
        (range(2, 7), range(20, 23), None),
    ],
)
def test_the_worst_path_of_limited_curvature_is_that_of_a_linear_program(
    anchor, window, known
):
    weights, worst = worst_by_program(np.array(anchor), np.array(window))
    assert worst_bend(weights) == pytest.approx(worst, rel=1e-9)
    if known:
        assert worst == pytest.approx(known, rel=1e-9)
    padded = np.r_[np.zeros(5), weights, np.zeros(3)]
    assert worst_bend(padded) == pytest.approx(worst, rel=1e-9)


def test_noise_is_fitted_on_the_baseline_alone():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(3, 28))
    wild = y.copy()
    wild[:, 21:] += 100
    one, other = (
        baseline_noise(v, np.ones((28, 1)), BASELINE, ar_family) for v in (y, wild)
    )
    days = np.eye(28)
    np.testing.assert_array_equal(one.of(days), other.of(days))
    assert one.of(days).shape == (3, 28, 28)


def test_the_noise_of_each_series_is_the_likeliest_of_the_grid():
    """By brute force over the grid, each covariance factored anew."""
    y = np.random.default_rng(6).normal(size=(4, 28)).cumsum(axis=1)
    x = np.column_stack([np.ones(28), DAYS])
    found = baseline_noise(y, x, BASELINE, ar_family).of(np.eye(28))
    for row, cov in zip(y, found, strict=True):
        tried = []
        for _, shape in ar_family(DAYS.astype(float)):
            one = fit(row[None, BASELINE], x[BASELINE], shape[:21, :21])
            tried.append((float(one.loglik[0]), float(one.scale[0]) * shape))
        best = max(tried, key=lambda pair: pair[0])[1]
        np.testing.assert_allclose(cov, best, rtol=1e-8)


def test_a_gap_counts_as_the_mean_of_the_others():
    """Controls move by 2 and 4 on day 25; a third without a number changes nothing."""
    y = np.zeros((4, 28)) + np.array([[1.0], [2.0], [3.0], [4.0]])
    y[0, 25], y[1, 25], y[2, 25], y[3, 25] = 11, 4, 7, np.nan
    net = net_of_known(y, WEEKDAY, BASELINE)
    assert net[0, 25] == pytest.approx(10 - 3)
    assert np.isnan(net[3, 25])
    assert np.isnan(net[1, 25])  # one other is no mean
    np.testing.assert_allclose(np.delete(net, 25, axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(own_path(y[:1], WEEKDAY, BASELINE), 1)


def test_a_gap_in_counts_moves_as_the_others_did():
    y = np.ones((3, 28)) * np.array([[5.0], [10.0], [20.0]])
    y[1, 25], y[2, 25] = 30, np.nan
    filled = filled_counts(y, WEEKDAY, BASELINE)
    assert filled[2, 25] == pytest.approx(60)
    np.testing.assert_array_equal(filled[:2], y[:2])


def test_poisson_by_hand():
    """Weekday factors of the treated, sums of the others: log of 12 over 2 x 3."""
    y = np.ones((3, 28))
    y[0] = 1 + (WEEKDAY == 1)
    y[0, 22], y[1, 22], y[2, 22] = 12, 2, 4
    y = normalised(y, BASELINE)
    fitted = expected_counts(y, WEEKDAY, BASELINE)
    np.testing.assert_allclose(fitted[0, :21], y[0, :21])
    found = log_ratios(y, fitted, np.eye(28)[[22, 23]])
    np.testing.assert_allclose(found[0], [np.log(12 / 6), 0], atol=1e-12)
    y[0, 23] = 0
    assert np.isnan(log_ratios(y, fitted, np.eye(28)[[23]])[0, 0])


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e5])
def test_two_requests_are_joined_where_they_overlap(scale):
    truth = np.array([1.0, 2, 3, 4, 5, 6])
    both = np.full((2, 6), np.nan)
    both[0, :4], both[1, 2:] = truth[:4], scale * truth[2:]
    found = spliced(both)
    np.testing.assert_allclose(found / found[0], truth, rtol=1e-9)


def test_requests_that_disagree_still_do_not_care_for_scale():
    rng = np.random.default_rng(4)
    both = rng.poisson(20, size=(3, 30)).astype(float)
    both[0, 20:], both[1, :10] = np.nan, np.nan
    one, other = spliced(both), spliced(both * np.array([[3.0], [1e4], [0.2]]))
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_linked_requests():
    assert linked(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], dtype=bool))
    assert not linked(np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool))


def test_sup_t_of_independent_and_of_identical_days():
    """Sidak's value for independent ones, the pointwise one for identical ones."""
    sidak = stats.norm.isf((1 - 0.95 ** (1 / 5)) / 2)
    assert sup_t_critical(np.eye(5)) == pytest.approx(sidak, abs=1e-4)
    assert sup_t_critical(np.ones((4, 4))) == pytest.approx(1.959964, abs=1e-4)
    assert sup_t_critical(np.diag([1.0, 9.0])) == pytest.approx(
        stats.norm.isf((1 - np.sqrt(0.95)) / 2), abs=1e-4
    )
    many = sup_t_critical(np.eye(20))
    assert many == pytest.approx(stats.norm.isf((1 - 0.95 ** (1 / 20)) / 2), abs=0.02)


def test_box_probability_of_a_singular_covariance():
    """Deviations from a mean of two: x and -x."""
    cov = np.array([[1.0, -1.0], [-1.0, 1.0]])
    half = np.array([1.5, 1.5])
    exact = stats.norm.cdf(1.5) - stats.norm.cdf(-1.5)
    assert box_probability(np.zeros(2), cov, half) == pytest.approx(exact, abs=1e-4)
    mean = box_mean(np.array([0.3]), np.eye(1), np.array([1.0]))
    assert mean[0] == pytest.approx(stats.truncnorm.mean(-1.3, 0.7, loc=0.3), abs=1e-4)


def test_wald_counts_a_singular_covariance_at_its_rank():
    found = wald(np.array([1.0, -1.0]), np.array([[0.5, -0.5], [-0.5, 0.5]]))
    assert found.df == 1
    assert found.statistic == pytest.approx(2)


def test_power_of_one_coefficient_by_hand():
    power = pretest_power(np.array([2.8]), np.eye(1), 1.96)
    exact = stats.norm.sf(1.96 - 2.8) + stats.norm.cdf(-1.96 - 2.8)
    assert power == pytest.approx(exact, abs=1e-5)
    slope = slope_for_power(np.array([-2.0]), np.eye(1), power)
    assert slope == pytest.approx(1.4, abs=1e-4)
    with pytest.raises(DesignError, match="power must lie between"):
        slope_for_power(np.array([-2.0]), np.eye(1), 0.01)


def test_the_within_transform_leaves_nothing_of_units_and_periods():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(4, 6))
    shifted = y + rng.normal(size=(4, 1)) + rng.normal(size=(1, 6))
    np.testing.assert_allclose(within(shifted), within(y), atol=1e-12)


def test_difference_in_differences_by_hand():
    """Treated rises by 5, the others by 1 and 3: an effect of 3."""
    y = np.array([[0.0, 5], [0, 1], [0, 3]])
    after = np.array([False, True])
    fit = average_effect(y, np.array([True, False, False]), after)
    assert fit.coef[0] == pytest.approx(3)
    effects, p_value = placebo_in_space(y, 0, after)
    np.testing.assert_allclose(effects, [3, -3, 0], atol=1e-12)
    assert p_value == pytest.approx(2 / 3)


def orders(dose, **how):
    return np.vstack([deal.orders() for deal in deals(dose, **how)])


def test_all_orders_of_few_regions_and_draws_of_many():
    few, many = orders(np.arange(5.0)), orders(np.arange(20.0), draws=99)
    assert few.shape == (120, 5)
    assert list(few[0]) == list(range(5))
    assert len({tuple(row) for row in few}) == 120
    assert many.shape == (100, 20)
    assert list(many[0]) == list(range(20))
    np.testing.assert_array_equal(many, orders(np.arange(20.0), draws=99))
    for level, unit in ((0.0, 1.0), (1e9, 1.0), (0.0, 1e-20), (0.0, 1e20)):
        assert distinct_assignments(level + unit * np.array([1.0, 1, 0, 0])) == 6


@pytest.mark.parametrize(
    ("number", "dosed", "least"), [(19, 1, 1 / 19), (8, 2, 1 / 28), (12, 2, 1 / 66)]
)
def test_no_p_is_below_what_the_ways_to_deal_a_dose_allow(number, dosed, least):
    """The dosed regions moved most of all: the p is one way in so many, exactly."""
    dose = (np.arange(number) < dosed).astype(float)
    change = 0.01 * np.sin(np.arange(number)) + 5 * dose
    found = region_permutation(np.array([change]), dose)
    assert found.p_value[0] == pytest.approx(least, abs=1e-12)
    assert np.isfinite(found.interval).all() == (least <= 0.05)


def test_deals_of_doses_that_repeat():
    dose = np.array([2.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = dose[orders(dose)]
    assert found.shape == (72, 9)
    np.testing.assert_array_equal(found[0], dose)
    assert len({tuple(row) for row in found}) == 72
    assert (np.sort(found, axis=1) == np.sort(dose)).all()
    assert orders(np.arange(12.0), draws=99).shape == (100, 12)


@pytest.mark.parametrize("level", [1e6, 1e9, -1e12])
@pytest.mark.parametrize("number", [6, 12])
def test_a_level_of_the_dose_changes_nothing(level, number):
    """Halves keep their digits at any of these levels, so that nothing is lost."""
    rng = np.random.default_rng(9)
    dose = np.round(8 * rng.normal(size=number)) / 2
    change = rng.normal(size=(3, number)) + 0.8 * dose
    one, other = (region_permutation(change, d) for d in (dose, dose + level))
    np.testing.assert_allclose(other.slope, one.slope, rtol=1e-9)
    np.testing.assert_array_equal(other.p_value, one.p_value)
    np.testing.assert_allclose(other.interval, one.interval, rtol=1e-9)
    scaled = region_permutation(change, 1e-30 * dose)
    np.testing.assert_allclose(1e-30 * scaled.slope, one.slope, rtol=1e-9)
    np.testing.assert_array_equal(scaled.p_value, one.p_value)


def test_the_interval_is_what_the_permutation_does_not_refuse():
    """By brute force: every slope of a grid tested by dealing the dose anew."""
    rng = np.random.default_rng(8)
    dose = rng.normal(size=7)
    change = 0.6 * dose + 0.2 * rng.normal(size=7)
    doses = dose[orders(dose)]
    own, of_dose = (
        dealt_slopes(change[None], doses)[0],
        dealt_slopes(dose[None], doses)[0],
    )
    low, high = acceptance(own, of_dose)
    grid = np.linspace(low - 0.5, high + 0.5, 301)
    kept = []
    for slope in grid:
        dealt = own - slope * of_dose
        kept.append(share_beyond(float(dealt[0]), dealt) > 0.05)
    inside = (grid > low + 1e-9) & (grid < high - 1e-9)
    outside = (grid < low - 1e-9) | (grid > high + 1e-9)
    assert np.array(kept)[inside].all()
    assert not np.array(kept)[outside].any()
    assert low < own[0] < high


def test_a_permutation_p_does_not_depend_on_the_doses_unit():
    rng = np.random.default_rng(9)
    dose, change = rng.normal(size=8), rng.normal(size=(2, 8))
    one, other = (
        region_permutation(change, dose),
        region_permutation(change, 3 - 50 * dose),
    )
    np.testing.assert_allclose(one.p_value, other.p_value)
    np.testing.assert_allclose(one.slope, -50 * other.slope)
    ends = [-50 * end for end in other.interval[::-1]]
    np.testing.assert_allclose(one.interval, ends, rtol=1e-9)


def test_slopes_by_hand():
    dose, region = np.array([0.0, 1, 2, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 1])
    change = np.array([[0.0, 1, 2, 0, 3, 6]])
    np.testing.assert_allclose(slopes_within(change, dose, region), [[1, 3]])
    mean, error, p_value = t_over_regions(np.array([[1.0, 3.0]]))
    assert (mean[0], error[0]) == (2, 1)
    assert p_value[0] == pytest.approx(2 * stats.t.sf(2, 1))
    np.testing.assert_allclose(region_means(change, region), [[1, 3]])
    slope, _, df = robust_slope(change, dose)
    assert slope[0] == pytest.approx(2)
    assert df == 4


N_REGIONS, PER_REGION = 10, 6


@pytest.mark.parametrize("regional", [0.0, 0.1, 0.3])
def test_size_with_shocks_that_regions_share(regional):
    """A true null: the region permutation holds its level, HC1 and markets do not."""
    rng = np.random.default_rng(12)
    region = np.repeat(np.arange(N_REGIONS), PER_REGION)
    refused = np.zeros(3)
    draws = 400
    for _ in range(draws // 20):
        dose = rng.normal(size=N_REGIONS)[region] + rng.normal(size=len(region))
        shock = np.sqrt(regional) * rng.normal(size=(20, N_REGIONS))[:, region]
        change = shock + np.sqrt(1 - regional) * rng.normal(size=(20, len(region)))
        means = region_means(change, region)
        by_region = region_permutation(means, region_means(dose, region)).p_value
        by_market = region_permutation(change, dose).p_value
        slope, error, df = robust_slope(change, dose)
        robust = 2 * stats.t.sf(np.abs(slope / error), df)
        refused += [(p <= 0.05).sum() for p in (by_region, by_market, robust)]
    size = refused / draws
    assert 0.02 <= size[0] <= 0.08
    if regional >= 0.3:
        assert (size[1:] > 0.12).all()


def test_coverage_of_the_permutation_interval():
    rng = np.random.default_rng(13)
    held, draws = 0, 200
    for _ in range(draws):
        dose = rng.normal(size=6)
        change = 0.7 * dose + rng.normal(size=6)
        low, high = region_permutation(change[None], dose).interval
        held += low <= 0.7 <= high
    assert held / draws >= 0.93


def test_sup_t_covers_a_path_of_correlated_days():
    rng = np.random.default_rng(14)
    cov = arma11(np.arange(9.0), 0.6)
    crit = sup_t_critical(cov)
    error = np.sqrt(np.diag(cov))
    draws = rng.multivariate_normal(np.zeros(9), cov, size=20_000)
    inside = (np.abs(draws) <= crit * error).all(axis=1).mean()
    assert inside == pytest.approx(0.95, abs=0.005)
