"""A later event's own effect: by a decay, by bounds, or not at all, each said so.

After two shared events the path is the sum of both effects. What the first would have
gone on to do is not in the data: each route puts something in its place, and is a row
of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.estimators import finish
from migration.estimators.path_frames import last_days
from migration.estimators.path_options import FEWEST_ANCHOR_DAYS, PathOptions
from migration.estimators.path_track import Track, column, rule_contrast
from migration.inference.arma import ORDERS
from migration.inference.arrays import Array, Mask, weekday_dummies
from migration.inference.blocks import BlockContrast
from migration.inference.decay import DecayFit, fit_decay, pulse_response
from migration.inference.path import Paths, contrast_weights, paths
from migration.inference.rule import Verdict, decide
from migration.results import COLUMNS

LAST_DAYS = 5
DAYS_OF_DECAY = 5
TABLE = [
    "event",
    "identification",
    "by",
    *COLUMNS,
    "set_low",
    "set_high",
    "breakdown",
    "first_day",
    "last_day",
    "why",
]


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


def second_events(track: Track, design: Design, options: PathOptions) -> pd.DataFrame:
    """Every route to a later event's effect: computed, or the reason why it is not.

    Returns
    -------
    DataFrame
        One row a route. ``estimate`` where the route gives a point; ``set_low`` and
        ``set_high`` where it gives a set, whose ``conf_low`` and ``conf_high`` cover
        every point of it; ``breakdown`` is the curvature at which the interval of a
        straight line takes zero in; ``why`` says what it rests on, or why there is no
        number.
    """
    rows = []
    for number, (name, first, last) in enumerate(last_days(design)):
        s = track.sample
        touched = design.other_events[name][0]
        before = np.asarray((s.event_time >= 0) & (s.days < touched))
        later = Later(name, s.span(first, last), before, alone=number == 0)
        told = {"event": name, "first_day": first, "last_day": last}
        found = _absent(track, later, last) or _routes(track, design, options, later)
        rows += [told | row for row in found]
    return pd.DataFrame(rows, columns=TABLE)


def _absent(track: Track, later: Later, last: pd.Timestamp) -> list[dict[str, Any]]:
    """One row with the reason where the treated series lacks days of the window."""
    s, known = track.sample, np.isfinite(track.gaps[0])
    lacking = int((later.days & ~known).sum()) + max((last - s.days[-1]).days, 0)
    if not lacking:
        return []
    why = f"no number on {lacking} days of its window, up to {last:%F}"
    return [_closed("combined path", why)]


def _routes(
    track: Track, design: Design, options: PathOptions, later: Later
) -> list[dict[str, Any]]:
    rows = list(_combined(track, options, later))
    if not later.alone:
        why = "another focal event lies between: the path holds three effects"
        return [*rows, *(_closed(r, why) for r in ("decay", "bounds", "dose"))]
    rows += _decay_rows(track, later)
    rows += list(_bounds(track, options, later))
    dose = (
        "one series has no dose; dose_contrast on units by market, over this window, "
        "compares markets that it reached more and less"
    )
    return [*rows, _closed("dose", dose)]


def _combined(
    track: Track, options: PathOptions, later: Later
) -> Iterator[dict[str, Any]]:
    why = "the sum of both effects, by the rule of block-t and rank"
    yield _point("combined path", "rule", _judged(rule_contrast(track, later.days)), why)
    s = track.sample
    for first, last in options.without:
        left = later.days & ~s.span(first, last)
        if left.any() and (left != later.days).any():
            words = f"rule, without {first:%F} to {last:%F}"
            found = _judged(rule_contrast(track, left))
            yield _point("combined path", words, found, why)


def _bounds(
    track: Track, options: PathOptions, later: Later
) -> Iterator[dict[str, Any]]:
    """The path less what the first event's could be: a line, its curves, two levels."""
    time = track.sample.event_time
    anchors = options.anchors or _usual_anchors(time[later.before])
    for first, last in anchors:
        anchor = later.before & (time >= first) & (time <= last)
        if int(anchor.sum()) < FEWEST_ANCHOR_DAYS or time[anchor][-1] != last:
            why = (
                f"days {first} to {last} do not lie, {FEWEST_ANCHOR_DAYS} or more of "
                "them, between day zero and the day on which it is felt"
            )
            yield _closed("bounds", why)
            continue
        yield from _line(track, later, anchor, options.curvature)
        yield _levels(track, later, anchor)


def _usual_anchors(days: Array) -> list[tuple[int, int]]:
    """All days before the later event, and the last five of them."""
    if not len(days):
        return [(0, 0)]
    whole, short = (int(days[0]), int(days[-1])), int(days[-1]) - LAST_DAYS + 1
    return [whole] if short <= whole[0] else [whole, (short, whole[1])]


def _line(
    track: Track, later: Later, anchor: Mask, curvature: tuple[float, ...]
) -> Iterator[dict[str, Any]]:
    """Second differences of the carried path of at most M: line plus M h(h+1)/2."""
    time = track.sample.event_time.astype(float)
    x = np.column_stack([np.ones(len(time)), time])
    carried = x[later.days].mean(axis=0) @ np.linalg.pinv(x[anchor])
    weights = _mean_of(later.days)
    weights[anchor] -= carried
    verdict = _judged(column(_functional(track, weights), 0))
    steps = time[later.days] - time[anchor][-1]
    bend = float((steps * (steps + 1) / 2).mean())
    words = f"line through days {time[anchor][0]:.0f} to {time[anchor][-1]:.0f}"
    why = "the first event's path would have gone on along this line"
    closest = min(abs(verdict.conf_low), abs(verdict.conf_high)) / bend
    excludes = verdict.conf_low * verdict.conf_high > 0
    for m in curvature:
        shifted = words + (f", slope changing by at most {m:g} a day" if m else "")
        ends = _moved(verdict, -m * bend), _moved(verdict, m * bend)
        row = _between(shifted, *ends, why)
        yield row | {"breakdown": closest if excludes else 0.0}


