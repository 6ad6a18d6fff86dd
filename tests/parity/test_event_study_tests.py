"""Tests over units that share an event, against printed numbers.

The panel is made, not observed; its numbers were computed twice, in numpy and in R
(estudy2 for the ranks). The 33 markets of 11 September 2001 (R package eventstudies)
are in no registry package of ours and are left out.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from migration.inference.cross_ranks import all_tests
from migration.inference.cross_section import mean_correlation
from migration.inference.normal_returns import abnormal_returns, normal_regressors

HERE = Path(__file__).parent
N_PRE, LENGTH = 120, 5
ROWS = {
    "patell_z_day0": ("Patell", "first day"),
    "patell_z_CAR": ("Patell", "window"),
    "mackinlay_J2": ("Patell", "window"),
    "kp_adj_patell_CAR": ("Patell, adjusted", "window"),
    "bmp_t_day0": ("BMP", "first day"),
    "bmp_t_CAR": ("BMP", "window"),
    "kp_adj_bmp_t_day0": ("Kolari-Pynnonen", "first day"),
    "kp_adj_bmp_t_CAR": ("Kolari-Pynnonen", "window"),
    "bw_crude_t_day0": ("Brown-Warner", "first day"),
    "bw_crude_t_CAAR": ("Brown-Warner", "window"),
    "portfolio_t_CAAR": ("portfolio regression", "window"),
    "corrado_rank_z_day0": ("Corrado rank", "first day"),
    "corrado_rank_z_CAR": ("Corrado rank", "window"),
    "grank_Z": ("GRANK-Z", "window"),
    "grank_t": ("GRANK-T", "window"),
    "cowan_gsign_z_CAR": ("Cowan generalised sign", "window"),
    "mackinlay_J1_CAAR": ("MacKinlay J1", "window"),
    "cs_t_CAAR": ("cross-sectional t", "window"),
}


@pytest.fixture(scope="module")
def numbers(expected):
    """Both copies of the numbers are one."""
    beside = json.loads((HERE / "es_panel_expected.json").read_text(encoding="utf-8"))
    assert beside == expected["es_panel_fixture"]
    return expected["es_panel_fixture"]


def fitted(model):
    table = pd.read_csv(HERE / "es_panel.csv", encoding="utf-8").head(N_PRE + LENGTH)
    y = table.filter(like="u").to_numpy().T
    market = table["market"].to_numpy() if model == "market" else None
    return abnormal_returns(y, normal_regressors(y.shape[1], market=market), N_PRE)


@pytest.mark.parametrize("model", ["mean", "market"])
def test_every_number_of_the_panel(numbers, model):
    want, found = dict(numbers[model]), fitted(model)
    tests = {(row.test, row.over): row for row in all_tests(found)}
    got = {name: tests[key].statistic for name, key in ROWS.items()}
    got |= {
        "AAR": found.ar.mean(axis=0),
        "CAR_i": found.car,
        "CAAR": found.car.mean(),
        "rbar": mean_correlation(found.residuals),
        "grank_df": tests["GRANK-T", "window"].df,
        "grank_p": tests["GRANK-T", "window"].p_value,
    }
    assert got.keys() == want.keys()
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-10, err_msg=name)


def test_the_portfolio_with_the_error_of_the_mean():
    """2.380888: sqrt(L + L^2/M) in place of sqrt(L)."""
    tests = {(row.test, row.over): row.statistic for row in all_tests(fitted("market"))}
    t = tests["Brown-Warner, error of the mean", "window"]
    assert t == pytest.approx(2.380888, abs=5e-7)


@pytest.fixture
def google(dataset):
    """Daily returns of Google and the S&P 500 around the news of Alphabet."""
    table = pd.read_csv(dataset("causaldata", "google_stock*.csv"), encoding="utf-8")
    table["Date"] = pd.to_datetime(table["Date"])
    return table.set_index("Date").sort_index()


def google_days(google, event):
    before = google.loc["2015-05-04":"2015-07-31"]
    return pd.concat([before, google.loc[[event]]]), len(before)


def test_google_on_the_day_after_alphabet(google, expected):
    want = expected["google_event"]
    days, n_pre = google_days(google, "2015-08-11")
    y, market = days["Google_Return"].to_numpy()[None], days["SP500_Return"].to_numpy()
    found = abnormal_returns(y, normal_regressors(len(days), market=market), n_pre)
    assert n_pre == pytest.approx(want["n"], abs=0)
    np.testing.assert_allclose(found.coef[0], [want["alpha"], want["beta"]], atol=5e-7)
    assert found.scale[0] == pytest.approx(want["s"], abs=5e-13)
    after = want["AR_2015_08_11"]
    assert found.ar[0, 0] == pytest.approx(after["market_model"], abs=5e-12)
    assert found.std_error[0, 0] == pytest.approx(after["se"], abs=5e-11)
    assert found.sar[0, 0] == pytest.approx(after["t"], abs=5e-9)


def test_google_by_the_simpler_models(google, expected):
    after = expected["google_event"]["AR_2015_08_11"]
    days, n_pre = google_days(google, "2015-08-11")
    y, market = days["Google_Return"].to_numpy()[None], days["SP500_Return"].to_numpy()
    mean = abnormal_returns(y, normal_regressors(len(days)), n_pre)
    assert mean.ar[0, 0] == pytest.approx(after["mean_adj"], abs=5e-7)
    # The market-adjusted return is net of the market alone: no coefficient at all.
    net = abnormal_returns(y - market, np.empty((len(days), 0)), n_pre)
    assert net.ar[0, 0] == pytest.approx(after["market_adj"], abs=5e-7)
