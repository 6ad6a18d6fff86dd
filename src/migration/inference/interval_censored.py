"""Gaussian regression on outcomes known only to lie in an interval.

An observation is a pair (lower, upper): a point where they are equal, censored below
where ``lower`` is -inf, above where ``upper`` is inf, an interval in between. Tobin
(1958, doi:10.2307/1907382) for one limit; in Olsen's parameters (1978,
doi:10.2307/1913082), ``delta = beta / sigma`` and ``h = 1 / sigma``, the
log-likelihood is concave, so Newton's method finds the one maximum where there is one.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse, special

from migration.errors import DesignError
from migration.inference.arrays import Array, Mask

Matrix = Any  # an array or a scipy.sparse array of shape (n, k)

TOLERANCE = 1e-13
MAX_STEPS = 200
SHORTEST = 1e-10
SMALL = 100_000  # cells of a design that is handled dense
FLAT = 1e-7  # curvature a row below which a direction has no maximum
LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True, eq=False)
class IntervalFit:
    """Maximum-likelihood estimates.

    Attributes
    ----------
    coef : (k,) array
        Of the columns of x; -inf or inf for a group that is censored throughout.
    scale : float
        Standard deviation of the noise.
    loglik : float
    cov : (k + 1, k + 1) array
        Of ``coef`` and log ``scale``, from the observed information; NaN where a
        coefficient is infinite.
    identified : bool
        False where the likelihood has no maximum: it rises for ever in a direction.
    """

    coef: Array
    scale: float
    loglik: float
    cov: Array
    identified: bool

    @property
    def std_error(self) -> Array:
        """Of the coefficients, shape (k,)."""
        return np.asarray(np.sqrt(np.diag(self.cov)[:-1]))


class Derivatives(NamedTuple):
    """Log-likelihood, score and Hessian in Olsen's parameters (delta, h)."""

    loglik: float
    score: Array
    hessian: Array


def fit_intervals(lower: Array, upper: Array, x: Matrix) -> IntervalFit:
    """Fit ``z = x beta + sigma eps`` to intervals that hold z.

    Parameters
    ----------
    lower, upper : (n,) arrays
        Equal for a point; ``lower`` may be -inf, ``upper`` inf.
    x : (n, k) array, dense or sparse
        A dummy whose rows are all censored on the same side gets an infinite
        coefficient, and its rows leave the likelihood, to which they add log 1.

    Raises
    ------
    DesignError
        For NaN, crossed bounds, collinear columns, or when every row is one-sided.
    """
    _check(lower, upper, x)
    coef, rows = _censored_groups(lower, upper, x)
    columns = np.flatnonzero(coef == 0)
    kept = _handy(x[rows][:, columns])
    _check_informed(lower[rows], upper[rows])
    params, found = _maximise(lower[rows], upper[rows], kept)
    coef[columns] = params[:-1] / params[-1]
    known, cov = _covariance(params, found.hessian, kept)
    whole = np.full((len(coef) + 1, len(coef) + 1), np.nan)
    place = np.append(columns, len(coef))
    whole[np.ix_(place, place)] = cov
    return IntervalFit(coef, 1 / float(params[-1]), found.loglik, whole, known)


def derivatives(params: Array, lower: Array, upper: Array, x: Matrix) -> Derivatives:
    """Log-likelihood with its score and Hessian.

    Parameters
    ----------
    params : (k + 1,) array
        ``delta = beta / sigma``, then ``h = 1 / sigma`` > 0.
    lower, upper : (n,) arrays
    x : (n, k) array
    """
    h, line = float(params[-1]), x @ params[:-1]
    point = lower == upper
    value, rows = _interval_rows(h, line, lower, upper)
    exact = _point_rows(h, line, np.where(point, lower, 0.0))
    value = np.where(point, exact[0], value)
    by_line, by_h, two_line, both, two_h = np.where(point, exact[1], rows)
    gram, cross = _gram(x, two_line), x.T @ both
    hessian = np.block([[gram, cross[:, None]], [cross[None, :], two_h.sum()]])
    score = np.append(x.T @ by_line, by_h.sum())
    return Derivatives(float(value.sum()), score, np.asarray(hessian))


