"""Parametric tests over units that share one event day.

Every unit is hit on the same day, so none of these is a headline: they count units as
if each were an event of its own, or borrow the cross-correlation of other days.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from migration.inference import tails
from migration.inference.arrays import Array
from migration.inference.normal_returns import ROUNDING, AbnormalReturns

ALPHA = 0.05
NAN = float("nan")
INDEPENDENT = "units independent of each other on the event's days"
CORRELATED = "units correlated as in the estimation window"
NOT_SERIAL = "no serial correlation"
MEAN = ", error of the mean"
CALM = "no more variance in the window than before it"


@dataclass(frozen=True, kw_only=True)
class CrossTest:
    """One test over units.

    Attributes
    ----------
    test, over, assumes : str
        ``over`` is ``"window"`` or ``"first day"``.
    statistic : float
        NaN where the test has none (units that repeat each other).
    df : float
        Of Student's t; infinite for the standard normal.
    estimate, std_error : float
        Mean abnormal outcome a day, for tests that are a ratio of the two.
    """

    test: str
    over: str
    statistic: float
    assumes: str
    df: float = float("inf")
    estimate: float = NAN
    std_error: float = NAN

    @property
    def distribution(self) -> str:
        """Under the null: ``N(0, 1)`` or ``t(df)``."""
        return "N(0, 1)" if np.isinf(self.df) else f"t({self.df:g})"

    @property
    def p_value(self) -> float:
        """Two-sided."""
        below = -abs(self.statistic)  # scipy.special: sizes need thousands of these
        tail = (
            special.ndtr(below) if np.isinf(self.df) else special.stdtr(self.df, below)
        )
        return float(2 * tail)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the estimate, at 95%; NaN where there is none."""
        half = float(tails.t.ppf(1 - ALPHA / 2, self.df)) * self.std_error
        return self.estimate - half, self.estimate + half


def mean_correlation(residuals: Array) -> float:
    """Mean off-diagonal correlation of N residual series, r-bar.

    Parameters
    ----------
    residuals : (N, M) array
    """
    n_units = len(residuals)
    # corrcoef without the memory of an (N, N) table: the sum of its entries is the
    # squared length of the sum of the standardised rows.
    centred = residuals - residuals.mean(axis=1, keepdims=True)
    unit = centred / np.sqrt((centred**2).sum(axis=1, keepdims=True))
    total = float((unit.sum(axis=0) ** 2).sum())
    return (total - n_units) / (n_units * (n_units - 1))


def design_effect(residuals: Array) -> float:
    """``1 + (N - 1) rbar``: variance of the units' mean over that of independent ones.

    Parameters
    ----------
    residuals : (N, M) array
    """
    return 1 + (len(residuals) - 1) * mean_correlation(residuals)


def patell(found: AbnormalReturns) -> list[CrossTest]:
    """Patell (1976, doi:10.2307/2490543), and adjusted for cross-correlation.

    ``sum_i SCAR_i / sqrt(N (M-k)/(M-k-2))``; the adjustment of Kolari and Pynnonen
    (2010, doi:10.1093/rfs/hhq072) divides by the root of the design effect.
    """
    spread = np.sqrt(found.n_units * found.df / (found.df - 2))
    effect = design_effect(found.residuals)
    rows = []
    for over, standardised in _standardised(found):
        z = float(standardised.sum() / spread)
        plain = f"{INDEPENDENT}; {CALM}; {NOT_SERIAL}"
        adjusted = f"{CORRELATED}; {CALM}; {NOT_SERIAL}"
        rows += [
            CrossTest(test="Patell", over=over, statistic=z, assumes=plain),
            CrossTest(
                test="Patell, adjusted",
                over=over,
                statistic=ratio(z, _root(effect)),
                assumes=adjusted,
            ),
        ]
    return rows


def standardised_cross_section(found: AbnormalReturns) -> list[CrossTest]:
    """Boehmer, Musumeci and Poulsen's t, and Kolari and Pynnonen's adjustment of it.

    ``sqrt(N) mean(SCAR) / sd(SCAR)`` on N - 1 degrees of freedom (1991,
    doi:10.1016/0304-405X(91)90032-F), times ``sqrt((1 - rbar) / (1 + (N-1) rbar))``
    (2010, doi:10.1093/rfs/hhq072).
    """
    rbar, df = mean_correlation(found.residuals), float(found.n_units - 1)
    shrink = ratio(_root(1 - rbar), _root(1 + df * rbar))
    rows = []
    for over, standardised in _standardised(found):
        t = mean_over_spread(standardised)
        plain, adjusted = f"{INDEPENDENT}; {NOT_SERIAL}", f"{CORRELATED}; {NOT_SERIAL}"
        rows += [
            CrossTest(test="BMP", over=over, statistic=t, df=df, assumes=plain),
            CrossTest(
                test="Kolari-Pynnonen",
                over=over,
                statistic=t * shrink,
                df=df,
                assumes=adjusted,
            ),
        ]
    return rows


