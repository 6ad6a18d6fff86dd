"""Weights of donors and of baseline days, by recipe: the optimum, or R's search."""

from dataclasses import dataclass, replace

import numpy as np

from migration.inference.arrays import Array, Mask
from migration.inference.frank_wolfe import (
    Searches,
    frank_wolfe_weights,
    weights_together,
)
from migration.inference.simplex import simplex_weights
from migration.inference.simplices import Problems

BARELY = 1e-6  # of the noise: a ridge that only makes weights unique
LARGEST = 400_000  # weights that are sought at a time


@dataclass(frozen=True)
class Recipe:
    """Which weights enter the formula.

    Attributes
    ----------
    units : {"simplex", "ridge", "uniform"}
        omega: least squares on the simplex, the same with the ridge ``zeta^2``, 1/J.
    times : {"none", "uniform", "fitted"}
        lambda: zero (no intercept), 1/T0 (an intercept), or least squares.
    solver : {"exact", "synthdid"}
        The optimum, or the search of the R package with its early end.
    """

    units: str
    times: str
    solver: str = "exact"

    @property
    def intercept(self) -> bool:
        """Whether a level of the treated series' own is allowed."""
        return self.times != "none"


SYNTHETIC_CONTROL = Recipe("simplex", "none")
DEMEANED_CONTROL = Recipe("simplex", "uniform")
SYNTHETIC_DID = Recipe("ridge", "fitted")
DIFF_IN_DIFF = Recipe("uniform", "uniform")


