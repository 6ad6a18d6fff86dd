"""Weighted sums of a path for a later event, and the rows that they become."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from migration.estimators import finish
from migration.estimators.path_track import Track
from migration.inference.arrays import Array, Mask
from migration.inference.path import Paths, contrast_weights, paths
from migration.inference.rule import Verdict

LACKING = "a day that it needs has no number"


@dataclass(frozen=True, eq=False)
class Later:
    """A later event's window on the days of a sample.

    Attributes
    ----------
    name : str
    days : (T,) mask
        Of its window.
    before : (T,) mask
        Days from the design's day zero until it is felt.
    alone : bool
        No third event lies between.
    """

    name: str
    days: Mask
    before: Mask
    alone: bool


def functional(track: Track, weights: Array) -> Paths:
    """A weighted sum of daily effects for every series."""
    s = track.sample
    if track.counts is None:
        return on_gaps(track, contrast_weights(weights[None], s.weekday, s.baseline))
    chosen = weights != 0
    return track.days(chosen).combine(weights[None, chosen])


def on_gaps(track: Track, weights: Array) -> Paths:
    """Weights on the gaps themselves; NaN where a day that they need has no number."""
    s = track.sample
    values = np.where(np.isfinite(track.gaps), track.gaps, 0.0)
    found = paths(values, weights, track.noise, baseline=s.baseline, weekday=s.weekday)
    absent = np.isnan(track.gaps).astype(float) @ (weights != 0).T > 0
    return replace(found, beta=np.where(absent, np.nan, found.beta))


def mean_weights(days: Mask) -> Array:
    """Equal weights on some days, shape (T,)."""
    return np.asarray(days / days.sum(), dtype=float)


def moved(verdict: Verdict, by: float) -> Verdict:
    """The same verdict on an effect that is larger by a constant; its p is not."""
    return replace(
        verdict,
        estimate=verdict.estimate + by,
        conf_low=verdict.conf_low + by,
        conf_high=verdict.conf_high + by,
    )


def point(label: str, by: str, verdict: Verdict, why: str) -> dict[str, Any]:
    """A row with an estimate, or without where some day has no number."""
    if np.isnan(verdict.estimate):
        return closed(label, LACKING, by)
    row = finish.verdict_row(verdict)
    return {"identification": label, "by": by, **row, "why": why}


def between(by: str, low: Verdict, high: Verdict, why: str) -> dict[str, Any]:
    """A set, covered whole by its interval; a point where its ends are one."""
    if np.isnan(low.estimate + high.estimate):
        return closed("bounds", LACKING, by)
    if low.estimate == high.estimate:
        row = point("bounds", by, low, why)
    else:
        ends = {
            "conf_low": min(low.conf_low, high.conf_low),
            "conf_high": max(low.conf_high, high.conf_high),
        }
        row = {"identification": "bounds", "by": by, **ends, "why": why}
    return row | {"set_low": low.estimate, "set_high": high.estimate}


def closed(label: str, why: str, by: str = "not computed") -> dict[str, Any]:
    """A row without a number, and why."""
    return {"identification": label, "by": by, "why": why}
