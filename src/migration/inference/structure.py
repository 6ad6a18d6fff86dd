"""A structural model of a sample: window effects, and the same from pseudo-forecasts.

``y_t = mu_t + gamma_t + x_t'beta + eps_t`` with the level (or ARIMA noise) in the
covariance, the day of week and the covariates in the regression.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from migration.errors import DesignError
from migration.inference.arima import Order, arima_covariance, arima_grid, best_by_bic
from migration.inference.arrays import Array, Ints, weekday_dummies
from migration.inference.blocks import BlockContrast
from migration.inference.counterfactual import (
    Mixture,
    Regression,
    Split,
    likelihood_weights,
    mixed,
    restricted_loglik,
)
from migration.inference.covariates import components_of_others, mean_of_others, still
from migration.inference.noise import level_family
from migration.inference.sample import Sample

ENGINES = ("uc", "arima")
LEAST_KNOWN = 21  # three weeks: each weekday thrice


class Point(NamedTuple):
    """One noise of a grid."""

    order: Order
    ar: float = 0.0
    ma: float = 0.0
    ratio: float = np.nan


@dataclass(frozen=True, eq=False)
class Noise:
    """Covariances that have weight, and how much in each series.

    Attributes
    ----------
    points : tuple of Point
    covs : tuple of (T, T) arrays
    weight : (G, N) array
    """

    points: tuple[Point, ...]
    covs: tuple[Array, ...]
    weight: Array


@dataclass(frozen=True, eq=False)
class Structure:
    """The model of a sample's baseline and window days.

    Attributes
    ----------
    model : Regression
    used : (U,) array
        Places of the baseline and window days in the sample.
    whole : Split
        The baseline known, the window forecast.
    noise : Noise
        Of the whole baseline.
    """

    model: Regression
    used: Ints
    whole: Split
    noise: Noise
    engine: str

    @property
    def length(self) -> int:
        """Days in the window."""
        return len(self.whole.target)

    @property
    def lag(self) -> int:
        """Days between baseline and window."""
        last, first = self.whole.known[-1], self.whole.target[0]
        return int(self.used[first] - self.used[last]) - 1

    def gaps(self, split: Split, noise: Noise | None = None) -> Mixture:
        """Each target day's gap, then their running sums, then their mean."""
        n = len(split.target)
        combine = np.vstack([np.eye(n), np.tri(n), np.full((1, n), 1 / n)])
        kept = noise or self.noise
        return mixed(self.model, kept.covs, kept.weight, split, combine)

    @cached_property
    def in_window(self) -> Mixture:
        """:meth:`gaps` of the window's days."""
        return self.gaps(self.whole)

    def first(self) -> "Structure":
        """Of the treated series alone."""
        noise = replace(self.noise, weight=self.noise.weight[:, :1])
        return replace(self, model=self.model.rows(1), noise=noise)

    def refit(self, known: Ints) -> Noise:
        """Weigh the noise again, on fewer days."""
        days = self.used.astype(float)
        return weigh_noise(self.engine, self.model, days, known)


def weigh_noise(engine: str, model: Regression, days: Array, known: Ints) -> Noise:
    """Weigh the covariances of an engine by what the known days say.

    ``"uc"`` weighs every variance ratio by its restricted likelihood, evenly over the
    filter's gain; ``"arima"`` keeps one ARIMA for each series, its order (p, d, q of 0
    or 1) by BIC.
    """
    if engine == "uc":
        levels = tuple(cov for _, cov in level_family(days))
        found = np.array([restricted_loglik(model, c, known) for c in levels])
        points = tuple(Point((0, 1, 1), ratio=r) for (r, _), _ in level_family(days))
        return Noise(points, levels, likelihood_weights(found))
    grid = arima_grid()
    every = (arima_covariance(days, d=o[1], ar=ar, ma=ma) for o, ar, ma in grid)
    found = np.array([restricted_loglik(model, c, known) for c in every])
    n_free = len(known) - model.n_coef
    weight = best_by_bic(found, [order for order, _, _ in grid], n_free)
    kept = np.flatnonzero(weight.any(axis=1))
    chosen = tuple(grid[g] for g in kept)
    covs = tuple(arima_covariance(days, d=o[1], ar=ar, ma=ma) for o, ar, ma in chosen)
    return Noise(tuple(Point(*point) for point in chosen), covs, weight[kept])


