"""What is left of the days' memory in residuals: autocorrelations and their tests."""

import numpy as np
from scipy import stats

from migration.inference.arrays import Array


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
    p = np.where(df > 0, stats.chi2.sf(statistic, np.maximum(df, 1)), np.nan)
    return np.column_stack([statistic, p])


def durbin_watson(left: Array) -> float:
    """Durbin and Watson's statistic: 2 without memory, towards 0 with it."""
    return float((np.diff(left) ** 2).sum() / (left**2).sum())
