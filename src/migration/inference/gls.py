"""Generalised least squares: factor one covariance, solve for all series as columns."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from migration.inference.arrays import Array

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Fit:
    """GLS of N series on one design under one covariance.

    Attributes
    ----------
    coef : (N, k) array
    unscaled : (k, k) array
        ``(X'V^-1 X)^-1``: times ``scale`` it is the coefficients' covariance.
    scale : (N,) array
        Innovation variance.
    loglik : (N,) array
        Profile log-likelihood, restricted (REML) or full, up to a constant.
    df : int
        n - k.
    """

    coef: Array
    unscaled: Array
    scale: Array
    loglik: Array
    df: int

    def std_error(self, weights: Array) -> Array:
        """Standard error of ``coef @ weights``, shape (N,)."""
        return np.asarray(np.sqrt(self.scale * (weights @ self.unscaled @ weights)))


def fit(y: Array, x: Array, cov: Array, *, restricted: bool = True) -> Fit:
    """Fit ``y = x b + e``, ``e ~ (0, s2 cov)``.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
    cov : (n, n) array
    restricted : bool
        REML (the divisor is n - k), else maximum likelihood (n).
    """
    n, k = x.shape
    root = cholesky(cov, lower=True)
    xs = solve_triangular(root, x, lower=True)
    ys = solve_triangular(root, y.T, lower=True)
    unscaled = np.asarray(np.linalg.inv(xs.T @ xs), dtype=np.float64)
    coef = unscaled @ (xs.T @ ys)
    rss = np.asarray(((ys - xs @ coef) ** 2).sum(axis=0), dtype=np.float64)
    divisor = n - k if restricted else n
    log_det = 2 * np.log(np.diag(root)).sum()
    if restricted:
        log_det -= np.linalg.slogdet(unscaled)[1]
    scale = np.asarray(rss / divisor)
    loglik = -0.5 * (divisor * np.log(scale) + log_det)
    return Fit(coef.T, unscaled, scale, loglik, n - k)


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The window's mean as forecast from the baseline, under every covariance tried.

    Attributes
    ----------
    gap : (G, N) array
        Observed less forecast mean of the window.
    std_error : (G, N) array
        With the error of the coefficients in it.
    loglik : (G, N) array
    df : int
    """

    gap: Array
    std_error: Array
    loglik: Array
    df: int


def forecast_gaps(
    y: Array, x: Array, n_pre: int, family: Iterable[tuple[Point, Array]]
) -> Forecasts:
    """Forecast the mean of the days after ``n_pre`` from those before.

    Parameters
    ----------
    y : (N, n_pre + L) array
    x : (n_pre + L, k) array
        Regressors known in advance (intercept, day of week).
    n_pre : int
    family : iterable of (point, (n, n) covariance)
    """
    weights = np.full(y.shape[1] - n_pre, 1 / (y.shape[1] - n_pre))
    target, x_mean = y[:, n_pre:] @ weights, weights @ x[n_pre:]
    gaps, errors, logliks = [], [], []
    for _, cov in family:
        found = fit(y[:, :n_pre], x[:n_pre], cov[:n_pre, :n_pre])
        link = cov[:n_pre, n_pre:] @ weights
        solved = cho_solve((cholesky(cov[:n_pre, :n_pre], lower=True), True), link)
        residual = y[:, :n_pre] - found.coef @ x[:n_pre].T
        lever = x_mean - x[:n_pre].T @ solved
        spread = weights @ cov[n_pre:, n_pre:] @ weights - link @ solved
        spread += lever @ found.unscaled @ lever
        gaps.append(target - found.coef @ x_mean - residual @ solved)
        errors.append(np.sqrt(found.scale * spread))
        logliks.append(found.loglik)
    return Forecasts(np.array(gaps), np.array(errors), np.array(logliks), found.df)
