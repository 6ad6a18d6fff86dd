"""Weights of donors and of baseline days, by recipe: the optimum, or R's search."""

from dataclasses import dataclass, replace

import numpy as np

from migration.inference.arrays import Array, Ints, Mask
from migration.inference.frank_wolfe import (
    Searches,
    frank_wolfe_weights,
    weights_together,
)
from migration.inference.simplex import simplex_weights

BARELY = 1e-6  # of the noise: a ridge that only makes weights unique


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


def weights_of(
    pre: Array, post: Array, pools: list[Ints], recipe: Recipe, n_post: int
) -> tuple[Array, Array]:
    """Weights of donors and of baseline days for every series.

    Parameters
    ----------
    pre : (N, T0) array
    post : (N,) array
        Mean of each series over the window.
    pools : list of arrays
        Rows that may have weight, by series.
    recipe : Recipe
    n_post : int
        Days of the window.

    Returns
    -------
    (N, N) array, (N, T0) array
    """
    if recipe.solver == "synthdid" and recipe.units != "uniform":
        return _searched(pre, post, pools, recipe, n_post)
    omega, lam = np.zeros((len(pre), len(pre))), np.zeros(pre.shape)
    for row, pool in enumerate(pools):
        omega[row, pool] = unit_weights(pre[row], pre[pool], recipe, n_post)
        lam[row] = time_weights(pre[pool], post[pool], recipe)
    return omega, lam


def _searched(
    pre: Array, post: Array, pools: list[Ints], recipe: Recipe, n_post: int
) -> tuple[Array, Array]:
    """The search of the R package, for all series at once."""
    allowed = np.zeros((len(pre), len(pre)), dtype=bool)
    for row, pool in enumerate(pools):
        allowed[row, pool] = True
    noise = np.array([noise_level(pre[pool]) for pool in pools])
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


def donor_pools(n: int, donors: Mask | None = None) -> list[Ints]:
    """Rows that may have weight for each of ``n`` rows: never row 0, never itself."""
    free = np.ones(n, dtype=bool)
    free[0] = False
    if donors is not None:
        free[1:] &= donors
    rows = np.flatnonzero(free)
    return [rows[rows != row] for row in range(n)]


def noise_level(pre: Array) -> float:
    """Standard deviation of all first differences of the donors, (J, T0)."""
    return float(np.diff(pre, axis=1).std(ddof=1))


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
