"""Time a multiverse of more than a thousand specifications: ours, and a plain loop.

Run ``python -m benchmarks.bench.multiverse``. On the series that ship, a sample of
specifications is first computed one series at a time, in turn the treated one and
unrelated ones on the event's own days and some weeks later; both give the same
estimates and p-values, or nothing is timed.
"""

import sys
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from migration.checks.choices import Choices, Specification
from migration.checks.multiverse import multiverse
from migration.checks.spec_samples import (
    Asked,
    Base,
    arranged,
    asked_of,
    contrasts_of,
    moved,
)
from migration.design import Design, design_for
from migration.errors import DesignError
from migration.inference.spec_curve import rule_p
from migration.inference.week import window_widening
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

Array = NDArray[np.float64]
PERMUTATIONS, SAMPLE, SERIES, WEEKS, TOLERANCE = 500, 25, (0, 1, 50), 3, 1e-10


@dataclass(frozen=True, eq=False)
class Sampled:
    """Some specifications, and all series' answers to them by the batch."""

    base: Base
    specs: list[tuple[Specification, Design]]
    asked: dict[int, list[Asked]]
    answers: dict[int, list[tuple[Array, Array]]]


def main(sample: int = SAMPLE) -> int:
    """Print ours, the loop's and their ratio; 1 where they disagree.

    The loop is charged one contrast for each specification and series, as if it kept
    those that it ranks a series among.
    """
    frame, design, doubtful = series()
    found = sampled(frame, Choices.full(design, doubtful=doubtful), design, sample)
    start = perf_counter()
    gap, answers, contrasts = difference(found)
    each = (perf_counter() - start) / contrasts
    if not gap <= TOLERANCE:
        sys.stderr.write(f"the batch and the loop differ by {gap:.3g}: nothing timed\n")
        return 1
    start = perf_counter()
    result = multiverse(
        frame, design, choices="full", doubtful=doubtful, permutations=PERMUTATIONS
    )
    mine = perf_counter() - start
    theirs = each * len(result.frame) * (1 + result.permutations)
    sys.stdout.write(
        f"{len(result.frame)} specifications, {result.permutations} null curves; "
        f"{answers} answers equal to {TOLERANCE:.0e}\n"
        f"ours            {mine:9.2f} s\n"
        f"loop            {theirs:9.0f} s ({1000 * each:.2f} ms a contrast)\n"
        f"ratio           {theirs / mine:9.0f}\n"
    )
    return 0


def series() -> tuple[pd.DataFrame, Design, tuple[str, ...]]:
    """The destination's series and the unrelated ones that ship, some doubted."""
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    frame = to_outcome(panel, "log_count")
    design = design_for(study, frame, app="signal", event="notice")
    return frame, design, tuple(study.source("flathub").doubtful)


def sampled(
    frame: pd.DataFrame, asked: Choices, design: Design, wanted: int
) -> Sampled:
    """Every n-th specification that has an answer, on the event's days and later."""
    base = arranged(frame, design, asked)
    placed = []
    for spec in asked.specifications():
        try:
            own = spec.design(design)
            placed.append((spec, own, asked_of(base, spec, own)))
        except DesignError:
            continue
    kept = placed[:: max(len(placed) // wanted, 1)]
    here = [one for _, _, one in kept]
    days_later = 7 * WEEKS
    after = moved(base, here, days_later)
    if after is None:
        raise DesignError(f"no series goes on for {WEEKS} weeks")
    answers = {0: batch(base, here), days_later: batch(*after)}
    asked_at = {0: here, days_later: after[1]}
    return Sampled(base, [(s, d) for s, d, _ in kept], asked_at, answers)


def batch(base: Base, asked: list[Asked]) -> list[tuple[Array, Array]]:
    """Estimate and p of every series, by specification."""
    return [(one.estimate, rule_p(one)) for one in contrasts_of(base, asked)]


def difference(found: Sampled) -> tuple[float, int, int]:
    """Largest gap between the batch and the loop, its answers and its contrasts."""
    gaps, contrasts = [], 0
    wide = pd.DataFrame(found.base.y.T, index=found.base.days)
    for shift, answers in found.answers.items():
        told = zip(found.specs, found.asked[shift], answers, strict=True)
        for (spec, own), asked, (estimate, p_value) in told:
            rows = asked.rows
            for place in SERIES[1:] if shift else SERIES:
                kept = wide[[0, *(1 + rows)]].set_axis(range(1 + len(rows)), axis=1)
                one = alone(kept, place, spec, moved_days(spec, own, shift))
                mine = np.array([estimate[place], p_value[place]])
                gaps.append(np.abs(mine - one).max())
                contrasts += len(rows) + (place == 0)
    return float(np.max(gaps)), len(gaps), contrasts


def moved_days(
    spec: Specification, own: Design, shift: int
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Baseline and window of a specification, ``shift`` days later."""
    baseline = pd.date_range(*own.baseline)
    for span in spec.dropped:
        baseline = baseline.difference(pd.date_range(*span))
    by = pd.Timedelta(days=shift)
    return baseline + by, pd.date_range(*own.window_days) + by


def alone(
    wide: pd.DataFrame,
    treated: int,
    spec: Specification,
    days: tuple[pd.DatetimeIndex, pd.DatetimeIndex],
) -> Array:
    """Estimate and p of one series by the plain loop, the rest ranked one by one."""
    controls = [c for c in wide.columns if c not in (0, treated)]
    estimate, t, df = contrast(wide, treated, controls, spec.normal, days)
    beyond = 0
    for other in controls:
        # An unrelated series is held against the unrelated ones alone.
        peers = [c for c in wide.columns if c not in (0, other)]
        size = abs(contrast(wide, other, peers, spec.normal, days)[1])
        beyond += size >= abs(t)
    rank = (1 + beyond) / (1 + len(controls))
    return np.array([estimate, max(2 * stats.t.sf(abs(t), df), rank)])


def contrast(
    wide: pd.DataFrame,
    unit: int,
    peers: list[int],
    normal: str,
    days: tuple[pd.DatetimeIndex, pd.DatetimeIndex],
) -> tuple[float, float, int]:
    """One series' window against its baseline blocks: estimate, t, degrees."""
    baseline, window = days
    y, market = wide[unit], wide[peers].mean(axis=1)
    if normal == "market-adjusted":
        y = y - market
    if normal == "market model":
        beta = np.cov(y[baseline], market[baseline])[0, 1] / market[baseline].var()
        y = y - beta * market
    week = y[baseline].groupby(baseline.day_of_week).mean()
    y = y - week[y.index.day_of_week].to_numpy()
    n = len(window)
    q = len(baseline) // n
    blocks = y[baseline].to_numpy()[len(baseline) - q * n :].reshape(q, n).mean(axis=1)
    estimate = y[window].mean() - blocks.mean()
    error = blocks.std(ddof=1) * np.sqrt(1 + 1 / q) * week_cost(baseline, window)
    return float(estimate), float(estimate / error), q - 1


def week_cost(baseline: pd.DatetimeIndex, window: pd.DatetimeIndex) -> float:
    """The factor of an error for the weekly cycle that the baseline gave."""
    days = pd.date_range(baseline[0], window[-1])
    weekday = days.day_of_week.to_numpy(np.int64)
    return window_widening(weekday, days.isin(baseline), days.isin(window))


if __name__ == "__main__":
    sys.exit(main())
