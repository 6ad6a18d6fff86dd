"""The tables of an event study: daily effects, end bins, tests beside the rule."""

from typing import Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.estimators import finish
from migration.estimators.calibration import mean_of
from migration.estimators.path_options import NAMES, PathOptions
from migration.estimators.path_track import (
    Track,
    band_critical,
    largest_t,
    range_of,
    sup_t_limit,
    verdicts,
)
from migration.inference import tails
from migration.inference.arrays import Mask
from migration.inference.blocks import BlockContrast
from migration.inference.path import Paths
from migration.inference.pretrends import wald
from migration.inference.rule import ALPHA
from migration.inference.sample import Sample
from migration.inference.sup_t import box_probability
from migration.inference.two_way import average_effect, clustered_p, one_unit_effects
from migration.results import COLUMNS

PLACEBO_DRAWS = 10_000  # the size over unrelated series needs no more digits
SUMMED = ("cumulated", "cumulated_low", "cumulated_high")


def label_of(day: pd.Timestamp, design: Design) -> str:
    """What the effect of one day identifies; before day zero it identifies nothing."""
    if day <= design.baseline[1]:
        return "baseline"
    felt = [touched for touched, _ in design.other_events.values()]
    other = any(design.baseline[1] < touched <= day for touched in felt)
    if day < design.event:
        return "another event" if other else "before the event"
    if other:
        return "combined path"
    return design.identification


def daily(track: Track, design: Design, shown: Mask) -> pd.DataFrame:
    """Effects by event time, with bands for the whole path and cumulated effects."""
    s = track.sample
    found = track.days(shown)
    frame = verdicts(found)
    half = band_critical(found) * found.std_error[0]
    frame["band_low"] = frame["estimate"] - half
    frame["band_high"] = frame["estimate"] + half
    frame.index = pd.Index(s.event_time[shown], name="event_time")
    frame.insert(0, "period", s.days[shown])
    frame["identification"] = [label_of(day, design) for day in s.days[shown]]
    return frame.join(_cumulated(track, shown))


def _cumulated(track: Track, shown: Mask) -> pd.DataFrame:
    """Effect from day zero to each day: the average to date times its days."""
    s = track.sample
    last = np.flatnonzero(shown)
    last = last[s.event_time[last] >= 0]
    columns = np.zeros((len(last), len(s.days)))
    number = s.event_time[last] + 1.0
    for row, day in enumerate(last):
        columns[row, (s.event_time >= 0) & (np.arange(len(s.days)) <= day)] = 1
    found = track.means(columns / number[:, None])
    frame = verdicts(found)[["estimate", "conf_low", "conf_high"]]
    summed = frame.mul(number, axis=0).set_axis(SUMMED, axis=1)
    return summed.set_index(pd.Index(s.event_time[last], name="event_time"))


def covariance(track: Track, shown: Mask) -> pd.DataFrame:
    """Of the treated series' daily effects, labelled by event time."""
    found = track.days(shown)
    names = pd.Index(track.sample.event_time[shown], name="event_time")
    return pd.DataFrame(found.cov[0], index=names, columns=names)


def ends(track: Track, design: Design, shown: Mask) -> pd.DataFrame:
    """The binned end points: the days before the first lead and after the last lag."""
    s = track.sample
    inside = np.flatnonzero(shown)
    place = np.arange(len(s.days))
    heard = np.isfinite(track.gaps[0])
    bins = {"earlier": place < inside[0], "later": (place > inside[-1]) & heard}
    rows = []
    for name, days in bins.items():
        if not days.any():
            continue
        first, last = s.days[days][0], s.days[days][-1]
        row = verdicts(track.mean_over(days)).iloc[0]
        rows.append(
            {
                "bin": name,
                "first_day": first,
                "last_day": last,
                "days": int(days.sum()),
                **row,
                "identification": label_of(last, design),
            }
        )
    columns = ["bin", "first_day", "last_day", "days", *COLUMNS, "identification"]
    return pd.DataFrame(rows, columns=columns).set_index("bin")


def tests(
    track: Track, contrast: BlockContrast, options: PathOptions
) -> list[dict[str, Any]]:
    """Rows beside the headline, each with its size on the unrelated series."""
    rows = [*finish.halves_of_the_rule(contrast), _arma_row(track, options)]
    rows.append(_sup_t_row(track, options))
    if not options.poisson:
        rows.append(_clustered_row(track.sample))
    return rows


