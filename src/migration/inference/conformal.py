"""Conformal inference of Chernozhukov, Wuthrich and Zhu, over honest shifts only.

doi:10.1080/01621459.2021.1920957. Of the moving-block shifts, those that keep event
days in the window or wrap around its ends are left out: they are no placebos when an
effect starts with idle days.
"""

from collections.abc import Callable

import numpy as np

from migration.inference.arrays import Array, Mask

ALPHA = 0.05
CLOSE = 1e-12  # of the largest residual: sums in another order are the same
WIDER = 1.5  # each question further out than the last
FURTHEST = 40  # questions before an end is called unbounded: ten million steps
BISECTIONS = 50
ASKED = 6  # questions further out at a time
AHEAD = 5  # halvings at a time
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
    solver, window = _solver(x), (np.arange(len(x)) >= n_pre).astype(float)

    def keeps(effects: Array) -> Mask:
        null = y - effects[:, None] * window
        return _block_p(null - (null @ solver.T) @ x.T, n_pre) > ALPHA

    # Under this effect the window's mean residual is zero, so that no window is nearer.
    both = np.column_stack([window, y[0]])
    both = both - x @ np.linalg.lstsq(x, both, rcond=None)[0]
    shift, own = both[n_pre:].mean(axis=0)
    return inverted(keeps, float(own / shift), step)


def inverted(
    keeps: Callable[[Array], Mask], start: float, step: float
) -> tuple[float, float]:
    """Ends of the stretch of effects about ``start`` that a test keeps.

    The test is asked ever further out until it refuses an effect, and then between that
    and the last one kept, until both are one number. Zero is asked too: it lies in the
    interval exactly where the test does not reject, even if the effects that are kept
    should not be one stretch.

    Parameters
    ----------
    keeps : callable
        Of effects (m,): which of them the test does not reject. Asked about several at
        a time, those that the next answers may lead to among them.
    start : float
        An effect that is kept; NaN comes back where it is not.
    step : float
        How far out to ask first.

    Returns
    -------
    float, float
        Infinite where no effect is refused.
    """
    kept, zero = keeps(np.array([start, 0.0]))
    if not kept:
        return float("nan"), float("nan")
    low, high = _outward(keeps, start, step).tolist()
    if zero:
        return min(low, 0.0), max(high, 0.0)
    if low <= 0.0 <= high:
        edge = float(_between(keeps, np.array([start]), np.array([0.0]))[0])
        return (edge, high) if start > 0 else (low, edge)
    return low, high


def _outward(keeps: Callable[[Array], Mask], start: float, step: float) -> Array:
    """Both ends: the last effect kept before one that is refused, on either side."""
    steps = step * np.cumprod(np.r_[1.0, np.full(FURTHEST - 1, WIDER)])
    asked = start + np.array([[-1.0], [1.0]]) * np.cumsum(np.r_[0.0, steps])
    found = np.array([-np.inf, np.inf])
    first, open_ = 1, np.arange(2)
    inside, outside = np.full((2, 2), start)
    while first < asked.shape[1] and len(open_):
        some = asked[open_, first : first + ASKED]
        refused = ~keeps(some.ravel()).reshape(some.shape)
        ends = refused.any(axis=1)
        at = first + refused.argmax(axis=1)[ends]
        inside[open_[ends]] = asked[open_[ends], at - 1]
        outside[open_[ends]] = asked[open_[ends], at]
        first, open_ = first + ASKED, open_[~ends]
    closed = np.setdiff1d(np.arange(2), open_)
    found[closed] = _between(keeps, inside[closed], outside[closed])
    return found


def _between(keeps: Callable[[Array], Mask], inside: Array, outside: Array) -> Array:
    """The effects kept that are nearest to ones refused, shape (m,).

    Halves of halves are asked together: the answers say which of them were wanted.
    """
    for done in range(0, BISECTIONS, AHEAD):
        pairs, middles = [(inside, outside)], []
        for node in range(2 ** min(AHEAD, BISECTIONS - done) - 1):
            here, there = pairs[node]
            middle = (here + there) / 2
            middles.append(middle)
            pairs += [(middle, there), (here, middle)]
        asked = np.array(middles)
        kept = keeps(asked.ravel()).reshape(asked.shape)
        each, place = np.arange(len(inside)), np.zeros(len(inside), dtype=np.int64)
        for _ in range(min(AHEAD, BISECTIONS - done)):
            place = 2 * place + np.where(kept[place, each], 1, 2)
        ends = np.array(pairs)[place, :, each]
        inside, outside = ends[:, 0], ends[:, 1]
    return inside
