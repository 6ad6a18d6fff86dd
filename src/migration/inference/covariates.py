"""What unrelated series say of a series: their mean, or their principal components.

Made for every series from the controls other than itself, so that an unrelated series
is never its own counterfactual.
"""

import numpy as np

from migration.inference.arrays import (
    Array,
    Ints,
    Mask,
    net_of_controls,
    weekday_dummies,
)
from migration.inference.sample import Sample


def mean_of_others(y: Array) -> Array:
    """Mean of the control rows other than each row itself, shape (1 + J, T, 1).

    Parameters
    ----------
    y : (1 + J, T) array
        J of at least two.
    """
    return np.asarray((y - net_of_controls(y))[:, :, None])


def components_of_others(sample: Sample, used: Ints, n: int) -> Array:
    """Scores of the first principal components of the others, shape (1 + J, U, n).

    Each control is set to mean zero within each weekday and variance one on the
    baseline, whose days alone give the loadings (Stock and Watson 2002,
    doi:10.1198/016214502388618960).

    Parameters
    ----------
    sample : Sample
    used : (U,) array of days
        Baseline and window.
    n : int
    """
    base = sample.baseline[used]
    z = _standard(sample.y[1:, used], sample.weekday[used], base)
    every = np.arange(len(z))
    others = [every, *(np.delete(every, j) for j in every)]
    return np.array([_scores(z[rows], base, n) for rows in others])


def _standard(y: Array, weekday: Ints, base: Mask) -> Array:
    x = weekday_dummies(weekday)
    coef = np.linalg.lstsq(x[base], y[:, base].T, rcond=None)[0]
    left = y - (x @ coef).T
    spread = left[:, base].std(axis=1, keepdims=True)
    return np.asarray(left / np.where(spread > 0, spread, 1.0))


def _scores(z: Array, base: Mask, n: int) -> Array:
    """Scores of mean square one on the baseline, signed like the controls' sum."""
    loadings = np.linalg.svd(z[:, base], full_matrices=False)[0][:, :n]
    sign = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return np.asarray(z.T @ (loadings * sign) / np.sqrt(len(z)))


def still(own: Array, x: Array, known: Ints) -> Mask:
    """Whether a covariate of a series says nothing beyond the shared ones, (N,).

    Parameters
    ----------
    own : (N, T, c) array
    x : (T, k) array
    known : (n,) array of days
    """
    n, _, c = own.shape
    flat = np.moveaxis(own[:, known], 0, 1).reshape(len(known), n * c)
    coef = np.linalg.lstsq(x[known], flat, rcond=None)[0]
    left = np.abs(flat - x[known] @ coef).max(axis=0)
    size = np.maximum(np.abs(flat).max(axis=0), np.finfo(float).tiny)
    return np.asarray((left <= 1e-9 * size).reshape(n, c).any(axis=1))
