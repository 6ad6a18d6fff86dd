"""Pulses that decay: refused unless the path shows the decay, then fitted."""

from typing import Any

import numpy as np
import pandas as pd

from migration.errors import DesignError
from migration.estimators.interrupted_series.model import (
    NAMES,
    NOISES,
    share,
    t_row,
)
from migration.estimators.interrupted_series.segments import Setting, since
from migration.estimators.interrupted_series.terms import ASSUMES, Layout
from migration.inference.arma import coefficient_p
from migration.inference.arrays import Array
from migration.inference.contrast import daily_path
from migration.inference.decay import DecayFit, fit_decay, with_pulses
from migration.results import COLUMNS

LEAST_DAYS = 5
INSTEAD = (
    "use shape='window' (one level per window; the second event's is the combined "
    "path) or shape='steps'"
)


def check_path(setting: Setting, normal: str) -> None:
    """Refuse a decay that the days after the path's maximum cannot show."""
    path = daily_path(setting.sample, normal=normal, logs=False).estimate[0]
    for place, segment in enumerate(setting.segments):
        if place and place + 1 == len(setting.segments):
            return  # nothing is read under another event from the last one's decay
        days = setting.sample.days
        seen = setting.sample.span(segment.start, segment.reach) & ~np.isnan(path)
        sign = np.sign(path[seen].mean())
        peak = days[seen][(sign * path[seen]).argmax()]
        after = int((days[seen] > peak).sum())
        if after < LEAST_DAYS:
            raise DesignError(
                f"a decay needs {LEAST_DAYS} days after the path's maximum and before "
                f"the next event is felt; after {segment.name!r} the maximum is on "
                f"{peak:%F} and {after} days follow, up to {segment.reach:%F}: the "
                f"path does not show a decay; {INSTEAD}"
            )


def fit_pulses(
    setting: Setting, layout: Layout, *, noise: str, normal: str
) -> DecayFit:
    """Fit the treated series, and refuse a decay that may be none."""
    starts = _starts(setting)
    base, y = layout.x, layout.series(normal)[:1]
    found = fit_decay(y, base, layout.days, starts, orders=NOISES[noise])
    for place, segment in enumerate(setting.segments):
        if found.high[place] < 1 or (place and place + 1 == len(setting.segments)):
            continue
        raise DesignError(
            f"the decay after {segment.name!r} is {found.decay[place]:.2f} a day with "
            f"an interval of {found.low[place]:.2f} to {found.high[place]:.2f}, which "
            f"does not lie below 1: an effect that lasts fits too; {INSTEAD}"
        )
    return found


def pulse_rows(
    setting: Setting, layout: Layout, found: DecayFit, *, noise: str, normal: str
) -> pd.DataFrame:
    """Peak, floor, decay, half-life and cumulated effect of every event.

    The size of peak and floor is that of the same decays held fixed: unrelated series
    show none of their own to estimate.
    """
    floor = layout.columns.shape[1] > 0
    named = _effects(setting, layout)
    fixed = with_pulses(layout.x, layout.days, _starts(setting), found.decay)
    others = layout.series(normal)[1:]
    weights = np.array([w for _, w in named])
    p_values = coefficient_p(others, fixed, layout.days, weights, orders=NOISES[noise])
    k = len(found.coef)
    cov = found.cov[:k, :k]
    rows: list[dict[str, Any]] = []
    for place, (words, weight) in enumerate(named):
        error = float(np.sqrt(weight @ cov @ weight))
        numbers = t_row(float(found.coef @ weight), error, found.df)
        rows.append({"test": words, **numbers, "size_here": share(p_values[:, place])})
    for place, segment in enumerate(setting.segments):
        rows += _shape_rows(found, place, segment.name)
    shape = "pulse to floor" if floor else "pulse"
    table = pd.DataFrame(rows)
    return table.assign(
        test=NAMES[noise] + ", decay by likelihood: " + table["test"] + " (decay)",
        assumes=f"{ASSUMES[shape]}; {noise} noise, the same throughout",
        identification="decay",
    )


def open_ends(setting: Setting, found: DecayFit) -> tuple[str, ...]:
    """Warnings about a last event whose decay may be none."""
    last = len(setting.segments) - 1
    if found.high[last] < 1:
        return ()
    name = setting.segments[last].name
    return (
        f"{name}: the interval of its decay reaches 1, so its cumulated effect and "
        "half-life have no bound",
    )


def half_life(decay: float, error: float) -> tuple[float, float]:
    """Days until half of a pulse is gone, and its standard error by the delta method.

    Parameters
    ----------
    decay : float
        In [0, 1); share that is left a day later.
    error : float
        Standard error of the decay.
    """
    if decay <= 0:
        return 0.0, float("nan")
    if decay >= 1:
        return float("inf"), float("nan")
    life = np.log(0.5) / np.log(decay)
    return float(life), float(abs(life / (decay * np.log(decay))) * error)


def _starts(setting: Setting) -> Array:
    days = [since(setting.sample, s.start) for s in setting.segments]
    return np.array([-gap[0] for gap in days])


def _effects(setting: Setting, layout: Layout) -> list[tuple[str, Array]]:
    """Peak and floor of each event as weights over the coefficients."""
    m, base = len(setting.segments), layout.x.shape[1]
    floors = layout.columns.shape[1]
    units = np.eye(base + m)
    named = []
    for place, segment in enumerate(setting.segments):
        peak = units[base + place].copy()
        if floors:
            lasting = units[base - floors + place]
            peak += lasting
            named.append((f"{segment.name}, floor", lasting))
        named.append((f"{segment.name}, peak on {segment.start:%F}", peak))
    return named


def _shape_rows(found: DecayFit, place: int, name: str) -> list[dict[str, Any]]:
    m = len(found.decay)
    k = len(found.coef)
    pulse, decay = float(found.coef[k - m + place]), float(found.decay[place])
    own = np.array([k - m + place, k + place])
    cov = found.cov[np.ix_(own, own)]
    error = float(np.sqrt(cov[1, 1]))
    low, high = float(found.low[place]), float(found.high[place])
    life, spread = half_life(decay, error)
    none = float("nan")
    rows = {
        "decay a day": (decay, error, low, high, none),
        "half-life, days": (
            life,
            spread,
            half_life(low, 0)[0],
            half_life(high, 0)[0],
            none,
        ),
        "cumulated pulse": _cumulated(pulse, decay, cov, found.gain[place]),
    }
    return [
        {
            "test": f"{name}, {what}",
            **dict(zip(COLUMNS, row, strict=True)),
            "size_here": none,
        }
        for what, row in rows.items()
    ]


def _cumulated(
    pulse: float, decay: float, cov: Array, gain: Array
) -> tuple[float, ...]:
    """``w / (1 - d)``, its error by the delta method, its interval by likelihood.

    NaN where the decay may be none. Whether there is a pulse is the peak's own p.
    """
    if np.isnan(gain).any():
        return (float("nan"),) * len(COLUMNS)
    slope = np.array([1 / (1 - decay), pulse / (1 - decay) ** 2])
    error = float(np.sqrt(slope @ cov @ slope))
    return pulse / (1 - decay), error, float(gain[0]), float(gain[1]), float("nan")
