"""Synthetic control and its kin against R, the papers' data and other packages.

Proposition 99 is yearly, so the kernels are asked on plain arrays. The R package
synthdid ends its Frank-Wolfe search early: its numbers come from that search, ours
(`solver="exact"`) from the optimum, and both are held here.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from migration.inference.simplex import duality_gap
from migration.inference.spillover import all_unit_equations, placebo_effects
from migration.inference.synthetic import gaps, synthesise
from migration.inference.synthetic_tests import (
    cross_fitted,
    cross_fitted_error,
    ratio_rank,
    shift_p,
)
from migration.inference.synthetic_turns import Refits, Turns
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
    DIFF_IN_DIFF,
    SYNTHETIC_CONTROL,
    SYNTHETIC_DID,
    Recipe,
    donors_of,
    noise_level,
    time_weights,
    unit_weights,
)

AS_IN_R = "synthdid"
# The states' sales here have the digits of another export than R's file: after 10000
# steps that shows in the eighth decimal, in diff-diff as in ours.
EXPORT = 2e-8
N_PRE = 19  # 1970 to 1988


@pytest.fixture(scope="module")
def prop99(expected):
    return expected["prop99"]


@pytest.fixture(scope="module")
def cigarettes(dataset):
    """Sales by state and year, California first, as Abadie et al. (2010)."""
    long = pd.read_csv(dataset("scspill", "california_panel.csv"))
    wide = long.pivot(index="state", columns="year", values="cigsale")
    rest = wide.index.drop("California")
    wide = wide.loc[["California", *rest]]
    assert wide.shape == (39, 31)
    return wide


def fitted(wide, recipe):
    y, before = wide.to_numpy(dtype=float), np.asarray(wide.columns < 1989)
    return synthesise(y, before, ~before, recipe)


def alone(wide, recipe):
    """The first state's weights and effect; the slow search for one state, not 39."""
    y, before = wide.to_numpy(dtype=float), np.asarray(wide.columns < 1989)
    pre, post, omega = y[:, before], y[:, ~before], np.zeros((len(y), len(y)))
    omega[0, 1:] = unit_weights(pre[0], pre[1:], recipe, post.shape[1])
    lam = time_weights(pre[1:], post[1:].mean(axis=1), recipe)
    gap = gaps(y, omega)[0]
    return omega[0], lam, gap[~before].mean() - lam @ gap[before]


@pytest.fixture(scope="module")
def early(cigarettes):
    """Synthetic DiD by the search of the R package."""
    return alone(cigarettes, replace(SYNTHETIC_DID, solver=AS_IN_R))


@pytest.mark.parametrize("recipe", [SYNTHETIC_CONTROL, SYNTHETIC_DID, DIFF_IN_DIFF])
def test_one_state_alone_is_the_first_of_all(cigarettes, recipe):
    whole, (omega, lam, effect) = fitted(cigarettes, recipe), alone(cigarettes, recipe)
    np.testing.assert_allclose(omega, whole.omega[0], atol=1e-12)
    np.testing.assert_allclose(lam, whole.lam[0], atol=1e-12)
    assert effect == pytest.approx(whole.estimate[0], rel=1e-12)


def test_synthetic_did_and_its_weights(cigarettes, prop99, early):
    weights, days, effect = early
    assert effect == pytest.approx(prop99["synthdid"], abs=EXPORT)
    omega = dict(zip(cigarettes.index, weights, strict=True))
    for state, weight in prop99["top_omega"].items():
        assert omega[state] == pytest.approx(weight, abs=5e-9)
    lam = dict(zip(cigarettes.columns[:N_PRE], days, strict=True))
    for year, weight in prop99["lambda"].items():
        assert lam[int(year)] == pytest.approx(weight, abs=6e-4)
    assert sum(lam[year] for year in range(1970, 1986)) == pytest.approx(0, abs=1e-3)


DIFF_DIFF = """
import json, sys
import pandas as pd
from diff_diff import SyntheticDiD
long = pd.read_csv(sys.argv[1])
long["hit"] = (long["state"] == "California").astype(int)
did, post = SyntheticDiD(n_bootstrap=20, seed=1), list(range(1989, 2001))
did = did.fit(long, "cigsale", "hit", "state", "year", post_periods=post)
print(json.dumps(float(did.att)))
"""


def test_the_same_file_in_diff_diff(early, dataset, ask_peer):
    theirs = ask_peer(DIFF_DIFF, dataset("scspill", "california_panel.csv"))
    assert early[2] == pytest.approx(theirs, abs=1e-10)


def test_the_ridge(cigarettes, prop99):
    noise = noise_level(cigarettes.to_numpy(dtype=float)[1:, :N_PRE])
    assert 12**0.25 * noise == pytest.approx(prop99["zeta_omega"], abs=5e-6)


