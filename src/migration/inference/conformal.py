"""Conformal inference of Chernozhukov, Wuthrich and Zhu, over honest shifts only.

doi:10.1080/01621459.2021.1920957. Of the moving-block shifts, those that keep event
days in the window or wrap around its ends are left out: they are no placebos when an
effect starts with idle days.
"""

from collections.abc import Callable

import numpy as np

from migration.inference.arrays import Array

ALPHA = 0.05
CLOSE = 1e-12  # of the largest residual: sums in another order are the same
WIDER = 1.5  # each question further out than the last
FURTHEST = 40  # questions before an end is called unbounded: ten million steps
BISECTIONS = 50
SERIES = 500  # at a time: what they need stays near the processor


def conformal_p(y: Array, x: Array, n_pre: int, effect: float = 0.0) -> Array:
    """P-value of ``effect`` on every day of the window, for N series.

    Parameters
    ----------
    y : (N, n_pre + L) array
    x : (n_pre + L, k) array
        Regressors of the path without effect; fitted on all days under the null.
    n_pre : int
    effect : float

    Returns
    -------
    (N,) array
        The smallest possible value is 1 / (1 + n_pre - L + 1).
    """
    return _conformal_p(y, x, _solver(x), n_pre, effect)


def _solver(x: Array) -> Array:
    """Brings series to the regressors' coefficients, shape (k, n_pre + L)."""
    return np.asarray(np.linalg.pinv(x), dtype=np.float64)


def _conformal_p(y: Array, x: Array, solver: Array, n_pre: int, effect: float) -> Array:
    """:func:`conformal_p`, with what solves for the regressors' coefficients."""
    found = np.empty(len(y))
    for start in range(0, len(y), SERIES):
        rows = slice(start, start + SERIES)
        null = y[rows].copy()
        null[:, n_pre:] -= effect
        found[rows] = _block_p(null - (null @ solver.T) @ x.T, n_pre)
    return found


def _block_p(residual: Array, n_pre: int) -> Array:
    """Share of the baseline's blocks with a mean at least as far from zero, (N,)."""
    length = residual.shape[1] - n_pre
    sums = np.zeros((len(residual), residual.shape[1] + 1))
    np.cumsum(residual, axis=1, out=sums[:, 1:])
    means = np.abs(sums[:, length:] - sums[:, :-length]) / length
    placebos, window = means[:, : n_pre - length + 1], means[:, [-1]]
    close = CLOSE * np.abs(residual).max(axis=1, keepdims=True)
    beyond = (placebos >= window - close).sum(axis=1)
    return np.asarray((1 + beyond) / (1 + placebos.shape[1]))


def conformal_interval(
    y: Array, x: Array, n_pre: int, *, step: float
) -> tuple[float, float]:
    """Effects that are not rejected at 5% for one series, by inversion.

    Parameters
    ----------
    y : (1, n_pre + L) array
    x : (n_pre + L, k) array
    n_pre : int
    step : float
        A length to begin the search with: a standard error of the effect.
    """
    solver = _solver(x)

    def keeps(effect: float) -> bool:
        return bool(_conformal_p(y, x, solver, n_pre, effect)[0] > ALPHA)

    # Under this effect the window's mean residual is zero, so that no window is nearer.
    window = (np.arange(len(x)) >= n_pre).astype(float)
    both = np.column_stack([window, y[0]])
    both = both - x @ np.linalg.lstsq(x, both, rcond=None)[0]
    shift, own = both[n_pre:].mean(axis=0)
    return inverted(keeps, float(own / shift), step)


def inverted(
    keeps: Callable[[float], bool], start: float, step: float
) -> tuple[float, float]:
    """Ends of the stretch of effects about ``start`` that a test keeps.

    The test is asked ever further out until it refuses an effect, and then between that
    and the last one kept, until both are one number. Zero is asked too: it lies in the
    interval exactly where the test does not reject, even if the effects that are kept
    should not be one stretch.

    Parameters
    ----------
    keeps : callable
        Of an effect: whether the test does not reject it.
    start : float
        An effect that is kept; NaN comes back where it is not.
    step : float
        How far out to ask first.

    Returns
    -------
    float, float
        Infinite where no effect is refused.
    """
    if not keeps(start):
        return float("nan"), float("nan")
    low, high = (_outward(keeps, start, sign * step) for sign in (-1.0, 1.0))
    if keeps(0.0):
        return min(low, 0.0), max(high, 0.0)
    if low <= 0.0 <= high:
        edge = _between(keeps, start, 0.0)
        return (edge, high) if start > 0 else (low, edge)
    return low, high


def _outward(keeps: Callable[[float], bool], start: float, step: float) -> float:
    inside = start
    for _ in range(FURTHEST):
        if not keeps(start + step):
            return _between(keeps, inside, start + step)
        inside, step = start + step, WIDER * step
    return float(np.copysign(np.inf, step))


def _between(keeps: Callable[[float], bool], inside: float, outside: float) -> float:
    """The effect kept that is nearest to one refused."""
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if keeps(middle):
            inside = middle
        else:
            outside = middle
    return inside