def _arma_row(track: Track, options: PathOptions) -> dict[str, Any]:
    found = track.mean_over(track.sample.window)
    error = found.std_error[:, 0]
    p_value = 2 * tails.t.sf(np.abs(found.beta[:, 0] / error), found.df)
    half = float(tails.t.ppf(1 - ALPHA / 2, found.df) * error[0])
    return {
        "test": f"mean of the path, {NAMES[options.noise]} covariance",
        **_five(float(found.beta[0, 0]), float(error[0]), half, float(p_value[0])),
        "size_here": mean_of(p_value[1:] <= ALPHA),
        "assumes": "stationary noise, the same after the event as before",
    }


def _sup_t_row(track: Track, options: PathOptions) -> dict[str, Any]:
    """Whether any day of the window moved: the day with the largest |t|, its band."""
    found = track.days(track.sample.window)
    largest, df = largest_t(found), found.df
    others = [sup_t_limit(cov, df, PLACEBO_DRAWS) for cov in found.cov[1:]]
    top = int(np.nanargmax(np.abs(found.beta[0] / found.std_error[0])))
    estimate, error = float(found.beta[0, top]), float(found.std_error[0, top])
    day = int(track.sample.event_time[track.sample.window][top])
    return {
        "test": f"sup-t over the window: largest on day {day}",
        **_five(estimate, error, sup_t_limit(found.cov[0], df) * error, _sup_p(found)),
        "size_here": mean_of((largest[1:] > others)[np.isfinite(largest[1:])]),
        "assumes": f"{NAMES[options.noise]} noise, normal; the band of all the days",
    }


def _sup_p(found: Paths) -> float:
    """Chance of so large a |t| on some day when no day moved."""
    normal = tails.norm.isf(tails.t.sf(largest_t(found)[0], found.df))
    half = normal * found.std_error[0]
    return max(1 - box_probability(np.zeros(len(half)), found.cov[0], half), 0.0)


def _clustered_row(sample: Sample) -> dict[str, Any]:
    """Two-way least squares clustered by unit: what one shared event does not allow."""
    used = sample.baseline | sample.window
    y, after = sample.y[:, used], sample.window[used]
    own = average_effect(y, np.arange(len(y)) == 0, after)
    effect, error = float(own.coef[0]), float(own.std_error[0])
    # Each control in the treated series' place, without that series.
    p_value = clustered_p(*one_unit_effects(y[1:], after), len(y) - 1)
    half = float(tails.t.ppf(1 - ALPHA / 2, len(y) - 1)) * error
    return {
        "test": "two-way fixed effects, clustered by unit",
        **_five(effect, error, half, float(own.p_value[0])),
        "size_here": mean_of(p_value <= ALPHA),
        "assumes": "many units hit one by one; here one event hit one series",
    }


def _five(estimate: float, error: float, half: float, p_value: float) -> dict[str, Any]:
    row = (estimate, error, estimate - half, estimate + half, p_value)
    return dict(zip(COLUMNS, row, strict=True))


def joint_pretrend(found: Paths) -> dict[str, float]:
    """Wald test that all baseline bins are level, its size, and its rank."""
    own = wald(found.beta[0], found.cov[0])
    others = [wald(b, v) for b, v in zip(found.beta[1:], found.cov[1:], strict=True)]
    beyond = sum(other.statistic >= own.statistic for other in others)
    return {
        "statistic": own.statistic,
        "df": float(own.df),
        "p_value": own.p_value,
        "size_here": mean_of([other.p_value <= ALPHA for other in others]),
        "p_rank": (1 + beyond) / (1 + len(others)),
        "bins": float(len(range_of(found))),
    }


def last_days(design: Design) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Window of each later focal event: name, first and last day, shortened if needed.

    It is as long as the design's own, and ends before the next event is felt.
    """
    later = sorted(
        (touched, full, name)
        for name, (touched, full) in design.other_events.items()
        if touched > design.event
    )
    found = []
    for place, (_, full, name) in enumerate(later):
        last = full + ONE_DAY * (design.length - 1)
        if place + 1 < len(later):
            last = min(last, later[place + 1][0] - ONE_DAY)
        found.append((name, full, last))
    return found
