"""Paths, bands, pre-tests and permutation against fixest, mvtnorm, pretrends, pyfixest.

Numbers of R are in ``expected_numbers.json``; pyfixest answers here, on the same frame.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.event_study import event_study
from migration.estimators.path_options import PathOptions
from migration.inference.permutation import deals, dealt_slopes, share_beyond
from migration.inference.pretrends import (
    bayes_factor,
    likelihood_ratio,
    mean_after_pretest,
    pretest_power,
    slope_for_power,
    wald,
)
from migration.inference.sup_t import correlation, sup_t_critical
from migration.inference.two_way import average_effect, dynamic, placebo_in_space

R_DRAWS = 7e-4

MEDICAID = """
import gzip, json, pickle, sys
data = pickle.load(gzip.open(sys.argv[1]))
data = data[(data.year < 2016) & ~(data.yexp2 == 2015)]
wide = data.pivot(index="stfips", columns="year", values="dins")
treated = data.groupby("stfips").yexp2.first().eq(2014).reindex(wide.index)
print(json.dumps({"y": wide.to_numpy().tolist(), "treated": treated.tolist()}))
"""


@pytest.fixture(scope="module")
def medicaid(ask_peer, dataset):
    found = ask_peer(MEDICAID, dataset("moderndid", "ehec_data.pkl.gz"))
    return np.array(found["y"]), np.array(found["treated"])


def test_medicaid_coefficients_and_their_covariance(medicaid, expected):
    y, treated = medicaid
    printed = expected["ehec_medicaid"]
    fit = dynamic(y, treated, reference=5)
    np.testing.assert_allclose(fit.coef, printed["beta"], rtol=1e-10)
    np.testing.assert_allclose(fit.cov, printed["V"], rtol=1e-9)
    errors = [0.008654, 0.008524, 0.007108, 0.006327, 0.007391, 0.009152, 0.010350]
    np.testing.assert_allclose(fit.std_error, errors, atol=5e-7)


def test_medicaid_bands_and_pretrend(expected):
    printed = expected["ehec_medicaid"]
    beta, cov = np.array(printed["beta"]), np.array(printed["V"])
    crit, pre = printed["supt_crit"], printed["pretrend"]
    # R's qmvnorm draws: its own values miss the level, by an exact integral below.
    assert sup_t_critical(cov) == pytest.approx(crit["all7_95"], abs=R_DRAWS)
    assert sup_t_critical(cov, 0.1) == pytest.approx(crit["all7_90"], abs=R_DRAWS)
    post = sup_t_critical(cov[5:, 5:])
    assert post == pytest.approx(crit["post2_95"], abs=R_DRAWS)
    rho = correlation(cov[5:, 5:])
    two = stats.multivariate_normal(np.zeros(2), rho)
    exact = two.cdf([post, post], lower_limit=[-post, -post])
    assert exact == pytest.approx(0.95, abs=1e-7)
    drawn = sup_t_critical(cov, draws=100_000)
    assert drawn == pytest.approx(crit["all7_95"], abs=0.02)
    joint = wald(beta[:5], cov[:5, :5])
    assert joint.statistic == pytest.approx(pre["wald_chi2_5"], abs=5e-9)
    assert joint.p_value == pytest.approx(pre["p_chi2"], abs=5e-11)
    assert joint.df == 5
    f_test = stats.f.sf(joint.statistic / 5, 5, 42)
    assert f_test == pytest.approx(pre["F5_42_p"], abs=5e-11)
    ends = beta[5] + np.array([-1, 1]) * stats.norm.ppf(0.975) * np.sqrt(cov[5, 5])
    np.testing.assert_allclose(ends, printed["original_ci_2014"], atol=5e-6)
    # A band knows the correlation: below Sidak's and Bonferroni's values.
    alone = sup_t_critical(np.eye(7))
    assert alone == pytest.approx(2.68280, abs=1e-4)
    assert sup_t_critical(cov) < alone < 2.69011


@pytest.fixture(scope="module")
def he_wang(expected):
    printed = expected["he_wang"]
    return printed, np.array(printed["beta"]), np.array(printed["V"])


TIMES = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])  # distance from t = -1


def test_he_wang_band_wald_and_sums(he_wang):
    printed, beta, cov = he_wang
    band = sup_t_critical(cov)
    assert band == pytest.approx(printed["supt_crit_95"], abs=R_DRAWS)
    seven = stats.multivariate_normal(
        np.zeros(7), correlation(cov), abseps=1e-7, releps=1e-7, maxpts=400_000
    )
    exact = seven.cdf(np.full(7, band), lower_limit=np.full(7, -band))
    assert exact == pytest.approx(0.95, abs=2e-5)
    joint = wald(beta[:3], cov[:3, :3])
    assert joint.statistic == pytest.approx(printed["pretrend_wald_chi2_3"], abs=5e-9)
    ones = np.array([0, 0, 0, 1, 1, 1, 1])
    assert ones @ beta == pytest.approx(printed["cum_post"], abs=5e-11)
    error = np.sqrt(ones @ cov @ ones)
    assert error == pytest.approx(printed["cum_post_se"], abs=5e-11)
    assert ones @ beta / 4 == pytest.approx(0.184361, abs=5e-7)
    assert error / 4 == pytest.approx(0.065823, abs=5e-7)


@pytest.mark.parametrize(
    ("power", "key"), [(0.5, "slope_power50"), (0.8, "slope_power80")]
)
def test_he_wang_slopes_that_the_pretest_finds(he_wang, power, key):
    printed, _, cov = he_wang
    slope = slope_for_power(TIMES[:3], cov[:3, :3], power)
    for number in printed[key].values():
        assert slope == pytest.approx(number, abs=printed["tolerance"])
    assert slope == pytest.approx(printed[key]["tight_python"], abs=1e-6)


def test_he_wang_what_a_pretest_hides(he_wang):
    printed, beta, cov = he_wang
    pre, slope = cov[:3, :3], printed["slope_power50"]["readme"]
    delta = slope * TIMES[:3]
    at_half = printed["slope_power50"]["tight_python"] * TIMES[:3]
    size = pretest_power(np.zeros(3), pre)
    assert size == pytest.approx(printed["size_of_pretest"], abs=5e-5)
    factor = bayes_factor(at_half, pre)
    assert factor == pytest.approx(printed["bayes_factor_at_slope50"], abs=5e-5)
    ratio = likelihood_ratio(beta[:3], delta, pre)
    assert ratio == pytest.approx(printed["likelihood_ratio_at_slope50"], abs=5e-6)
    passed = mean_after_pretest(slope * TIMES, cov, 3)
    means = printed["meanAfterPretesting"]
    kept = means[:3] + means[4:]  # without the reference period
    np.testing.assert_allclose(passed, kept, atol=5e-5)


def test_he_wang_a_quadratic_violation(he_wang):
    printed, beta, cov = he_wang
    pre, known = cov[:3, :3], printed["quadratic_0.024"]
    delta = 0.024 * TIMES[:3] ** 2
    assert pretest_power(delta, pre) == pytest.approx(known["power"], abs=5e-5)
    assert bayes_factor(delta, pre) == pytest.approx(known["BF"], abs=5e-5)
    ratio = likelihood_ratio(beta[:3], delta, pre)
    assert ratio == pytest.approx(known["LR"], abs=5e-7)


@pytest.fixture(scope="module")
def donors(dataset):
    """Organ donor rates of 27 states over six quarters (Huntington-Klein, ch. 18)."""
    long = pd.read_csv(dataset("causaldata", "organ_donation.csv"))
    quarters = ["Q42010", "Q12011", "Q22011", "Q32011", "Q42011", "Q12012"]
    return long.pivot(index="State", columns="Quarter", values="Rate")[quarters]


def test_one_treated_state_of_27_is_not_significant(donors, expected):
    """Clustered p = .0011, and the rank among the other states says .185."""
    printed = expected["organ_donations"]
    y, is_treated = donors.to_numpy(dtype=float), donors.index == "California"
    after = np.array([False, False, False, True, True, True])
    fit = average_effect(y, is_treated, after)
    effect, error = printed["did"]
    assert fit.coef[0] == pytest.approx(effect, abs=5e-7)
    assert fit.std_error[0] == pytest.approx(error, abs=5e-7)
    assert fit.p_value[0] == pytest.approx(printed["cluster_p"], abs=5e-7)
    effects, p_value = placebo_in_space(y, int(is_treated.argmax()), after)
    assert effects[is_treated.argmax()] == pytest.approx(fit.coef[0])
    assert p_value == pytest.approx(printed["placebo_in_space_p"], abs=1e-12)
    assert p_value > 0.05


def test_six_quarters_are_refused_as_days(donors):
    """The estimator has no number for them, significant or not."""
    long = donors.T.set_axis(pd.date_range("2010-10-01", periods=6), axis=0)
    long = long.rename_axis("period").melt(ignore_index=False, var_name="unit")
    design = Design(
        outcome="value",
        treated="California",
        event="2010-10-04",
        window=(0, 2),
        baseline=("2010-10-01", "2010-10-03"),
        controls=[state for state in donors.index if state != "California"],
    )
    with pytest.raises(DesignError, match="needs 14 baseline days"):
        event_study(long.reset_index(), design)


def test_the_path_of_that_state(donors, expected):
    printed = expected["organ_donations"]["dynamic"]
    fit = dynamic(
        donors.to_numpy(dtype=float), donors.index == "California", reference=2
    )
    np.testing.assert_allclose(fit.coef, [v[0] for v in printed.values()], atol=5e-7)
    errors = [v[1] for v in printed.values()]
    np.testing.assert_allclose(fit.std_error, errors, atol=5e-7)


def dealt_differences(y, treated, **told):
    """Differences in means when treatment is dealt to as many others, ours the first.

    They are the slopes on a dose of one or none.
    """
    dose = treated.astype(float)
    batches = [dealt_slopes(y[None], dose[d.orders()]) for d in deals(dose, **told)]
    return np.hstack(batches)[0]


def test_the_thornton_trial(dataset, expected):
    """Difference in means and its randomisation p (Cunningham 2021)."""
    printed = expected["thornton"]
    trial = pd.read_stata(dataset("causaldata", "thornton_hiv.dta"))
    kept = trial.dropna(subset=["got", "any"])
    assert len(kept) == pytest.approx(printed["n"], abs=0)
    y, treated = kept["got"].to_numpy(float), kept["any"].to_numpy() == 1
    found = dealt_differences(y, treated, draws=1_000)
    assert found[0] == pytest.approx(printed["dim"], abs=5e-9)
    assert share_beyond(found[0], found) == pytest.approx(
        printed["ri_p_1000"], abs=1e-12
    )


def test_every_way_to_deal_four_of_eight():
    """Cunningham's eight units: a difference of 1, 70 ways, enumerated."""
    y = np.array([10.0, 5, 16, 3, 5, 7, 8, 10])
    found = dealt_differences(y, np.arange(8) < 4)
    assert found[0] == pytest.approx(1)
    assert len(found) == 70
    assert share_beyond(found[0], found) > 0.5


