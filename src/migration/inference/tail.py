"""Tail exponent of a ranked distribution: how much a step in rank is worth.

Where the size of rank r is ``A r^-b``, sizes have a power-law tail of exponent 1/b.
"""

from dataclasses import dataclass

import numpy as np

from migration.errors import DesignError
from migration.inference.arrays import Array

FEWEST = 3


@dataclass(frozen=True)
class Tail:
    """Exponent of ``P(size > s) ~ s^-exponent`` and what it is in ranks.

    Attributes
    ----------
    exponent, std_error : float
        The error is Gabaix and Ibragimov's ``exponent sqrt(2 / n)``: that of the
        regression itself is far too small, because ranks are dependent.
    n : int
    """

    exponent: float
    std_error: float
    n: int

    @property
    def slope(self) -> float:
        """The b of ``size = A rank^-b``."""
        return 1 / self.exponent

    @property
    def slope_error(self) -> float:
        """Standard error of b, by the delta method: ``b sqrt(2 / n)``."""
        return self.slope * self.std_error / self.exponent


def tail_exponent(sizes: Array) -> Tail:
    """Regress log(rank - 1/2) on log size (Gabaix and Ibragimov 2011).

    The half takes the leading bias out (doi:10.1198/jbes.2009.06157).

    Parameters
    ----------
    sizes : (n,) array
        The n largest, all positive, in any order: choose the cut before looking.

    Raises
    ------
    DesignError
        For fewer than three sizes, one that is not positive, or no variation.
    """
    sizes = np.sort(np.asarray(sizes, dtype=np.float64))[::-1]
    if len(sizes) < FEWEST or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise DesignError(
            f"a tail needs at least {FEWEST} sizes, finite and positive, got "
            f"{len(sizes)} from {sizes.min(initial=np.inf):g}: drop what is not counted"
        )
    x, y = np.log(sizes), np.log(np.arange(len(sizes)) + 0.5)
    spread = float(((x - x.mean()) ** 2).sum())
    if spread <= 0:
        raise DesignError("a tail needs sizes that differ, got one value throughout")
    exponent = -float(((x - x.mean()) * y).sum()) / spread
    return Tail(exponent, exponent * float(np.sqrt(2 / len(sizes))), len(sizes))