def score_test(lower: Array, upper: Array, x: Matrix, column: int) -> float:
    """Lagrange-multiplier chi-squared on one df for ``beta[column] = 0``.

    The score at the restricted maximum against the observed information there.
    """
    x = _handy(x)
    kept = [place for place in range(x.shape[1]) if place != column]
    params, _ = _maximise(lower, upper, x[:, kept])
    full = np.insert(params, column, 0.0)
    found = derivatives(full, lower, upper, x)
    step = np.linalg.solve(-found.hessian, found.score)
    return float(found.score @ step)


def log_mass(a: Array, b: Array) -> Array:
    """``log(Phi(b) - Phi(a))`` for a <= b, in either tail; -inf where a = b."""
    flip = a > 0
    low, high = np.where(flip, -b, a), np.where(flip, -a, b)
    outer, inner = special.log_ndtr(high), special.log_ndtr(low)
    with np.errstate(divide="ignore"):
        gap = np.minimum(inner - outer, 0.0)
        near = np.log(-np.expm1(gap))
        return np.asarray(outer + np.where(gap > -0.7, near, np.log1p(-np.exp(gap))))


def _interval_rows(h: float, line: Array, lower: Array, upper: Array) -> Any:
    """Per row: log mass; then d/dl, d/dh, d2/dl2, d2/dldh, d2/dh2 with l the line."""
    a, b = h * lower - line, h * upper - line
    mass = log_mass(a, b)
    mass = np.where(lower == upper, 0.0, mass)
    with np.errstate(invalid="ignore", over="ignore"):
        ratio_a = np.exp(-0.5 * a**2 - LOG_ROOT_2PI - mass)
        ratio_b = np.exp(-0.5 * b**2 - LOG_ROOT_2PI - mass)
    # A bound at infinity adds nothing: zeros in place of inf * 0.
    lo, hi = _finite(lower), _finite(upper)
    a, b = _finite(a), _finite(b)
    bb, aa = -b * ratio_b - ratio_b**2, a * ratio_a - ratio_a**2
    ab = ratio_a * ratio_b
    rows = np.array(
        [
            ratio_a - ratio_b,
            ratio_b * hi - ratio_a * lo,
            a * ratio_a - b * ratio_b - (ratio_b - ratio_a) ** 2,
            -(hi * (bb + ab) + lo * (aa + ab)),
            bb * hi**2 + 2 * ab * hi * lo + aa * lo**2,
        ]
    )
    return mass, rows


def _point_rows(h: float, line: Array, y: Array) -> Any:
    gap = h * y - line
    value = np.log(h) - 0.5 * gap**2 - LOG_ROOT_2PI
    ones = np.ones_like(y)
    return value, np.array([gap, 1 / h - gap * y, -ones, y, -(y**2) - 1 / h**2])


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, 0.0)


def _handy(x: Matrix) -> Matrix:
    """Dense where it is small: the book-keeping of a sparse product costs more."""
    large = isinstance(x, np.ndarray) or x.shape[0] * x.shape[1] > SMALL
    return x if large else x.toarray()


def _gram(x: Matrix, weight: Array) -> Array:
    """``x' diag(weight) x``, dense, shape (k, k)."""
    if isinstance(x, np.ndarray):
        return np.asarray(x.T @ (weight[:, None] * x))
    return np.asarray((x.T @ (sparse.diags_array(weight) @ x)).toarray())


def _maximise(lower: Array, upper: Array, x: Matrix) -> tuple[Array, Derivatives]:
    """Newton's method, halved until the likelihood rises; concave, so it gets there."""
    params = _start(lower, upper, x)
    found = derivatives(params, lower, upper, x)
    for _ in range(MAX_STEPS):
        step = np.linalg.lstsq(-found.hessian, found.score, rcond=None)[0]
        gain = float(found.score @ step)
        if gain < TOLERANCE * (1 + abs(found.loglik)):
            # So near the top one more step squares what is left of the way.
            params = params + step if params[-1] + step[-1] > 0 else params
            return params, derivatives(params, lower, upper, x)
        size = 1.0
        while size > SHORTEST:
            tried = params + size * step
            if tried[-1] > 0:
                new = derivatives(tried, lower, upper, x)
                if new.loglik >= found.loglik + 1e-4 * size * gain:
                    break
            size /= 2
        else:
            break
        params, found = tried, new
    return params, found