def fit_structure(
    sample: Sample, *, engine: str, covariates: str | int, alone: bool = False
) -> Structure:
    """Fit the model to the baseline of the treated series and of each control in turn.

    Parameters
    ----------
    sample : Sample
    engine : {"uc", "arima"}
    covariates : {"mean", "none"} or int
        Mean of the other controls, nothing, or that many principal components.
    alone : bool
        Of the treated series alone: its numbers are those that it has among all.
    """
    used = np.flatnonzero(sample.baseline | sample.window)
    n_pre = int(sample.baseline.sum())
    whole = Split(np.arange(n_pre), np.arange(n_pre, len(used)))
    y, x = sample.y[:, used], weekday_dummies(sample.weekday[used])
    own = _own(sample, used, covariates)
    model = Regression(y, x, own).rows(1 if alone else len(y))
    days = used.astype(float)
    bare = Structure(model, used, whole, Noise((), (), np.empty((0, len(y)))), engine)
    for split in (whole, *outward_splits(bare)):
        _check_known(sample, model, split)
    noise = weigh_noise(engine, model, days, whole.known)
    return Structure(model, used, whole, noise, engine)


def _own(sample: Sample, used: Ints, covariates: str | int) -> Array:
    if covariates == "none":
        return np.empty((len(sample.y), len(used), 0))
    if covariates == "mean":
        return mean_of_others(sample.y[:, used])
    return components_of_others(sample, used, int(covariates))


def _check_known(sample: Sample, model: Regression, split: Split) -> None:
    """Refuse days too few for the regression, or on which a covariate stands still."""
    least = max(LEAST_KNOWN, model.n_coef + 7)
    if len(split.known) < least:
        raise DesignError(
            f"every pseudo-forecast needs {least} baseline days on one side, one has "
            f"{len(split.known)}; lengthen the baseline or shorten the window"
        )
    fixed = still(model.own, model.x, split.known)
    if fixed.any():
        names = ("the treated", *sample.controls)[: len(fixed)]
        bad = [name for name, f in zip(names, fixed, strict=True) if f]
        raise DesignError(
            f"the covariate of {bad[:5]} is constant, but for the day of week, over "
            f"{len(split.known)} baseline days; bring controls that move, or use "
            "covariates='none'"
        )


def outward_splits(structure: Structure) -> list[Split]:
    """One split a baseline block of the window's length, forecast from its longer side.

    A local level looks the same backwards, so the first blocks are forecast from the
    days that follow them. The days that part baseline and window part block and known
    days too. Known days on *both* sides would make the error too small by a third.
    """
    n, length, lag = len(structure.whole.known), structure.length, structure.lag
    splits = []
    for first in range(n - (n // length) * length, n, length):
        last = first + length
        after = first < n - last
        known = np.arange(last + lag, n) if after else np.arange(max(first - lag, 0))
        splits.append(Split(known, np.arange(first, last)))
    return splits


def past_splits(structure: Structure) -> list[Split]:
    """The blocks that have enough days before them: placebo dates for a refit."""
    least = max(LEAST_KNOWN, structure.model.n_coef + 7)
    n, length, lag = len(structure.whole.known), structure.length, structure.lag
    firsts = range(n - (n // length) * length, n, length)
    return [
        Split(np.arange(first - lag), np.arange(first, first + length))
        for first in firsts
        if first - lag >= least
    ]


def pseudo_gaps(structure: Structure) -> Array:
    """Daily gaps of the outward pseudo-forecasts, shape (1 + J, q, L)."""
    found = [structure.gaps(split) for split in outward_splits(structure)]
    return np.stack([f.estimate[:, : structure.length] for f in found], axis=1)


def pseudo_contrast(effect: Array, pseudo: Array) -> BlockContrast:
    """Block-t of an effect with the spread of its q pseudo-forecasts as the error.

    Parameters
    ----------
    effect : (N,) array
    pseudo : (N, q) array
        Errors where nothing happened; their mean is not taken off the effect.
    """
    q = pseudo.shape[1]
    spread = pseudo.std(axis=1, ddof=1) * np.sqrt(1 + 1 / q)
    return BlockContrast(effect, spread, q - 1)
