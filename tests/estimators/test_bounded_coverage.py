"""How often the interval of ``bounded_effect`` holds a truth that is known: SIMULATED.

Interest is log-normal with AR(1) logs of 0.5, and every number below 1 is "<1": between
0 and 1. The window gains a known amount a day.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from migration.design import Design
from migration.estimators.abnormal_interest import abnormal_interest, window_effect
from migration.estimators.bounded import bounded_effect
from migration.inference.rule import decide

DAYS = pd.date_range("2020-11-02", periods=75)
NAMES = ["hit", *(f"c{j:02d}" for j in range(40))]
GAIN, DRAWS = 0.5, 80
DESIGN = Design(
    outcome="y",
    treated="hit",
    event=DAYS[66],
    window=(0, 8),
    baseline=(DAYS[0], DAYS[62]),
    controls=NAMES[1:],
)


def interest(rng, level):
    """Days by series, at about exp(level), and the treated one's gain in the window."""
    shocks = rng.normal(size=(len(DAYS) + 50, len(NAMES)))
    logs = np.zeros(shocks.shape)
    for day in range(1, len(logs)):
        logs[day] = 0.5 * logs[day - 1] + shocks[day]
    own = level + np.r_[0.0, rng.uniform(-0.2, 0.2, len(NAMES) - 1)]
    found = np.exp(own + 0.43 * logs[50:])
    found[66:, 0] += GAIN
    return found


def hidden(values):
    """The same as a frame in which numbers below 1 are known to be so, no more."""
    wide = pd.DataFrame(values, index=DAYS, columns=NAMES)
    long = wide.rename_axis(index="period").melt(
        ignore_index=False, var_name="unit", value_name="whole"
    )
    below = long.whole < 1
    return long.reset_index().assign(
        y=long.whole.mask(below).to_numpy(),
        y_lower=np.where(below, 0.0, long.whole),
        y_upper=np.where(below, 1.0, long.whole),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "share", "set_width"), [(0.7, 0.08, 0.26), (0.3, 0.28, 0.87)]
)
def test_the_interval_holds_the_truth_and_is_not_all_numbers(level, share, set_width):
    """The oracle sees every number: what its interval lacks is the price of "<1"."""
    rng = np.random.default_rng(20210106)
    rows = []
    for _ in range(DRAWS):
        frame = hidden(interest(rng, level))
        found = bounded_effect(frame, DESIGN, estimate=abnormal_interest)
        ends = found.secondary["estimate"].to_numpy()
        oracle = decide(window_effect(frame.assign(y=frame.whole), DESIGN)[1])
        low, high = found.headline[["conf_low", "conf_high"]]
        rows.append(
            {
                "hidden": frame.y.isna().mean(),
                "holds": low <= GAIN <= high,
                "inside": ends[0] <= oracle.estimate <= ends[1],
                "set": ends[1] - ends[0],
                "width": high - low,
                "oracle": oracle.conf_high - oracle.conf_low,
            }
        )
    mean = pd.DataFrame(rows).mean()
    assert mean.hidden == pytest.approx(share, abs=0.01)
    assert mean.inside == 1
    # No fewer than 95 of 100, but for what chance does in so many draws.
    assert mean.holds >= stats.binom.ppf(0.01, DRAWS, 0.95) / DRAWS
    assert mean["set"] == pytest.approx(set_width, rel=0.1)
    # The set, and either side of it not much more than the oracle's own half.
    assert mean.width <= mean["set"] + 1.6 * mean.oracle