PYFIXEST = """
import json, sys
import pandas as pd, pyfixest as pf
data = pd.read_csv(sys.argv[1])
fit = pf.feols if sys.argv[2] == "ols" else pf.fepois
marks = [c for c in data.columns if c.startswith(("day_", "dow_"))]
found = fit("y ~ " + " + ".join(marks) + " | unit + period", data, vcov="iid")
print(json.dumps(found.coef().filter(like="day_").to_dict()))
"""


def with_marks(frame, design, last):
    """The regression of the docstring as columns: treated days, treated weekdays."""
    event = design.event
    hit = frame["unit"].isin(design.treated)
    since = (frame["period"] - event).dt.days
    marked = frame[["unit", "period", "y"]].copy()
    marked = marked[since <= last]
    between = (design.baseline[1] - event).days + 1
    for k in range(between, last + 1):
        marked[f"day_{k - between}"] = (hit & (since == k)).astype(int)
    for w in range(1, 7):
        marked[f"dow_{w}"] = (hit & (frame["period"].dt.day_of_week == w)).astype(int)
    return marked


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["ols", "poisson"])
def test_daily_effects_equal_pyfixest(frame, design, ask_peer, tmp_path, estimator):
    small = design.but(controls=design.controls[:12])
    kept = frame[frame["unit"].isin([*small.treated, *small.controls])]
    if estimator == "poisson":
        small = small.but(estimand="log ratio of means", outcome="y")
        past = kept["period"].between(*small.baseline)
        # Ours divides each series by its own level; a peer must be told.
        level = kept[past].groupby("unit")["n"].mean()
        kept = kept.assign(y=kept["n"] / kept["unit"].map(level))
    path = tmp_path / "panel.csv"
    with_marks(kept, small, 8).to_csv(path, index=False)
    peer = np.array(list(ask_peer(PYFIXEST, path, estimator).values()))
    options = PathOptions(estimator=estimator, noise="ar1")
    ours = event_study(kept, small, lags=8, options=options).effects
    days = ours.index >= -2
    tolerance = 1e-10 if estimator == "ols" else 1e-6
    np.testing.assert_allclose(ours.loc[days, "estimate"], peer, atol=tolerance)
    assert len(peer) == 11


