"""A later event's effect as the path less a decay of the first one's."""

from typing import Any

import numpy as np

from migration.estimators.path_track import Track
from migration.estimators.second_rows import (
    Later,
    closed,
    judged,
    mean_weights,
    on_gaps,
    point,
)
from migration.inference.arma import ORDERS
from migration.inference.arrays import Array, weekday_dummies
from migration.inference.blocks import BlockContrast
from migration.inference.decay import DecayFit, fit_decay, pulse_response

DAYS_OF_DECAY = 5


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
    starts = np.array([start])
    fitted = fit_decay(y, base[used], days[used], starts, orders=ORDERS[:4])
    words = f"decay to {'a floor' if floor else 'zero'}"
    told = (
        f"decay of {fitted.decay[0]:.2f} a day, 95% {fitted.low[0]:.2f} to "
        f"{fitted.high[0]:.2f}"
    )
    if fitted.high[0] >= 1:
        return closed("decay", f"refused: {told}, which does not lie below 1", words)
    pulse = pulse_response(days, start, float(fitted.decay[0]))
    x = np.column_stack([base, pulse])
    weights = mean_weights(later.days)
    weights[used] -= x[later.days].mean(axis=0) @ np.linalg.pinv(x[used])
    found = on_gaps(track, weights[None])
    error = found.std_error[:, 0]
    error[0] = np.hypot(error[0], _decay_error(fitted, days[later.days] - start))
    contrast = BlockContrast(found.beta[:, 0], error, fitted.df)
    why = f"{told}; the error of the decay is in the interval"
    return point("decay", words, judged(contrast), why)


def _decay_error(fitted: DecayFit, since: Array) -> float:
    """What the decay's own error adds to the carried mean, by the delta method."""
    decay, pulse = float(fitted.decay[0]), float(fitted.coef[-1])
    slope = pulse * float((since * decay ** (since - 1)).mean())
    return abs(slope) * float(np.sqrt(fitted.cov[-1, -1]))
