"""Effects when the trend moves no more after the event than it did before it.

Rambachan and Roth (2023, doi:10.1093/restud/rdad018, section 2.4.1): from period to
period ``delta`` changes after the event by at most Mbar times the largest change
before it. That is a union of polyhedra, one for each place and sign of the largest
change; each is tested by the hybrid of the conditional and the least favourable test
of Andrews, Roth and Pakes (2023, doi:10.1093/restud/rdac058), and a value of the effect
stays in the set unless all reject it.

The dual of the test's linear programme has few vertices where few periods follow the
event. They are listed once, so a test is a matrix product and a grid of values costs no
more than one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from math import comb

import numpy as np
from scipy import optimize, special

from migration.errors import DesignError
from migration.inference.arrays import Array, Mask

ALPHA = 0.05
FIRST_STAGE = 0.1  # share of alpha that the least favourable stage spends
DRAWS = 4000
SEED = 20210106
GRID = 1000
REACH = 20.0  # standard errors to each side of the estimate, doubled where too few
MOST_WIDENINGS = 8
MOST_VERTICES = 20_000
FLAT = 1e-9
MOST_MAGNITUDE = 64.0


def relative_magnitudes(
    beta: Array, cov: Array, n_pre: int, mbar: float, *, target: Array
) -> tuple[float, float]:
    """Ends of the 95% set of ``target' tau``.

    Parameters
    ----------
    beta : (P + Q,) array
        Coefficients by period without the reference, which lies between the P before
        and the Q after.
    cov : (P + Q, P + Q) array
    n_pre : int
        P, at least 1.
    mbar : float
        0 or more.
    target : (Q,) array

    Returns
    -------
    float, float
        A set with a hole is given with the hole filled; NaN where every value that was
        tried is rejected.

    Raises
    ------
    DesignError
        So many periods after the event that the vertices cannot be listed.
    """
    posed = [p for p in polyhedra(beta, cov, n_pre, mbar, target=target) if p.possible]
    middle = float(target @ beta[n_pre:])
    far = REACH * float(np.sqrt(target @ cov[n_pre:, n_pre:] @ target))
    for _ in range(MOST_WIDENINGS):
        grid = middle + np.linspace(-far, far, GRID)
        kept = np.any([p.accepts(grid) for p in posed], axis=0)
        if not (kept[0] or kept[-1]):
            break
        far *= 2
    if not kept.any():
        return np.nan, np.nan
    first, last = int(np.argmax(kept)), GRID - 1 - int(np.argmax(kept[::-1]))
    low, high = -np.inf, np.inf
    if first > 0:
        low = _edge(posed, grid[first], grid[first - 1])
    if last < GRID - 1:
        high = _edge(posed, grid[last], grid[last + 1])
    return low, high


def breakdown(beta: Array, cov: Array, n_pre: int, *, target: Array) -> float:
    """Smallest Mbar whose set holds zero: 0 if all do, inf if none up to 64 does."""

    def holds(mbar: float) -> bool:
        zero = np.zeros(1)
        posed = polyhedra(beta, cov, n_pre, mbar, target=target)
        return any(bool(p.accepts(zero)[0]) for p in posed if p.possible)

    if holds(0.0):
        return 0.0
    high = 1.0
    while not holds(high):
        high *= 2
        if high > MOST_MAGNITUDE:
            return float("inf")
    low = 0.0 if high == 1.0 else high / 2
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def polyhedra(
    beta: Array, cov: Array, n_pre: int, mbar: float, *, target: Array
) -> "Iterator[Moments]":
    """One set of moment inequalities for each place and sign of the largest change."""
    steps = _first_differences(n_pre, len(beta) - n_pre)
    before, after = steps[:n_pre], steps[n_pre:]
    for place in range(n_pre):
        for sign in (1.0, -1.0):
            top = sign * before[place]
            others = np.delete(before, place, axis=0)
            rows = [
                others - top,
                -others - top,
                after - mbar * top,
                -after - mbar * top,
            ]
            yield _moments(np.vstack([*rows, -top[None]]), beta, cov, (n_pre, target))


def _moments(
    rows: Array, beta: Array, cov: Array, about: tuple[int, Array]
) -> "Moments":
    """``E[rows beta] <= rows_post tau``; with nuisances only rows that know tau."""
    n_pre, target = about
    if len(target) > 1:
        rows = rows[(np.abs(rows[:, n_pre:]) > 0).any(axis=1)]
    basis = np.linalg.inv(_completed(target))
    return Moments(
        level=rows @ beta,
        cov=rows @ cov @ rows.T,
        slope=rows[:, n_pre:] @ basis[:, 0],
        nuisance=rows[:, n_pre:] @ basis[:, 1:],
    )


def _first_differences(n_pre: int, n_post: int) -> Array:
    """Changes by period, the reference's zero left out; those before come first."""
    whole = np.diff(np.eye(n_pre + n_post + 1), axis=0)
    return np.delete(whole, n_pre, axis=1)


