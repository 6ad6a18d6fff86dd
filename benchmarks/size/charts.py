"""SIMULATED charts of ranks, for the tests that stand beside the rank estimator."""

import numpy as np
import pandas as pd

from benchmarks.size.headline import SEED
from benchmarks.size.noise import DAYS, EVENT, Arma
from benchmarks.size.secondary import Sizes, of_result
from migration.design import Design
from migration.estimators.rank_event_study import rank_event_study

N_CHARTS = 12
N_APPS, N_MARKETS, PLACES = 50, 8, 100
MIDDLE = -4.2  # of the latent index: rank 67 of 100, a third of the cells off the chart
SPREAD = 0.3  # of markets' levels and of their own noise
SHARED = 0.25  # what all markets of an app have on the same day


def on_chart(draw: int) -> Sizes:
    """Shares in one SIMULATED world of charts whose apps have shocks of AR 0.5."""
    frame = _ranks(np.random.default_rng([SEED, 3, draw]))
    units = list(dict.fromkeys(frame["unit"]))
    design = Design(
        outcome="rank",
        treated=[unit for unit in units if unit.startswith("hit")],
        event=EVENT,
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[unit for unit in units if not unit.startswith("hit")],
    )
    return of_result("rank_event_study", _estimate)(frame, design)


def _estimate(frame: pd.DataFrame, design: Design) -> object:
    return rank_event_study(frame, design, chart_size=PLACES)


def _ranks(rng: np.random.Generator) -> pd.DataFrame:
    """Long frame of ranks, infinite off the chart."""
    shape = (N_APPS, N_MARKETS, len(DAYS))
    z = MIDDLE + SPREAD * rng.normal(size=(*shape[:2], 1))
    z = z + SPREAD * rng.normal(size=shape)
    z += SHARED * Arma(0.5)(rng, (N_APPS, len(DAYS)))[:, None]
    rank = np.maximum(np.rint(np.exp(-z)), 1)
    rank = np.where(rank > PLACES, np.inf, rank)
    app, market, day = (index.ravel() for index in np.indices(shape))
    names = ["hit", *(f"c{place:02d}" for place in range(1, N_APPS))]
    units = [f"{names[a]}:m{m}" for a, m in zip(app, market, strict=True)]
    long = {"unit": units, "period": DAYS[day], "rank": rank.ravel()}
    return pd.DataFrame(long).assign(simulated=True)