def _levels(track: Track, later: Later, anchor: Mask) -> dict[str, Any]:
    """Between an effect of the first event that stayed and one that was gone."""
    time = track.sample.event_time
    gone, held = _mean_of(later.days), _mean_of(later.days)
    held[anchor] -= 1 / anchor.sum()
    pair = [_judged(column(_functional(track, w), 0)) for w in (gone, held)]
    low, high = sorted(pair, key=lambda v: v.estimate)
    words = (
        f"between back to zero and held at the mean of days {time[anchor][0]} to "
        f"{time[anchor][-1]}"
    )
    why = "the first event's path would have stayed between these two levels"
    return _between(words, low, high, why)


def _decay_rows(track: Track, later: Later) -> list[dict[str, Any]]:
    """The path less a fitted decay of the first effect, to zero and to a floor."""
    s = track.sample
    if track.counts is not None:
        return [_closed("decay", "a decay is fitted to logs: use estimator='ols'")]
    path = track.days(later.before).beta[0]
    if not len(path) or not np.isfinite(path).all():
        why = "the days before it do not all have a number"
        return [_closed("decay", why)]
    sign = 1.0 if path.mean() >= 0 else -1.0
    left = len(path) - 1 - int((sign * path).argmax())
    if left < DAYS_OF_DECAY:
        top = s.days[later.before][len(path) - 1 - left]
        why = (
            f"refused: the path before it is largest on {top:%F}, which leaves {left} "
            f"days to see a decay and {DAYS_OF_DECAY} are needed"
        )
        return [_closed("decay", why)]
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
        return _closed("decay", f"refused: {told}, which does not lie below 1", words)
    pulse = pulse_response(days, start, float(fitted.decay[0]))
    x = np.column_stack([base, pulse])
    weights = _mean_of(later.days)
    weights[used] -= x[later.days].mean(axis=0) @ np.linalg.pinv(x[used])
    found = _plain(track, weights[None])
    error = found.std_error[:, 0]
    error[0] = np.hypot(error[0], _decay_error(fitted, days[later.days] - start))
    contrast = BlockContrast(found.beta[:, 0], error, fitted.df)
    why = f"{told}; the error of the decay is in the interval"
    return _point("decay", words, _judged(contrast), why)


def _decay_error(fitted: DecayFit, since: Array) -> float:
    """What the decay's own error adds to the carried mean, by the delta method."""
    decay, pulse = float(fitted.decay[0]), float(fitted.coef[-1])
    slope = pulse * float((since * decay ** (since - 1)).mean())
    return abs(slope) * float(np.sqrt(fitted.cov[-1, -1]))


def _functional(track: Track, weights: Array) -> Paths:
    """A weighted sum of daily effects for every series."""
    s = track.sample
    if track.counts is None:
        return _plain(track, contrast_weights(weights[None], s.weekday, s.baseline))
    chosen = weights != 0
    return track.days(chosen).combine(weights[None, chosen])


def _plain(track: Track, weights: Array) -> Paths:
    """Weights on the gaps themselves; NaN where a day that they need has no number."""
    s = track.sample
    values = np.where(np.isfinite(track.gaps), track.gaps, 0.0)
    found = paths(
        values, weights, track.covariances, baseline=s.baseline, weekday=s.weekday
    )
    absent = np.isnan(track.gaps).astype(float) @ (weights != 0).T > 0
    return replace(found, beta=np.where(absent, np.nan, found.beta))


def _mean_of(days: Mask) -> Array:
    return np.asarray(days / days.sum(), dtype=float)


def _judged(contrast: BlockContrast) -> Verdict:
    """The union of t and rank, unrelated series without a number left out."""
    kept = np.isfinite(contrast.estimate) & (contrast.std_error > 0)
    kept[0] = True
    return decide(
        BlockContrast(contrast.estimate[kept], contrast.std_error[kept], contrast.df)
    )


def _moved(verdict: Verdict, by: float) -> Verdict:
    return replace(
        verdict,
        estimate=verdict.estimate + by,
        conf_low=verdict.conf_low + by,
        conf_high=verdict.conf_high + by,
    )


def _point(label: str, by: str, verdict: Verdict, why: str) -> dict[str, Any]:
    row = finish.verdict_row(verdict)
    return {"identification": label, "by": by, **row, "why": why}


def _between(by: str, low: Verdict, high: Verdict, why: str) -> dict[str, Any]:
    """A set, covered whole by its interval; a point where its ends are one."""
    if low.estimate == high.estimate:
        row = _point("bounds", by, low, why)
    else:
        ends = {"conf_low": low.conf_low, "conf_high": high.conf_high}
        row = {"identification": "bounds", "by": by, **ends, "why": why}
    return row | {"set_low": low.estimate, "set_high": high.estimate}


def _closed(label: str, why: str, by: str = "not computed") -> dict[str, Any]:
    return {"identification": label, "by": by, "why": why}