def _completed(target: Array) -> Array:
    """An invertible matrix whose first row is the target."""
    pivot = int(np.argmax(np.abs(target)))
    others = np.delete(np.eye(len(target)), pivot, axis=0)
    return np.vstack([target, others])


@dataclass(frozen=True, eq=False)
class Moments:
    """Inequalities ``level - slope theta - nuisance tau <= 0`` in expectation.

    Attributes
    ----------
    level, slope : (m,) arrays
    cov : (m, m) array
        Of the level.
    nuisance : (m, q) array
    """

    level: Array
    cov: Array
    slope: Array
    nuisance: Array

    @property
    def possible(self) -> bool:
        """Whether any row can reject."""
        return len(self.vertices) > 0

    @cached_property
    def scale(self) -> Array:
        """Standard error of each row, shape (m,)."""
        return np.asarray(np.sqrt(np.diag(self.cov)))

    @cached_property
    def vertices(self) -> Array:
        """Vertices of the dual: weights on rows, free of nuisances, shape (J, m)."""
        equal = np.vstack([self.nuisance.T, self.scale])
        size, m = equal.shape
        if size == 1:
            return np.diag(1 / self.scale)
        if comb(m, size) > MOST_VERTICES:
            raise DesignError(
                f"relative magnitudes need at most 7 periods after the event, got "
                f"{size}: bin the window"
            )
        right = np.r_[np.zeros(size - 1), 1.0]
        found = []
        for chosen in combinations(range(m), size):
            square = equal[:, chosen]
            if np.linalg.cond(square) > 1 / FLAT:
                continue
            part = np.linalg.solve(square, right)
            if (part > -FLAT).all():
                weights = np.zeros(m)
                weights[list(chosen)] = np.clip(part, 0, None)
                found.append(weights)
        return np.unique(np.round(np.array(found).reshape(-1, m), 12), axis=0)

    @cached_property
    def spread(self) -> Array:
        """Covariance of the vertices' statistics, shape (J, J)."""
        return np.asarray(self.vertices @ self.cov @ self.vertices.T)

    @cached_property
    def least_favourable(self) -> float:
        """Critical value of the first stage, by seeded draws."""
        values, vectors = np.linalg.eigh(self.cov)
        root = vectors * np.sqrt(np.clip(values, 0, None))
        z = _normals(DRAWS, len(values), SEED)
        largest = (z @ (self.vertices @ root).T).max(axis=1)
        return float(np.quantile(largest, 1 - ALPHA * FIRST_STAGE))

    def accepts(self, theta: Array) -> Mask:
        """Whether the hybrid test keeps each value of the effect, shape (G,)."""
        values = (self.level - np.outer(theta, self.slope)) @ self.vertices.T
        best = values.argmax(axis=1)
        largest = values[np.arange(len(theta)), best]
        if (largest <= 0).all():  # no inequality is broken: nothing to draw for
            return np.ones(len(theta), dtype=bool)
        error = np.sqrt(np.diag(self.spread)[best])
        low, high = self._truncation(values, best, largest)
        high = np.minimum(high, self.least_favourable)
        share = (ALPHA - ALPHA * FIRST_STAGE) / (1 - ALPHA * FIRST_STAGE)
        limit = np.maximum(_truncated_quantile(1 - share, low, high, error), 0.0)
        return np.asarray((largest <= limit) & (largest <= self.least_favourable))

    def _truncation(
        self, values: Array, best: "np.ndarray", largest: Array
    ) -> tuple[Array, Array]:
        """Between which values the best vertex stays the best, given the rest."""
        link = self.spread[:, best].T / np.diag(self.spread)[best][:, None]
        rest = values - link * largest[:, None]
        room = 1 - link
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = rest / room
        low = np.where(room > FLAT, bound, -np.inf).max(axis=1)
        high = np.where(room < -FLAT, bound, np.inf).min(axis=1)
        return low, high


@lru_cache(maxsize=16)
def _normals(draws: int, size: int, seed: int) -> Array:
    return np.random.default_rng(seed).normal(size=(draws, size))


def _truncated_quantile(level: float, low: Array, high: Array, error: Array) -> Array:
    """Quantile of N(0, error^2) between two values, each shape (G,)."""
    a, b = special.ndtr(low / error), special.ndtr(high / error)
    upper = special.ndtr(-low / error), special.ndtr(-high / error)
    right = low > 0  # the far tail keeps its digits only from its own side
    inner = np.where(
        right,
        -special.ndtri(upper[0] + level * (upper[1] - upper[0])),
        special.ndtri(a + level * (b - a)),
    )
    return np.asarray(np.clip(inner * error, low, high))


def _edge(posed: "list[Moments]", inside: float, outside: float) -> float:
    """Where the set ends between a value that is kept and one that is not."""

    def off(theta: float) -> float:
        kept = any(bool(p.accepts(np.array([theta]))[0]) for p in posed)
        return 1.0 if kept else -1.0

    step = abs(outside - inside)
    return float(optimize.bisect(off, inside, outside, xtol=1e-6 * step))
