"""Size, power and coverage of the headline rule, with each series in turn treated.

Every verdict comes from the rule as the estimators use it: the treated row on top, all
other unrelated series below.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.size.noise import UNLIKE, WORLDS, sample_of
from benchmarks.size.real import LENGTH, Placebo, placebos, pool_of, sample_at
from migration.inference.contrast import window_contrast
from migration.inference.rule import ALPHA, Verdict, decide
from migration.inference.sample import Sample

Array = NDArray[np.float64]

SEED = 20210106
EFFECT = 0.3
IDLE = 2
N_WORLDS = 4000
BATCH = 250


@dataclass(frozen=True, eq=False)
class AtDate:
    """Verdicts at one placebo date, each of shape (J,) and 0 or 1.

    Attributes
    ----------
    at : Placebo
    size : array
        Rejections of a true null.
    flat, idle, late : arrays
        Rejections with an effect of 0.3 on every day; idle for two days and then so
        high that the window's mean is 0.3; idle for two days and then 0.3.
    covered : array
        Whether the interval holds the effect of 0.3 put in.
    """

    at: Placebo
    size: Array
    flat: Array
    idle: Array
    late: Array
    covered: Array


def paths(length: int) -> dict[str, Array]:
    """Effects by day of the window, in logs."""
    started = np.arange(length) >= IDLE
    return {
        "size": np.zeros(length),
        "flat": np.full(length, EFFECT),
        "idle": EFFECT * started * length / (length - IDLE),
        "late": EFFECT * started,
    }


def in_place(sample: Sample, row: int) -> Sample:
    """The sample with one of its series treated and all others its controls."""
    order = [row, *(other for other in range(len(sample.y)) if other != row)]
    return replace(sample, y=sample.y[order])


def verdict(sample: Sample, path: Array, normal: str) -> Verdict:
    """The rule on row 0 with ``path`` put into its window."""
    y = sample.y.copy()
    y[0, sample.window] += path
    moved = replace(sample, y=y)
    return decide(window_contrast(moved, sample.window, normal=normal, logs=False))


def at_date(pool_name: str, place: int, normal: str) -> AtDate:
    """Treat each unrelated series in turn at one placebo date."""
    pool = pool_of(pool_name)
    at = placebos(pool)[place]
    sample = sample_at(pool, at)
    turned = [in_place(sample, row) for row in range(len(sample.y))]
    found = {
        name: [verdict(one, path, normal) for one in turned]
        for name, path in paths(int(sample.window.sum())).items()
    }
    hits = {
        name: np.array([v.p_value <= ALPHA for v in row], dtype=float)
        for name, row in found.items()
    }
    covered = [v.conf_low <= EFFECT <= v.conf_high for v in found["flat"]]
    return AtDate(at=at, covered=np.array(covered, dtype=float), **hits)


def at_world(name: str, batch: int) -> Array:
    """Rejection of a true null, and coverage of an effect of 0.3, by SIMULATED world.

    Returns
    -------
    (BATCH, 2) array
    """
    kinds = WORLDS | UNLIKE
    world = kinds[name]
    rng = np.random.default_rng([SEED, list(kinds).index(name), batch])
    found, effects = [], paths(LENGTH)
    for _ in range(BATCH):
        sample = sample_of(world.draw(rng))
        null = verdict(sample, effects["size"], "market-adjusted")
        hit = verdict(sample, effects["flat"], "market-adjusted")
        covered = hit.conf_low <= EFFECT <= hit.conf_high
        found.append((null.p_value <= ALPHA, covered))
    return np.array(found, dtype=float)
