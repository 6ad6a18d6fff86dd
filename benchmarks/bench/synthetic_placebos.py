"""Time placebos of synthetic controls against pysyncon, and of synthetic DiD's draws.

Run ``python -m benchmarks.bench.synthetic_placebos``. Forty donors, each treated in
turn as if the event had hit it. Timed are the public calls, on a frame, with their
checks and with all tests that stand beside the rule; the weights alone are beside them.
pysyncon is asked without its search over covariates,
by weights that undo its scaling; it ends at a tolerance of its own, ours at the
optimum. diff-diff draws 200 times, from the same seed; its search ends before the
optimum too, so ours is checked by the same search, draw by draw.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.bench.compare import Array, Comparison, best, check_equal, show
from benchmarks.bench.peers import ask
from migration.design import Design
from migration.estimators.placebo_spread import placebo_spread
from migration.estimators.synthetic_control import synthetic_control
from migration.inference.synthetic import Synthetic, gaps, synthesise
from migration.inference.synthetic_draws import drawn_controls, placebo_did, spread
from migration.inference.synthetic_weights import SYNTHETIC_CONTROL

DONORS, N_PRE, LENGTH, DRAWS, SEED = 40, 64, 9, 200, 20210106
CONTROL_TARGET, DID_TARGET, REPEATS = 20.0, 5.0, 9
CLOSE, EQUAL = 5e-4, 1e-9  # of the effects' spread; of the draws
FIRST = pd.Timestamp("2020-11-01")
SYNTH = """
import pandas as pd
from pysyncon import Synth
y, n_pre = given["y"], int(given["n_pre"])
pre = pd.DataFrame(y.T[:n_pre])

def run():
    weights = np.zeros((len(y), len(y)))
    for row in range(len(y)):
        pool = [other for other in range(1, len(y)) if other != row]
        # It divides each predictor by its deviation: weights that undo this.
        even = pre[[row, *pool]].T.std(ddof=1).to_numpy() ** 2
        x0, x1, synth = pre[pool], pre[row], Synth()
        synth.fit(X0=x0, X1=x1, Z0=x0, Z1=x1, custom_V=even)
        weights[row, pool] = synth.W
    return weights

weights, seconds = best(run, 2)
np.savez(answer_file, weights=weights, seconds=seconds)
"""
DIFF_DIFF = """
import pandas as pd
from diff_diff import SyntheticDiD
y, n_pre, draws = given["y"], int(given["n_pre"]), int(given["draws"])
long = pd.DataFrame(y).rename_axis("unit").reset_index()
long = long.melt(id_vars="unit", var_name="time", value_name="y")
long = long.assign(time=long["time"].astype(int), hit=(long["unit"] == 0).astype(int))
post = list(range(n_pre, y.shape[1]))

def run():
    did = SyntheticDiD(n_bootstrap=draws, seed=int(given["seed"]))
    return did.fit(long, "y", "hit", "unit", "time", post_periods=post)

found, seconds = best(run, 2)
np.savez(answer_file, effects=found.placebo_effects, error=found.se, seconds=seconds)
"""


def main(donors: int = DONORS, draws: int = DRAWS) -> int:
    """Print ours, the peers' and their ratio; 1 where they disagree."""
    return show(lambda: compare(donors, draws))


def compare(donors: int = DONORS, draws: int = DRAWS) -> Iterator[Comparison]:
    """Placebos of the control, then draws of synthetic DiD."""
    y = series(donors)
    yield _control(y)
    yield _did(y, draws)


def _control(y: Array) -> Comparison:
    theirs = ask(SYNTH, {"y": y, "n_pre": np.array(N_PRE)})
    found, effect = controls(y), gaps(y, theirs["weights"])[:, N_PRE:].mean(axis=1)
    size = float(found.estimate.std())
    said = check_equal("effects", found.estimate, effect, most=CLOSE, scale=size)
    # Its weights sum to one and are positive but for a tolerance: held to that here.
    held = np.maximum(theirs["weights"], 0)
    held /= held.sum(axis=1, keepdims=True)
    worse = float((losses(y, found.omega) - losses(y, held)).max())
    check_equal("losses, ours less theirs,", max(worse, 0.0), 0.0, most=EQUAL)
    weights = best(lambda: controls(y), REPEATS)
    return Comparison(
        f"synthetic control with {len(y) - 1} donors and as many placebos, {N_PRE} "
        f"days; {said} of their spread, no loss above the peer's",
        [
            ("ours, synthetic_control(frame, design)", best(task(len(y) - 1), REPEATS)),
            ("pysyncon Synth, a loop", float(theirs["seconds"])),
        ],
        CONTROL_TARGET,
        beside=[("ours, the weights alone, arrays", weights)],
    )


