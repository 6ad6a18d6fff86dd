"""Randomisation inference: what the statistic would be had chance dealt otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np

from migration.inference.arrays import Array, Ints
from migration.inference.batches import seeded

SEED = 20210106
MOST_EXHAUSTIVE = 5_040
DEALS, BATCH = 4_999, 5_000
TIE = 1e-9  # relative: sums in another order are the same statistic


def share_beyond(observed: float, dealt: Array) -> float:
    """Share of the dealt statistics at least as far from zero as the observed one."""
    far = abs(observed)
    return float((np.abs(dealt) >= far - TIE * max(far, 1e-300)).mean())


def distinct_assignments(dose: Array) -> int:
    """Ways to deal the doses to the regions that differ, ties counted once."""
    _, counts = np.unique(_rounded(dose), return_counts=True)
    return factorial(len(dose)) // prod(factorial(int(c)) for c in counts)


@dataclass(frozen=True, eq=False)
class Deal:
    """Some of the orders of ``n`` regions: all that differ, or ``draws`` by a seed.

    Attributes
    ----------
    ours : bool
        The order that is there stands before them; it is the first of all.
    alike : tuple of tuple of int
        Places of the regions that have one dose, whose order makes no difference.
    """

    n: int
    draws: int = 0
    seed: np.random.SeedSequence | None = None
    ours: bool = True
    alike: tuple[tuple[int, ...], ...] = ()

    def orders(self) -> Ints:
        """Shape (P, n)."""
        if self.seed is None:
            return self._all()
        as_it_is = np.tile(np.arange(self.n), (self.draws + self.ours, 1))
        rng, drawn = np.random.default_rng(self.seed), as_it_is[int(self.ours) :]
        rng.permuted(drawn, axis=1, out=drawn)
        return as_it_is

    def _all(self) -> Ints:
        held = list(self.alike)
        ways = (way for way in _ways(range(self.n), held) if way != held)
        orders = []
        for way in (held, *ways):
            order = np.empty(self.n, dtype=np.int64)
            for own, given in zip(held, way, strict=True):
                order[list(given)] = own
            orders.append(order)
        return np.array(orders)


def deals(dose: Array, draws: int = DEALS) -> list[Deal]:
    """Orders in which the doses are dealt to the regions, in batches.

    Every way that differs where these are few, so that no p is below what the design
    allows (one dosed region of n has n ways); else seeded draws.

    Parameters
    ----------
    dose : (n,) array
    draws : int
    """
    n = len(dose)
    if distinct_assignments(dose) <= MOST_EXHAUSTIVE:
        return [Deal(n, alike=tuple(_alike(dose)))]
    batches = enumerate(seeded(SEED, draws, BATCH))
    return [Deal(n, many, seed, place == 0) for place, (seed, many) in batches]


def _alike(dose: Array) -> list[tuple[int, ...]]:
    """Places of the regions that have one dose, group by group."""
    codes = np.unique(_rounded(dose), return_inverse=True)[1]
    return [
        tuple(int(place) for place in np.flatnonzero(codes == code))
        for code in range(int(codes.max()) + 1)
    ]


def _rounded(dose: Array) -> Array:
    """Doses without level and unit, so that one dose is one number."""
    off = dose - dose.mean()
    size = max(float(np.abs(off).max()), np.finfo(float).tiny)
    return np.asarray(np.round(off / size, 9))


def _ways(
    free: Iterable[int], held: list[tuple[int, ...]]
) -> Iterator[list[tuple[int, ...]]]:
    """Every way to give each group as many of the free places as it has."""
    places = tuple(free)
    if len(held) == 1:
        yield [places]
        return
    for chosen in combinations(places, len(held[0])):
        left = sorted(set(places) - set(chosen))
        yield from ([chosen, *later] for later in _ways(left, held[1:]))


def dealt_slopes(y: Array, doses: Array) -> Array:
    """Slope of every outcome on every deal of the dose.

    Parameters
    ----------
    y : (M, N) array
    doses : (P, N) array

    Returns
    -------
    (M, P) array
    """
    centred = doses - doses.mean(axis=1, keepdims=True)
    spread = np.maximum((centred**2).sum(axis=1), np.finfo(float).tiny)
    return np.asarray(y @ centred.T / spread)


def acceptance(own: Array, of_dose: Array, alpha: float = 0.05) -> tuple[float, float]:
    """Slopes that the permutation test does not reject: the interval by inversion.

    Under the null slope ``b`` the dealt slopes of ``y - b dose`` are
    ``own - b of_dose``; a deal counts against the observed one where it is at least
    as far from zero, which for each deal holds between two values of b.

    Parameters
    ----------
    own, of_dose : (P,) arrays
        Slopes on each deal of the outcome and of the dose itself; entry 0 is the
        observed deal.
    alpha : float

    Returns
    -------
    float, float
        May be infinite.
    """
    slope, shifted = own[0], own - own[0] * of_dose
    # With b = slope - u: |shifted + u of_dose| >= |u|.
    low, high = _sides(shifted, of_dose)
    needed = int(np.floor(alpha * len(own) + TIE)) + 1
    below, above = np.sort(low)[::-1], np.sort(high)[::-1]
    return float(slope - above[needed - 1]), float(slope + below[needed - 1])


def _sides(shifted: Array, of_dose: Array) -> tuple[Array, Array]:
    """How far u may go down and up for each deal to stay at least as far from zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        with_sign = np.abs(shifted) / (1 - of_dose)
        against = np.abs(shifted) / (1 + of_dose)
    same = of_dose >= 1 - TIE
    opposite = of_dose <= -1 + TIE
    up = np.where(shifted >= 0, with_sign, against)
    down = np.where(shifted >= 0, against, with_sign)
    whole = same | opposite
    return np.where(whole, np.inf, down), np.where(whole, np.inf, up)
