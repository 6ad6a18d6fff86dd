"""Kernels for many series against statsmodels and pyfixest, a few series at a time."""

import json

import numpy as np
import pytest
import statsmodels.api as sm

from migration.inference.hac_columns import newey_west_columns
from migration.inference.synthetic_draws import drawn_controls, placebo_did, spread
from migration.inference.two_way import two_way


@pytest.mark.parametrize("lag", [0, 4, 9])
def test_newey_west_of_many_series_is_statsmodels(lag):
    rng = np.random.default_rng(8)
    day = np.arange(80)
    weekdays = (day[:, None] % 7 == np.arange(1, 7)).astype(float)
    x = np.column_stack([np.ones(80), weekdays, (day >= 62) & (day < 71), day >= 71])
    y = rng.normal(size=(7, 80)).cumsum(axis=1)
    found = newey_west_columns(y, x, np.eye(9), lag=lag, prewhite=False)
    how = {"maxlags": lag, "use_correction": False}
    for row, one in enumerate(y):
        fit = sm.OLS(one, x).fit(cov_type="HAC", cov_kwds=how)
        np.testing.assert_allclose(found.estimate[row], fit.params, rtol=1e-9)
        np.testing.assert_allclose(found.std_error[row], fit.bse, rtol=1e-9)


FEOLS = """
import json, sys
import numpy as np, pandas as pd, pyfixest as pf
asked = json.loads(sys.argv[1])
y, u, v = (np.array(asked[name]) for name in ("y", "u", "v"))
units, days = y.shape
data = pd.DataFrame({"unit": np.repeat(np.arange(units), days),
                     "period": np.tile(np.arange(days), units), "y": y.ravel()})
names = [f"d{k}" for k in range(len(v))]
for name, place, mark in zip(names, asked["place"], v):
    data[name] = np.outer(u[place], mark).ravel()
fit = pf.feols("y ~ " + " + ".join(names) + " | unit + period", data,
               vcov={"CRV1": "unit"})
print(json.dumps({"coef": fit.coef()[names].tolist(), "error": fit.se()[names].tolist(),
                  "cov": fit._vcov.tolist()}))
"""


@pytest.mark.slow
def test_paths_of_two_events_are_pyfixest(ask_peer):
    """Both events hit two units of nine; each hits others that the other did not."""
    rng = np.random.default_rng(9)
    y = rng.normal(size=(9, 16)).cumsum(axis=1)
    u = np.zeros((2, 9))
    u[0, :4] = u[1, 2:6] = 1
    v = np.vstack([np.eye(16)[6:11], np.eye(16)[9:13], np.arange(16) >= 11])
    place = np.array([*[0] * 5, *[1] * 4, 0])
    asked = {"y": y, "u": u, "v": v.astype(float), "place": place}
    told = ask_peer(FEOLS, json.dumps({k: a.tolist() for k, a in asked.items()}))
    found = two_way(y, u, v, place)
    np.testing.assert_allclose(found.coef, told["coef"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.std_error, told["error"], rtol=1e-8)
    np.testing.assert_allclose(found.cov, told["cov"], rtol=1e-7, atol=1e-10)


DRAWS = """
import json, sys
import numpy as np, pandas as pd
from diff_diff import SyntheticDiD
y, n_pre = np.array(json.loads(sys.argv[1])), int(sys.argv[2])
long = pd.DataFrame(y).rename_axis("unit").reset_index()
long = long.melt(id_vars="unit", var_name="time", value_name="y")
long = long.assign(time=long["time"].astype(int), hit=(long["unit"] == 0).astype(int))
did = SyntheticDiD(n_bootstrap=30, seed=7)
did = did.fit(long, "y", "hit", "unit", "time",
              post_periods=list(range(n_pre, y.shape[1])))
print(json.dumps({"effects": list(did.placebo_effects), "error": float(did.se)}))
"""


@pytest.mark.slow
def test_placebo_draws_are_diff_diffs_one_by_one(ask_peer):
    rng = np.random.default_rng(12)
    y = 0.3 * rng.normal(size=(11, 40)).cumsum(axis=1) + rng.normal(size=(11, 40))
    told = ask_peer(DRAWS, json.dumps(y.tolist()), 31)
    before = np.arange(40) < 31
    effects = placebo_did(y, before, ~before, solver="synthdid")
    own = effects[drawn_controls(10, 30, 7)]
    np.testing.assert_allclose(own, told["effects"], atol=1e-9)
    assert spread(own) == pytest.approx(told["error"], rel=1e-9)
    best = placebo_did(y, before, ~before)
    np.testing.assert_allclose(best, effects, atol=0.05)
