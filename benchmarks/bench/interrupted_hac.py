"""Time levels of two events with Newey-West errors in many series, against statsmodels.

Run ``python -m benchmarks.bench.interrupted_hac``. The peer is a loop over series of
``OLS(...).fit(cov_type="HAC")`` on arrays; ours is the kernel on the same arrays, and
the public call from a long frame to the table of all units, which does more: it checks
the frame, nets out unrelated series and puts the rule beside the errors.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.bench.compare import Array, Comparison, best, check_equal, show
from migration.design import Design
from migration.estimators.interrupted_series import interrupted_units
from migration.inference.arrays import weekday_dummies
from migration.inference.hac_columns import HacColumns, newey_west_columns

SERIES, CONTROLS, LAG, REPEATS = 10_000, 99, 4, 9
TARGET, EQUAL, SEED = 100.0, 1e-9, 20210106
DAYS = pd.date_range("2020-11-01", "2021-01-31")
BASELINE, NOTICE, DELAY = ("2020-11-01", "2021-01-03"), "2021-01-06", "2021-01-16"


def main(series: int = SERIES) -> int:
    """Print ours, the peer's and their ratio; 1 where they disagree."""
    return show(lambda: compare(series))


def compare(series: int = SERIES) -> Iterator[Comparison]:
    """The kernel and the public call, beside the loop."""
    y, x, weights = arrays(series)
    theirs, seconds = peer(y, x, weights)
    loop = ("statsmodels OLS, HAC, a loop over arrays", seconds)

    def kernel() -> HacColumns:
        return newey_west_columns(y, x, weights, lag=LAG, prewhite=False)

    said = _equal(kernel(), theirs)
    own_lag = best(lambda: newey_west_columns(y, x, weights), REPEATS)
    yield Comparison(
        f"{series} series of {len(x)} days, levels of two events, Newey-West lag "
        f"{LAG}; {said}",
        [
            ("ours, arrays", best(kernel, REPEATS)),
            ("ours, prewhitened, a lag of its own each", own_lag),
            loop,
        ],
        TARGET,
    )
    yield Comparison(
        f"the same from a frame of {len(DAYS) * (series + CONTROLS)} rows, with "
        "checks, unrelated series and the rule, against the bare loop",
        [("ours, interrupted_units(frame, design)", best(task(series), REPEATS)), loop],
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
    used = (BASELINE[1] >= DAYS) | _window(NOTICE) | _window(DELAY)
    days = DAYS[used]
    levels = [_window(start)[used].astype(float) for start in (NOTICE, DELAY)]
    x = np.column_stack([weekday_dummies(days.day_of_week.to_numpy()), *levels])
    rng = np.random.default_rng(SEED)
    return rng.normal(size=(series, len(days))), x, np.eye(x.shape[1])[-2:]


def _window(start: str) -> Array:
    since = (DAYS - pd.Timestamp(start)).days
    return np.asarray((since >= 0) & (since <= 8))


def peer(y: Array, x: Array, weights: Array) -> tuple[tuple[Array, Array], float]:
    """The same by a loop over series, once, and its seconds."""
    import statsmodels.api as sm

    found = np.empty((2, len(y), len(weights)))
    how = {"maxlags": LAG, "use_correction": False}

    def loop() -> None:
        for row, one in enumerate(y):
            fit = sm.OLS(one, x).fit(cov_type="HAC", cov_kwds=how)
            found[:, row] = fit.params[-2:], fit.bse[-2:]

    seconds = best(loop, 1)
    return (found[0], found[1]), seconds


def task(series: int) -> Callable[[], object]:
    """The public call on a frame of so many units."""
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
    return lambda: interrupted_units(frame, design)


if __name__ == "__main__":
    sys.exit(main())
