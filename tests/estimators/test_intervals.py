"""Interval and p say the same, in every row that any estimator prints: SIMULATED."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.dose_contrast import dose_contrast
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.path_options import PathOptions
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did

DAYS = pd.date_range("2020-11-01", "2021-01-14", name="period")
NAMES = ["hit", *(f"c{i:02d}" for i in range(24))]
MARKETS = tuple(NAMES[:8])
DESIGN = Design(
    outcome="y",
    treated="hit",
    event="2021-01-06",
    window=(0, 8),
    baseline=("2020-11-01", "2021-01-03"),
    controls=NAMES[1:],
)
PAIR = DESIGN.but(treated=NAMES[:2], controls=NAMES[2:])
EIGHT = DESIGN.but(treated=MARKETS, controls=())
COUNTS = DESIGN.but(outcome="n", estimand="log ratio of means")
QUICK = PathOptions(noise="ar1")
POISSON = PathOptions(noise="ar1", estimator="poisson")
DOSE = {market: float(i) for i, market in enumerate(MARKETS)}
RUNS = {
    "abnormal interest": (abnormal_interest, DESIGN),
    "constant mean": (partial(abnormal_interest, normal="constant mean"), DESIGN),
    "several units": (
        abnormal_interest,
        DESIGN.but(treated=NAMES[:2], controls=NAMES[2:]),
    ),
    "ratio of means": (abnormal_interest, COUNTS),
    "interrupted series": (interrupted_series, DESIGN),
    "interrupted counts": (interrupted_counts, COUNTS),
    "event study": (partial(event_study, options=QUICK), DESIGN),
    "pseudo-likelihood": (partial(event_study, options=POISSON), COUNTS),
    "synthetic control": (partial(synthetic_control, intercept=True), DESIGN),
    "synthetic DiD": (synthetic_did, DESIGN),
    "spillovers": (
        spillover_control,
        DESIGN.but(competitors=NAMES[-2:], controls=NAMES[1:-2]),
    ),
    "structural": (structural_counterfactual, DESIGN),
    "dose": (
        partial(dose_contrast, dose=DOSE),
        DESIGN.but(treated=MARKETS, controls=()),
    ),
}


def panel(effect, seed):
    """Series with a memory; the hit one moves by ``effect``."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(len(NAMES), len(DAYS) + 1))
    y = 4 + 0.2 * (noise[:, 1:] + 0.6 * noise[:, :-1])
    y[0, DAYS >= "2021-01-06"] += effect
    wide = pd.DataFrame(y.T, index=DAYS, columns=NAMES)
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    return long.assign(n=rng.poisson(np.exp(long.y)))


@pytest.mark.parametrize("name", RUNS)
def test_zero_lies_in_an_interval_exactly_where_its_p_exceeds_five_percent(name):
    """Effects from none to one that every test finds, those in doubt among them."""
    run, design = RUNS[name]
    agreed, found = 0, set()
    for seed, effect in enumerate([0.0, 0.1, 0.14, 0.5]):
        result = run(panel(effect, seed), design)
        rows = [result.to_frame(), result.effects]
        for row in pd.concat(rows).itertuples():
            if np.isnan([row.conf_low, row.conf_high, row.p_value]).any():
                continue
            inside = row.conf_low <= 0 <= row.conf_high
            assert inside == (row.p_value > 0.05), row
            agreed += 1
            found.add(bool(inside))
    assert agreed >= 16
    assert found == {True, False}
