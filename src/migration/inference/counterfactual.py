"""What days would have shown, under a covariance known or mixed over a grid.

Best linear prediction with estimated coefficients (Goldberger 1962,
doi:10.1080/01621459.1962.10480665). Each series may have covariates of its own beside
those that all share, so that one factor of the covariance serves the treated series and
every unrelated one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, Ints
from migration.inference.whiten import whitener

BISECTIONS = 60


@dataclass(frozen=True, eq=False)
class Regression:
    """Series with their regressors.

    Attributes
    ----------
    y : (N, T) array
    x : (T, k) array
        Shared by all series: intercept, day of week.
    own : (N, T, c) array
        Each series' own covariates.
    """

    y: Array
    x: Array
    own: Array

    @property
    def n_coef(self) -> int:
        """Coefficients of one series."""
        return int(self.x.shape[1] + self.own.shape[2])

    def rows(self, n: int) -> "Regression":
        """The first n series."""
        return Regression(self.y[:n], self.x, self.own[:n])


@dataclass(frozen=True, eq=False)
class Split:
    """Days that are known, and days that are forecast from them."""

    known: Ints
    target: Ints


@dataclass(frozen=True, eq=False)
class Prediction:
    """Observed less predicted, under one covariance.

    Attributes
    ----------
    gap : (N, L) array
    noise : (L, L) array
        Covariance of the target days' noise given the known days, over ``scale``.
    lever : (N, L, c) array
        What the own coefficients' errors move, and ``inverse`` (N, c, c) their
        covariance over ``scale``; ``shared`` (L, L) is that of the shared ones.
    coef : (N, c) array
        Of the own covariates.
    scale : (N,) array
    """

    gap: Array
    noise: Array
    shared: Array
    lever: Array
    inverse: Array
    coef: Array
    scale: Array

    def variance(self, weights: Array) -> Array:
        """Variance of ``weights @ gap``, coefficients' errors in it, shape (N, m).

        Parameters
        ----------
        weights : (m, L) array
        """
        common = ((weights @ (self.noise + self.shared)) * weights).sum(axis=1)
        moved = weights @ self.lever
        own = ((moved @ self.inverse) * moved).sum(axis=2)
        return np.asarray(self.scale[:, None] * (common + own))


@dataclass(frozen=True, eq=False)
class _Whitened:
    """Known days after the Cholesky factor, shared regressors projected out."""

    white: Array  # inverse of the factor
    log_det: float
    bare: tuple[Array, ...]  # before that: (n, k), y (n, N), own (n, N c)
    basis: Array  # orthonormal, of the whitened shared regressors
    triangle: Array
    y: Array  # (N, n)
    own: Array  # (N, n, c)
    cross: Array  # (N, c, c)
    coef: Array  # (N, c)
    scale: Array  # (N,)
    df: int


def _whiten(model: Regression, cov: Array, known: Ints) -> _Whitened:
    white, log_det = whitener(cov[np.ix_(known, known)])
    n, c = len(known), model.own.shape[2]
    flat = np.moveaxis(model.own[:, known], 0, 1).reshape(n, -1)
    parts = model.x[known], model.y[:, known].T, flat
    ends = np.cumsum([part.shape[1] for part in parts])[:-1]
    bare = tuple(np.split(white @ np.hstack(parts), ends, axis=1))
    basis, triangle = map(np.asarray, np.linalg.qr(bare[0]))
    y = _project(bare[1], basis).T
    own = _project(bare[2], basis).reshape(n, len(y), c).swapaxes(0, 1)
    across = own.swapaxes(1, 2)
    cross = across @ own
    coef = _numbers(np.linalg.solve(cross, across @ y[:, :, None])[:, :, 0])
    rss = ((y - (own @ coef[:, :, None])[:, :, 0]) ** 2).sum(axis=1)
    df = n - model.n_coef
    scale = np.maximum(rss, np.finfo(float).tiny) / df
    return _Whitened(
        white, log_det, bare, basis, triangle, y, own, cross, coef, scale, df
    )


def _numbers(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)


def _project(values: Array, basis: Array) -> Array:
    return np.asarray(values - basis @ (basis.T @ values))


def restricted_loglik(model: Regression, cov: Array, known: Ints) -> Array:
    """Profile REML log-likelihood of the known days up to a constant, shape (N,).

    It is that of the contrasts free of the coefficients, so that a unit root and a
    stationary process are compared on the same data.
    """
    w = _whiten(model, cov, known)
    log_det = w.log_det + 2 * np.log(np.abs(np.diag(w.triangle))).sum()
    log_det = log_det + np.linalg.slogdet(w.cross)[1]
    return np.asarray(-0.5 * (w.df * np.log(w.scale) + log_det))


def innovations(model: Regression, cov: Array, known: Ints) -> Array:
    """One-step prediction errors in units of their own error, shape (N, n)."""
    w = _whiten(model, cov, known)
    errors = w.y - (w.own @ w.coef[:, :, None])[:, :, 0]
    return np.asarray(errors / np.sqrt(w.scale)[:, None])


def predict(model: Regression, cov: Array, split: Split) -> Prediction:
    """Predict the target days of every series from its known days.

    Parameters
    ----------
    model : Regression
    cov : (T, T) array
        Of the noise, over its scale.
    split : Split
    """
    known, target = split.known, split.target
    w = _whiten(model, cov, known)
    link = w.white @ cov[np.ix_(known, target)]
    reach = model.x[target] - link.T @ w.bare[0]
    reach = _numbers(np.linalg.solve(w.triangle.T, reach.T).T)

    def gap_of(values: Array, bare: Array) -> Array:
        """Gap of columns, shared regressors alone, (L, columns)."""
        return np.asarray(values - link.T @ bare - reach @ (w.basis.T @ bare))

    own = np.moveaxis(model.own[:, target], 0, 1)
    lever = gap_of(own.reshape(len(target), -1), w.bare[2])
    lever = lever.reshape(own.shape).swapaxes(0, 1)
    fitted = (lever @ w.coef[:, :, None])[:, :, 0]
    return Prediction(
        gap=gap_of(model.y[:, target].T, w.bare[1]).T - fitted,
        noise=cov[np.ix_(target, target)] - link.T @ link,
        shared=reach @ reach.T,
        lever=lever,
        inverse=_numbers(np.linalg.inv(w.cross)),
        coef=w.coef,
        scale=w.scale,
    )


def loadings(model: Regression, cov: Array, split: Split) -> Array:
    """What the mean gap of the target days gives to each day of y, shape (N, T)."""
    w, found = _whiten(model, cov, split.known), predict(model, cov, split)
    days = np.eye(len(cov))
    bare = predict(Regression(days, model.x, days[:, :, None][:, :, :0]), cov, split)
    white = _project(w.white @ days[split.known], w.basis)
    coef = found.inverse @ (w.own.swapaxes(1, 2) @ white)
    moved = (found.lever.mean(axis=1)[:, None, :] @ coef)[:, 0]
    return np.asarray(bare.gap.mean(axis=1) - moved)


@dataclass(frozen=True, eq=False)
class Mixture:
    """Linear combinations of the gaps, mixed over a grid of covariances.

    Attributes
    ----------
    centre, error : (G, N, m) arrays
        Given each covariance: location and scale of a Student's t.
    weight : (G, N) array
        Sums to one for each series.
    df : int
    """

    centre: Array
    error: Array
    weight: Array
    df: int

    @property
    def estimate(self) -> Array:
        """Shape (N, m)."""
        return np.asarray((self.weight[:, :, None] * self.centre).sum(axis=0))

    @property
    def std_error(self) -> Array:
        """With the spread between covariances in it, shape (N, m)."""
        spread = self.error**2 + (self.centre - self.estimate) ** 2
        return np.asarray(np.sqrt((self.weight[:, :, None] * spread).sum(axis=0)))

    def below(self, value: Array) -> Array:
        """Probability below a value, shape (N, m)."""
        each = tails.t.cdf((value - self.centre) / self.error, self.df)
        return np.asarray((self.weight[:, :, None] * each).sum(axis=0))

    @property
    def p_value(self) -> Array:
        """Two-sided, of no gap, shape (N, m)."""
        below = self.below(np.zeros(self.centre.shape[1:]))
        return np.asarray(2 * np.minimum(below, 1 - below))

    def quantile(self, level: float | Array) -> Array:
        """Quantile by bisection, shape (N, m)."""
        reach = 1e3 * self.error.max(axis=0)
        low, high = self.centre.min(axis=0) - reach, self.centre.max(axis=0) + reach
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            short = self.below(middle) < level
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return np.asarray((low + high) / 2)

    def row(self, j: int) -> "Mixture":
        """One series alone."""
        kept = self.centre[:, [j]], self.error[:, [j]], self.weight[:, [j]]
        return Mixture(*kept, self.df)

    def first(self) -> "Mixture":
        """The first series alone."""
        return self.row(0)


def mixed(
    model: Regression,
    covs: Sequence[Array],
    weight: Array,
    split: Split,
    combine: Array,
) -> Mixture:
    """Predict under every covariance that has weight, and combine the target days.

    Parameters
    ----------
    model : Regression
    covs : sequence of G (T, T) arrays
    weight : (G, N) array
    split : Split
    combine : (m, L) array
        Rows are linear combinations of the target days.
    """
    used = [int(g) for g in np.flatnonzero(weight.sum(axis=1) > 0)]
    found = [predict(model, covs[g], split) for g in used]
    return Mixture(
        centre=np.array([p.gap @ combine.T for p in found]),
        error=np.sqrt(np.array([p.variance(combine) for p in found])),
        weight=weight[used],
        df=len(split.known) - model.n_coef,
    )


def likelihood_weights(loglik: Array) -> Array:
    """Weights over a grid from log-likelihoods, summing to one, shape (G, N)."""
    weight = np.exp(loglik - loglik.max(axis=0))
    return np.asarray(weight / weight.sum(axis=0))
