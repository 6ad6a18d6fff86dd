"""Whether the baseline was level, and what such a test could have missed."""

from dataclasses import replace

import numpy as np

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.path_frames import joint_pretrend
from migration.estimators.path_options import PathOptions
from migration.estimators.path_track import Track, largest_t
from migration.inference.arrays import Array, Mask, weekday_dummies
from migration.inference.path import Paths, baseline_noise, contrast_weights
from migration.inference.pretrends import (
    mean_after_pretest,
    pretest_power,
    slope_for_power,
)
from migration.inference.rule import rank_critical
from migration.inference.sup_t import sup_t_critical

POWERS = {"slope_50": 0.5, "slope_80": 0.8}
FEWEST_BINS = 3


def baseline_bins(baseline: Mask, length: int) -> Array:
    """Bins of ``length`` days counted back from the baseline's end, shape (B, T).

    The first bin takes the days that are left over.
    """
    inside = np.flatnonzero(baseline)
    number = len(inside) // length
    if number < FEWEST_BINS:
        raise DesignError(
            f"the pre-trend test needs {FEWEST_BINS} bins, got {number} of {length} "
            f"days in {len(inside)} baseline days; use fewer bin_days or a longer "
            "baseline"
        )
    rest = len(inside) - number * length
    bins = np.zeros((number, len(baseline)))
    for place, days in enumerate(np.split(inside[rest:], number)):
        bins[place, days] = 1
    bins[0, inside[:rest]] = 1
    return np.asarray(bins / bins.sum(axis=1, keepdims=True))


def pretrend(track: Track, design: Design, options: PathOptions) -> dict[str, float]:
    """Joint test of the baseline's bins, its power, and what passing it hides.

    The noise is fitted inside the bins: fitted on the plain baseline, a trend would
    pass for noise with a long memory and hide itself. The power (Roth 2022,
    doi:10.1257/aeri.20210236) is that of the test "some bin lies outside its
    simultaneous 95% band", widened until 95% of the unrelated baselines pass, against a
    line through the whole data; ``hidden`` is what that line would add to the window's
    mean, ``hidden_passed`` the same among the baselines that pass.
    """
    s = track.sample
    bins = baseline_bins(s.baseline, options.bin_days)
    track = _inside_bins(track, bins, options)
    window = s.window[None] / s.window.sum()
    columns = np.vstack([bins, window])
    found = track.means(columns)
    before = Paths(found.beta[:, :-1], found.cov[:, :-1, :-1], found.df)
    times = contrast_weights(columns, s.weekday, s.baseline) @ s.event_time
    cov = found.cov[0]
    limit = _limit(before)
    outside = np.abs(before.beta[0]) > limit * before.std_error[0]
    told = joint_pretrend(before) | {
        "outside_band": float(outside.mean()),
        "size": pretest_power(np.zeros(len(bins)), before.cov[0], limit),
    }
    for name, power in POWERS.items():
        told |= _line(name, times, cov, limit, power)
    if options.slope is not None:
        delta = options.slope * times[:-1]
        told["slope"] = options.slope
        told["slope_power"] = pretest_power(delta, before.cov[0], limit)
        told["slope_hidden"] = float(options.slope * times[-1])
    told["last_day_before"] = float((design.baseline[1] - design.event).days)
    return told


def _limit(before: Paths) -> float:
    """Critical value of the largest |t|; that of sup-t alone where a rank has none."""
    among = rank_critical(largest_t(before)[1:])
    normal = sup_t_critical(before.cov[0])
    return max(normal, among) if np.isfinite(among) else normal


def _inside_bins(track: Track, bins: Array, options: PathOptions) -> Track:
    """The same track with its noise fitted to what the bins' levels leave."""
    s = track.sample
    levels = (bins > 0).T.astype(float)
    x = np.column_stack([levels, weekday_dummies(s.weekday)[:, 1:]])
    known = np.where(np.isfinite(track.gaps), track.gaps, 0.0)
    noise = baseline_noise(known, x, s.baseline, options.family)
    return replace(track, noise=noise)


def _line(
    name: str, times: Array, cov: Array, limit: float, power: float
) -> dict[str, float]:
    """The slope found with a given chance, and what it does to the window's mean."""
    slope = slope_for_power(times[:-1], cov[:-1, :-1], power, limit)
    passed = mean_after_pretest(slope * times, cov, len(times) - 1, limit)
    return {
        name: slope,
        f"{name}_hidden": float(slope * times[-1]),
        f"{name}_hidden_passed": float(passed[-1]),
    }
