"""Fieller's exact set of a ratio: an interval, what lies outside one, or every value.

``{r : (a - r b)^2 <= c^2 (V_aa - 2 r V_ab + r^2 V_bb)}`` holds the ratio of two means
with the confidence of the critical value c, however near to zero the denominator is
(Fieller 1954, Journal of the Royal Statistical Society B 16:175). Where the denominator
cannot be told from zero the set has no bounds, which the delta method cannot say.
"""

from dataclasses import dataclass

import numpy as np

from migration.errors import DesignError
from migration.inference.arrays import Array

INF = float("inf")
INTERVAL, OUTSIDE, WHOLE, NONE = "interval", "outside", "whole line", "empty"
TOLERANCE = 1e-12  # of a variance below zero, and of a coefficient that is zero

Piece = tuple[float, float]


@dataclass(frozen=True)
class FiellerSet:
    """Every ratio that the two estimates do not refuse.

    Attributes
    ----------
    estimate : float
        Ratio of the estimates; NaN where the denominator is zero.
    kind : str
        ``"interval"``, ``"outside"`` (all but an open interval; one of its two parts
        may lie at infinity), ``"whole line"``, or ``"empty"`` after :meth:`within`.
    pieces : tuple of (low, high)
        The set itself, in order: one piece, or two where it is an outside.
    """

    estimate: float
    kind: str
    pieces: tuple[Piece, ...]

    @property
    def low(self) -> float:
        """Smallest member; -inf where there is none, NaN for an empty set."""
        return self.pieces[0][0] if self.pieces else float("nan")

    @property
    def high(self) -> float:
        """Largest member; inf where there is none, NaN for an empty set."""
        return self.pieces[-1][1] if self.pieces else float("nan")

    @property
    def gap(self) -> Piece:
        """Ends of the open interval between two pieces; NaN of one piece."""
        if len(self.pieces) < 2:
            return float("nan"), float("nan")
        return self.pieces[0][1], self.pieces[1][0]

    def __contains__(self, value: float) -> bool:
        """Whether the estimates do not refuse this ratio."""
        return any(low <= value <= high for low, high in self.pieces)

    def within(self, least: float, most: float) -> "FiellerSet":
        """The part of the set from ``least`` to ``most``, which may be empty."""
        kept = [(max(low, least), min(high, most)) for low, high in self.pieces]
        pieces = tuple(piece for piece in kept if piece[0] <= piece[1])
        inside = least <= self.estimate <= most
        kinds = {0: NONE, 1: INTERVAL, 2: OUTSIDE}
        return FiellerSet(
            self.estimate if inside else float("nan"), kinds[len(pieces)], pieces
        )

    def words(self) -> str:
        """The set as it is printed.

        Examples
        --------
        >>> FiellerSet(2.0, "interval", ((1.5, 3.25),)).words()
        '1.5 to 3.25'
        >>> FiellerSet(2.0, "outside", ((-INF, -1.5), (0.25, INF))).words()
        'at most -1.5 or at least 0.25'
        """
        if self.kind == WHOLE:
            return "every value"
        return " or ".join(_said(*piece) for piece in self.pieces) or "no value"


def fieller_set(estimates: Array, cov: Array, critical: float) -> FiellerSet:
    """Set of ``estimates[0] / estimates[1]``.

    Parameters
    ----------
    estimates : (2,) array
        Numerator and denominator.
    cov : (2, 2) array
        Of the two.
    critical : float
        Two-sided critical value; infinite where nothing could be refused.

    Raises
    ------
    DesignError
        For what is no pair of finite estimates with a covariance, or an exact zero
        over which nothing can be divided.
    """
    a, b, v = _checked(estimates, cov, critical)
    ratio = a / b if b else float("nan")
    if np.isinf(critical):
        return FiellerSet(ratio, WHOLE, ((-INF, INF),))
    square = critical**2
    # A r^2 - 2 B r + C <= 0
    lead, middle, last = (
        b * b - square * v[1, 1],
        a * b - square * v[0, 1],
        a * a - square * v[0, 0],
    )
    if abs(lead) <= TOLERANCE * max(b * b, square * v[1, 1]):
        return _line(ratio, middle, last)
    inside = middle**2 - lead * last
    if inside <= 0 and lead < 0:
        return FiellerSet(ratio, WHOLE, ((-INF, INF),))
    root = np.sqrt(max(inside, 0.0))
    low, high = sorted(((middle - root) / lead, (middle + root) / lead))
    if lead > 0:
        return FiellerSet(ratio, INTERVAL, ((float(low), float(high)),))
    return FiellerSet(ratio, OUTSIDE, ((-INF, float(low)), (float(high), INF)))


def _line(ratio: float, middle: float, last: float) -> FiellerSet:
    """The denominator exactly at its limit: half of a line, or all of it."""
    if middle == 0:
        return FiellerSet(ratio, WHOLE, ((-INF, INF),))
    end = last / (2 * middle)
    piece = (end, INF) if middle > 0 else (-INF, end)
    return FiellerSet(ratio, OUTSIDE, (piece,))


def _checked(
    estimates: Array, cov: Array, critical: float
) -> tuple[float, float, Array]:
    pair, v = np.asarray(estimates, dtype=float), np.asarray(cov, dtype=float)
    if pair.shape != (2,) or v.shape != (2, 2):
        raise DesignError(
            f"a ratio needs 2 estimates and their 2 x 2 covariance, got {pair.shape} "
            f"and {v.shape}"
        )
    if not (np.isfinite(pair).all() and np.isfinite(v).all()):
        raise DesignError(
            "a ratio needs finite estimates and a finite covariance, got "
            f"{pair.tolist()} and {v.tolist()}"
        )
    scale = float(np.abs(v).max())
    if not np.allclose(v, v.T) or np.linalg.eigvalsh(v).min() < -TOLERANCE * scale:
        raise DesignError(
            "a covariance is symmetric and has no negative variance in any direction, "
            f"got {v.tolist()}"
        )
    if not critical > 0:
        raise DesignError(f"a critical value is larger than 0, got {critical}")
    if pair[1] == 0 and v[1, 1] == 0:
        raise DesignError("the denominator is exactly 0, without error: no ratio")
    return float(pair[0]), float(pair[1]), v


def _said(low: float, high: float) -> str:
    if np.isinf(low):
        return f"at most {high:.3g}"
    return f"at least {low:.3g}" if np.isinf(high) else f"{low:.3g} to {high:.3g}"