DRISCOLL_KRAAY = """
import json, sys
import pandas as pd, pyfixest as pf
data = pd.read_csv(sys.argv[1])
fit = pf.feols("y ~ i(since, hit, ref=-1) | unit + since", data,
               vcov="DK", vcov_kwargs={"time_id": "since", "panel_id": "unit"})
print(json.dumps([float(fit.se().min()), float(fit.tstat().abs().max())]))
"""


@pytest.mark.slow
def test_a_day_of_its_own_has_no_driscoll_kraay_error(ask_peer, tmp_path):
    """Pure noise: the peer's error is zero but for rounding, ours stays an error.

    A day with its own dummy leaves no residual to estimate its variance from
    (fixest issue 319); ours comes from days outside every event window.
    """
    rng = np.random.default_rng(5)
    days = pd.date_range("2020-11-01", "2021-01-14", name="period")
    units = [f"u{i}" for i in range(45)]
    wide = pd.DataFrame(rng.normal(size=(len(days), 45)), index=days, columns=units)
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    since = (long["period"] - pd.Timestamp("2021-01-06")).dt.days
    marked = long.assign(since=since, hit=(long["unit"] == "u0").astype(int))
    marked["unit"] = marked["unit"].str[1:].astype(int)
    path = tmp_path / "noise.csv"
    marked.to_csv(path, index=False)
    smallest, largest = ask_peer(DRISCOLL_KRAAY, path)
    design = Design(
        outcome="y",
        treated="u0",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=units[1:],
    )
    ours = event_study(long, design, options=PathOptions(noise="ar1")).effects
    assert smallest < 1e-6
    assert largest > 1e6
    assert (ours["estimate"] / ours["std_error"]).abs().max() < stats.norm.isf(1e-5)
