"""A share of rejections and what it is worth: nothing dependent counts as independent.

Series of one day share that day's shocks, and one series keeps its nature from date to
date: a table of series by dates is clustered both ways (Cameron, Gelbach and Miller
2011, doi:10.1198/jbes.2010.07136).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Share:
    """A share, the interval of 95% about it, and from how many draws it comes.

    Attributes
    ----------
    value, low, high : float
    n : int
        Draws: pairs of series and date, or worlds.
    clusters : int
        Independent pieces that the interval counts.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int

    def __str__(self) -> str:
        """Percent with its interval, as the pages print it."""
        if np.isnan(self.low):
            return f"{100 * self.value:.1f}%"
        return f"{100 * self.value:.1f}% [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def of_independent(hits: Array) -> Share:
    """Share of independent draws with the interval of Clopper and Pearson (1934).

    Parameters
    ----------
    hits : (n,) array of 0 and 1
    """
    count, n = int(np.sum(hits)), len(hits)
    found = stats.binomtest(count, n).proportion_ci(LEVEL, method="exact")
    return Share(count / n, float(found.low), float(found.high), n, n)


def of_means(means: Array, n_each: int) -> Share:
    """Mean of one share a world or date, each an independent piece: Student's t.

    Parameters
    ----------
    means : (c,) array
    n_each : int
        Draws behind each.
    """
    c, value = len(means), float(np.mean(means))
    if c < 2:
        return Share(value, float("nan"), float("nan"), c * n_each, c)
    half = stats.t.ppf(0.5 + LEVEL / 2, c - 1) * np.std(means, ddof=1) / np.sqrt(c)
    return _clipped(value, float(half), c * n_each, c)


def of_table(hits: Array) -> Share:
    """Share over series and dates, clustered by both.

    The variance is the largest of the two-way one and that by series or by date alone,
    and the degrees of freedom are those of the smaller side: few dates, wide interval.

    Parameters
    ----------
    hits : (series, dates) array of 0 and 1
    """
    n_series, n_dates = hits.shape
    if n_dates == 1:
        return of_independent(hits[:, 0])
    value = float(hits.mean())
    gap = hits - value
    by_series = (gap.sum(axis=1) ** 2).sum() * n_series / max(n_series - 1, 1)
    by_date = (gap.sum(axis=0) ** 2).sum() * n_dates / (n_dates - 1)
    both = by_series + by_date - (gap**2).sum()
    spread = np.sqrt(max(both, by_series, by_date)) / hits.size
    pieces = min(n_series, n_dates)
    half = stats.t.ppf(0.5 + LEVEL / 2, max(pieces - 1, 1)) * spread
    return _clipped(value, float(half), hits.size, pieces)


def _clipped(value: float, half: float, n: int, clusters: int) -> Share:
    return Share(value, max(value - half, 0.0), min(value + half, 1.0), n, clusters)
