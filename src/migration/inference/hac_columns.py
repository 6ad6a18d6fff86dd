"""Newey-West errors of many series on one design: regressors factored once.

What is wanted of each series are the errors of a few combinations of its coefficients.
The score of one combination is one number a day, ``z_t = (a'(X'X)^-1 x_t) e_t``, and
the Bartlett sum of its autocovariances is a sum of squares: of all sums of ``lag + 1``
days in a row, over ``lag + 1``. So no series needs a covariance of all coefficients,
and no error is the root of a number below zero.
"""

from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array, Ints, Mask
from migration.inference.hac import newey_west, slopes_of

CELLS = 32_000  # days of series at a time: what they need stays near the processor
ALONE = 1e-9  # of a leverage below one: a day that a regressor of its own fits
WORST = 1e-8  # share of a score's spread that the scores before it do not explain


@dataclass(frozen=True, eq=False)
class HacColumns:
    """Combinations of coefficients of N series, each with its own error.

    Attributes
    ----------
    estimate, std_error : (N, m) arrays
    lag : (N,) array
        Last autocovariance that has weight.
    """

    estimate: Array
    std_error: Array
    lag: Ints


def newey_west_columns(
    y: Array,
    x: Array,
    weights: Array,
    *,
    lag: int | None = None,
    prewhite: bool = True,
) -> HacColumns:
    """Estimate every series by least squares with Newey-West (Bartlett) errors.

    The numbers are those of :func:`migration.inference.hac.newey_west`, series by
    series.

    Parameters
    ----------
    y : (N, n) array
    x : (n, k) array
        Of full rank.
    weights : (m, k) array
        Combinations of the coefficients.
    lag : int, optional
        Without it each series has its own, from its scores.
    prewhite : bool
        By a VAR(1) of the scores.
    """
    estimate, error = np.empty((2, len(y), len(weights)))
    lags = np.empty(len(y), dtype=np.int64)
    solver = np.linalg.pinv(x)
    step = max(CELLS // len(x), 1)
    for start in range(0, len(y), step):
        rows = slice(start, start + step)
        coef = y[rows] @ solver.T
        left = y[rows] - coef @ x.T
        estimate[rows] = coef @ weights.T
        made = _errors(left, x, weights, lag, prewhite=prewhite)
        error[rows], lags[rows] = made
    return HacColumns(estimate, error, lags)


def bartlett(z: Array, lag: int) -> Array:
    """Weighted sum of autocovariances of each row, at the Bartlett kernel's weights.

    ``sum_j (1 - |j| / (lag + 1)) sum_t z_t z_{t-j}``, shape (N,).

    Parameters
    ----------
    z : (N, n) array
    lag : int
    """
    n, width = z.shape[1], lag + 1
    if width < n:
        # Stretches that begin before the first day or end after the last hold fewer.
        padded = np.zeros((len(z), n + 2 * lag))
        padded[:, lag : lag + n] = z
        sums = _stretches(padded, width)
        return np.asarray(np.einsum("nt,nt->n", sums, sums) / width)
    first, last = np.cumsum(z, axis=1), np.cumsum(z[:, :0:-1], axis=1)
    parts = np.column_stack([first[:, :-1], last])
    squares = np.einsum("nt,nt->n", parts, parts)
    return np.asarray((squares + (width - n + 1) * first[:, -1] ** 2) / width)


def _stretches(z: Array, width: int) -> Array:
    """Sums of ``width`` values in a row, by sums of 1, 2, 4, ... of them."""
    n = z.shape[1] - width + 1
    total, done, power, size = np.zeros((len(z), n)), 0, z, 1
    while done < width:
        if width & size:
            total += power[:, done : done + n]
            done += size
        power, size = power[:, :-size] + power[:, size:], 2 * size
    return total


def _errors(
    left: Array, x: Array, weights: Array, lag: int | None, *, prewhite: bool
) -> tuple[Array, Ints]:
    """Standard errors (N, m) and lags (N,) of residuals (N, n)."""
    bread = weights @ np.linalg.inv(x.T @ x)
    pilot = int((3 if prewhite else 4) * (len(x) / 100) ** (2 / 9))
    if not prewhite:
        lags = _lags(left * (x @ slopes_of(x)), pilot, len(x), lag)
        return _roots(left * (bread @ x.T)[:, None], lags), lags
    scores = Prewhitened.of(left, x)
    lags = _lags(scores.along(scores.basis.T @ slopes_of(x)), pilot, len(x), lag)
    error = _roots(scores.recoloured(scores.basis.T @ bread.T), lags)
    for row in np.flatnonzero(~scores.told):
        alone = newey_west(left[row], x, lag=lag)
        squares = np.einsum("mk,kl,ml->m", weights, alone.cov, weights)
        error[row] = np.sqrt(np.maximum(squares, 0))  # rounding may put zero below it
        lags[row] = alone.lag
    return error, lags


def _roots(scores: Array, lags: Ints) -> Array:
    """Roots of the Bartlett sums of scores (m, N, n), each by its own lag: (N, m)."""
    squares, n = np.empty((len(lags), len(scores))), scores.shape[2]
    for number in np.unique(lags):
        own = lags == number
        z = scores.reshape(-1, n) if own.all() else scores[:, own].reshape(-1, n)
        squares[own] = bartlett(z, int(number)).reshape(len(scores), -1).T
    return np.sqrt(squares)


def _lags(z: Array, pilot: int, n: int, lag: int | None) -> Ints:
    """The lag asked for, or the whole part of Newey and West's bandwidth (1994)."""
    if lag is not None:
        return np.full(len(z), lag, dtype=np.int64)
    used = z.shape[1]
    sigma = np.array(
        [
            np.einsum("nt,nt->n", z[:, : used - j], z[:, j:]) / used
            for j in range(pilot + 1)
        ]
    )
    s0 = sigma[0] + 2 * sigma[1:].sum(axis=0)
    s1 = 2 * (np.arange(1, pilot + 1)[:, None] * sigma[1:]).sum(axis=0)
    share = np.divide(s1, s0, out=np.zeros_like(s0), where=s0 != 0)
    return np.asarray(1.1447 * (share**2) ** (1 / 3) * n ** (1 / 3), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Prewhitened:
    """Scores of N series less a VAR(1) of their own, never formed as (N, n, k).

    Attributes
    ----------
    left : (N, n) array
        Residuals.
    x : (n, r) array
        Regressors in the basis.
    basis : (k, r) array
        Of the directions in which scores are not zero by construction: a day with a
        dummy of its own has no residual.
    squares, products : (N, r, r) arrays
        Of a day's scores with themselves, and with those of the next day: the VAR is
        the solution of the one with the other.
    told : (N,) mask
        Series whose VAR the plain normal equations give.
    """

    left: Array
    x: Array
    basis: Array
    squares: Array
    products: Array
    told: Mask

    @classmethod
    def of(cls, left: Array, x: Array) -> "Prewhitened":
        """Fit the VAR of every series' scores."""
        lever = np.einsum("tk,kl,tl->t", x, np.linalg.inv(x.T @ x), x)
        _, size, axes = np.linalg.svd(x[lever < 1 - ALONE], full_matrices=False)
        basis = axes[size > size.max() * len(x) * np.finfo(float).eps].T
        z = x @ basis
        r = z.shape[1]
        before, after = z[:-1, :, None], z[1:, None, :]
        own = (before * z[:-1, None, :]).reshape(-1, r * r)
        next_ = (before * after).reshape(-1, r * r)
        squares = (left[:, :-1] ** 2 @ own).reshape(-1, r, r)
        products = (left[:, :-1] * left[:, 1:] @ next_).reshape(-1, r, r)
        told = _well_told(squares)
        squares[~told], products[~told] = np.eye(r), 0.0
        return cls(left, z, basis, squares, products, told)

    def along(self, c: Array) -> Array:
        """The prewhitened scores in a direction (r,), shape (N, n-1)."""
        wanted = (self.products @ c)[:, :, None]
        held = np.linalg.solve(self.squares, wanted)[:, :, 0]
        after = self.left[:, 1:] * (self.x[1:] @ c)
        return np.asarray(after - self.left[:, :-1] * (held @ self.x[:-1].T))

    def recoloured(self, c: Array) -> Array:
        """Scores whose plain sum of autocovariances is the recoloured one, (m, N, n-1).

        With ``A`` the VAR the direction is ``d = (I - A)^{-1} c``, and what the day
        before explains of it is ``A d = d - c``: no VAR has to be formed.

        Parameters
        ----------
        c : (r, m) array
            Directions.
        """
        every = np.linalg.solve(self.squares - self.products, self.squares @ c)
        d = np.ascontiguousarray(np.moveaxis(every, 2, 0))
        after = d @ self.x[1:].T
        after *= self.left[:, 1:]
        before = (d - c.T[:, None]) @ self.x[:-1].T
        before *= self.left[:, :-1]
        after -= before
        return np.asarray(after)


def _well_told(squares: Array) -> Mask:
    """Matrices (N, r, r) in which no score is all but a sum of the others."""
    spread = np.sqrt(np.einsum("nii->ni", squares))
    if not (spread > 0).all():
        return np.zeros(len(squares), dtype=bool)
    scaled = squares / (spread[:, :, None] * spread[:, None, :])
    try:
        root = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:  # of one of them: slower, but it says of which
        return np.asarray(np.linalg.eigvalsh(scaled)[:, 0] > WORST)
    return np.asarray(np.einsum("nii->ni", root).min(axis=1) ** 2 > WORST)
