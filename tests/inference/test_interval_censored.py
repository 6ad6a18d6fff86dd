"""Likelihood, score and Hessian of interval regression; hand-worked; SIMULATED bias."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse, stats

from migration.errors import DesignError
from migration.inference.interval_censored import (
    derivatives,
    fit_intervals,
    log_mass,
    score_test,
)


@pytest.fixture
def data():
    """SIMULATED: points, intervals, floors and ceilings of one line."""
    rng = np.random.default_rng(8)
    x = np.column_stack([np.ones(200), rng.normal(size=(200, 2))])
    z = x @ [0.5, 1.0, -0.7] + 0.8 * rng.normal(size=200)
    low, high = np.floor(z * 2) / 2, np.ceil(z * 2) / 2
    low, high = np.where(z < -1, -np.inf, low), np.where(z < -1, -1.0, high)
    low, high = np.where(z > 2, 2.0, low), np.where(z > 2, np.inf, high)
    exact = np.arange(200) % 5 == 0
    return np.where(exact, z, low), np.where(exact, z, high), x


def test_score_and_hessian_are_those_of_finite_differences(data):
    at = np.array([0.3, 0.9, -0.5, 1.4])
    found = derivatives(at, *data)
    score = optimize.approx_fprime(at, lambda p: derivatives(p, *data).loglik, 1e-6)
    np.testing.assert_allclose(found.score, score, rtol=1e-4, atol=1e-3)
    step = 1e-5
    for place in range(4):
        e = step * np.eye(4)[place]
        up, down = derivatives(at + e, *data).score, derivatives(at - e, *data).score
        np.testing.assert_allclose(
            found.hessian[:, place], (up - down) / (2 * step), rtol=1e-6, atol=1e-5
        )


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(0.2, 5))
def test_the_likelihood_is_concave_everywhere(delta, h):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3))
    low = rng.normal(size=40)
    high = low + rng.choice([0, 0.3, np.inf], 40)
    hessian = derivatives(np.array([*delta, h]), low, high, x).hessian
    assert np.linalg.eigvalsh(hessian).max() < 1e-6


def test_the_fit_is_where_the_score_is_zero_and_no_search_does_better(data):
    found = fit_intervals(*data)
    at = np.append(found.coef, 1) / found.scale
    here = derivatives(at, *data)
    np.testing.assert_allclose(here.score, 0, atol=1e-7)

    def loss(params):
        return -derivatives(params, *data).loglik

    other = optimize.minimize(loss, np.array([0, 0, 0, 1.0]), method="Nelder-Mead")
    assert found.loglik >= -other.fun


def test_three_shares_worked_by_hand():
    """16 below 0, 68 in (0, 2), 16 above: the mean is 1, the scale 1 / z(.84)."""
    low = np.repeat([-np.inf, 0, 2], [16, 68, 16])
    high = np.repeat([0, 2, np.inf], [16, 68, 16])
    found = fit_intervals(low, high, np.ones((100, 1)))
    assert found.coef[0] == pytest.approx(1)
    assert found.scale == pytest.approx(1 / stats.norm.ppf(0.84))
    shares = 32 * np.log(0.16) + 68 * np.log(0.68)
    assert found.loglik == pytest.approx(shares)


def test_points_are_least_squares_with_its_errors(data):
    rng = np.random.default_rng(3)
    y, x = rng.normal(size=200), data[2]
    found = fit_intervals(y, y, x)
    beta, rss = np.linalg.lstsq(x, y, rcond=None)[:2]
    np.testing.assert_allclose(found.coef, beta, rtol=1e-9)
    assert found.scale**2 == pytest.approx(rss[0] / 200)
    cov = found.scale**2 * np.linalg.inv(x.T @ x)
    np.testing.assert_allclose(found.std_error**2, np.diag(cov), rtol=1e-8)
    assert found.cov[-1, -1] == pytest.approx(1 / 400)


@pytest.mark.parametrize(("shift", "scale"), [(5.0, 1.0), (-3.0, 0.01), (0.0, 100.0)])
def test_shift_and_scale_move_only_what_they_must(data, shift, scale):
    low, high, x = data
    one = fit_intervals(low, high, x)
    other = fit_intervals(shift + scale * low, shift + scale * high, x)
    moved = scale * one.coef + shift * np.array([1, 0, 0])
    np.testing.assert_allclose(other.coef, moved, rtol=1e-7, atol=1e-9)
    assert other.scale == pytest.approx(scale * one.scale)


def test_mirror_order_and_storage_change_nothing(data):
    low, high, x = data
    one = fit_intervals(low, high, x)
    mirrored = fit_intervals(-high, -low, x)
    np.testing.assert_allclose(mirrored.coef, -one.coef, atol=1e-9)
    order = np.random.default_rng(0).permutation(200)
    mixed = fit_intervals(low[order], high[order], sparse.csr_array(x[order]))
    np.testing.assert_allclose(mixed.coef, one.coef, atol=1e-9)
    np.testing.assert_allclose(mixed.cov, one.cov, atol=1e-9)


def test_a_group_censored_throughout_leaves_the_others_alone(data):
    low, high, x = data
    one = fit_intervals(low, high, x)
    more = np.zeros((20, 5))
    more[:10, 3], more[10:, 4] = 1, 1
    wide = np.vstack([np.column_stack([x, np.zeros((200, 2))]), more])
    ends = np.repeat([-np.inf, 1.0], 10), np.repeat([-1.0, np.inf], 10)
    found = fit_intervals(np.append(low, ends[0]), np.append(high, ends[1]), wide)
    assert found.coef[3] == -np.inf
    assert found.coef[4] == np.inf
    np.testing.assert_allclose(found.coef[:3], one.coef, rtol=1e-9)
    np.testing.assert_allclose(found.std_error[:3], one.std_error, rtol=1e-9)
    assert np.isnan(found.std_error[3:]).all()
    assert found.loglik == pytest.approx(one.loglik)
    assert found.identified


def test_far_tails_keep_their_digits():
    a = np.array([-np.inf, 8.0, -8.1, 30.0, 0.0])
    b = np.array([-40.0, 8.1, -8.0, np.inf, 1e-9])
    found = log_mass(a, b)
    assert found[1] == pytest.approx(found[2])
    assert found[0] == pytest.approx(stats.norm.logcdf(-40))
    assert found[3] == pytest.approx(stats.norm.logsf(30))
    assert found[4] == pytest.approx(np.log(1e-9) + stats.norm.logpdf(0))


def test_the_score_test_is_near_wald_for_a_small_effect_and_invariant(data):
    low, high, x = data
    rng = np.random.default_rng(4)
    wide = np.column_stack([x, rng.normal(size=200)])
    found = fit_intervals(low, high, wide)
    wald = float((found.coef[3] / found.std_error[3]) ** 2)
    score = score_test(low, high, wide, 3)
    assert score == pytest.approx(wald, abs=0.1 * (1 + wald))
    assert score_test(3 * low, 3 * high, wide * [1, 1, 1, 7], 3) == pytest.approx(score)


def test_what_cannot_be_fitted_says_so():
    ones, y = np.ones((4, 1)), np.array([0.0, 1, 2, 3])
    with pytest.raises(DesignError, match="lower <= upper"):
        fit_intervals(y, y - 1, ones)
    with pytest.raises(DesignError, match="NaN"):
        fit_intervals(np.full(4, np.nan), y, ones)
    with pytest.raises(DesignError, match="as many bounds"):
        fit_intervals(y, y[:2], ones)
    with pytest.raises(DesignError, match="censored on the same side"):
        fit_intervals(np.full(4, -np.inf), y, ones)
    with pytest.raises(DesignError, match="collinear"):
        fit_intervals(y, y, np.ones((4, 2)))
    with pytest.raises(DesignError, match="lower <= upper"):
        fit_intervals(np.full(4, np.inf), np.full(4, np.inf), ones)
    flat = fit_intervals(np.zeros(4), np.ones(4), ones)  # any small sigma does
    assert not flat.identified
    apart = np.column_stack([np.ones(8), np.repeat([0.0, 1], 4)])
    low = np.append(y, np.full(4, 1.0))
    high = np.append(y, np.full(4, np.inf))
    assert fit_intervals(low, high, apart).coef[1] == np.inf


CHART, MARKETS, JUMP = 200, 60, 5.0


def simulated_chart(seed):
    """SIMULATED ranks: 35% of cells off the chart before, 69% first after."""
    rng = np.random.default_rng(seed)
    post = np.arange(80) >= 60
    level = -4.95 + 0.6 * rng.normal(size=(MARKETS, 1))
    z = level + JUMP * post + 0.7 * rng.normal(size=(MARKETS, 80))
    rank = np.maximum(np.rint(np.exp(-z)), 1)
    return np.where(np.exp(-z) > CHART + 0.5, np.inf, rank), post


def least_squares(y, post):
    market, day = np.isfinite(y).nonzero()
    value, after = y[market, day], post[day].astype(float)
    n = np.bincount(market)
    value = value - (np.bincount(market, value) / n)[market]
    after = after - (np.bincount(market, after) / n)[market]
    return (after @ value) / (after @ after)


def maximum_likelihood(rank, post, half):
    """Half a rank to each side; none is the two-limit Tobit at log 1 and log K."""
    off, size = np.isinf(rank), np.minimum(rank, CHART)
    low = np.where(off, -np.inf, -np.log(size + half))
    with np.errstate(divide="ignore"):
        high = -np.log(np.where(rank > 1, size - half, 0.0))
    high = np.where(off, -np.log(CHART + half), high)
    x = np.kron(np.eye(MARKETS), np.ones((80, 1)))
    x = np.column_stack([x, np.tile(post, MARKETS)])
    return fit_intervals(low.ravel(), high.ravel(), sparse.csr_array(x)).coef[-1]


def test_only_intervals_recover_a_simulated_jump():
    """SIMULATED, true jump 5: the usual ways are 0.2 to 0.8 off, intervals are not."""
    found = []
    for seed in range(12):
        rank, post = simulated_chart(seed)
        logs = np.where(np.isinf(rank), np.nan, -np.log(np.minimum(rank, CHART)))
        end = np.where(np.isnan(logs), -np.log(CHART), logs)
        found.append(
            [
                least_squares(logs, post),
                least_squares(end, post),
                maximum_likelihood(rank, post, 0.0),
                maximum_likelihood(rank, post, 0.5),
                np.isinf(rank)[:, ~post].mean(),
                (rank == 1)[:, post].mean(),
            ]
        )
    dropped, imputed, tobit, intervals, off, first = np.mean(found, axis=0)
    assert off == pytest.approx(0.35, abs=0.03)
    assert first == pytest.approx(0.69, abs=0.03)
    assert dropped < 4.4
    assert imputed < 4.6
    assert tobit > 5.15
    assert intervals == pytest.approx(JUMP, abs=0.05)
    assert np.std([row[3] for row in found]) < 0.1
