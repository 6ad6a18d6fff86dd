import numpy as np
import pytest
import statsmodels.api as sm

from migration.errors import DesignError
from migration.inference.normal_returns import abnormal_returns, normal_regressors

RNG = np.random.default_rng(7)
N_PRE, LENGTH = 40, 6
MARKET = RNG.normal(size=N_PRE + LENGTH)
WEEKDAY = np.arange(N_PRE + LENGTH) % 7
Y = RNG.normal(size=(3, N_PRE + LENGTH)) + np.outer([0.5, 1, 2], MARKET)


def fitted(y=Y, market=MARKET, weekday=WEEKDAY):
    x = normal_regressors(y.shape[1], weekday=weekday, market=market)
    return abnormal_returns(y, x, N_PRE)


def test_a_constant_mean_worked_by_hand():
    """Mean 2, s^2 = 6/5; AR 3 and 4; Var(CAR) = s^2 (L + L^2/M) = 1.2 (2 + 4/6)."""
    y = np.array([[1.0, 3, 1, 3, 1, 3, 5, 6]])
    found = abnormal_returns(y, normal_regressors(8), 6)
    np.testing.assert_allclose(found.ar, [[3, 4]])
    np.testing.assert_allclose(found.scale**2, 1.2)
    np.testing.assert_allclose(found.variance[0], 1.2 * (np.eye(2) + 1 / 6))
    np.testing.assert_allclose(found.scar, 7 / np.sqrt(3.2))
    np.testing.assert_allclose(found.sar[0, 0], 3 / np.sqrt(1.2 * 7 / 6))
    assert (found.n_units, found.n_days, found.length, found.df) == (1, 6, 2, 5)


def test_the_market_models_variance_is_the_papers():
    """s^2 (L + L^2/M + (sum (R_m - Rbar))^2 / S_mm)."""
    found = fitted(weekday=None)
    before, after = MARKET[:N_PRE], MARKET[N_PRE:]
    reach = (after - before.mean()).sum() ** 2 / ((before - before.mean()) ** 2).sum()
    want = found.scale**2 * (LENGTH + LENGTH**2 / N_PRE + reach)
    np.testing.assert_allclose(found.car_std_error**2, want)


def test_it_equals_statsmodels_with_the_weekly_cycle():
    x = normal_regressors(len(MARKET), weekday=WEEKDAY, market=MARKET)
    found = fitted()
    for row, y in enumerate(Y):
        peer = sm.OLS(y[:N_PRE], x[:N_PRE]).fit()
        told = peer.get_prediction(x[N_PRE:])
        np.testing.assert_allclose(found.coef[row], peer.params, atol=1e-12)
        np.testing.assert_allclose(
            found.ar[row], y[N_PRE:] - told.predicted_mean, atol=1e-12
        )
        np.testing.assert_allclose(found.std_error[row], told.se_obs)


def test_a_market_for_each_unit_is_each_unit_alone():
    own = RNG.normal(size=Y.shape)
    together = fitted(market=own)
    for row in range(3):
        alone = fitted(Y[[row]], market=own[row])
        np.testing.assert_allclose(together.scar[row], alone.scar[0], rtol=1e-9)
        np.testing.assert_allclose(together.spread[row], alone.spread[0], rtol=1e-9)
    same = fitted(market=np.tile(MARKET, (3, 1)))
    np.testing.assert_allclose(same.scar, fitted().scar, rtol=1e-9)


def test_what_the_model_holds_changes_no_abnormal_outcome():
    level, loading, cycle = 100.0, 3.0, np.array([0, 1, 4, -2, 0, 1, 9.0])[WEEKDAY]
    moved = fitted(Y + level + loading * MARKET + cycle)
    np.testing.assert_allclose(moved.ar, fitted().ar, atol=1e-9)


def test_the_order_of_estimation_days_does_not_matter():
    order = np.append(RNG.permutation(N_PRE), np.arange(N_PRE, N_PRE + LENGTH))
    turned = fitted(Y[:, order], MARKET[order], WEEKDAY[order])
    np.testing.assert_allclose(turned.scar, fitted().scar, rtol=1e-9)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"y": np.where(np.arange(46) == 3, np.nan, Y)}, "number on every day"),
        ({"market": np.where(np.arange(46) == 45, np.inf, MARKET)}, "on every day"),
        ({"market": np.full(46, 2.5)}, "constant, or repeats the weekly cycle"),
        ({"market": WEEKDAY == 2}, "constant, or repeats the weekly cycle"),
        ({"y": np.vstack([Y, MARKET])}, r"no residual for \[3\]"),
        ({"y": np.vstack([Y, 1.0 * WEEKDAY])}, r"no residual for \[3\]"),
        ({"y": Y[0]}, "needed units by days"),
    ],
)
def test_what_the_model_cannot_fit_is_refused(spoil, told):
    given = {"y": Y, "market": MARKET} | spoil
    x = normal_regressors(46, weekday=WEEKDAY, market=np.asarray(given["market"] * 1.0))
    with pytest.raises(DesignError, match=told):
        abnormal_returns(given["y"], x, N_PRE)


def test_too_short_an_estimation_window_is_refused():
    x = normal_regressors(46, weekday=WEEKDAY, market=MARKET)
    assert abnormal_returns(Y, x, 11).df == 3
    with pytest.raises(DesignError, match=r"8 coefficients.*11 days or more, got 10"):
        abnormal_returns(Y, x, 10)
    with pytest.raises(DesignError, match="at least one day after the 46"):
        abnormal_returns(Y, x, 46)


def test_a_refused_unit_is_called_by_its_name():
    x = normal_regressors(46, market=MARKET)
    with pytest.raises(DesignError, match=r"\['copy'\].*copy of the market"):
        abnormal_returns(np.vstack([Y[0], MARKET]), x, N_PRE, names=("fine", "copy"))
