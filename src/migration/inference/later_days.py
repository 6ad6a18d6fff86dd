"""Series against unrelated ones on days where some of those have no number.

Each control with a gap counts there as the mean of the others does: its own level and
weekday pattern, moved as they moved. The day's effects are then those of the controls
that have a number (Borusyak, Jaravel and Spiess 2024, doi:10.1093/restud/rdae007:
impute the path without an event from what was not hit).
"""

import numpy as np

from migration.inference.arrays import Array, Ints, Mask, weekday_dummies

FEWEST_OTHERS = 2


def own_path(y: Array, weekday: Ints, baseline: Mask) -> Array:
    """Each series' level and weekday pattern of the baseline, shape (N, T)."""
    x = weekday_dummies(weekday)
    return np.asarray(y[:, baseline] @ np.linalg.pinv(x[baseline]).T @ x.T)


def net_of_known(y: Array, weekday: Ints, baseline: Mask) -> Array:
    """Abnormal values less the mean abnormal value of the controls that have one.

    On days without gaps, linear weights that annihilate a weekday pattern make the same
    of this as of the series net of the plain mean.

    Parameters
    ----------
    y : (1 + J, T) array
        Row 0 is the treated series. Complete on the baseline; NaN where a series has
        no number.
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask

    Returns
    -------
    (1 + J, T) array
        NaN where the series itself, or all but one of the others, has no number.
    """
    abnormal = y - own_path(y, weekday, baseline)
    return abnormal - mean_of_known(abnormal)


def mean_of_known(abnormal: Array) -> Array:
    """Mean over the control rows other than each row itself that have a number.

    Parameters
    ----------
    abnormal : (1 + J, T) array
        Each series less what is usual for it, so that a gap moves no level.

    Returns
    -------
    (1 + J, T) array
        NaN where fewer than two others have a number (or than there are); zero for a
        row that has no other.
    """
    known = np.isfinite(abnormal)
    values = np.where(known, abnormal, 0.0)
    total, number = values[1:].sum(axis=0), known[1:].sum(axis=0)
    others, count = np.tile(total, (len(known), 1)), np.tile(number, (len(known), 1))
    others[1:] -= values[1:]
    count[1:] -= known[1:]
    there = np.full((len(known), 1), len(known) - 2)
    there[0] += 1
    enough = count >= np.minimum(there, FEWEST_OTHERS)
    return np.where(enough, others / np.maximum(count, 1), np.nan)


def filled_counts(y: Array, weekday: Ints, baseline: Mask) -> Array:
    """Counts with each control's gaps at its weekday mean, moved as the others moved.

    Parameters
    ----------
    y : (1 + J, T) array
        Row 0, the treated series, stays as it is.
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask

    Returns
    -------
    (1 + J, T) array
    """
    usual = np.ones_like(y)
    for day in np.unique(weekday):
        here = weekday == day
        known = baseline & here if (baseline & here).any() else baseline
        usual[:, here] = y[:, known].mean(axis=1, keepdims=True)
    known_y = np.isfinite(y[1:])
    seen = np.where(known_y, y[1:], 0.0).sum(axis=0)
    expected = np.where(known_y, usual[1:], 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = usual[1:] * (seen / expected)
    filled = y.copy()
    filled[1:] = np.where(known_y, y[1:], moved)
    return filled
