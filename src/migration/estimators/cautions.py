"""What the series themselves give reason to doubt, whatever the method."""

import numpy as np
import pandas as pd

from migration.inference.arrays import Array, without_weekly_cycle
from migration.inference.copies import likeness
from migration.inference.sample import Sample
from migration.outcomes import PLACES

ALIKE = 0.9  # net of week and market; the largest of 99 unrelated series has 0.5
FEWEST_DAYS = 28  # of fewer the largest of many correlations is near 1 by chance
FEW = 20  # controls, of which one can be much of their mean
LAGS = (0, 1, -1)  # a day's difference is what another zone makes of a series


def cautions(frame: pd.DataFrame, sample: Sample, *, logs: bool) -> tuple[str, ...]:
    """Sentences on controls that are the treated series, and on first places."""
    return (*_doubles(sample, logs=logs), *_first_places(frame, sample))


def _doubles(sample: Sample, *, logs: bool) -> list[str]:
    """Name controls that move from day to day as the treated series does.

    An exact copy is refused at the door; one that was rounded, weighted anew or counted
    in another zone is none, and hides an effect all the same: it has the effect too.
    """
    own = np.diff(sample.y[0, sample.baseline])
    if len(sample.controls) < 2 or np.count_nonzero(own) < FEWEST_DAYS:
        return []
    y = without_weekly_cycle(sample.y, sample.weekday, sample.baseline, ratio=logs)
    found = _alike(y[:, sample.baseline])
    return [
        f"{sample.controls[place]}, one of the unrelated series, moves from day to day "
        f"as the treated one does (correlation {found[place]:.2f} over the baseline, "
        "net of week and market): it looks like the same app, in which the effect "
        "would show too; leave it out if it is"
        for place in np.flatnonzero(found >= ALIKE)
    ]


def _alike(y: Array) -> Array:
    """How much each control moves as row 0, net of the mean of the others.

    A mean that holds the control itself would leave two series in few that move
    together whatever they are. Of many it is asked only where that mean tells any.
    """
    controls = y[1:]
    market = controls.mean(axis=0)
    found = np.max([likeness(y, market, lag) for lag in LAGS], axis=0)
    for place, own in enumerate(controls):
        if len(controls) < FEW or found[place] >= ALIKE:
            rest = (controls.sum(axis=0) - own) / (len(controls) - 1)
            pair = np.stack([y[0], own])
            found[place] = max(likeness(pair, rest, lag)[0] for lag in LAGS)
    return np.asarray(found)


def _first_places(frame: pd.DataFrame, sample: Sample) -> list[str]:
    """Say where a place could not have been better: it hides what was wanted more."""
    if frame.attrs.get("outcome") != PLACES:
        return []
    first = sample.y[0] == 0
    told = [
        f"{int(first[span].sum())} of {int(span.sum())} days of the {name}"
        for name, span in (("baseline", sample.baseline), ("window", sample.window))
        if first[span].any()
    ]
    if not told:
        return []
    return [
        f"first place on {' and '.join(told)}: no place shows how far ahead of the "
        "second an app is, so that this is the effect on the place and not on what "
        "lies behind it"
    ]
