"""Sets under bounded trends: by hand, by another optimiser, by invariance, in size."""

import numpy as np
import pytest
from scipy import optimize, stats

from migration.errors import DesignError
from migration.inference import relative_magnitudes as magnitudes
from migration.inference.relative_magnitudes import (
    breakdown,
    polyhedra,
    relative_magnitudes,
)
from migration.inference.smoothness import (
    fixed_length,
    folded_quantile,
    second_differences,
)

ONE = np.ones(1)


def covariance(rng, size):
    root = rng.normal(size=(size, size))
    return root @ root.T / size + 0.1 * np.eye(size)


@pytest.mark.parametrize("bias", [0.0, 0.3, 2.0, 9.0])
def test_the_critical_value_covers_a_biased_normal(bias):
    c = folded_quantile(bias)
    assert stats.norm.cdf(c - bias) - stats.norm.cdf(-c - bias) == pytest.approx(0.95)


def test_one_lead_is_a_line_through_two_points():
    """delta_1 = 2 delta_0 - delta_{-1} + bend: the estimate is beta_1 + beta_{-1}."""
    found = fixed_length(np.array([0.3, 2.0]), np.eye(2), 1, 0.5, target=ONE)
    assert found.estimate == pytest.approx(2.3)
    assert found.worst_bias == pytest.approx(0.5)
    half = np.sqrt(2) * folded_quantile(0.5 / np.sqrt(2))
    assert found.conf_high - found.estimate == pytest.approx(half)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bend", [0.0, 0.1, 1.0])
def test_no_other_weights_make_a_shorter_interval(seed, bend):
    rng = np.random.default_rng(seed)
    n_pre, n_post = int(rng.integers(2, 7)), int(rng.integers(1, 4))
    cov, beta = covariance(rng, n_pre + n_post), rng.normal(size=n_pre + n_post)
    target = np.full(n_post, 1 / n_post)
    found = fixed_length(beta, cov, n_pre, bend, target=target)
    bends = second_differences(n_pre, n_post)
    flat = np.linalg.svd(
        np.delete(np.arange(-n_pre, n_post + 1.0), n_pre)[None, :n_pre]
    )
    unbiased = flat[2][1:]  # changes of the weights before that no line notices

    def length(weights):
        loads = np.linalg.lstsq(bends.T, weights)[0]
        error = np.sqrt(weights @ cov @ weights)
        return error * folded_quantile(bend * np.abs(loads).sum() / error)

    shortest = found.conf_high - found.estimate
    assert length(found.weights) == pytest.approx(shortest)
    for step in (1e-5, 1e-2, 1):  # convex: what is best nearby is best
        for way in rng.normal(size=(20, n_pre - 1)):
            moved = found.weights + np.r_[step * way @ unbiased, np.zeros(n_post)]
            assert length(moved) >= shortest - 1e-9


def test_a_line_added_to_every_period_changes_no_smooth_estimate():
    rng = np.random.default_rng(5)
    cov, beta = covariance(rng, 7), rng.normal(size=7)
    times = np.array([-5, -4, -3, -2, -1, 1, 2.0])
    target = np.array([0.5, 0.5])
    plain = fixed_length(beta, cov, 5, 0.2, target=target)
    tilted = fixed_length(beta + 3 * times, cov, 5, 0.2, target=target)
    assert tilted.conf_low == pytest.approx(plain.conf_low, abs=1e-8)


def test_sets_grow_with_what_is_allowed():
    rng = np.random.default_rng(7)
    cov, beta = 0.02 * covariance(rng, 5), np.array([0.1, -0.1, 0.05, 1.0, 1.2])
    target = np.array([0.5, 0.5])
    widths = [
        np.diff(relative_magnitudes(beta, cov, 3, m, target=target))[0]
        for m in (0, 0.5, 1, 2)
    ]
    assert np.all(np.diff(widths) > 0)