def test_synthetic_control_and_differences_as_synthdid_computes_them(
    cigarettes, prop99
):
    *_, control = alone(cigarettes, replace(SYNTHETIC_CONTROL, solver=AS_IN_R))
    assert control == pytest.approx(prop99["sc"], abs=EXPORT)
    did = fitted(cigarettes, DIFF_IN_DIFF)
    assert did.estimate[0] == pytest.approx(prop99["did"], abs=5e-9)


def test_the_optimum_lies_beyond_what_synthdid_prints(cigarettes, early):
    """The early end costs 0.0016 packs; the optimum is certified by its dual gap."""
    exact = fitted(cigarettes, SYNTHETIC_DID)
    assert exact.estimate[0] == pytest.approx(-15.60540, abs=5e-6)
    y = cigarettes.to_numpy(dtype=float)[:, :N_PRE]
    ridge = N_PRE * (12**0.25 * noise_level(y[1:])) ** 2
    ours, theirs = (
        duality_gap(weights[1:], y[0], y[1:], intercept=True, ridge=ridge)
        for weights in (exact.omega[0], early[0])
    )
    assert ours < 1e-9 < theirs


def test_the_simplex_control_on_outcomes_alone(cigarettes, prop99):
    want = prop99["sc_outcomes_only_qp"]
    found = fitted(cigarettes, SYNTHETIC_CONTROL)
    assert found.estimate[0] == pytest.approx(want["att"], abs=5e-6)
    assert found.pre_rmspe[0] == pytest.approx(want["pre_rmspe"], abs=5e-6)
    omega = dict(zip(cigarettes.index, found.omega[0], strict=True))
    for state in ("Utah", "Montana", "Nevada"):
        assert omega[state] == pytest.approx(want[state.lower()], abs=5e-5)
    rank = ratio_rank(found, np.asarray(cigarettes.columns >= 1989))
    assert rank.p_value[0] == pytest.approx(want["placebo_rank_p_rmspe_ratio"])


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("synthdid", SYNTHETIC_DID),
        ("sc", SYNTHETIC_CONTROL),
        ("did", DIFF_IN_DIFF),
    ],
)
def test_spread_of_the_placebos(cigarettes, prop99, name, recipe):
    """R draws 200 placebos, with repeats; here is each of the 38 states once."""
    placebos = fitted(cigarettes, recipe).estimate[1:]
    want = prop99["placebo_se_seed12345_200"][name]
    assert placebos.std() == pytest.approx(want, rel=0.15)


def turns(y, recipe):
    return Turns(y, N_PRE, recipe, donors_of(len(y)))


@pytest.mark.parametrize(
    ("name", "recipe"),
    [("sc", SYNTHETIC_CONTROL), ("did", Recipe("uniform", "uniform"))],
)
def test_conformal_p_over_all_cyclic_shifts(cigarettes, prop99, name, recipe):
    """As scinference: sums of absolute residuals, shifts that wrap included."""
    y = cigarettes.to_numpy(dtype=float)
    residual = Refits(turns(y, recipe)).residuals(np.zeros(1))[0]
    p_value = shift_p(residual, N_PRE, cyclic=True, absolute=True)
    assert p_value == pytest.approx(prop99["cwz_mb_pvalue"][name], abs=1e-9)


def test_conformal_p_of_the_constrained_lasso(cigarettes, prop99):
    """Weights of either sign whose sizes sum to at most one, and a level.

    They are weights on the simplex over the donors, their negatives and nothing.
    """
    y = cigarettes.to_numpy(dtype=float)
    pool = np.vstack([y[1:], -y[1:], np.zeros((1, y.shape[1]))])
    asked = turns(np.vstack([y[:1], pool]), DEMEANED_CONTROL)
    residual = Refits(asked).residuals(np.zeros(1))[0]
    p_value = shift_p(residual, N_PRE, cyclic=True, absolute=True)
    assert p_value == pytest.approx(prop99["cwz_mb_pvalue"]["classo"], abs=1e-9)


def test_cross_fitted_t(cigarettes, prop99):
    y, want = cigarettes.to_numpy(dtype=float), prop99["cwz_ttest"]
    """As scinference: weights without intercept."""
    two = cross_fitted(turns(y, SYNTHETIC_CONTROL), 2)[:1]
    assert two.mean() == pytest.approx(want["K2_att"], abs=5e-6)
    effects = cross_fitted(turns(y, SYNTHETIC_CONTROL), 3)[:1]
    assert effects.mean() == pytest.approx(want["K3_att"], abs=5e-6)
    error = cross_fitted_error(effects, N_PRE, 12)
    assert error == pytest.approx(want["K3_se"], abs=5e-6)


@pytest.fixture(scope="module")
def fifty_one(dataset):
    """Cao and Dowd's panel: California, thirteen exposed states, the rest."""
    long = pd.read_csv(dataset("scspill", "cigs_consumption.csv"))
    flags = pd.read_csv(dataset("scspill", "state_list.csv"), encoding="utf-8-sig")
    touched = (flags.missing12 == 1) | (flags.neighbor == 1)
    exposed = sorted(flags.state[touched])
    wide = long.pivot(index="state", columns="year", values="cigs")
    rest = wide.index.drop(["CA", *exposed])
    return wide.loc[["CA", *exposed, *rest]], exposed


