"""A later event's own effect: by a decay, by bounds, or not at all, each said so.

After two shared events the path is the sum of both effects. What the first would have
gone on to do is not in the data: each route puts something in its place, and is a row
of its own.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.estimators.path_frames import last_days
from migration.estimators.path_options import FEWEST_ANCHOR_DAYS, PathOptions
from migration.estimators.path_track import Track, column, rule_contrast
from migration.estimators.second_decay import decay_rows
from migration.estimators.second_rows import (
    Later,
    between,
    closed,
    functional,
    mean_weights,
    moved,
    point,
)
from migration.inference.arrays import Ints, Mask
from migration.inference.path import worst_bend
from migration.inference.rule import decide
from migration.results import COLUMNS

LAST_DAYS = 5
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
        found = _absent(track, later, last) or _routes(track, options, later)
        rows += [told | row for row in found]
    return pd.DataFrame(rows, columns=TABLE)


def cautions(second: pd.DataFrame) -> tuple[str, ...]:
    """Say which later events have no effect whose sign all routes share."""
    said = []
    own = second[second["identification"] != "combined path"].dropna(subset="conf_low")
    for name, rows in own.groupby("event", sort=False):
        low, high = float(rows["conf_low"].min()), float(rows["conf_high"].max())
        if not ((rows["conf_low"] > 0).all() or (rows["conf_high"] < 0).all()):
            said.append(
                f"{name}: what it did by itself has no sign on which all {len(rows)} "
                f"routes agree (their intervals reach from {low:.2f} to {high:.2f}); "
                "only the combined path of both events is an effect"
            )
    return tuple(said)


def _absent(track: Track, later: Later, last: pd.Timestamp) -> list[dict[str, Any]]:
    """One row with the reason where the treated series lacks days of the window."""
    s, known = track.sample, np.isfinite(track.gaps[0])
    if not later.days.any() and last <= s.days[-1]:
        why = "no whole day of its own: the next event is felt by then"
        return [closed("combined path", why)]
    lacking = int((later.days & ~known).sum()) + max((last - s.days[-1]).days, 0)
    if not lacking:
        return []
    why = f"no number on {lacking} days of its window, up to {last:%F}"
    return [closed("combined path", why)]


def _routes(track: Track, options: PathOptions, later: Later) -> list[dict[str, Any]]:
    rows = list(_combined(track, options, later))
    if not later.alone:
        why = "another focal event lies between: the path holds three effects"
        return [*rows, *(closed(r, why) for r in ("decay", "bounds", "dose"))]
    rows += decay_rows(track, later)
    rows += list(_bounds(track, options, later))
    dose = (
        "one series has no dose; dose_contrast on units by market, over this window, "
        "compares markets that it reached more and less"
    )
    return [*rows, closed("dose", dose)]


def _combined(
    track: Track, options: PathOptions, later: Later
) -> Iterator[dict[str, Any]]:
    why = "the sum of both effects, by the rule of block-t and rank"
    yield point("combined path", "rule", decide(rule_contrast(track, later.days)), why)
    s = track.sample
    for first, last in options.without:
        left = later.days & ~s.span(first, last)
        if left.any() and (left != later.days).any():
            words = f"rule, without {first:%F} to {last:%F}"
            found = decide(rule_contrast(track, left))
            yield point("combined path", words, found, why)


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
            yield closed("bounds", why)
            continue
        yield from _line(track, later, anchor, options.curvature)
        yield _levels(track, later, anchor)


def _usual_anchors(days: Ints) -> list[tuple[int, int]]:
    """All days before the later event, and the last five of them."""
    if not len(days):
        return [(0, 0)]
    whole, short = (int(days[0]), int(days[-1])), int(days[-1]) - LAST_DAYS + 1
    return [whole] if short <= whole[0] else [whole, (short, whole[1])]


def _line(
    track: Track, later: Later, anchor: Mask, curvature: tuple[float, ...]
) -> Iterator[dict[str, Any]]:
    """A straight line carried on, and paths whose slope changes by at most M a day.

    They may bend from the first anchor on, so that the line fitted to the anchors is
    not theirs either.
    """
    time = track.sample.event_time.astype(float)
    x = np.column_stack([np.ones(len(time)), time])
    carried = x[later.days].mean(axis=0) @ np.linalg.pinv(x[anchor])
    weights = mean_weights(later.days)
    weights[anchor] -= carried
    verdict = decide(column(functional(track, weights), 0))
    bend = worst_bend(weights)
    words = f"line through days {time[anchor][0]:.0f} to {time[anchor][-1]:.0f}"
    why = "the first event's path would have gone on along this line"
    closest = min(abs(verdict.conf_low), abs(verdict.conf_high)) / bend
    if verdict.conf_low * verdict.conf_high <= 0:
        closest = 0.0  # NaN, where some day has no number, stays
    for m in curvature:
        shifted = words + (f", slope changing by at most {m:g} a day" if m else "")
        ends = moved(verdict, -m * bend), moved(verdict, m * bend)
        row = between(shifted, *ends, f"{why}, or bent by no more" if m else why)
        yield row | {"breakdown": closest}


def _levels(track: Track, later: Later, anchor: Mask) -> dict[str, Any]:
    """Between an effect of the first event that stayed and one that was gone."""
    time = track.sample.event_time
    gone, held = mean_weights(later.days), mean_weights(later.days)
    held[anchor] -= 1 / anchor.sum()
    pair = [decide(column(functional(track, w), 0)) for w in (gone, held)]
    low, high = sorted(pair, key=lambda v: v.estimate)
    words = (
        f"between back to zero and held at the mean of days {time[anchor][0]} to "
        f"{time[anchor][-1]}"
    )
    why = "the first event's path would have stayed between these two levels"
    return between(words, low, high, why)
