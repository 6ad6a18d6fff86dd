"""Tails and quantiles of the normal, t and chi-squared distributions.

The same numbers, to the bit, as ``scipy.stats`` gives for these: both call the
functions of ``scipy.special`` below. That module takes as long to load as a report
takes to compute, and its own checks longer than the functions, which are called
hundreds of times a report.
"""

from typing import Any

import numpy as np
from scipy import special


class _Normal:
    """The standard normal distribution."""

    def cdf(self, x: Any) -> Any:
        """Probability of a value up to ``x``."""
        return special.ndtr(np.asarray(x))

    def logcdf(self, x: Any) -> Any:
        """Natural logarithm of :meth:`cdf`, where that is too small to be told."""
        return special.log_ndtr(np.asarray(x))

    def sf(self, x: Any) -> Any:
        """Probability of a value above ``x``."""
        return special.ndtr(-np.asarray(x))

    def ppf(self, q: Any) -> Any:
        """Value that is not exceeded with probability ``q``."""
        return special.ndtri(np.asarray(q))

    def isf(self, q: Any) -> Any:
        """Value that is exceeded with probability ``q``."""
        return 0.0 - special.ndtri(np.asarray(q))  # the middle is 0, not -0


class _StudentT:
    """Student's t distribution with ``df`` degrees of freedom."""

    def cdf(self, x: Any, df: Any) -> Any:
        """Probability of a value up to ``x``."""
        return special.stdtr(np.asarray(df), np.asarray(x))

    def sf(self, x: Any, df: Any) -> Any:
        """Probability of a value above ``x``."""
        return special.stdtr(np.asarray(df), -np.asarray(x))

    def ppf(self, q: Any, df: Any) -> Any:
        """Value that is not exceeded with probability ``q``."""
        level = np.asarray(q)
        # The function of scipy gives the wrong end for a level of nothing.
        nothing = (level == 0) & (np.asarray(df) > 0)
        return np.where(nothing, -np.inf, special.stdtrit(np.asarray(df), level))[()]

    def isf(self, q: Any, df: Any) -> Any:
        """Value that is exceeded with probability ``q``."""
        return 0.0 - self.ppf(q, df)


class _ChiSquared:
    """The chi-squared distribution with ``df`` degrees of freedom."""

    def sf(self, x: Any, df: Any) -> Any:
        """Probability of a value above ``x``."""
        found = special.chdtrc(np.asarray(df), np.maximum(np.asarray(x), 0.0))
        return np.where(np.asarray(df) > 0, found, np.nan)[()]

    def ppf(self, q: Any, df: Any) -> Any:
        """Value that is not exceeded with probability ``q``."""
        found = 2 * special.gammaincinv(np.asarray(df) / 2, np.asarray(q))
        return np.where(np.asarray(df) > 0, found, np.nan)[()]


norm = _Normal()
t = _StudentT()
chi2 = _ChiSquared()