def _start(lower: Array, upper: Array, x: Matrix) -> Array:
    """Least squares on the middles of intervals, and on the bound of one-sided ones."""
    low = np.where(np.isinf(lower), upper, lower)
    high = np.where(np.isinf(upper), lower, upper)
    y = np.where(np.isinf(low), 0.0, (_finite(low) + _finite(high)) / 2)
    gram = _gram(x, np.ones(x.shape[0]))
    if np.linalg.matrix_rank(gram, hermitian=True) < x.shape[1]:
        raise DesignError(
            "interval regression needs columns of full rank, got collinear ones: "
            "leave one category of each set of dummies out"
        )
    beta = np.linalg.solve(gram, x.T @ y)
    spread = float(np.sqrt(np.mean((y - x @ beta) ** 2)))
    # From too small a spread the tails have no slope: start wide.
    scale = 1.5 * spread + 1e-3 * (1 + float(np.abs(y).max()))
    return np.append(beta, 1.0) / scale


def _covariance(params: Array, hessian: Array, x: Matrix) -> tuple[bool, Array]:
    """Whether there is a maximum, and the covariance of (beta, log sigma) there."""
    h = float(params[-1])
    squares = np.diag(_gram(x, np.ones(x.shape[0])))
    unit = np.append(np.sqrt(squares), np.sqrt(x.shape[0]) / h)
    curvature = np.linalg.eigvalsh(-hessian / np.outer(unit, unit))
    if curvature[0] < FLAT:
        return False, np.full(hessian.shape, np.nan)
    # beta = delta / h, log sigma = -log h.
    jacobian = np.eye(len(params)) / h
    jacobian[:-1, -1] = -params[:-1] / h**2
    jacobian[-1, -1] = -1 / h
    return True, np.asarray(jacobian @ np.linalg.inv(-hessian) @ jacobian.T)


def _censored_groups(lower: Array, upper: Array, x: Matrix) -> tuple[Array, Mask]:
    """Infinite coefficients of dummies censored throughout, and the rows that stay."""
    dense = sparse.csc_array(x)
    coef, rows = np.zeros(x.shape[1]), np.ones(x.shape[0], dtype=bool)
    changed = True
    while changed:
        changed = False
        for place in np.flatnonzero(coef == 0):
            span = slice(dense.indptr[place], dense.indptr[place + 1])
            own = dense.indices[span][rows[dense.indices[span]]]
            sign = np.sign(dense.data[span])
            side = _side(lower[own], upper[own])
            if side and len(own) < rows.sum() and abs(sign.sum()) == len(sign):
                coef[place] = side * sign[0] * np.inf
                rows[own], changed = False, True
    return coef, rows


def _side(lower: Array, upper: Array) -> int:
    """-1 where all are censored below, 1 above, 0 where they bound both sides."""
    if not len(lower):
        return 0
    if np.isinf(lower).all():
        return -1
    return int(np.isinf(upper).all())


def _check(lower: Array, upper: Array, x: Matrix) -> None:
    if not len(lower) == len(upper) == x.shape[0]:
        raise DesignError(
            f"interval regression needs as many bounds as rows of x, got {len(lower)}, "
            f"{len(upper)} and {x.shape[0]}"
        )
    if np.isnan(lower).any() or np.isnan(upper).any():
        raise DesignError("interval regression got NaN bounds: leave those rows out")
    crossed = (lower > upper) | (lower == np.inf) | (upper == -np.inf)
    if crossed.any():
        place = int(crossed.argmax())
        raise DesignError(
            "interval regression needs lower <= upper, got "
            f"({lower[place]:g}, {upper[place]:g}) in row {place}: correct the bounds"
        )


def _check_informed(lower: Array, upper: Array) -> None:
    if not (np.isfinite(lower) & np.isfinite(upper)).any() and _side(lower, upper):
        raise DesignError(
            f"every one of {len(lower)} observations is censored on the same side: the "
            "level has no estimate, only a bound"
        )
