"""Daily effects on counts by Poisson pseudo-likelihood, whose maximum is closed here.

Unit effects, day effects, a day-of-week pattern of the treated series and one dummy for
each of its days off the baseline: the likelihood equations of a saturated treated
series have the solution

    beta_S = log sum_{t in S} y_t - log sum_{t in S} m_t Y_t,  m_w = sum_B y / sum_B Y

with ``Y`` the sum of the unrelated series and ``m`` taken weekday by weekday over the
baseline B. Each series is divided by its own baseline mean first, so that the scale of
any series, and with it that of any request, cancels exactly (Santos Silva and Tenreyro
2006, doi:10.1162/rest.88.4.641; Wooldridge 1999, doi:10.1016/S0304-4076(98)00033-5).
"""

import numpy as np

from migration.inference.arrays import Array, Ints, Mask


def normalised(y: Array, baseline: Mask) -> Array:
    """Each series over its mean on baseline days, shape (N, T)."""
    return np.asarray(y / y[:, baseline].mean(axis=1, keepdims=True))


def expected_counts(y: Array, weekday: Ints, baseline: Mask) -> Array:
    """Each series' fitted counts without an event, from the sum of the others.

    Parameters
    ----------
    y : (1 + J, T) array
        Normalised; row 0 is the treated series. A control is fitted from the other
        controls.
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask

    Returns
    -------
    (1 + J, T) array
    """
    others = np.ones_like(y)
    if len(y) > 1:
        others[0] = y[1:].sum(axis=0)
    if len(y) > 2:
        others[1:] = others[0] - y[1:]
    expected = np.empty_like(y)
    for day in np.unique(weekday):
        here = weekday == day
        known = baseline & here if (baseline & here).any() else baseline
        level = y[:, known].sum(axis=1) / others[:, known].sum(axis=1)
        expected[:, here] = level[:, None] * others[:, here]
    return expected


def log_ratios(y: Array, expected: Array, columns: Array) -> Array:
    """Log of observed over fitted sums, shape (N, K); NaN where nothing was counted.

    Parameters
    ----------
    y, expected : (N, T) arrays
    columns : (K, T) array
        Rows pick the days of one effect.
    """
    chosen = (columns > 0).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(y @ chosen.T) - np.log(expected @ chosen.T)
    return np.asarray(np.where(np.isfinite(found), found, np.nan))
