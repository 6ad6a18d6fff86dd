"""What the rule could have found: power by injecting an effect into unrelated series.

A formula assumes that the noise is as it should be; an effect put into real series of
the same days does not. Bloom (1995, doi:10.1177/0193841X9501900504) names the quantity.
"""

import numpy as np

from migration.inference.arrays import Array, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.rule import ALPHA, critical_among_others

POWER = 0.8


def rule_power(contrast: BlockContrast, effect: float, alpha: float = ALPHA) -> Array:
    """Whether the rule finds ``effect`` put into each unrelated series, shape (J,).

    Parameters
    ----------
    contrast : BlockContrast
        Of 1 + J series; row 0 takes no part.
    effect : float
        Added to the mean of the window. The blocks, and so the errors, do not change.
    """
    moved = (contrast.estimate[1:] + effect) / contrast.std_error[1:]
    return (np.abs(moved) > _limits(contrast, alpha)).astype(float)


def minimum_effect(
    contrast: BlockContrast,
    *,
    sign: int = 1,
    among: Mask | None = None,
    error: float | None = None,
    power: float = POWER,
) -> float:
    """Smallest effect that the rule finds in a share ``power`` of unrelated series.

    Parameters
    ----------
    contrast : BlockContrast
    sign : {1, -1}
        A gain or a loss; the answer is its size, always positive.
    among : (J,) mask, optional
        Only these unrelated series (those of like volume).
    error : float, optional
        Standard error to bring every series to: that of the treated series. By default
        each keeps its own.

    Returns
    -------
    float
        In units of the outcome; inf where no effect would be found.
    """
    errors = contrast.std_error[1:] if error is None else np.array(error)
    limits = _limits(contrast, ALPHA)
    keep = np.ones(len(limits), dtype=bool) if among is None else among
    needed = ((limits - sign * contrast.t[1:]) * errors)[keep]
    if not len(needed) or not np.isfinite(needed).all():
        return float("inf")
    place = int(np.ceil(power * len(needed) - 1e-9)) - 1
    return float(max(np.sort(needed)[place], 0.0))


def _limits(contrast: BlockContrast, alpha: float) -> Array:
    among_others = critical_among_others(contrast.t[1:], alpha)
    return np.maximum(contrast.critical(alpha), among_others)
