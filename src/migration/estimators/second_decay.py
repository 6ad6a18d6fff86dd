"""A later event's effect as the path less a decay of the first one's."""

from dataclasses import replace
from typing import Any

import numpy as np

from migration.estimators.path_track import Track, column
from migration.estimators.second_rows import (
    Later,
    closed,
    mean_weights,
    on_gaps,
    point,
)
from migration.inference.arrays import Array, weekday_dummies
from migration.inference.decay import fit_decay, pulse_response
from migration.inference.path import Paths
from migration.inference.rule import decide

DAYS_OF_DECAY = 5
DECAYS = 9  # between the ends of the decay's own interval
NOISES = ((0, 0), (0, 1), (1, 0), (1, 1))


def decay_rows(track: Track, later: Later) -> list[dict[str, Any]]:
    """The path less a fitted decay of the first effect, to zero and to a floor."""
    s = track.sample
    if track.counts is not None:
        return [closed("decay", "a decay is fitted to logs: use estimator='ols'")]
    path = track.days(later.before).beta[0]
    if not len(path) or not np.isfinite(path).all():
        why = "the days before it do not all have a number"
        return [closed("decay", why)]
    sign = 1.0 if path.mean() >= 0 else -1.0
    left = len(path) - 1 - int((sign * path).argmax())
    if left < DAYS_OF_DECAY:
        top = s.days[later.before][len(path) - 1 - left]
        why = (
            f"refused: the path before it is largest on {top:%F}, which leaves {left} "
            f"days to see a decay and {DAYS_OF_DECAY} are needed"
        )
        return [closed("decay", why)]
    return [_decayed(track, later, floor=floor) for floor in (False, True)]


def _decayed(track: Track, later: Later, *, floor: bool) -> dict[str, Any]:
    s = track.sample
    used = s.baseline | later.before
    days = np.arange(len(s.days), dtype=float)
    start = float(np.flatnonzero(later.before)[0])
    base = weekday_dummies(s.weekday)
    if floor:
        base = np.column_stack([base, days >= start])
    y = track.gaps[:1, used]
    fitted = fit_decay(y, base[used], days[used], np.array([start]), orders=NOISES)
    words = f"decay to {'a floor' if floor else 'zero'}"
    told = (
        f"decay of {fitted.decay[0]:.2f} a day, 95% {fitted.low[0]:.2f} to "
        f"{fitted.high[0]:.2f}"
    )
    if fitted.high[0] >= 1:
        return closed("decay", f"refused: {told}, which does not lie below 1", words)
    ends = np.linspace(fitted.low[0], fitted.high[0], DECAYS)
    tried = [
        decide(column(_less_decay(track, later, base, d), 0))
        for d in (float(fitted.decay[0]), *map(float, ends))
    ]
    verdict = replace(
        tried[0],
        conf_low=min(v.conf_low for v in tried),
        conf_high=max(v.conf_high for v in tried),
        p_value=max(v.p_value for v in tried),
    )
    why = f"{told}; the interval holds for every decay of these"
    return point("decay", words, verdict, why)


def _less_decay(track: Track, later: Later, base: Array, decay: float) -> Paths:
    """The window's mean less the path of a known decay, fitted by least squares.

    With the decay known it is a weighted sum of the gaps, so that all series have it
    and its error is that of any effect. What does not change with the decay, level and
    floor, is fitted anew for each.
    """
    s = track.sample
    used = s.baseline | later.before
    start = float(np.flatnonzero(later.before)[0])
    pulse = pulse_response(np.arange(len(s.days), dtype=float), start, decay)
    x = np.column_stack([base, pulse])
    weights = mean_weights(later.days)
    weights[used] -= x[later.days].mean(axis=0) @ np.linalg.pinv(x[used])
    return on_gaps(track, weights[None])
