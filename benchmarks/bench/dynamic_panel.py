"""Time the daily paths of two events with clustered errors, against pyfixest.

Run ``python -m benchmarks.bench.dynamic_panel``. Both start from a long data frame; the
peer's has its dummies as columns already, and their making is not timed.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.bench.compare import Array, Comparison, best, check_equal, show
from benchmarks.bench.peers import ask
from migration.design import Design
from migration.estimators.clustered_paths import ClusteredPaths, clustered_paths

LARGE, SMALL = (1800, 151, 98), (180, 120, 50)  # units, days, daily effects
TARGETS = {LARGE: 50.0, SMALL: 1.0}
EQUAL, SEED = 1e-8, 20210106
REPEATS, PEER_REPEATS, LEADS, LATER = 25, 3, 2, 10  # the second event is so much later
FIRST = pd.Timestamp("2020-09-01")
FEOLS = """
import pandas as pd, pyfixest as pf
y, marks, place = given["y"], given["marks"], given["place"]
units, days = y.shape
data = pd.DataFrame({"unit": np.repeat(np.arange(units), days),
                     "period": np.tile(np.arange(days), units), "y": y.ravel()})
names = [f"d{k}" for k in range(len(marks))]
rows = [np.outer(given["hit"][at], mark).ravel() for at, mark in zip(place, marks)]
data = pd.concat([data, pd.DataFrame(dict(zip(names, rows)))], axis=1)
formula = "y ~ " + " + ".join(names) + " | unit + period"
run = lambda: pf.feols(formula, data, vcov={"CRV1": "unit"})
run()  # what is compiled once is not counted
fit, seconds = best(run, int(given["repeats"]))
np.savez(answer_file, coef=fit.coef()[names], error=fit.se()[names], seconds=seconds)
"""


def main(sizes: tuple[tuple[int, int, int], ...] = (LARGE, SMALL)) -> int:
    """Print ours, the peer's and their ratio; 1 where they disagree."""
    return show(lambda: compare(sizes))


def compare(
    sizes: tuple[tuple[int, int, int], ...] = (LARGE, SMALL),
) -> Iterator[Comparison]:
    """One comparison a size."""
    for units, days, effects in sizes:
        y, frame, designs, lags = panel(units, days, effects)
        mine = clustered_paths(frame, designs, leads=LEADS, lags=lags)
        theirs = ask(FEOLS, question(y, frame, mine))
        scale = float(theirs["error"].max())
        said = [
            check_equal("estimates", estimates(mine), theirs["coef"], most=EQUAL),
            check_equal(
                "errors", errors(mine), theirs["error"], most=EQUAL, scale=scale
            ),
        ]
        run = _run(frame, designs, lags)
        yield Comparison(
            f"{units * days} rows, {len(mine.effects)} daily effects and "
            f"{len(mine.later)} bin of two events, errors clustered by {units} units; "
            f"{', '.join(said)}",
            [
                ("ours, clustered_paths(frame, designs)", best(run, REPEATS)),
                ("pyfixest feols, CRV1", float(theirs["seconds"])),
            ],
            TARGETS.get((units, days, effects)),
        )


def panel(
    units: int, days: int, effects: int
) -> tuple[Array, pd.DataFrame, dict[str, Design], int]:
    """SIMULATED outcomes, two designs, and lags for so many daily effects in all."""
    y = np.random.default_rng(SEED).normal(size=(units, days))
    period = pd.date_range(FIRST, periods=days)
    names = [f"app{row // 60:04d}:m{row % 60:02d}" for row in range(units)]
    frame = pd.DataFrame(
        {"unit": np.repeat(names, days), "period": np.tile(period, units)}
    ).assign(y=y.ravel())
    # The first event's days begin at its leads, the second's after the same baseline.
    lags = (effects - 2 * LEADS - LATER) // 2 - 1
    event = period[days - LATER - lags - 1]
    shared = {
        "outcome": "y",
        "window": (0, 8),
        "baseline": (period[0], event - pd.Timedelta(days=LEADS + 1)),
        "controls": names[units // 2 :],
    }
    later = event + pd.Timedelta(days=LATER)
    designs = {
        "notice": Design(treated=names[: units // 3], event=event, **shared),
        "delay": Design(treated=names[units // 6 : units // 2], event=later, **shared),
    }
    return y, frame, designs, lags


def question(y: Array, frame: pd.DataFrame, mine: ClusteredPaths) -> dict[str, Array]:
    """The same regressors as products of who was hit and when, for the peer."""
    names = frame["unit"].to_numpy()[:: y.shape[1]]
    days = frame["period"].to_numpy()[: y.shape[1]]
    designs = list(mine.designs.values())
    hit = np.array([np.isin(names, one.treated) for one in designs], dtype=float)
    place = [list(mine.designs).index(event) for event in mine.effects["event"]]
    marks = [days == day for day in mine.effects["period"].to_numpy()]
    for event in mine.later["event"]:
        last = mine.effects.loc[mine.effects["event"] == event, "period"].max()
        marks.append(days > last.to_numpy())
        place.append(list(mine.designs).index(event))
    return {
        "y": y,
        "hit": hit,
        "marks": np.array(marks, dtype=float),
        "place": np.array(place),
        "repeats": np.array(PEER_REPEATS),
    }


def estimates(mine: ClusteredPaths) -> Array:
    """Daily effects, then the bins of later days."""
    return np.concatenate([t["estimate"] for t in (mine.effects, mine.later)])


def errors(mine: ClusteredPaths) -> Array:
    """Of the same."""
    return np.concatenate([t["std_error"] for t in (mine.effects, mine.later)])


def task(rows: int) -> Callable[[], object]:
    """The public call on a frame of so many rows, with the days of the large panel."""
    _, days, effects = LARGE
    _, frame, designs, lags = panel(rows // days, days, effects)
    return _run(frame, designs, lags)


def _run(
    frame: pd.DataFrame, designs: dict[str, Design], lags: int
) -> Callable[[], object]:
    return lambda: clustered_paths(frame, designs, leads=LEADS, lags=lags)


if __name__ == "__main__":
    sys.exit(main())
