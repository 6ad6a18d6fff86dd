"""Many specifications at once, and what chance alone would make of all of them.

Simonsohn, Simmons and Nelson (2020, doi:10.1038/s41562-020-0912-z): the curve of
estimates over defensible specifications is one statistic. Here its null distribution
comes from giving the event to unrelated series, each run through every specification.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from migration.inference.arrays import Array
from migration.inference.blocks import BlockContrast
from migration.inference.rule import ALPHA

STATISTICS = ("median estimate", "share significant", "mean z")


@dataclass(frozen=True, eq=False)
class Curves:
    """Estimates of S specifications for N series, and the rule's p of each.

    Attributes
    ----------
    estimate, p_value : (S, N) arrays
        NaN where a specification leaves a series out; each series is in some.
    """

    estimate: Array
    p_value: Array

    def statistics(self) -> Array:
        """Median estimate, share significant with its sign, and mean z, (3, N).

        ``z`` is the normal value of a p, with the sign of its estimate.
        """
        median = np.nanmedian(self.estimate, axis=0)
        sign = np.sign(self.estimate)
        agrees = (self.p_value <= ALPHA) & (sign == np.sign(median))
        known = np.isfinite(self.p_value)
        share = agrees.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        z = sign * special.ndtri(1 - np.clip(self.p_value, 1e-12, 1) / 2)
        return np.vstack([median, share, np.nanmean(z, axis=0)])


def rule_p(contrast: BlockContrast) -> Array:
    """The rule's p of every series: the treated one, and each unrelated one in turn.

    Parameters
    ----------
    contrast : BlockContrast
        Of 1 + J series.

    Returns
    -------
    (1 + J,) array
        An unrelated series is ranked among the J - 1 others. One without a number or
        an error has NaN, and is in no rank.
    """
    told = np.isfinite(contrast.estimate) & (contrast.std_error > 0)
    error = np.where(told, contrast.std_error, np.nan)
    size = np.abs(contrast.estimate / error)
    others = np.sort(size[1:][told[1:]])
    beyond = len(others) - np.searchsorted(others, size, side="left")
    among = np.r_[len(others) + 1, np.full(len(size) - 1, max(len(others), 1))]
    beyond[0] += 1  # an unrelated series is among those it is ranked with already
    block = 2 * special.stdtr(contrast.df, -size)
    return np.asarray(np.maximum(block, beyond / among))


def curve_p(observed: Array, null: Array) -> Array:
    """Share of the null curves, the observed one included, at least as far out.

    Parameters
    ----------
    observed : (3,) array
        As :meth:`Curves.statistics` gives it.
    null : (3, B) array

    Returns
    -------
    (3,) array
        Two-sided for the median and the mean of z; the share has one side.
    """
    beyond = (np.abs(null) >= np.abs(observed)[:, None]).sum(axis=1)
    return np.asarray((1 + beyond) / (1 + null.shape[1]))