def plain_sums(found: AbnormalReturns) -> list[CrossTest]:
    """MacKinlay's J1 and the plain t of the units' sums (1997, JEL 35:13).

    ``mean(CAR) / sqrt(sum 1' V_i 1 / N**2)``, and ``sqrt(N) mean(CAR) / sd(CAR)``.
    """
    n_units, length = found.n_units, found.length
    mean = float(found.car.mean()) / length
    pooled = float(np.sqrt((found.car_std_error**2).sum())) / n_units / length
    own = mean_over_spread(found.car)
    alone = float(found.car.std(ddof=1)) / np.sqrt(n_units) / length
    return [
        CrossTest(
            test="MacKinlay J1",
            over="window",
            statistic=mean / pooled,
            assumes=f"{INDEPENDENT}; {CALM}; {NOT_SERIAL}",
            estimate=mean,
            std_error=pooled,
        ),
        CrossTest(
            test="cross-sectional t",
            over="window",
            statistic=own,
            df=n_units - 1.0,
            assumes=INDEPENDENT,
            estimate=mean,
            std_error=NAN if np.isnan(own) else alone,
        ),
    ]


def crude_dependence(found: AbnormalReturns) -> list[CrossTest]:
    """Brown and Warner's t of the portfolio, the equally weighted mean of the units.

    ``sum ARbar_t / (sqrt(L) s(ARbar))`` (1980, doi:10.1016/0304-405X(80)90002-1; 1985,
    doi:10.1016/0304-405X(85)90042-X); with ``sqrt(L + L**2/M)`` it has the error of the
    mean in it. The portfolio regression has the error of every coefficient in it; where
    units have markets of their own it is no regression and left out.
    """
    before, after = found.residuals.mean(axis=0), found.ar.mean(axis=0)
    n_days, length = found.n_days, found.length
    crude = float(np.sqrt((before - before.mean()) @ (before - before.mean())))
    crude /= np.sqrt(n_days - 1)
    widened = crude * np.sqrt(1 + length / n_days)
    rows = [
        _portfolio("Brown-Warner", "window", after, crude, n_days - 1.0),
        _portfolio("Brown-Warner", "first day", after[:1], crude, n_days - 1.0),
        _portfolio(f"Brown-Warner{MEAN}", "window", after, widened, n_days - 1.0),
    ]
    if len(found.spread) == 1:
        fitted = float(np.sqrt(before @ before / found.df))
        daily = fitted * np.sqrt(found.spread[0].sum() / length)
        name = "portfolio regression"
        rows.append(_portfolio(name, "window", after, daily, float(found.df)))
    return rows


def mean_over_spread(values: Array) -> float:
    """``sqrt(N) mean / sd``, NaN where the values repeat one number."""
    sd = float(values.std(ddof=1))
    if sd <= ROUNDING * float(np.abs(values).max()):
        return NAN
    return float(np.sqrt(len(values)) * values.mean() / sd)


def _standardised(found: AbnormalReturns) -> list[tuple[str, Array]]:
    return [("window", found.scar), ("first day", found.sar[:, 0])]


def _portfolio(
    test: str, over: str, after: Array, daily: float, df: float
) -> CrossTest:
    """Test of the mean of ``after`` with ``daily`` as the spread of one day."""
    error = float(daily / np.sqrt(len(after)))
    estimate = float(after.mean())
    return CrossTest(
        test=test,
        over=over,
        statistic=ratio(estimate, error),
        df=df,
        assumes=f"the portfolio's days alike; {CALM}; {NOT_SERIAL}",
        estimate=estimate,
        std_error=error,
    )


def _root(value: float) -> float:
    """Square root; a correlation of one or of -1/(N-1) rounds to below zero."""
    return float(np.sqrt(value)) if value > ROUNDING else 0.0


def ratio(above: float, below: float) -> float:
    """A quotient, NaN where there is nothing to divide by."""
    return above / below if below > 0 else NAN
