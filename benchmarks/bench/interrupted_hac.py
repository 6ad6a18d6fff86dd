"""Time levels of two events with Newey-West errors in many series, against statsmodels.

Run ``python -m benchmarks.bench.interrupted_hac``. The public call goes from a long
frame to a table: it checks the frame, and puts the rule, and the share of unrelated
series that each test rejects for, beside the errors, which are prewhitened, each series
with a lag of its own. The peer goes from the same frame to the same columns, by a loop
over its units of ``OLS(...).fit(cov_type="HAC")`` with one lag for all and without
checks. The kernel is compared too, on arrays, with a loop that makes coefficients and
errors alone.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.bench.compare import (
    Array,
    Comparison,
    best,
    check_equal,
    show,
)
from migration.design import Design
from migration.estimators.interrupted_series import interrupted_units
from migration.inference.arrays import weekday_dummies
from migration.inference.hac_columns import HacColumns, newey_west_columns

SERIES, CONTROLS, LAG, REPEATS = 10_000, 99, 4, 9
CALL, KERNEL = 30.0, 100.0  # targets: from a frame with its checks, and on arrays
EQUAL, SEED = 1e-9, 20210106
DAYS = pd.date_range("2020-11-01", "2021-01-31")
HAC = {"maxlags": LAG, "use_correction": False}
BASELINE, NOTICE, DELAY = ("2020-11-01", "2021-01-03"), "2021-01-06", "2021-01-16"


def main(series: int = SERIES) -> int:
    """Print ours, the peer's and their ratio; 1 where they disagree."""
    return show(lambda: compare(series))


def compare(series: int = SERIES) -> Iterator[Comparison]:
    """The public call, then the kernel, each beside a loop that gives as much."""
    yield _public(series)
    yield _kernel(series)


def _public(series: int) -> Comparison:
    frame, design = framed(series)
    tables: list[Array] = []
    seconds = best(lambda: tables.append(peer_table(frame, design)), 1)
    # The peer's loop nets nothing out; what is timed does, as it does by default.
    found = interrupted_units(frame, design, normal="constant mean").contrast
    mine = found["estimate"].to_numpy().reshape(series, 2)
    said = check_equal("estimates", mine, tables[0][:, 0], most=EQUAL)
    return Comparison(
        f"{series} units and {CONTROLS} unrelated ones, a frame of {len(frame)} rows "
        f"to estimates, errors, intervals and p of two levels each; {said}",
        [
            ("ours, interrupted_units(frame, design)", best(task(series), REPEATS)),
            ("statsmodels OLS, HAC, a loop over the frame's units", seconds),
        ],
        CALL,
    )


def _kernel(series: int) -> Comparison:
    y, x, weights = arrays(series)
    theirs, seconds = peer(y, x, weights)

    def kernel() -> HacColumns:
        return newey_west_columns(y, x, weights, lag=LAG, prewhite=False)

    said = _equal(kernel(), theirs)
    own_lag = best(lambda: newey_west_columns(y, x, weights), REPEATS)
    return Comparison(
        f"{series} series of {len(x)} days, arrays to estimates and errors, Newey-West "
        f"lag {LAG}; {said}",
        [
            ("ours, arrays", best(kernel, REPEATS)),
            ("statsmodels OLS, HAC, a loop over arrays", seconds),
        ],
        KERNEL,
        beside=[("ours, arrays, prewhitened, a lag of its own each", own_lag)],
    )


def _equal(found: HacColumns, theirs: tuple[Array, Array]) -> str:
    estimate, error = theirs
    size = float(error.max())
    pairs = {
        "estimates": (found.estimate, estimate),
        "errors": (found.std_error, error),
    }
    said = [
        check_equal(what, *pair, most=EQUAL, scale=size) for what, pair in pairs.items()
    ]
    return ", ".join(said)


def arrays(series: int) -> tuple[Array, Array, Array]:
    """SIMULATED series on baseline and event days, regressors, the two levels."""
    days, x = regressors()
    rng = np.random.default_rng(SEED)
    return rng.normal(size=(series, len(days))), x, np.eye(x.shape[1])[-2:]


def regressors() -> tuple[pd.DatetimeIndex, Array]:
    """Baseline and event days; day of week and the two levels on them."""
    used = (BASELINE[1] >= DAYS) | _window(NOTICE) | _window(DELAY)
    days = DAYS[used]
    levels = [_window(start)[used].astype(float) for start in (NOTICE, DELAY)]
    week = weekday_dummies(days.day_of_week.to_numpy())
    return days, np.column_stack([week, *levels])


def _window(start: str) -> Array:
    since = (DAYS - pd.Timestamp(start)).days
    return np.asarray((since >= 0) & (since <= 8))


def peer(y: Array, x: Array, weights: Array) -> tuple[tuple[Array, Array], float]:
    """The same by a loop over series, once, and its seconds."""
    import statsmodels.api as sm

    found = np.empty((2, len(y), len(weights)))

    def loop() -> None:
        for row, one in enumerate(y):
            fit = sm.OLS(one, x).fit(cov_type="HAC", cov_kwds=HAC)
            found[:, row] = fit.params[-2:], fit.bse[-2:]

    seconds = best(loop, 1)
    return (found[0], found[1]), seconds


def peer_table(frame: pd.DataFrame, design: Design) -> Array:
    """Estimate, error, interval and p of each unit's levels, (units, 5, levels).

    As a user of the peer would: by the frame's units, which are sorted and complete.
    """
    import statsmodels.api as sm

    days, x = regressors()
    kept = frame[frame["unit"].isin(design.treated) & frame["period"].isin(days)]
    found = []
    for _, own in kept.groupby("unit", sort=False)["y"]:
        model = sm.OLS(own.to_numpy(), x)
        fit = model.fit(cov_type="HAC", cov_kwds=HAC, use_t=True)
        five = (fit.params, fit.bse, *fit.conf_int().T, fit.pvalues)
        found.append([numbers[-2:] for numbers in five])
    return np.array(found)


def task(series: int) -> Callable[[], object]:
    """The public call on a frame of so many units."""
    frame, design = framed(series)
    return lambda: interrupted_units(frame, design)


def framed(series: int) -> tuple[pd.DataFrame, Design]:
    """SIMULATED units and unrelated series as a long frame, and their design."""
    rng = np.random.default_rng(SEED)
    names = [f"app{row // 60:04d}:m{row % 60:02d}" for row in range(series)]
    controls = [f"unrelated{row:02d}" for row in range(CONTROLS)]
    units = np.array([*names, *controls])
    frame = pd.DataFrame(
        {
            "unit": np.repeat(units, len(DAYS)),
            "period": np.tile(DAYS, len(units)),
            "y": rng.normal(size=len(units) * len(DAYS)),
        }
    )
    design = Design(
        outcome="y",
        treated=names,
        event=NOTICE,
        window=(0, 8),
        baseline=BASELINE,
        controls=controls,
        other_events={"delay": ("2021-01-15", DELAY)},
        event_name="notice",
    )
    return frame, design


if __name__ == "__main__":
    sys.exit(main())
