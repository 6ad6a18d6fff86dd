"""Simultaneous bands: the quantile of the largest of several correlated normals.

The box probability is computed by the separation of variables of Genz (1992,
doi:10.1080/10618600.1992.10477010) on a seeded, scrambled Sobol sequence, so that the
same covariance gives the same band; long paths use seeded draws. The band is that of
Montiel Olea and Plagborg-Moller (2019, doi:10.1002/jae.2656).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from migration.inference import tails
from migration.inference.arrays import Array

SEED = 20210106
POINTS = 15  # a power of two: 2**15 points err by 1e-5 in seven dimensions
COARSE = 10  # enough to look for a root, which all points then settle
STEPS = 3
DRAWS = 100_000
MOST_FOR_GENZ = 12
FLAT = 1e-10  # conditional variance below which a normal is a sum of those before it


def correlation(cov: Array) -> Array:
    """Correlations of a covariance, shape (K, K)."""
    error = np.sqrt(np.diag(cov))
    return np.asarray(cov / np.outer(error, error))


def sup_t_critical(cov: Array, alpha: float = 0.05, *, draws: int = 0) -> float:
    """``c`` with ``P(max_k |N(0, corr)_k| <= c) = 1 - alpha``.

    Parameters
    ----------
    cov : (K, K) array
        May be singular, as that of deviations from a mean is.
    alpha : float
    draws : int
        Simulate with so many seeded draws; 0 integrates up to twelve dimensions and
        draws 100000 beyond.
    """
    corr = correlation(cov)
    if draws or len(corr) > MOST_FOR_GENZ:
        return _simulated(corr, alpha, draws or DRAWS)
    ends = (
        float(tails.norm.ppf(1 - alpha / 2)),
        float(tails.norm.ppf(1 - alpha / (2 * len(corr)))) + 1e-6,
    )
    zero = np.zeros(len(corr))

    def short(c: float, points: int) -> float:
        half = np.full(len(corr), c)
        return box_probability(zero, corr, half, points=points) - (1 - alpha)

    if len(corr) == 1 or short(ends[0], POINTS) >= 0:
        return ends[0]
    return settled_root(short, ends)


def settled_root(
    short: Callable[[float, int], float], ends: tuple[float, float]
) -> float:
    """Where a rising function of few or many points is zero by all points.

    Few points find the root and the slope there; all of them then correct it, a
    thousandth of a thousandth at each step.

    Parameters
    ----------
    short : callable
        Of a value and of the number of points, as a power of two.
    ends : (float, float)
        Between which the root lies.
    """
    low, high = ends
    below, above = (short(end, COARSE) for end in ends)
    if below >= 0 or above <= 0:  # few points put it beyond an end
        root = low if below >= 0 else high
    else:
        root = float(optimize.brentq(short, low, high, args=(COARSE,), xtol=1e-9))
    step = 1e-4 * max(abs(root), 1e-12)
    slope = (short(root + step, COARSE) - short(root - step, COARSE)) / (2 * step)
    for _ in range(STEPS):
        root -= short(root, POINTS) / slope
    return min(max(root, low), high)


def _simulated(corr: Array, alpha: float, draws: int) -> float:
    values, vectors = np.linalg.eigh(corr)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    z = _normals(draws, len(corr))
    return float(np.quantile(np.abs(z @ root.T).max(axis=1), 1 - alpha))


@lru_cache(maxsize=2)  # the same draws for every series of a path
def _normals(draws: int, size: int) -> Array:
    return np.random.default_rng(SEED).normal(size=(draws, size))


def box_probability(
    mean: Array, cov: Array, half: Array, *, points: int = POINTS
) -> float:
    """``P(|x_k| <= half_k for all k)`` of a normal, by Genz's transformation.

    Parameters
    ----------
    mean, half : (K,) arrays
    cov : (K, K) array
    points : int
        As a power of two.
    """
    return float(_boxed(mean, cov, half, points)[1].mean())


def box_mean(mean: Array, cov: Array, half: Array) -> Array:
    """``E[x | |x_k| <= half_k for all k]`` of a normal, shape (K,)."""
    values, weight = _boxed(mean, cov, half, POINTS)
    return np.asarray(weight @ values / weight.sum())


def _boxed(mean: Array, cov: Array, half: Array, points: int) -> tuple[Array, Array]:
    """Points inside the box, and the weight of each, by separation of variables.

    Returns
    -------
    (P, K) array, (P,) array
        The weights' mean is the probability.
    """
    root = _root(cov)
    size = len(root)
    uniform = _sequence(size, points)
    z = np.zeros((len(uniform), size))
    weight = np.ones(len(uniform))
    for k in range(size):
        centre = mean[k] + z[:, :k] @ root[k, :k]
        if root[k, k] <= 0:
            weight = weight * (np.abs(centre) <= half[k] + 1e-12)
            continue
        low = special.ndtr((-half[k] - centre) / root[k, k])
        high = special.ndtr((half[k] - centre) / root[k, k])
        weight = weight * (high - low)
        inner = np.clip(low + uniform[:, k] * (high - low), 1e-300, 1 - 1e-16)
        z[:, k] = special.ndtri(inner)
    return mean + z @ root.T, weight


@lru_cache(maxsize=32)
def _sequence(size: int, points: int) -> Array:
    from scipy.stats import qmc  # slow to load

    drawn = qmc.Sobol(size, scramble=True, rng=SEED).random_base2(points)
    return np.asarray(drawn, dtype=np.float64)


def _root(cov: Array) -> Array:
    """Lower Cholesky factor; a zero on the diagonal where the covariance is flat."""
    size = len(cov)
    root = np.zeros((size, size))
    for k in range(size):
        left = cov[k, k] - root[k, :k] @ root[k, :k]
        if left <= FLAT * cov[k, k]:
            continue
        root[k, k] = np.sqrt(left)
        below = cov[k + 1 :, k] - root[k + 1 :, :k] @ root[k, :k]
        root[k + 1 :, k] = below / root[k, k]
    return root