@dataclass(frozen=True, eq=False)
class Targets:
    """Series that take their weights from the rows of one panel.

    Attributes
    ----------
    y : (N, T) array
    panel : (J, T) array
    allowed : (N, J) mask
        Rows of the panel that may have weight.
    """

    y: Array
    panel: Array
    allowed: Mask

    def unit_weights(
        self, days: Mask, recipe: Recipe, n_post: int, start: Array | None = None
    ) -> Array:
        """Weights of donors as :func:`unit_weights` has them, all at once, (P, N, J).

        Parameters
        ----------
        days : (P, T) mask
            Sets of days to fit on, complete.
        recipe : Recipe
        n_post : int
            Days of the window.
        start : (N, J) array, optional
            Weights that are not far off.
        """
        number, shape = len(days), self.allowed.shape
        if recipe.units == "uniform":
            even = self.allowed / self.allowed.sum(axis=1, keepdims=True)
            return np.broadcast_to(even, (number, *shape))
        if recipe.solver == "synthdid":
            return np.array([self._one_by_one(own, recipe, n_post) for own in days])
        found = np.empty((number, *shape))
        step = max(LARGEST // (shape[0] * shape[1]), 1)
        for first in range(0, number, step):
            own = days[first : first + step]
            asked = self._problems(own, recipe, n_post)
            near = None if start is None else np.tile(start, (len(own), 1))
            found[first : first + step] = asked.weights(near).reshape(-1, *shape)
        return found

    def _problems(self, days: Mask, recipe: Recipe, n_post: int) -> Problems:
        used = days.any(axis=0)
        days, y, panel = days[:, used], self.y[:, used], self.panel[:, used]
        noise = np.concatenate([noise_each(panel[:, d], self.allowed) for d in days])
        number, every = len(y), len(days)
        length = np.repeat(days.sum(axis=1), number)
        return Problems(
            target=np.tile(y, (every, 1)),
            donors=panel,
            days=days,
            place=np.repeat(np.arange(every), number),
            allowed=np.tile(self.allowed, (every, 1)),
            ridge=length * unit_zeta(recipe, n_post, noise) ** 2,
            intercept=recipe.intercept,
        )

    def _one_by_one(self, days: Mask, recipe: Recipe, n_post: int) -> Array:
        found = np.zeros(self.allowed.shape)
        for row, allowed in enumerate(self.allowed):
            pool = self.panel[np.ix_(allowed, days)]
            found[row, allowed] = unit_weights(self.y[row, days], pool, recipe, n_post)
        return found


def weights_of(
    y: Array,
    spans: list[tuple[Mask, Mask]],
    allowed: Mask,
    recipe: Recipe,
    start: Array | None = None,
) -> list[tuple[Array, Array]]:
    """Weights of donors and of baseline days for every series, by baseline and window.

    Parameters
    ----------
    y : (N, T) array
    spans : list of (baseline, window)
        Masks of days.
    allowed : (N, N) mask
        Rows that may have weight, by series.
    recipe : Recipe
    start : (N, N) array, optional
        Weights of donors that are not far off.

    Returns
    -------
    list of (N, N) array, (N, T0) array
    """
    ends = [(y[:, before], y[:, after].mean(axis=1)) for before, after in spans]
    n_post = int(spans[0][1].sum())
    if recipe.solver == "synthdid" and recipe.units != "uniform":
        return [_searched(*end, allowed, recipe, n_post) for end in ends]
    days = np.array([before for before, _ in spans])
    omega = Targets(y, y, allowed).unit_weights(days, recipe, n_post, start)
    return [
        (own, _time_weights_each(*end, allowed, recipe))
        for own, end in zip(omega, ends, strict=True)
    ]


def _time_weights_each(pre: Array, post: Array, allowed: Mask, recipe: Recipe) -> Array:
    if recipe.times != "fitted":
        even = 1 / pre.shape[1] if recipe.intercept else 0.0
        return np.full((len(allowed), pre.shape[1]), even)
    return np.array([time_weights(pre[pool], post[pool], recipe) for pool in allowed])


def _searched(
    pre: Array, post: Array, allowed: Mask, recipe: Recipe, n_post: int
) -> tuple[Array, Array]:
    """The search of the R package, for all series at once."""
    noise = np.array([noise_level(pre[pool]) for pool in allowed])
    units, times = searches(
        pre, post, allowed, (unit_zeta(recipe, n_post, noise), noise)
    )
    units = replace(units, intercept=recipe.intercept)
    if recipe.times != "fitted":
        lam = np.full(pre.shape, 1 / pre.shape[1] if recipe.intercept else 0.0)
        return units.weights(), lam
    return weights_together(units, times)


def searches(
    pre: Array, post: Array, allowed: Mask, size: tuple[Array, Array]
) -> tuple[Searches, Searches]:
    """The problems of the weights over donors, and over baseline days.

    Parameters
    ----------
    pre : (N, T0) array
    post : (N,) array
    allowed : (D, N) mask
        Donors of the first D series.
    size : two (D,) arrays
        The ridge's ``zeta`` of each series and the noise of its donors.
    """
    number, n_days = len(allowed), pre.shape[1]
    zeta, noise = size
    whole = np.ones((number, n_days), dtype=bool)
    units = Searches(
        target=pre[:number],
        donors=np.broadcast_to(pre, (number, *pre.shape)),
        allowed=allowed,
        used=whole,
        zeta=zeta,
        noise=noise,
        intercept=True,
    )
    times = Searches(
        target=np.broadcast_to(post, (number, len(post))),
        donors=np.broadcast_to(pre.T, (number, *pre.T.shape)),
        allowed=whole,
        used=allowed,
        zeta=BARELY * noise,
        noise=noise,
        intercept=True,
    )
    return units, times


def unit_zeta(recipe: Recipe, n_post: int, noise: Array) -> Array:
    """Square root of the ridge's weight a day, times the noise; shape of ``noise``."""
    return np.asarray((n_post**0.25 if recipe.units == "ridge" else BARELY) * noise)


def donors_of(n: int, donors: Mask | None = None) -> Mask:
    """Rows that may have weight for each row, (n, n): never row 0, never itself.

    Parameters
    ----------
    n : int
    donors : (n - 1,) mask, optional
        Of the rows from 1 on; all by default.
    """
    allowed = ~np.eye(n, dtype=bool)
    allowed[:, 0] = False
    if donors is not None:
        allowed[:, 1:] &= donors
    return allowed


def noise_level(pre: Array) -> float:
    """Standard deviation of all first differences of the donors, (J, T0)."""
    return float(np.diff(pre, axis=1).std(ddof=1))


def noise_each(panel: Array, allowed: Mask) -> Array:
    """:func:`noise_level` of the allowed rows of a panel (J, T0), shape (N,)."""
    steps = np.diff(panel, axis=1)
    # Their common mean is taken out first: squares of what is left lose no digits.
    steps -= steps.mean()
    held, number = allowed.astype(float), allowed.sum(axis=1) * steps.shape[1]
    total, squares = held @ steps.sum(axis=1), held @ (steps**2).sum(axis=1)
    spread = np.maximum(squares - total**2 / number, 0.0)
    return np.asarray(np.sqrt(spread / (number - 1)))


def unit_weights(pre: Array, pool: Array, recipe: Recipe, n_post: int) -> Array:
    """Weights of the donors of one series, shape (J,).

    ``zeta = n_post^{1/4}`` times the noise for the ridge: the mean of the treated
    units is one series, so the number of treated in the paper's zeta is one.

    Parameters
    ----------
    pre : (T0,) array
    pool : (J, T0) array
    n_post : int
        Days of the window.
    """
    if recipe.units == "uniform":
        return np.full(len(pool), 1 / len(pool))
    noise = noise_level(pool)
    zeta = float(unit_zeta(recipe, n_post, np.array(noise)))
    return _solve(pre, pool, recipe, zeta, noise)


def time_weights(pre: Array, post: Array, recipe: Recipe) -> Array:
    """Weights of the baseline days from the donors alone, shape (T0,).

    Parameters
    ----------
    pre : (J, T0) array
    post : (J,) array
        Mean of each donor over the window.
    """
    n_days = pre.shape[1]
    if recipe.times == "none":
        return np.zeros(n_days)
    if recipe.times == "uniform":
        return np.full(n_days, 1 / n_days)
    noise = noise_level(pre)
    return _solve(post, pre.T, recipe, BARELY * noise, noise)


def _solve(
    target: Array, donors: Array, recipe: Recipe, zeta: float, noise: float
) -> Array:
    level = recipe.intercept
    if recipe.solver == "synthdid":
        return frank_wolfe_weights(
            target, donors, zeta=zeta, intercept=level, noise=noise
        )
    ridge = len(target) * zeta**2
    return simplex_weights(target, donors, intercept=level, ridge=ridge)
