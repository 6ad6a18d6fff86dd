"""What is left of the days' memory in residuals: autocorrelations and their tests."""

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array

DRAWS, SEED = 999, 20210106


def autocorrelations(left: Array, n_lags: int) -> Array:
    """Autocorrelations of lags 1..n_lags, the divisor n throughout."""
    centred = left - left.mean()
    whole = centred @ centred
    n = len(left)
    found = [centred[: n - j] @ centred[j:] for j in range(1, n_lags + 1)]
    return np.asarray(np.array(found) / whole)


def ljung_box(left: Array, n_lags: int, *, n_parameters: int = 0) -> Array:
    """Ljung and Box's statistic and p at every lag, shape (n_lags, 2).

    Ljung and Box (1978, doi:10.1093/biomet/65.2.297). P is NaN where the noise model's
    parameters leave no degree of freedom.
    """
    n, lags = len(left), np.arange(1, n_lags + 1)
    shares = autocorrelations(left, n_lags) ** 2 / (n - lags)
    statistic = n * (n + 2) * shares.cumsum()
    df = lags - n_parameters
    p = np.where(df > 0, tails.chi2.sf(statistic, np.maximum(df, 1)), np.nan)
    return np.column_stack([statistic, p])


def ljung_box_drawn(
    left: Array, white: Array, noise: tuple[Array, Array], n_lags: int
) -> Array:
    """Ljung and Box's statistic at every lag, its p from draws of the same fit.

    Regressors of a week's length leave memory of their own in the residuals: on 80 days
    with a dummy for each weekday and AR(1) noise chi-squared rejects 10 to 12% at 5%.
    Each draw is white noise less what the regressors and the noise's parameters (to
    first order) fit of it.

    Parameters
    ----------
    left : (n,) array
        Innovations of a fit.
    white : (n, k) array
        Its regressors, whitened alike.
    noise : (ar, ma)
    n_lags : int

    Returns
    -------
    (n_lags, 2) array
        P is NaN where the noise's parameters leave no degree of freedom.
    """
    from scipy import signal  # slow to load

    ar, ma = noise
    drawn = np.random.default_rng(SEED).normal(size=(DRAWS, len(left)))
    root, _ = np.linalg.qr(white)
    drawn -= drawn @ root @ root.T
    for weights, number in ((-ar, len(ar)), (ma, len(ma))):
        past = signal.lfilter([1.0], np.concatenate([[1.0], weights]), drawn)
        for lag in range(1, number + 1):
            column = np.zeros_like(drawn)
            column[:, lag:] = past[:, :-lag]
            size = np.maximum((column**2).sum(axis=1, keepdims=True), 1e-300)
            drawn -= column * (column * drawn).sum(axis=1, keepdims=True) / size
    found = ljung_box(left, n_lags, n_parameters=len(ar) + len(ma))
    null = _statistics(drawn, n_lags)
    p = (1 + (null >= found[:, 0]).sum(axis=0)) / (1 + DRAWS)
    return np.column_stack([found[:, 0], np.where(np.isnan(found[:, 1]), np.nan, p)])


def _statistics(rows: Array, n_lags: int) -> Array:
    """Ljung and Box's statistic of many rows at every lag, (N, n_lags)."""
    n = rows.shape[1]
    centred = rows - rows.mean(axis=1, keepdims=True)
    whole = (centred**2).sum(axis=1)
    lags = range(1, n_lags + 1)
    found = [(centred[:, :-j] * centred[:, j:]).sum(axis=1) / whole for j in lags]
    shares = np.array(found).T ** 2 / (n - np.array(lags))
    return np.asarray(n * (n + 2) * shares.cumsum(axis=1))


def durbin_watson(left: Array) -> float:
    """Durbin and Watson's statistic: 2 without memory, towards 0 with it."""
    return float((np.diff(left) ** 2).sum() / (left**2).sum())
