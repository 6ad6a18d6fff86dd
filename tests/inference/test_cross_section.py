import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox

from migration.inference.blocks import block_contrast, block_means
from migration.inference.cross_diagnostics import (
    ljung_box_p,
    shared_diagnostics,
    unit_diagnostics,
)
from migration.inference.cross_ranks import all_tests
from migration.inference.cross_section import design_effect, mean_correlation
from migration.inference.normal_returns import (
    AbnormalReturns,
    abnormal_returns,
    normal_regressors,
)
from migration.inference.rule import decide

N_PRE, LENGTH = 60, 5
RAW = {"Brown-Warner", "Brown-Warner, error of the mean", "portfolio regression"}
RAW |= {"MacKinlay J1", "cross-sectional t"}


def statistics(found):
    return {(row.test, row.over): row.statistic for row in all_tests(found)}


@pytest.fixture
def y():
    """SIMULATED: six units that share half of their noise."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(6, N_PRE + LENGTH)) + rng.normal(size=N_PRE + LENGTH)


def fitted(y, market=None):
    return abnormal_returns(y, normal_regressors(y.shape[1], market=market), N_PRE)


@pytest.fixture
def small():
    """Two units, three days before and one after; s is 1 and SCAR is 1 and 3.

    Correlation of the residuals 1/2: (1, -1, 0) and (1, 0, -1).
    """
    return AbnormalReturns(
        residuals=np.array([[1.0, -1, 0], [1, 0, -1]]),
        ar=np.array([[5.0], [5]]),
        scale=np.ones(2),
        spread=np.array([[[25.0]], [[25 / 9]]]),
        coef=np.empty((2, 0)),
    )


BY_HAND = {
    "Patell": 4 / np.sqrt(2 * 3),  # (M - k)/(M - k - 2) = 3
    "Patell, adjusted": 4 / np.sqrt(2 * 3) / np.sqrt(1.5),
    "BMP": 2.0,  # sqrt(2) * 2 / sqrt(2)
    "Kolari-Pynnonen": 2 * np.sqrt(0.5 / 1.5),
    "MacKinlay J1": 5 / (np.sqrt(25 + 25 / 9) / 2),
    "cross-sectional t": np.nan,  # the two sums are one number
    "Brown-Warner": 5 / np.sqrt(1.5 / 2),  # portfolio 1, -1/2, -1/2
    "Brown-Warner, error of the mean": 5 / np.sqrt(1.5 / 2 * (1 + 1 / 3)),
    # Ranks 3 1 2 4 and 3 2 1 4: u = .5, -1, -1, 1.5, S^2 = 4.5 / 4.
    "Corrado rank": 1.5 / np.sqrt(4.5 / 4),
    # Ranks 4 1 2 3 and 3 2 1 4 over 5: Ubar = .2, -.2, -.2, .2.
    "GRANK-Z": 1.0,
    "GRANK-T": 1.0,  # sqrt(2 / (3 - 1))
    # A third of the residuals is positive, both sums are: (2 - 2/3) / sqrt(4/9).
    "Cowan generalised sign": 2.0,
}


def test_two_units_worked_by_hand(small):
    rows = all_tests(small)
    assert {row.over for row in rows} == {"window"}
    assert {row.test: pytest.approx(row.statistic, nan_ok=True) for row in rows} == (
        BY_HAND
    )


def test_each_p_is_of_the_distribution_that_is_named(small):
    told = {row.test: (row.distribution, row.p_value) for row in all_tests(small)}
    assert told["Patell"][0] == "N(0, 1)"
    assert told["Patell"][1] == pytest.approx(2 * stats.norm.sf(BY_HAND["Patell"]))
    assert told["BMP"] == ("t(1)", pytest.approx(2 * stats.t.sf(2, 1)))
    assert told["GRANK-T"] == ("t(2)", pytest.approx(2 * stats.t.sf(1, 2)))
    assert np.isnan(told["cross-sectional t"][1])


def test_a_test_that_estimates_has_the_interval_of_its_p(y):
    for row in all_tests(fitted(y)):
        if np.isnan(row.estimate):
            assert np.isnan(row.interval).all()
            continue
        low, high = row.interval
        assert row.estimate / row.std_error == pytest.approx(row.statistic)
        assert (low <= 0 <= high) == (row.p_value >= 0.05)


def test_rbar_and_the_design_effect(small, y):
    assert mean_correlation(small.residuals) == pytest.approx(0.5)
    assert design_effect(small.residuals) == pytest.approx(1.5)
    table = np.corrcoef(y)
    wanted = table[np.triu_indices(6, 1)].mean()
    assert mean_correlation(y) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("factor", "shift"), [(10.0, 3.0), (0.01, -1e3)])
def test_the_scale_and_level_of_one_unit_change_no_standardised_test(y, factor, shift):
    moved = y.copy()
    moved[2] = factor * moved[2] + shift
    before, after = statistics(fitted(y)), statistics(fitted(moved))
    for key, value in before.items():
        if key[0] not in RAW:
            assert after[key] == pytest.approx(value, rel=1e-9), key


def test_units_of_measurement_change_no_test(y):
    before, after = statistics(fitted(y)), statistics(fitted(100 * y))
    assert after == pytest.approx(before, rel=1e-9)


def test_the_sign_of_all_units_turns_every_parametric_test(y):
    before, after = statistics(fitted(y)), statistics(fitted(-y))
    turned = {k: -v for k, v in before.items() if k[0] != "Cowan generalised sign"}
    del after["Cowan generalised sign", "window"]
    assert after == pytest.approx(turned, rel=1e-9)


def test_the_order_of_units_and_of_days_within_their_windows_changes_nothing(y):
    rng = np.random.default_rng(5)
    days = [rng.permutation(N_PRE), N_PRE + rng.permutation(LENGTH)]
    turned = y[rng.permutation(6)][:, np.concatenate(days)]
    before, after = statistics(fitted(y)), statistics(fitted(turned))
    for key in before:
        if key[1] == "window":
            assert after[key] == pytest.approx(before[key], rel=1e-9), key


def test_a_shock_to_all_and_to_the_market_changes_nothing_net_of_it(y):
    market, shock = np.random.default_rng(8).normal(size=(2, y.shape[1]))
    shocked = statistics(fitted(y + shock - (market + shock)))
    assert shocked == pytest.approx(statistics(fitted(y - market)), rel=1e-6)


def test_units_without_common_noise_need_no_adjustment(small):
    """Orthogonal residuals: r-bar is zero, adjusted equals plain."""
    alone = AbnormalReturns(
        np.array([[1.0, -1, 1, -1], [1, 1, -1, -1]]),
        small.ar,
        small.scale,
        small.spread,
        small.coef,
    )
    told = statistics(alone)
    for plain, adjusted in [("Patell", "Patell, adjusted"), ("BMP", "Kolari-Pynnonen")]:
        assert told[adjusted, "window"] == pytest.approx(told[plain, "window"])


def test_units_that_repeat_each_other_have_no_t(y):
    """Two copies are no second observation: the spread over units is zero."""
    told = statistics(fitted(np.vstack([y[0], y[0]])))
    for test in ("BMP", "Kolari-Pynnonen", "cross-sectional t", "GRANK-Z", "GRANK-T"):
        assert np.isnan(told[test, "window"]), test
    assert np.isfinite(told["Patell", "window"])


def test_units_that_cancel_have_no_adjusted_statistic(y):
    """A mean correlation of -1 makes the design effect zero."""
    told = statistics(fitted(np.vstack([y[0], -y[0]])))
    assert np.isnan(told["Patell, adjusted", "window"])
    assert np.isnan(told["Kolari-Pynnonen", "window"])


def test_markets_of_ones_own_leave_the_portfolio_regression_out(y):
    own = np.random.default_rng(9).normal(size=y.shape)
    assert ("portfolio regression", "window") not in statistics(fitted(y, own))
    assert ("portfolio regression", "window") in statistics(fitted(y, own[0]))


def test_diagnostics_worked_by_hand(small):
    told = shared_diagnostics(small)
    assert told["design_effect"] == pytest.approx(1.5)
    assert told["df_eff"] == pytest.approx(2 / 1.5 - 1)
    assert told["scar_sd"] == pytest.approx(np.sqrt(2))
    # (1, -1, 0): -1 over 2; (1, 0, -1): 0 over 2.
    assert told["autocorrelation"] == pytest.approx(-0.25)
    units = unit_diagnostics(small, np.array([[2.0, 2, 5], [1, 2, 3]]))
    np.testing.assert_allclose(units.autocorrelation, [-0.5, 0])
    np.testing.assert_allclose(units.tied_share, [2 / 3, 1 / 3])
    assert np.isnan(units.volatility_ratio).all()


def test_diagnostics_against_scipy_and_statsmodels(y):
    found = fitted(y)
    units = unit_diagnostics(found, y[:, :N_PRE])
    wanted = stats.jarque_bera(found.residuals[3]).pvalue
    assert units.normality_p[3] == pytest.approx(wanted)
    ratio = found.ar[3].std(ddof=1) / found.scale[3]
    assert units.volatility_ratio[3] == pytest.approx(ratio)
    peer = acorr_ljungbox(found.residuals[3], lags=[7])["lb_pvalue"].iloc[0]
    assert ljung_box_p(found.residuals[3]) == pytest.approx(peer, rel=1e-9)


def ar1(rng, shape, memory):
    """Stationary AR(1) noise of variance one along the last axis."""
    e = rng.normal(size=shape)
    e[..., 1:] *= np.sqrt(1 - memory**2)
    for day in range(1, shape[-1]):
        e[..., day] += memory * e[..., day - 1]
    return e


def rejections(*, shock, own, common, n_worlds=1000):
    """Shares of worlds without an effect in which each test and the rule reject.

    SIMULATED: 20 countries of one app, 39 unrelated apps averaged over theirs; each
    app has a shock that its countries share. ``shock`` and ``own`` are the memories
    of the shock and of a country's own noise, ``common`` its share of variance.
    """
    rng = np.random.default_rng(20210106)
    n, n_pre, length, n_apps = 20, 70, 7, 40
    days = n_pre + length
    window = np.arange(days) >= n_pre
    found = {"rule": 0}
    for _ in range(n_worlds):
        shared = np.sqrt(common) * ar1(rng, (n_apps, days), shock)
        units = shared[0] + np.sqrt(1 - common) * ar1(rng, (n, days), own)
        others = np.sqrt((1 - common) / n) * ar1(rng, (n_apps - 1, days), own)
        series = np.vstack([units.mean(axis=0), others + shared[1:]])
        blocks = block_means(series, ~window, length)
        verdict = decide(block_contrast(blocks, series[:, window].mean(axis=1)))
        found["rule"] += verdict.p_value <= 0.05
        for row in all_tests(abnormal_returns(units, normal_regressors(days), n_pre)):
            if row.over == "window":
                found[row.test] = found.get(row.test, 0) + (row.p_value <= 0.05)
    return {test: count / n_worlds for test, count in found.items()}


PLAIN = ("BMP", "Patell", "MacKinlay J1", "cross-sectional t", "Cowan generalised sign")
ADJUSTED = ("Kolari-Pynnonen", "GRANK-Z", "GRANK-T")


@pytest.mark.once
def test_independent_countries_and_days_are_what_the_tests_are_made_for():
    """Without common shock and memory every test holds its level: .040 to .058."""
    size = rejections(shock=0.0, own=0.0, common=0.0)
    assert {test: share for test, share in size.items() if share > 0.075} == {}


@pytest.mark.once
def test_tests_over_countries_reject_under_a_common_shock_and_the_rule_does_not():
    """BMP over countries near .5 when 30% of the noise is shared; the rule near .04."""
    size = rejections(shock=0.5, own=0.5, common=0.3)
    assert size["rule"] <= 0.06
    assert {test: size[test] for test in PLAIN if size[test] < 0.4} == {}
    assert {test: size[test] for test in ADJUSTED if size[test] > 0.09} == {}
    assert 0.15 <= size["Brown-Warner"] <= 0.3


@pytest.mark.once
def test_a_shock_with_more_memory_than_the_countries_breaks_the_adjusted_tests_too():
    """The correlation of days is not that of windows: r-bar is then too small."""
    size = rejections(shock=0.5, own=0.0, common=0.3)
    assert size["rule"] <= 0.06
    assert {test: size[test] for test in ADJUSTED if size[test] < 0.12} == {}