def _did(y: Array, draws: int) -> Comparison:
    asked = {"y": y, "n_pre": np.array(N_PRE), "draws": np.array(draws)}
    theirs = ask(DIFF_DIFF, asked | {"seed": np.array(SEED)})
    chosen = drawn_controls(len(y) - 1, draws, SEED)
    same = placebos(y, "synthdid")[chosen]
    said = check_equal("draws", same, theirs["effects"], most=EQUAL)
    check_equal("errors", spread(same), theirs["error"], most=EQUAL)
    optimum = spread(placebos(y, "exact")[chosen])

    def search() -> Array:
        return placebos(y, "synthdid")

    run = did_task(len(y) - 1)
    return Comparison(
        f"synthetic DiD with {len(y) - 1} donors, {draws} placebo draws; {said} by the "
        f"peer's search (error {float(theirs['error']):.4f}; at the optimum that the "
        f"search stops short of {optimum:.4f})",
        [
            ("ours, placebo_spread(frame, design)", best(run, REPEATS)),
            ("diff-diff SyntheticDiD, placebo", float(theirs["seconds"])),
        ],
        DID_TARGET,
        beside=[
            ("ours, the optimum, arrays", best(lambda: placebos(y, "exact"), REPEATS)),
            ("ours, the peer's search, arrays", best(search, 2)),
        ],
    )


def series(donors: int) -> Array:
    """SIMULATED: three factors that wander, levels and noise; row 0 the treated."""
    rng = np.random.default_rng(SEED)
    factors = 0.3 * rng.normal(size=(3, N_PRE + LENGTH)).cumsum(axis=1)
    loadings, level = rng.normal(size=(donors + 1, 3)), rng.normal(size=(donors + 1, 1))
    noise = 0.5 * rng.normal(size=(donors + 1, N_PRE + LENGTH))
    # The treated series lies within the others, as a control without intercept needs.
    loadings[0], level[0] = loadings[1:].mean(axis=0), level[1:].mean()
    return np.asarray(loadings @ factors + level + noise)


def controls(y: Array) -> Synthetic:
    """Synthetic controls of all series."""
    before = np.arange(y.shape[1]) < N_PRE
    return synthesise(y, before, ~before, SYNTHETIC_CONTROL)


def placebos(y: Array, solver: str) -> Array:
    """Synthetic DiD of every control in the treated series' place."""
    before = np.arange(y.shape[1]) < N_PRE
    return placebo_did(y, before, ~before, solver=solver)


def losses(y: Array, weights: Array) -> Array:
    """Mean squared gap of the baseline, by series."""
    return np.asarray((gaps(y, weights)[:, :N_PRE] ** 2).mean(axis=1))


def task(donors: int) -> Callable[[], object]:
    """The public call on a frame, with all the tests that stand beside the rule."""
    frame, design = _framed(donors)
    return lambda: synthetic_control(frame, design)


def did_task(donors: int) -> Callable[[], object]:
    """The public call of the placebo draws."""
    frame, design = _framed(donors)
    return lambda: placebo_spread(frame, design, draws=DRAWS, seed=SEED)


def _framed(donors: int) -> tuple[pd.DataFrame, Design]:
    y = series(donors)
    days = pd.date_range(FIRST, periods=y.shape[1], name="period")
    names = ["hit", *(f"c{row:04d}" for row in range(donors))]
    wide = pd.DataFrame(y.T, index=days, columns=names)
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y")
    design = Design(
        outcome="y",
        treated="hit",
        event=days[N_PRE],
        window=(0, LENGTH - 1),
        baseline=(days[0], days[N_PRE - 1]),
        controls=names[1:],
    )
    return frame.reset_index(), design


if __name__ == "__main__":
    sys.exit(main())
