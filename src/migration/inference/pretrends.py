"""What a pre-trend test could have seen, and what passing it does to the estimates.

Roth (2022, doi:10.1257/aeri.20210236): a test that a violation seldom fails says
little, and estimates that are kept only when it passes are biased.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from migration.errors import DesignError
from migration.inference import tails
from migration.inference.arrays import Array
from migration.inference.sup_t import (
    COARSE,
    POINTS,
    box_mean,
    box_probability,
    settled_root,
)

THRESHOLD = 1.96
MOST_DOUBLINGS = 60


@dataclass(frozen=True)
class Wald:
    """A joint test that all of some coefficients are zero.

    Attributes
    ----------
    statistic : float
        Chi-squared.
    df : int
        Rank of the covariance.
    p_value : float
    """

    statistic: float
    df: int
    p_value: float


def wald(beta: Array, cov: Array) -> Wald:
    """Joint test of ``beta = 0``; a singular covariance counts at its rank.

    Parameters
    ----------
    beta : (K,) array
    cov : (K, K) array
    """
    values, vectors = np.linalg.eigh(cov)
    kept = values > 1e-9 * values.max()
    parts = vectors[:, kept].T @ beta
    statistic, df = float((parts**2 / values[kept]).sum()), int(kept.sum())
    return Wald(statistic, df, float(tails.chi2.sf(statistic, df)))


def pretest_power(
    delta: Array, cov: Array, threshold: float = THRESHOLD, *, points: int = POINTS
) -> float:
    """Chance that some pre-period coefficient is significant when ``delta`` is true.

    Parameters
    ----------
    delta : (K,) array
        Pre-period violation; zeros give the size of the pre-test.
    cov : (K, K) array
    threshold : float
        On each |t|.
    points : int
        Of the integration, as a power of two.
    """
    half, shift = threshold * np.sqrt(np.diag(cov)), np.asarray(delta, dtype=float)
    return 1 - box_probability(shift, cov, half, points=points)


def slope_for_power(
    times: Array, cov: Array, power: float, threshold: float = THRESHOLD
) -> float:
    """Slope of a linear violation that the pre-test finds with chance ``power``.

    Parameters
    ----------
    times : (K,) array
        Distance of each pre-period from the reference, in periods.
    cov : (K, K) array
    power : float
        Above the pre-test's size.

    Raises
    ------
    DesignError
        If the pre-test rejects more often than that with no violation at all.
    """
    size = pretest_power(np.zeros(len(times)), cov, threshold)
    if not size < power < 1:
        raise DesignError(
            f"power must lie between the pre-test's size {size:.3g} and 1, got {power}"
        )
    error = np.sqrt(np.diag(cov))
    top = float((error / np.maximum(np.abs(times), 1e-12)).min())

    def short(slope: float, points: int) -> float:
        return pretest_power(slope * times, cov, threshold, points=points) - power

    for _ in range(MOST_DOUBLINGS):
        if short(top, COARSE) > 0:
            break
        top *= 2
    return settled_root(short, (0.0, 2 * top))


def mean_after_pretest(
    truth: Array, cov: Array, n_pre: int, threshold: float = THRESHOLD
) -> Array:
    """Mean of all coefficients among the samples that pass the pre-test.

    Parameters
    ----------
    truth : (K,) array
        True coefficients, the pre-period ones first.
    cov : (K, K) array
    n_pre : int

    Returns
    -------
    (K,) array
    """
    before, after = slice(0, n_pre), slice(n_pre, None)
    half = threshold * np.sqrt(np.diag(cov)[before])
    pre = box_mean(truth[before], cov[before, before], half)
    link = linalg.lstsq(cov[before, before], cov[before, after])[0].T
    return np.concatenate([pre, truth[after] + link @ (pre - truth[before])])


def bayes_factor(delta: Array, cov: Array, threshold: float = THRESHOLD) -> float:
    """Chance of passing when ``delta`` is true over the chance when nothing is."""
    kept = 1 - pretest_power(delta, cov, threshold)
    return kept / (1 - pretest_power(np.zeros(len(delta)), cov, threshold))


def likelihood_ratio(beta: Array, delta: Array, cov: Array) -> float:
    """Likelihood of the pre-period estimates under ``delta`` over that under none."""
    inverse = np.linalg.pinv(cov, rcond=1e-9)
    off = beta - delta
    return float(np.exp(0.5 * (beta @ inverse @ beta - off @ inverse @ off)))
