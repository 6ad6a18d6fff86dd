"""SIMULATED apps at a chart's edge: what chance makes of a bound that is seen."""

import numpy as np
import pandas as pd
import pytest

from migration.checks.rank_answers import NEEDED
from migration.estimators.rank_bounds import AMONG_SERIES, beside_bound, window_bounds
from migration.estimators.rank_cells import Cells

SIZE, OTHERS, PRE, LENGTH = 100, 45, 84, 7
DAYS = pd.date_range("2021-01-04", periods=PRE + LENGTH)


def cells(rng, edge, jump=0.0):
    """SIMULATED: AR(0.5) logs of places, one app about the chart's end."""
    noise = rng.normal(0, 0.25, size=(OTHERS + 1, 30 + len(DAYS)))
    for day in range(1, noise.shape[1]):
        noise[:, day] += 0.5 * noise[:, day - 1]
    level = np.concatenate([[np.log(edge)], np.log(np.linspace(5, 97, OTHERS))])
    logs = level[:, None] + noise[:, 30:]
    logs[0, PRE:] -= jump
    place = np.round(np.exp(logs)).clip(1)
    off = place > SIZE
    low = np.where(off, -np.inf, -np.log(place + 0.5))
    high = np.where(off, -np.log(SIZE + 0.5), -np.log(np.maximum(place - 0.5, 1e-9)))
    high = np.where(place == 1, np.inf, high)
    names = ["app", *(f"c{k}" for k in range(OTHERS))]
    before = np.arange(len(DAYS)) < PRE
    rows = ({n: v[[k]] for k, n in enumerate(names)} for v in (low, high))
    return Cells(*rows, DAYS, before, ~before, SIZE)


def told(seen):
    tests = beside_bound(seen)
    row = tests[tests["test"].str.endswith(AMONG_SERIES)].iloc[0]
    low, high = window_bounds(seen, "app", seen.window)
    return low > 0 or high < 0, row["p_value"] <= NEEDED


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("edge", [100.0, 85.0])
def test_chance_makes_bounds_off_zero_and_the_rank_holds_them_back(edge):
    rng = np.random.default_rng(5)
    found = np.array([told(cells(rng, edge)) for _ in range(200)])
    assert found[:, 0].mean() > 0.5  # of a true null: such a bound alone tells nothing
    assert found.all(axis=1).mean() <= 0.06


def test_an_app_that_rose_far_is_told():
    rng = np.random.default_rng(6)
    found = np.array([told(cells(rng, 130.0, jump=2.0)) for _ in range(20)])
    assert found.all()


def test_an_app_that_fell_off_the_chart_is_told_by_its_upper_bound():
    seen = cells(np.random.default_rng(7), 40.0, jump=-2.0)
    tests = beside_bound(seen)
    assert tests["test"].tolist() == [
        "upper bound among baseline blocks",
        "upper bound among unrelated series",
    ]
    assert tests["p_value"].iloc[1] == pytest.approx(1 / (OTHERS + 1))
    assert tests["assumes"].iloc[1].endswith("of a fall alone, smallest p 1/46")