def test_without_movement_allowed_the_set_is_near_the_normal_interval():
    """Mbar = 0: parallel trends after the event, and one moment each way."""
    cov = np.diag([0.01, 0.01, 0.04])
    low, high = relative_magnitudes(np.array([0.0, 0.0, 1.0]), cov, 2, 0, target=ONE)
    assert low == pytest.approx(1 - 1.96 * 0.2, abs=0.02)
    assert high == pytest.approx(1 + 1.96 * 0.2, abs=0.02)


def test_the_breakdown_is_where_the_set_first_holds_zero(monkeypatch):
    monkeypatch.setattr(magnitudes, "DRAWS", 1000)
    rng = np.random.default_rng(3)
    cov = 0.01 * covariance(rng, 5)
    beta = np.array([0.1, -0.2, 0.1, 1.0, 1.1])
    at = breakdown(beta, cov, 3, target=np.array([0.5, 0.5]))
    assert 0 < at < np.inf
    below, above = (
        relative_magnitudes(beta, cov, 3, m, target=np.array([0.5, 0.5]))
        for m in (at * 0.98, at * 1.02)
    )
    assert below[0] > 0 >= above[0]


@pytest.mark.parametrize("unit", [1e-6, 1e3])
def test_another_unit_of_the_outcome_scales_both_ends(unit):
    rng = np.random.default_rng(11)
    cov, beta = covariance(rng, 4), rng.normal(size=4) + np.array([0, 0, 4, 4])
    target = np.array([0.5, 0.5])
    plain = relative_magnitudes(beta, cov, 2, 1, target=target)
    scaled = relative_magnitudes(unit * beta, unit**2 * cov, 2, 1, target=target)
    np.testing.assert_allclose(scaled, unit * np.array(plain), rtol=1e-4)
    smooth = fixed_length(beta, cov, 2, 0.1, target=target)
    again = fixed_length(unit * beta, unit**2 * cov, 2, 0.1 * unit, target=target)
    assert again.conf_low == pytest.approx(unit * smooth.conf_low, rel=1e-6)


def test_the_dual_agrees_with_the_linear_programme():
    """The largest vertex is the optimum of Andrews, Roth and Pakes' (2.5)."""
    rng = np.random.default_rng(13)
    cov, beta = covariance(rng, 6), rng.normal(size=6)
    target = np.array([0.2, 0.3, 0.5])
    for posed in list(polyhedra(beta, cov, 3, 1.0, target=target))[:3]:
        theta = 0.7
        rows = np.c_[-posed.scale, -posed.nuisance]
        bounds = [(None, None)] * rows.shape[1]
        found = optimize.linprog(
            np.r_[1.0, np.zeros(rows.shape[1] - 1)],
            A_ub=rows, b_ub=-(posed.level - posed.slope * theta), bounds=bounds,
        )  # fmt: skip
        largest = (posed.vertices @ (posed.level - posed.slope * theta)).max()
        assert largest == pytest.approx(found.fun, abs=1e-8)


def test_a_true_value_is_kept_as_often_as_it_claims(monkeypatch):
    """The trend moves as much after as before: the worst case is covered, too."""
    monkeypatch.setattr(magnitudes, "DRAWS", 1000)
    rng = np.random.default_rng(17)
    trend, cov = np.array([0.0, 0.5, 0.5, 1.0]), 0.04 * np.eye(4)
    trend = trend - trend[2]  # changes .5, 0 before the reference, .5 after
    truth = np.delete(trend, 2)
    cov, kept, draws = cov[:3, :3], 0, 400
    for _ in range(draws):
        beta = truth + rng.multivariate_normal(np.zeros(3), cov)
        posed = polyhedra(beta, cov, 2, 1.0, target=ONE)
        kept += any(bool(p.accepts(np.zeros(1))[0]) for p in posed)
    assert kept / draws >= 0.95 - 2.6 * np.sqrt(0.95 * 0.05 / draws)


def test_too_many_periods_after_the_event_are_refused_with_advice():
    beta, target = np.zeros(14), np.full(12, 1 / 12)
    with pytest.raises(DesignError, match=r"at most 7 periods.*bin the window"):
        relative_magnitudes(beta, np.eye(14), 2, 1, target=target)
