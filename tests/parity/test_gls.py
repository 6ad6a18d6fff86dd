"""Generalised least squares and forecasts against statsmodels, same covariance."""

import numpy as np
import pytest
import statsmodels.api as sm

from migration.inference.arma import fit_arma
from migration.inference.gls import fit, forecast_gaps
from migration.inference.noise import arma11, local_level

DAYS = np.arange(80.0)


@pytest.fixture
def series():
    rng = np.random.default_rng(11)
    x = np.column_stack([np.ones(80), DAYS % 7 == 0, DAYS >= 70]).astype(float)
    return rng.normal(size=(3, 80)).cumsum(axis=1) / 4, x


@pytest.mark.parametrize(("ar", "ma"), [(0.0, 0.0), (0.6, 0.0), (0.7, -0.4)])
def test_gls_equals_statsmodels(series, ar, ma):
    y, x = series
    cov = arma11(DAYS, ar, ma)
    ours = fit(y, x, cov)
    for row in range(3):
        peer = sm.GLS(y[row], x, sigma=cov).fit()
        np.testing.assert_allclose(ours.coef[row], peer.params, rtol=1e-9)
        errors = [ours.std_error(unit)[row] for unit in np.eye(3)]
        np.testing.assert_allclose(errors, peer.bse, rtol=1e-9)


def test_the_arma_covariance_is_that_of_statsmodels():
    process = sm.tsa.ArmaProcess([1, -0.7], [1, 0.3])
    ours = arma11(np.arange(6.0), 0.7, 0.3)[0]
    np.testing.assert_allclose(ours, process.acovf(6), rtol=1e-10)


def test_days_left_out_count_at_their_length():
    full, thinned = arma11(DAYS, 0.6), arma11(DAYS[[0, 1, 5]], 0.6)
    np.testing.assert_allclose(thinned, full[np.ix_([0, 1, 5], [0, 1, 5])])


@pytest.mark.parametrize("ratio", [0.01, 0.3, 2.0])
def test_local_level_forecasts_equal_the_exact_diffuse_kalman_filter(series, ratio):
    """Window mean and its error, against UnobservedComponents at the same ratio."""
    y, _ = series
    n_pre, length = 70, 10
    ones = np.ones((80, 1))
    family = [((ratio, 0.0), local_level(DAYS, ratio))]
    ours = forecast_gaps(y[:1], ones, DAYS, n_pre, lambda _: family)
    model = sm.tsa.UnobservedComponents(
        y[0, :n_pre], "llevel", use_exact_diffuse=True, loglikelihood_burn=0
    )
    scale = fit(y[:1, :n_pre], ones[:n_pre], family[0][1][:n_pre, :n_pre]).scale[0]
    peer = model.smooth([scale, scale * ratio])
    gap = y[0, n_pre:].mean() - peer.forecast(length).mean()
    np.testing.assert_allclose(ours.gap[0, 0], gap, rtol=1e-7)
    level = peer.predicted_state_cov[0, 0, n_pre]
    steps = scale * ratio * np.minimum.outer(range(length), range(length)).mean()
    error = np.sqrt(level + steps + scale / length)
    np.testing.assert_allclose(ours.std_error[0, 0], error, rtol=1e-6)


def test_the_nile_step_with_ar1_noise():
    """R's arima, ML: -249.0751; coefficients agree to five digits of a flat top."""
    data = sm.datasets.nile.load_pandas().data
    y = data["volume"].to_numpy(dtype=float)[None]
    x = np.column_stack([np.ones(100), data["year"] >= 1899]).astype(float)
    found = fit_arma(y, x, np.arange(100.0), restricted=False).fit
    assert found.coef[0, 1] == pytest.approx(-249.0751, abs=1e-3)
    ols = fit(y, x, np.eye(100))
    assert ols.coef[0, 1] == pytest.approx(-247.7778, abs=5e-5)
    assert ols.std_error(np.array([0.0, 1.0]))[0] == pytest.approx(28.4352, abs=5e-5)
