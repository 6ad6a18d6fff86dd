"""What the tests over units rest on, measured on their own residuals."""

from dataclasses import dataclass

import numpy as np

from migration.inference import tails
from migration.inference.arrays import DAYS_IN_WEEK, Array
from migration.inference.cross_section import mean_correlation
from migration.inference.normal_returns import AbnormalReturns


@dataclass(frozen=True, eq=False)
class UnitDiagnostics:
    """Of each unit; arrays of shape (N,).

    Attributes
    ----------
    autocorrelation
        At one day, of the estimation residuals.
    volatility_ratio
        Spread of the window's abnormal outcomes over that of the residuals; NaN in a
        window of one day.
    normality_p
        Jarque-Bera, of the estimation residuals.
    tied_share
        Share of estimation days at the unit's commonest value: small counts and
        rounded figures repeat themselves.
    """

    autocorrelation: Array
    volatility_ratio: Array
    normality_p: Array
    tied_share: Array


def unit_diagnostics(found: AbnormalReturns, y: Array) -> UnitDiagnostics:
    """Diagnose each unit.

    Parameters
    ----------
    found : AbnormalReturns
    y : (N, M) array
        The outcomes of the estimation days.
    """
    from scipy import stats  # slow to load

    if found.length > 1:
        ratio = found.ar.std(axis=1, ddof=1) / found.scale
    else:
        ratio = np.full(found.n_units, np.nan)
    normality = stats.jarque_bera(found.residuals, axis=1).pvalue
    counts = [np.unique(row, return_counts=True)[1].max() for row in y]
    return UnitDiagnostics(
        autocorrelation(found.residuals, 1),
        np.asarray(ratio),
        np.asarray(normality, dtype=np.float64),
        np.array(counts) / y.shape[1],
    )


def shared_diagnostics(found: AbnormalReturns) -> dict[str, float]:
    """What the units share: correlation, how many they weigh, memory, spread.

    ``df_eff`` is ``N / (1 + (N-1) rbar) - 1``, at most N - 1; ``scar_sd`` is 1 when the
    event adds no variance and units are alike; ``ljung_box_p`` is of a week's lags of
    the portfolio's residuals.
    """
    rbar, n_units = mean_correlation(found.residuals), found.n_units
    effect = 1 + (n_units - 1) * rbar
    weigh = n_units / effect if effect > 1 else float(n_units)
    portfolio = found.residuals.mean(axis=0, keepdims=True)
    return {
        "n_units": float(n_units),
        "estimation_days": float(found.n_days),
        "window_days": float(found.length),
        "rbar": rbar,
        "design_effect": effect,
        "df_eff": weigh - 1,
        "autocorrelation": float(autocorrelation(found.residuals, 1).mean()),
        "portfolio_autocorrelation": float(autocorrelation(portfolio, 1)[0]),
        "ljung_box_p": ljung_box_p(portfolio[0]),
        "scar_sd": float(found.scar.std(ddof=1)),
    }


def autocorrelation(residuals: Array, lag: int) -> Array:
    """Autocorrelation at ``lag`` days, shape (N,); 0 for residuals that are all zero.

    Parameters
    ----------
    residuals : (N, M) array
    lag : int
    """
    centred = residuals - residuals.mean(axis=1, keepdims=True)
    total = (centred**2).sum(axis=1)
    cross = (centred[:, lag:] * centred[:, :-lag]).sum(axis=1)
    return np.asarray(
        np.divide(cross, total, out=np.zeros_like(cross), where=total > 0)
    )


def ljung_box_p(residuals: Array, lags: int = DAYS_IN_WEEK) -> float:
    """Ljung and Box's test of the first ``lags`` (1978, doi:10.1093/biomet/65.2.297).

    Parameters
    ----------
    residuals : (M,) array
    lags : int
    """
    n = len(residuals)
    lags = min(lags, n - 1)
    squares = [
        autocorrelation(residuals[None], k)[0] ** 2 / (n - k)
        for k in range(1, lags + 1)
    ]
    return float(tails.chi2.sf(n * (n + 2) * np.sum(squares), lags))
