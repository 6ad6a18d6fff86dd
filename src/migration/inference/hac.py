"""Heteroskedasticity and autocorrelation consistent errors, as R's sandwich has them.

Shown as a contrast only: the residuals sum to zero inside a window that has a dummy of
its own, so the long-run variance of that dummy's score is near zero.
"""

from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array

WORDS = "over-rejects for windows shorter than about a quarter of the sample"


@dataclass(frozen=True, eq=False)
class Hac:
    """Ordinary least squares with a HAC covariance.

    Attributes
    ----------
    coef : (k,) array
    cov : (k, k) array
    lag : int
        Last autocovariance that has weight.
    """

    coef: Array
    cov: Array
    lag: int

    @property
    def std_error(self) -> Array:
        """Shape (k,)."""
        return np.asarray(np.sqrt(np.diag(self.cov)))


def least_squares(y: Array, x: Array) -> Array:
    """Coefficients of ``y`` (n,) or (n, m) on ``x`` (n, k): (k,) or (k, m)."""
    return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)


def newey_west(
    y: Array,
    x: Array,
    *,
    lag: int | None = None,
    prewhite: bool = True,
    adjust: bool = False,
) -> Hac:
    """Estimate by least squares with Newey-West (Bartlett) errors.

    Newey and West (1987, doi:10.2307/1913610); prewhitening by a VAR(1) of the scores
    as Andrews and Monahan (1992, doi:10.2307/2951574).

    Parameters
    ----------
    y : (n,) array
    x : (n, k) array
    lag : int, optional
        Without it, the whole part of :func:`newey_west_bandwidth`.
    prewhite, adjust : bool
        ``adjust`` multiplies by n / (n - k).
    """
    coef = least_squares(y, x)
    scores = x * (y - x @ coef)[:, None]
    if lag is None:
        lag = int(newey_west_bandwidth(scores, slopes_of(x), prewhite=prewhite))
    weights = 1 - np.arange(lag + 1) / (lag + 1)
    cov = sandwich(x, scores, weights, prewhite=prewhite)
    n, k = x.shape
    return Hac(coef, cov * (n / (n - k) if adjust else 1.0), lag)


def newey_west_bandwidth(
    scores: Array, weights: Array, *, prewhite: bool = True
) -> float:
    """Automatic bandwidth of the Bartlett kernel.

    Newey and West (1994, doi:10.2307/2297912): the lags of the pilot are the whole part
    of 4 (n / 100)^(2/9), with 3 for 4 when prewhitened, as in R's sandwich.

    Parameters
    ----------
    scores : (n, k) array
    weights : (k,) array
        Of the scores in the pilot; 0 for an intercept.
    """
    n_all = len(scores)
    used = prewhitened(scores)[0] if prewhite else scores
    n, pilot = len(used), int((3 if prewhite else 4) * (n_all / 100) ** (2 / 9))
    series = used @ weights
    sigma = np.array([series[: n - j] @ series[j:] / n for j in range(pilot + 1)])
    s0 = sigma[0] + 2 * sigma[1:].sum()
    s1 = 2 * (np.arange(1, pilot + 1) * sigma[1:]).sum()
    return float(1.1447 * ((s1 / s0) ** 2) ** (1 / 3) * n_all ** (1 / 3))


def andrews_bandwidth(scores: Array, weights: Array, *, prewhite: bool = True) -> float:
    """Automatic bandwidth of the quadratic spectral kernel, AR(1) by score.

    Andrews (1991, doi:10.2307/2938229).
    """
    used = prewhitened(scores)[0] if prewhite else scores
    fits = np.array([_ar1(column) for column in used.T])
    rho, sigma = fits[:, 0], fits[:, 1]
    below = (weights * (sigma / (1 - rho)) ** 4).sum()
    above = (weights * 4 * rho**2 * sigma**4 / (1 - rho) ** 8).sum()
    return float(1.3221 * (len(used) * above / below) ** 0.2)


def andrews(y: Array, x: Array, *, prewhite: bool = True) -> Hac:
    """Estimate by least squares with quadratic spectral errors, adjusted n / (n - k).

    sandwich's ``kernHAC`` with prewhitening, its ``vcovHAC`` without.
    """
    coef = least_squares(y, x)
    scores = x * (y - x @ coef)[:, None]
    bandwidth = andrews_bandwidth(scores, slopes_of(x), prewhite=prewhite)
    weights = _quadratic_spectral(np.arange(len(x)) / bandwidth)
    last = int(np.flatnonzero(np.abs(weights) > 1e-7).max())
    cov = sandwich(x, scores, weights[: last + 1], prewhite=prewhite)
    n, k = x.shape
    return Hac(coef, cov * n / (n - k), last)


def sandwich(x: Array, scores: Array, weights: Array, *, prewhite: bool) -> Array:
    """Covariance ``(X'X)^-1 S (X'X)^-1``, S the weighted autocovariances, (k, k)."""
    used, recolour = scores, np.eye(scores.shape[1])
    if prewhite:
        used, recolour = prewhitened(scores)
    n = len(used)
    half = 0.5 * weights[0] * used.T @ used
    for j in range(1, min(len(weights), n)):
        half = half + weights[j] * used[: n - j].T @ used[j:]
    middle = recolour @ (half + half.T) @ recolour.T
    bread = np.linalg.inv(x.T @ x)
    return np.asarray(bread @ middle @ bread)


def prewhitened(scores: Array) -> tuple[Array, Array]:
    """Residuals of a VAR(1) without intercept, and what recolours them.

    Returns
    -------
    (n - 1, k) array, (k, k) array
        The second is ``(I - A)^-1``.
    """
    before, after = scores[:-1], scores[1:]
    coef = least_squares(after, before)
    recolour = np.linalg.inv(np.eye(scores.shape[1]) - coef.T)
    return after - before @ coef, np.asarray(recolour)


def slopes_of(x: Array) -> Array:
    """Weight 0 for an intercept, 1 for the other columns."""
    weights = (np.ptp(x, axis=0) > 0).astype(float)
    return weights if weights.any() else np.ones(x.shape[1])


def _ar1(series: Array) -> tuple[float, float]:
    """Coefficient and innovation standard deviation, with an intercept."""
    before = np.column_stack([np.ones(len(series) - 1), series[:-1]])
    coef = least_squares(series[1:], before)
    left = series[1:] - before @ coef
    return float(coef[1]), float(np.sqrt((left**2).mean()))


def _quadratic_spectral(z: Array) -> Array:
    y = 6 * np.pi * np.where(z == 0, 1.0, z) / 5
    weights = 3 / y**2 * (np.sin(y) / y - np.cos(y))
    return np.where(z == 0, 1.0, weights)
