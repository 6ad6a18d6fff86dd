"""The tests shown beside the headline, for all series of a sample in one batch.

None is a headline on real data: each is printed with the share of unrelated series of
the same days in which it rejects a true null.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from migration.inference import tails
from migration.inference.arrays import Array
from migration.inference.conformal import conformal_interval, conformal_p
from migration.inference.gls import Forecasts, forecast_gaps
from migration.inference.noise import arma_family, level_family

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Beside:
    """One test of the same window for every series.

    Attributes
    ----------
    estimate, std_error, conf_low, conf_high : float
        Of row 0, the treated series.
    p_value : (1 + J,) array
    """

    test: str
    assumes: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    p_value: Array

    @property
    def size_here(self) -> float:
        """Share of the unrelated series in which the test rejects at 5%."""
        return (
            float((self.p_value[1:] <= ALPHA).mean())
            if len(self.p_value) > 1
            else (float("nan"))
        )


def tests_beside(y: Array, x: Array, days: Array, n_pre: int) -> list[Beside]:
    """ARMA forecast, conformal and structural tests of one window.

    Parameters
    ----------
    y : (1 + J, n_pre + L) array
        Baseline days, then window days; net of unrelated series.
    x : (n_pre + L, k) array
        Intercept and day of week.
    days : (n_pre + L,) array
        Day numbers: the gap before the window counts at its length.
    n_pre : int
    """
    arma = _arma(forecast_gaps(y, x, days, n_pre, arma_family))
    level = _local_level(forecast_gaps(y, x, days, n_pre, level_family))
    return [arma, _conformal(y, x, n_pre, arma.std_error), level]


def _arma(found: Forecasts) -> Beside:
    best = found.loglik.argmax(axis=0)
    columns = np.arange(found.gap.shape[1])
    gap, error = found.gap[best, columns], found.std_error[best, columns]
    half = tails.t.ppf(1 - ALPHA / 2, found.df) * error[0]
    return Beside(
        test="ARMA(1,1) forecast, REML",
        assumes="stationary ARMA noise, the same after the event as before",
        estimate=float(gap[0]),
        std_error=float(error[0]),
        conf_low=float(gap[0] - half),
        conf_high=float(gap[0] + half),
        p_value=np.asarray(2 * tails.t.sf(np.abs(gap / error), found.df)),
    )


def _conformal(y: Array, x: Array, n_pre: int, scale: float) -> Beside:
    coef = np.linalg.lstsq(x[:n_pre], y[0, :n_pre], rcond=None)[0]
    centre = float((y[0, n_pre:] - x[n_pre:] @ coef).mean())
    low, high = conformal_interval(y[:1], x, n_pre, step=scale)
    return Beside(
        test="conformal, moving block",
        assumes="exchangeable blocks; shifts within the baseline only",
        estimate=centre,
        std_error=float("nan"),
        conf_low=low,
        conf_high=high,
        p_value=conformal_p(y, x, n_pre),
    )


def _local_level(found: Forecasts) -> Beside:
    """Mix over the signal-to-noise ratio with its likelihood, never at one value."""
    weight = np.exp(found.loglik - found.loglik.max(axis=0))
    weight /= weight.sum(axis=0)
    estimate = (weight * found.gap).sum(axis=0)
    centred = found.gap - estimate
    variance = (weight * (found.std_error**2 + centred**2)).sum(axis=0)
    below = (weight * tails.t.cdf(-found.gap / found.std_error, found.df)).sum(axis=0)
    first = found.gap[:, 0], found.std_error[:, 0], weight[:, 0], found.df
    return Beside(
        test="local level (structural)",
        assumes="a drifting mean plus noise; variance ratio integrated out",
        estimate=float(estimate[0]),
        std_error=float(np.sqrt(variance[0])),
        conf_low=_quantile(*first, ALPHA / 2),
        conf_high=_quantile(*first, 1 - ALPHA / 2),
        p_value=2 * np.minimum(below, 1 - below),
    )


def _quantile(
    centre: Array, scale: Array, weight: Array, df: int, level: float
) -> float:
    """Quantile of a mixture of scaled Student's t."""

    def short(value: float) -> float:
        return float(weight @ tails.t.cdf((value - centre) / scale, df)) - level

    reach = 100 * scale.max()
    bracket = float(centre.min() - reach), float(centre.max() + reach)
    root: Callable[..., float] = optimize.brentq
    return float(root(short, *bracket))