def test_spillovers_of_proposition_99(fifty_one, prop99):
    wide, exposed = fifty_one
    y, before = wide.to_numpy(dtype=float), np.asarray(wide.columns < 1989)
    pattern = np.zeros((51, 13))
    pattern[1:14] = np.eye(13)
    direct, spilt = placebo_effects(y, before, pattern, np.arange(14, 51))
    effect = direct[0, ~before].mean()
    # Its solver stops at a tolerance of its own: the fifth decimal is the last shared.
    assert effect == pytest.approx(prop99["cao_dowd_att_scspill"], abs=5e-6)
    assert len(exposed) == 13
    assert np.isfinite(spilt).all()


SCSPILL = """
import json
from scspill import SCSPILL
from scspill.data import load_california_cd
found = SCSPILL(load_california_cd(51).config_kwargs()).fit()
mean = found.effects_panel.mean()
print(json.dumps({str(k): float(v) for k, v in mean.items()}))
"""


def test_the_same_spillovers_as_scspill(fifty_one, ask_peer):
    wide, exposed = fifty_one
    theirs = ask_peer(SCSPILL)
    y, before = wide.to_numpy(dtype=float), np.asarray(wide.columns < 1989)
    pattern = np.zeros((51, 13))
    pattern[1:14] = np.eye(13)
    direct, spilt = placebo_effects(y, before, pattern, np.arange(14, 51))
    assert direct[0, ~before].mean() == pytest.approx(theirs["CA"], abs=1e-4)
    for row, state in enumerate(exposed, 1):
        ours = spilt[row, ~before].mean()
        assert ours == pytest.approx(theirs[state], abs=1e-3), state


def test_an_exposed_states_equation_is_a_control_with_intercept(fifty_one):
    """Row 0 of the joint equations is the demeaned synthetic control of all others."""
    wide, _ = fifty_one
    y, before = wide.to_numpy(dtype=float), np.asarray(wide.columns < 1989)
    _, residual = all_unit_equations(y, before)
    alone = synthesise(y, before, ~before, DEMEANED_CONTROL)
    np.testing.assert_allclose(residual[0], alone.gap[0], atol=1e-4)


PEERS = """
import json, sys
import numpy as np
import pandas as pd
from diff_diff import SyntheticDiD
from pysyncon import Synth
y, n_pre = np.array(json.loads(sys.argv[1])), int(sys.argv[2])
long = pd.DataFrame(y).rename_axis("unit").reset_index()
long = long.melt(id_vars="unit", var_name="time", value_name="y")
long = long.assign(time=long["time"].astype(int), hit=(long["unit"] == 0).astype(int))
post = list(range(n_pre, y.shape[1]))
did = SyntheticDiD(n_bootstrap=20, seed=1)
did = did.fit(long, "y", "hit", "unit", "time", post_periods=post)
pre = pd.DataFrame(y.T[:n_pre])
x0, x1, control = pre.iloc[:, 1:], pre.iloc[:, 0], Synth()
# It divides each predictor by its deviation: weights that undo this.
even = pre.T.std(ddof=1).to_numpy() ** 2
control.fit(X0=x0, X1=x1, Z0=x0, Z1=x1, custom_V=even)
units = {int(k): float(v) for k, v in did.unit_weights.items()}
print(json.dumps({"did": float(did.att), "units": units, "control": list(control.W)}))
"""


@pytest.mark.parametrize("seed", [5, 6])
def test_simulated_panels_against_diff_diff_and_pysyncon(ask_peer, seed):
    rng = np.random.default_rng(seed)
    y = 0.3 * rng.normal(size=(12, 40)).cumsum(axis=1) + rng.normal(size=(12, 1))
    theirs = ask_peer(PEERS, json.dumps(y.tolist()), 30)
    before = np.arange(40) < 30
    early = synthesise(y, before, ~before, replace(SYNTHETIC_DID, solver=AS_IN_R))
    assert early.estimate[0] == pytest.approx(theirs["did"], abs=1e-9)
    units = [theirs["units"][str(row)] for row in range(1, 12)]
    np.testing.assert_allclose(early.omega[0, 1:], units, atol=1e-9)
    control = synthesise(y, before, ~before, SYNTHETIC_CONTROL)
    np.testing.assert_allclose(control.omega[0, 1:], theirs["control"], atol=5e-5)
    losses = [
        ((y[0, before] - weights @ y[1:, before]) ** 2).sum()
        for weights in (control.omega[0, 1:], np.array(theirs["control"]))
    ]
    assert losses[0] <= losses[1] + 1e-9  # theirs ends at a tolerance of its own
