"""What it costs a contrast that its weekly cycle was estimated on the same baseline.

Taking weekday means out of the baseline makes its blocks look calmer than they are, and
puts the error of those means into every window that is no whole number of weeks. Both
follow from the days alone, so that the error of a contrast can be put right exactly for
white noise; noise with memory has less of it at a distance of seven days, and is put
right by a little too little.
"""

from functools import lru_cache

import numpy as np

from migration.inference.arrays import DAYS_IN_WEEK, Array, Ints, Mask


def block_weights(baseline: Mask, length: int) -> Array:
    """Weights that make the means of the blocks of ``block_means``, shape (q, T)."""
    days = np.flatnonzero(baseline)
    q = len(days) // length
    weights = np.zeros((q, len(baseline)))
    whole = days[len(days) - q * length :].reshape(q, length)
    np.put_along_axis(weights, whole, 1 / length, axis=1)
    return weights


def window_widening(weekday: Ints, baseline: Mask, window: Mask) -> float:
    """:func:`widening` of a window's mean against blocks of its length.

    Parameters
    ----------
    weekday : (T,) array of 0 to 6
    baseline, window : (T,) masks
    """
    used = np.flatnonzero(baseline | window)
    span = slice(used[0], used[-1] + 1)
    parts = weekday[span], baseline[span], window[span]
    return _of_window(*(part.tobytes() for part in parts))


@lru_cache(maxsize=4096)  # many specifications ask for such days, or weeks later
def _of_window(weekday: bytes, baseline: bytes, window: bytes) -> float:
    day, base = np.frombuffer(weekday, np.int64), np.frombuffer(baseline, np.bool_)
    own = np.frombuffer(window, np.bool_)[None]
    blocks = block_weights(base, int(own.sum()))
    return float(widening(own / own.sum(), blocks, day, base)[0])


def widening(own: Array, blocks: Array, weekday: Ints, baseline: Mask) -> Array:
    """Factor of the errors of contrasts whose weekly cycle was estimated.

    The standard deviation of ``own' e`` less the mean of ``blocks e``, over the spread
    of ``blocks e``, for white noise ``e`` net of its weekday means on the baseline; 1
    is what that ratio is without a cycle.

    Parameters
    ----------
    own : (K, T) array
        Weights of the days of K contrasts.
    blocks : (q, T) array
        Those of q baseline blocks, two or more.
    weekday : (T,) array of 0 to 6
    baseline : (T,) mask

    Returns
    -------
    (K,) array
        1 where nothing is left of the blocks once the cycle is out.
    """
    left = _net_of_week(np.vstack([own, blocks]), weekday, baseline)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt(
            _ratio(left, len(own)) / _ratio(np.vstack([own, blocks]), len(own))
        )
    return np.where(np.isfinite(factor), factor, 1.0)


def _ratio(weights: Array, n_own: int) -> Array:
    """Variance of each contrast over the expected square of the blocks' spread."""
    own, blocks = weights[:n_own], weights[n_own:]
    centre = blocks.mean(axis=0)
    spread = ((blocks - centre) ** 2).sum() / (len(blocks) - 1)
    if spread <= 1e-12 * (blocks**2).sum():
        return np.full(n_own, np.nan)
    return np.asarray(((own - centre) ** 2).sum(axis=1) / spread)


def _net_of_week(weights: Array, weekday: Ints, baseline: Mask) -> Array:
    """Weights on the days themselves of weights on days without their weekly cycle."""
    here = weekday[:, None] == np.arange(DAYS_IN_WEEK)
    number = here[baseline].sum(axis=0)
    shown = number > 0
    held = (weights @ here)[:, shown]
    taken = np.zeros((len(weights), DAYS_IN_WEEK))
    taken[:, shown] = (held - held.mean(axis=1, keepdims=True)) / number[shown]
    return np.asarray(weights - taken[:, weekday] * baseline)
