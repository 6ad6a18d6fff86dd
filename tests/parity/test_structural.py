"""Structural counterfactuals against statsmodels, CausalImpact's vignette, C-ARIMA."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from migration.inference.counterfactual import (
    Regression,
    Split,
    likelihood_weights,
    mixed,
    predict,
    restricted_loglik,
)
from migration.inference.noise import LEVEL_GRID, local_level

N, T = 70, 100
DAYS = np.arange(float(T))
SPLIT = Split(np.arange(N), np.arange(N, T))
MEAN_AND_SUM = np.vstack([np.full(T - N, 1 / (T - N)), np.ones(T - N)])


@pytest.fixture(scope="module")
def vignette():
    return pd.read_csv(Path(__file__).parent / "ci_vignette.csv")


@pytest.fixture(scope="module")
def printed(request):
    expected = request.getfixturevalue("expected")
    return expected["causalimpact_vignette"]


def regression(vignette, *, intercept):
    x = np.ones((T, 1)) if intercept else np.empty((T, 0))
    return Regression(
        vignette.y.to_numpy()[None, :], x, vignette.x1.to_numpy()[None, :, None]
    )


def test_no_drift_is_least_squares(vignette, printed):
    found = predict(regression(vignette, intercept=True), np.eye(T), SPLIT)
    assert found.gap.mean() == pytest.approx(printed["ols"]["avg"], rel=1e-11)
    assert found.gap.sum() == pytest.approx(printed["ols"]["cum"], rel=1e-11)


def test_the_local_level_is_that_of_statsmodels(vignette, printed):
    """At statsmodels' own variance ratio, and then mixed over its likelihood."""
    y, x = vignette.y.to_numpy(), vignette.x1.to_numpy()
    peer = sm.tsa.UnobservedComponents(
        y[:N], "llevel", exog=x[:N], use_exact_diffuse=True
    ).fit(disp=False, method="lbfgs", pgtol=1e-12, factr=10, maxiter=2000)
    forecast = peer.forecast(T - N, exog=x[N:])
    model = regression(vignette, intercept=True)
    ratio = peer.params[1] / peer.params[0]
    found = predict(model, local_level(DAYS, ratio), SPLIT)
    np.testing.assert_allclose(found.gap[0], y[N:] - forecast, atol=5e-5)
    numbers = printed["statsmodels_uc_llevel"]
    assert found.gap.mean() == pytest.approx(numbers["avg"], abs=5e-5)
    assert found.gap.sum() == pytest.approx(numbers["cum"], abs=5e-4)
    error = np.sqrt(found.variance(MEAN_AND_SUM)[0, 0])
    assert error == pytest.approx(numbers["sim_sd_avg"], rel=0.02)


def test_the_ratio_s_uncertainty_widens_the_interval(vignette, printed):
    covs = [local_level(DAYS, float(ratio)) for ratio in LEVEL_GRID]
    model = regression(vignette, intercept=True)
    loglik = np.array([restricted_loglik(model, c, SPLIT.known) for c in covs])
    found = mixed(model, covs, likelihood_weights(loglik), SPLIT, MEAN_AND_SUM)
    numbers = printed["statsmodels_uc_llevel"]
    assert found.estimate[0, 0] == pytest.approx(numbers["avg"], abs=0.02)
    low, high = found.quantile(0.025)[0, 0], found.quantile(0.975)[0, 0]
    assert low < numbers["sim_ci"][0]
    assert high > numbers["sim_ci"][1]
    published = printed["bsts_rust_avg_effect"]
    assert low < published[0] < high


def test_white_noise_and_no_intercept_are_the_readme_of_c_arima(vignette, printed):
    """Its standard errors know the noise alone.

    The single day that the fixture calls the first is the vignette's last.
    """
    found = predict(regression(vignette, intercept=False), np.eye(T), SPLIT)
    numbers = printed["carima"]
    sigma = float(np.sqrt(found.scale[0]))
    plug_in = np.sqrt(np.diag(MEAN_AND_SUM @ MEAN_AND_SUM.T)) * sigma
    assert found.gap.mean() == pytest.approx(numbers["avg"][0], abs=5e-4)
    assert found.gap.sum() == pytest.approx(numbers["cum"][0], abs=5e-4)
    np.testing.assert_allclose(
        plug_in, [numbers["avg"][1], numbers["cum"][1]], atol=5e-4
    )
    assert found.gap[0, -1] == pytest.approx(numbers["first_day"][0], abs=5e-4)
    assert sigma == pytest.approx(numbers["first_day"][1], abs=5e-4)
    coef, error = found.coef[0, 0], sigma * np.sqrt(found.inverse[0, 0, 0])
    assert coef == pytest.approx(numbers["xreg"][0], abs=5e-7)
    # Theirs is from a numerical Hessian: half a percent off the closed form.
    assert error == pytest.approx(numbers["xreg"][1], rel=5e-3)


def test_the_nile_s_ratio_is_where_the_likelihood_is_largest(expected):
    """Durbin and Koopman's 1469 over 15099, to the grid's neighbours."""
    volume = sm.datasets.nile.load_pandas().data.volume.to_numpy()
    model = Regression(volume[None, :], np.ones((100, 1)), np.empty((1, 100, 0)))
    known = np.arange(100)
    noise, level = expected["nile"]["uc_llevel_exact"]

    def loglik(ratio):
        return restricted_loglik(model, local_level(DAYS, ratio), known)[0]

    best = loglik(level / noise)
    assert best > loglik(0.98 * level / noise)
    assert best > loglik(1.02 * level / noise)
    scale = predict(
        model, local_level(DAYS, level / noise), Split(known[:-1], known[-1:])
    ).scale[0]
    assert scale == pytest.approx(noise, rel=0.02)
