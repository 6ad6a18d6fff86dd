"""Rank and sign tests over units that share one event day."""

import numpy as np

from migration.inference.arrays import Array
from migration.inference.cross_section import (
    CALM,
    CORRELATED,
    INDEPENDENT,
    NAN,
    NOT_SERIAL,
    CrossTest,
    crude_dependence,
    mean_over_spread,
    patell,
    plain_sums,
    ratio,
    standardised_cross_section,
)
from migration.inference.normal_returns import AbnormalReturns


def all_tests(found: AbnormalReturns) -> list[CrossTest]:
    """Every test over units, those of the whole window first.

    Parameters
    ----------
    found : AbnormalReturns
        Of two units or more. In a window of one day there are no rows of its first day.
    """
    rows = [
        *patell(found),
        *standardised_cross_section(found),
        *plain_sums(found),
        *crude_dependence(found),
        *corrado(found),
        *generalised_rank(found),
        generalised_sign(found),
    ]
    window = [row for row in rows if row.over == "window"]
    first = [row for row in rows if row.over == "first day"]
    return window + (first if found.length > 1 else [])


def corrado(found: AbnormalReturns) -> list[CrossTest]:
    """Corrado's rank test (1989, doi:10.1016/0304-405X(89)90064-0), a day and a window.

    Ranks over all M + L days; ``u_t`` is their mean over units about its expectation,
    ``S`` the root of the mean of ``u_t**2``; ``sum u_t / (sqrt(L) S)`` for the window.
    """
    from scipy import stats  # slow to load

    ranks = stats.rankdata(np.hstack([found.residuals, found.ar]), axis=1)
    u = ranks.mean(axis=0) - (ranks.shape[1] + 1) / 2
    spread = float(np.sqrt((u**2).mean()))
    after = u[found.n_days :]
    sums = {
        "window": float(after.sum() / np.sqrt(found.length)),
        "first day": float(after[0]),
    }
    assumes = f"{CORRELATED}; {CALM}; {NOT_SERIAL}"
    return [
        CrossTest(
            test="Corrado rank",
            over=over,
            statistic=ratio(value, spread),
            assumes=assumes,
        )
        for over, value in sums.items()
    ]


def generalised_rank(found: AbnormalReturns) -> list[CrossTest]:
    """GRANK-Z and GRANK-T: the window as one more day among those before it.

    Kolari and Pynnonen (2011, Journal of Empirical Finance 18:953): ranks of the
    estimation days' ``e_it / s_i`` and of ``SCAR_i / sd(SCAR)`` as day M + 1.
    ``Z = Ubar_(M+1) / S``, ``t = Z sqrt((M-1) / (M - Z**2))`` on M - 1 degrees of
    freedom.
    """
    z = _rank_of_the_window(found)
    n_days = found.n_days
    left = n_days - z**2  # not above zero when the window alone makes the spread
    t = z * float(np.sqrt((n_days - 1) / left)) if left > 0 else NAN
    assumes = f"{CORRELATED}; {NOT_SERIAL}"
    return [
        CrossTest(test="GRANK-Z", over="window", statistic=z, assumes=assumes),
        CrossTest(
            test="GRANK-T",
            over="window",
            statistic=t,
            df=n_days - 1.0,
            assumes=assumes,
        ),
    ]


def generalised_sign(found: AbnormalReturns) -> CrossTest:
    """Cowan's generalised sign test (1992, doi:10.1007/BF00939016).

    ``(w - N p) / sqrt(N p (1 - p))``: w units with a positive sum, p the share of
    positive residuals in the estimation window.
    """
    share = float((found.residuals > 0).mean())
    n_units = found.n_units
    positive = int((found.car > 0).sum())
    z = (positive - n_units * share) / np.sqrt(n_units * share * (1 - share))
    return CrossTest(
        test="Cowan generalised sign",
        over="window",
        statistic=float(z),
        assumes=f"{INDEPENDENT}; {NOT_SERIAL}",
    )


def _rank_of_the_window(found: AbnormalReturns) -> float:
    if np.isnan(mean_over_spread(found.scar)):
        return NAN
    window = found.scar / found.scar.std(ddof=1)
    days = found.residuals / found.scale[:, None]
    u = _centred_ranks(np.column_stack([days, window])).mean(axis=0)
    return float(u[-1] / np.sqrt((u**2).mean()))


def _centred_ranks(values: Array) -> Array:
    """``rank / (n + 1) - 1/2`` within each row."""
    from scipy import stats  # slow to load

    ranks = stats.rankdata(values, axis=1)
    return np.asarray(ranks / (values.shape[1] + 1) - 0.5)
