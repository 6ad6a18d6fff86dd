"""Several structural models with correlated errors: covariance and draws of effects."""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.linalg import cholesky

from migration.inference import tails
from migration.inference.arrays import Array
from migration.inference.counterfactual import (
    Mixture,
    innovations,
    loadings,
    predict,
)
from migration.inference.structure import Structure

GRID = 1601
WEIGHTLESS = 1e-9  # a noise of so little weight moves no quantile
REACH = 60.0  # scales of the widest t on either side: far beyond any draw's quantile
BISECTIONS = 60


@dataclass(frozen=True, eq=False)
class Errors:
    """What effects owe to the innovations of single days, and those innovations.

    Attributes
    ----------
    loading : (N, U) array
        Loadings of each series' mean effect on one-step innovations of variance one,
        mixed over the noise: products of two series' loadings are covariances.
    innovation : (N, n) array
        One-step errors on the known days, mixed likewise.
    margin : tuple of N Mixture
        Each series' own effects, the mean last.
    """

    loading: Array
    innovation: Array
    margin: tuple[Mixture, ...]

    def rows(self, places: list[int]) -> "Errors":
        """Some of the series."""
        kept = tuple(self.margin[j] for j in places)
        return Errors(self.loading[places], self.innovation[places], kept)


def effect_errors(structure: Structure) -> Errors:
    """Loadings and innovations of every series of a structure."""
    model, split, noise = structure.model, structure.whole, structure.noise
    loading = np.zeros((len(model.y), len(structure.used)))
    innovation = np.zeros((len(model.y), len(split.known)))
    for cov, weight in zip(noise.covs, noise.weight, strict=True):
        if weight.any():
            scale = predict(model, cov, split).scale
            linear = loadings(model, cov, split) @ cholesky(cov, lower=True)
            loading += (weight * np.sqrt(scale))[:, None] * linear
            innovation += weight[:, None] * innovations(model, cov, split.known)
    found = structure.in_window
    margin = tuple(found.row(j) for j in range(len(model.y)))
    return Errors(loading, innovation, margin)


def together(structures: list[Structure]) -> Errors:
    """The treated series of several structures of the same days."""
    found = [effect_errors(s.first()) for s in structures]
    return Errors(
        np.array([f.loading[0] for f in found]),
        np.array([f.innovation[0] for f in found]),
        tuple(f.margin[0] for f in found),
    )


def joint_covariance(errors: Errors) -> Array:
    """Covariance of the series' mean effects, shape (m, m).

    Each diagonal is the model's own variance. Beside it stand the correlation of the
    series' one-step errors times the product of what both effects owe to them; the
    noise parameters of two series are independent given the data.
    """
    size = np.sqrt((errors.innovation**2).sum(axis=1, keepdims=True))
    unit = errors.innovation / size
    cov = (unit @ unit.T) * (errors.loading @ errors.loading.T)
    np.fill_diagonal(cov, [m.std_error[0, -1] ** 2 for m in errors.margin])
    return np.asarray(cov)


def joint_draws(errors: Errors, *, n: int, seed: int) -> Array:
    """Draws of the mean effects with their models' margins and correlation, (n, m).

    A Gaussian copula (Sklar 1959): each margin keeps the model's own interval.
    """
    cov = joint_covariance(errors)
    error = np.sqrt(np.diag(cov))
    corr = cov / np.outer(error, error)
    normal = np.random.default_rng(seed).multivariate_normal(
        np.zeros(len(cov)), corr, n
    )
    level = tails.norm.cdf(normal)
    columns = [_quantiles(m, level[:, k]) for k, m in enumerate(errors.margin)]
    return np.column_stack(columns)


def _quantiles(margin: Mixture, level: Array) -> Array:
    """Quantiles of a series' mean effect, by its distribution's table."""
    centre, reach = margin.estimate[0, -1], REACH * margin.error[:, 0, -1].max()
    # Dense where the mass is: a cube spreads the grid's far ends.
    values = centre + reach * np.linspace(-1, 1, GRID) ** 3
    kept = margin.weight[:, 0] > WEIGHTLESS
    weight = margin.weight[kept, 0] / margin.weight[kept, 0].sum()
    away = (values[:, None] - margin.centre[kept, 0, -1]) / margin.error[kept, 0, -1]
    table = special.stdtr(margin.df, away) @ weight
    return np.asarray(np.interp(level, table, values))


def two_sided(drawn: Array) -> float:
    """P-value of zero from draws; never below two in their number."""
    beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (1 + beyond) / (1 + len(drawn)))


def ratio_interval(above: Array, below: Array, alpha: float) -> tuple[float, float]:
    """Ratios that the draws do not reject, after Fieller (1954).

    A ratio r is kept unless ``above - r below`` lies beyond zero in all but ``alpha/2``
    of the draws. With a denominator that may be zero every ratio is kept, or all but
    a stretch: then the interval is unbounded.
    """
    if two_sided(below) > alpha:
        return -np.inf, np.inf
    sign = float(np.sign(np.median(below)))
    above, below = sign * above, sign * below
    ends = [_root(above, below, level) for level in (alpha / 2, 1 - alpha / 2)]
    return ends[0], ends[1]


def _root(above: Array, below: Array, level: float) -> float:
    """Where the quantile of ``above - r below``, which falls in r, is zero."""
    reach = 1.0
    while _quantile(above, below, -reach, level) < 0 and reach < 1e12:
        reach *= 2
    while _quantile(above, below, reach, level) > 0 and reach < 1e12:
        reach *= 2
    low, high = -reach, reach
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if _quantile(above, below, middle, level) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _quantile(above: Array, below: Array, ratio: float, level: float) -> float:
    return float(np.quantile(above - ratio * below, level))
