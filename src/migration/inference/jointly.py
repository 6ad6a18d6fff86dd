"""Several structural models with correlated errors: covariance and draws of effects."""

import numpy as np
from scipy import stats
from scipy.linalg import cholesky

from migration.inference.arrays import Array
from migration.inference.counterfactual import (
    Mixture,
    Regression,
    innovations,
    predict,
)
from migration.inference.structure import Structure

GRID = 4001
REACH = 60.0  # scales of the widest t on either side: far beyond any draw's quantile


def effect_errors(structure: Structure) -> tuple[Array, Array]:
    """What the window's mean owes to each day's innovation, and the innovations.

    Returns
    -------
    (U,) array
        Loadings of the treated series' mean effect on one-step innovations of variance
        one, mixed over the noise: products of two series' loadings are covariances.
    (n,) array
        The treated series' one-step errors on the known days, mixed likewise.
    """
    n_days, split = len(structure.used), structure.whole
    treated = structure.model.own[0]
    own = np.broadcast_to(treated, (n_days, *treated.shape))
    units = Regression(np.eye(n_days), structure.model.x, own)
    loading, error = np.zeros(n_days), np.zeros(len(split.known))
    noise = structure.noise
    for cov, weight in zip(noise.covs, noise.weight[:, 0], strict=True):
        if weight > 0:
            linear = predict(units, cov, split).gap.mean(axis=1)
            scale = predict(structure.model, cov, split).scale[0]
            root = cholesky(cov, lower=True)
            loading += weight * np.sqrt(scale) * (root.T @ linear)
            error += weight * innovations(structure.model, cov, split.known)[0]
    return loading, error


def joint_covariance(structures: list[Structure]) -> Array:
    """Covariance of the treated series' mean effects, shape (m, m).

    Each diagonal is the model's own variance. Beside it stand the correlation of the
    series' one-step errors times the product of what both effects owe to them; the
    noise parameters of two series are independent given the data.
    """
    found = [effect_errors(s) for s in structures]
    loadings = np.array([loading for loading, _ in found])
    errors = np.array([error for _, error in found])
    errors /= np.sqrt((errors**2).sum(axis=1, keepdims=True))
    cov = (errors @ errors.T) * (loadings @ loadings.T)
    own = [s.gaps(s.whole).first().std_error[0, -1] for s in structures]
    np.fill_diagonal(cov, np.square(own))
    return np.asarray(cov)


def joint_draws(margins: list[Mixture], cov: Array, *, n: int, seed: int) -> Array:
    """Draws with the margins of the single models and their correlation, (n, m).

    A Gaussian copula (Sklar 1959): each margin keeps the model's own interval.
    """
    error = np.sqrt(np.diag(cov))
    rng = np.random.default_rng(seed)
    normal = rng.multivariate_normal(
        np.zeros(len(cov)), cov / np.outer(error, error), n
    )
    level = stats.norm.cdf(normal)
    columns = [_quantiles(m, level[:, k]) for k, m in enumerate(margins)]
    return np.column_stack(columns)


def _quantiles(margin: Mixture, level: Array) -> Array:
    """Quantiles of the mean effect of the first series, by its distribution's table."""
    centre, reach = margin.estimate[0, -1], REACH * margin.error[:, 0, -1].max()
    # Dense where the mass is: a cube spreads the grid's far ends.
    values = centre + reach * np.linspace(-1, 1, GRID) ** 3
    away = (values[:, None] - margin.centre[:, 0, -1]) / margin.error[:, 0, -1]
    table = stats.t.cdf(away, margin.df) @ margin.weight[:, 0]
    return np.asarray(np.interp(level, table, values))
