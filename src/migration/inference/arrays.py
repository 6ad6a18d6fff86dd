"""The array types that the kernels speak, and two moves that all of them make."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

DAYS_IN_WEEK = 7


def net_of_controls(values: Array) -> Array:
    """Each row less the mean of the control rows other than itself.

    Parameters
    ----------
    values : (1 + J, ...) array
        Row 0 is the treated series, rows 1..J are the controls.

    Returns
    -------
    (1 + J, ...) array
        With fewer than two controls the rows that have no other stay as they are.
    """
    n_controls = len(values) - 1
    if n_controls == 0:
        return values
    total = values[1:].sum(axis=0)
    net = values.copy()
    net[0] -= total / n_controls
    if n_controls > 1:
        net[1:] -= (total - values[1:]) / (n_controls - 1)
    return net


def weekday_dummies(weekday: Ints) -> Array:
    """Intercept and six day-of-week dummies, shape (T, 7); absent days left out.

    Parameters
    ----------
    weekday : (T,) array
        0 to 6.
    """
    present = np.unique(weekday)
    dummies = (weekday[:, None] == present[None, 1:]).astype(float)
    return np.column_stack([np.ones(len(weekday)), dummies])


def without_weekly_cycle(
    y: Array, weekday: Ints, baseline: Mask, *, ratio: bool = False
) -> Array:
    """Take out the day-of-week pattern of the baseline days.

    Parameters
    ----------
    y : (N, T) array
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask
    ratio : bool
        Divide (counts) instead of subtracting.
    """
    means = np.full((len(y), DAYS_IN_WEEK), np.nan)
    for day in np.unique(weekday[baseline]):
        means[:, day] = y[:, baseline & (weekday == day)].mean(axis=1)
    known = (~np.isnan(means)).sum(axis=1, keepdims=True)
    # Of a series without a number there is no level, and numpy would warn of it.
    level = np.nansum(means, axis=1, keepdims=True) / np.where(known, known, np.nan)
    # A weekday that the baseline never shows keeps its value: nothing is known of it.
    means = np.where(np.isnan(means), level, means)
    if ratio:
        return np.asarray(y / (means / level)[:, weekday])
    return np.asarray(y - (means - level)[:, weekday])
