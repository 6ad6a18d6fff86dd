"""Pulses that decay: Box and Tiao's transfer function, its decay by likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import optimize, stats

from migration.inference.arma import (
    EDGE,
    Order,
    arma_covariance,
    choose_arma,
    fit_arma,
    fit_noise,
    split,
)
from migration.inference.arrays import Array

GRID = np.round(np.arange(0.0, 1.001, 0.1), 2)
LEVEL = 0.95
TOLERANCE = 1e-6  # of a decay: nearer to 1, a difference over 1 - d is rounding
SLOWEST = 0.999  # of a pulse beside its own step: at 1 the two are one
Loss = Callable[[Array], float]


@dataclass(frozen=True, eq=False)
class DecayFit:
    """Pulses ``w_j / (1 - d_j B) P_t(t_j)`` with ARMA noise.

    Attributes
    ----------
    decay, low, high : (m,) arrays
        In [0, 1], where 1 is a step; the interval by profile likelihood.
    coef : (k + m,) array
        Of the base columns, then of the pulses: by GLS at ``decay``.
    cov : (k + 2 m, k + 2 m) array
        Of ``coef``, then of ``decay``: that the decays are estimated is in it.
    order : (int, int)
        Of the noise.
    loglik : float
        Maximum of the likelihood, constants included.
    df : int
    """

    decay: Array
    low: Array
    high: Array
    coef: Array
    cov: Array
    order: Order
    loglik: float
    df: int


def pulse_response(days: Array, start: float, decay: float) -> Array:
    """``decay ** (t - start)`` from ``start`` on, 0 before, shape (n,)."""
    since = days - start
    return np.where(since >= 0, np.power(float(decay), np.maximum(since, 0)), 0.0)


def _regular(base: Array, days: Array, starts: Array, decay: Array) -> Array:
    """Columns of the same span as :func:`with_pulses`, told apart up to a decay of 1.

    Beside a step from its own start a pulse that decays slowly is a second one, and at
    1 the pair repeats. Their difference over ``1 - d`` says the same, and is a ramp at
    1: so that an interval can reach 1, where the effect lasts or goes on.
    """
    columns = [base]
    for start, d in zip(starts, decay, strict=True):
        if not _lasts(base, days, start):
            columns.append(pulse_response(days, start, d))
        elif d < 1 - TOLERANCE:
            gone = pulse_response(days, start, 1.0) - pulse_response(days, start, d)
            columns.append(gone / (1 - d))
        else:
            columns.append(np.maximum(days - start, 0.0))
    return np.column_stack(columns)


def _lasts(base: Array, days: Array, start: float) -> bool:
    """Whether the base columns hold a step from this day on."""
    step = pulse_response(days, start, 1.0)
    return bool((base == step[:, None]).all(axis=0).any())


def with_pulses(base: Array, days: Array, starts: Array, decay: Array) -> Array:
    """The base columns and a response for each pulse, shape (n, k + m)."""
    pulses = [pulse_response(days, s, d) for s, d in zip(starts, decay, strict=True)]
    return np.column_stack([base, *pulses])


def fit_decay(
    y: Array, base: Array, days: Array, starts: Array, *, orders: tuple[Order, ...]
) -> DecayFit:
    """Fit pulses at known days: decay and noise by likelihood, effects by GLS.

    Box and Tiao (1975, doi:10.1080/01621459.1975.10480264). The likelihood is the full
    one, because restricted ones do not compare where the decay is part of the design;
    the innovation variance is then that of REML at the same decays.

    Parameters
    ----------
    y : (1, n) array
    base : (n, k) array
        The other regressors.
    days : (n,) array
    starts : (m,) array
        Day number of each pulse.
    orders : tuple of (p, q)
        Noise to choose from by BIC, at the best decays of white noise.
    """
    m = len(starts)
    white = np.empty(0), np.empty(0)
    corners = [np.array(p) for p in product(GRID, repeat=m)]
    first = min(
        corners,
        key=lambda d: _minus_two(y, _regular(base, days, starts, d), days, white),
    )
    noise = choose_arma(y, _regular(base, days, starts, first), days, orders)

    def loss(values: Array) -> float:
        x = _regular(base, days, starts, values[:m])
        return _minus_two(y, x, days, split(values[m:], noise.order))

    most = [SLOWEST if _lasts(base, days, s) else 1.0 for s in starts]
    bounds = [(0.0, end) for end in most] + [(-EDGE, EDGE)] * sum(noise.order)
    starting = [np.concatenate([np.minimum(d, most), noise.partial]) for d in corners]
    best = _minimise(loss, min(starting, key=loss), bounds) if bounds else np.empty(0)
    ends = np.array([_interval(loss, best, bounds, j) for j in range(m)])
    return _finished(y, base, days, starts, (best, ends, noise.order, loss(best)))


def _finished(
    y: Array,
    base: Array,
    days: Array,
    starts: Array,
    found: tuple[Array, Array, Order, float],
) -> DecayFit:
    best, ends, order, lowest = found
    m, k, n = len(starts), base.shape[1], len(days)
    decay = best[:m]
    x = with_pulses(base, days, starts, decay)
    reml = fit_arma(y, x, days, order=order)
    coef = reml.fit.coef[0]
    curved = np.column_stack([x, _slopes(days, starts, decay) * coef[k:]])
    cov = arma_covariance(days, reml.ar, reml.ma)
    # pinv: a decay of a pulse of nearly no size has no slope, and says so by width.
    joint = np.linalg.pinv(curved.T @ np.linalg.solve(cov, curved))
    return DecayFit(
        decay=decay,
        low=ends[:, 0],
        high=ends[:, 1],
        coef=coef,
        cov=np.asarray(joint * float(reml.fit.scale[0])),
        order=order,
        loglik=-lowest / 2 - n / 2 * (np.log(2 * np.pi) + 1),
        df=n - k - 2 * m,
    )


def _slopes(days: Array, starts: Array, decay: Array) -> Array:
    """Derivative of each response by its decay, shape (n, m)."""
    since = np.maximum(days[:, None] - starts[None, :], 0)
    return np.asarray(since * np.power(decay[None, :], np.maximum(since - 1, 0)))


def _minus_two(y: Array, x: Array, days: Array, noise: tuple[Array, Array]) -> float:
    """Minus twice the log-likelihood, up to a constant; inf where columns repeat."""
    try:
        value = -2 * float(fit_noise(y, x, days, noise, restricted=False).loglik[0])
    except np.linalg.LinAlgError:
        return float("inf")
    return value if np.isfinite(value) else float("inf")


def _minimise(loss: Loss, start: Array, bounds: list[tuple[float, float]]) -> Array:
    found = optimize.minimize(
        loss,
        start,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 2000},
    )
    return np.asarray(found.x)


def _lowest(
    loss: Loss, starts: list[Array], bounds: list[tuple[float, float]]
) -> float:
    """The least value near the best of some starts, by slopes: an interval needs many.

    Where a start has no finite value around it, slopes say nothing and it stands.
    """
    values = [loss(start) for start in starts]
    best = min(values)
    if not len(bounds) or not np.isfinite(best):
        return best
    start = starts[values.index(best)]
    with np.errstate(invalid="ignore"):
        found = optimize.minimize(
            loss,
            start,
            method="L-BFGS-B",
            bounds=bounds,
            options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 200},
        )
    return min(best, float(found.fun)) if np.isfinite(found.fun) else best


def _interval(
    loss: Loss, best: Array, bounds: list[tuple[float, float]], place: int
) -> tuple[float, float]:
    """Decays whose profile likelihood chi-squared does not refuse."""
    limit = loss(best) + float(stats.chi2.ppf(LEVEL, 1))
    others = np.delete(best, place)
    free = [bound for j, bound in enumerate(bounds) if j != place]
    decays = [j for j, bound in enumerate(free) if bound[0] == 0]

    def beyond(value: float) -> float:
        def rest(values: Array) -> float:
            return loss(np.concatenate([values[:place], [value], values[place:]]))

        return _lowest(rest, _starts(others, decays), free) - limit

    ends = []
    for edge in (0.0, 1.0):
        inside = beyond(edge) <= 0 or best[place] == edge
        root = edge if inside else optimize.brentq(beyond, edge, best[place], xtol=1e-4)
        ends.append(float(root))
    return ends[0], ends[1]


def _starts(best: Array, decays: list[int]) -> list[Array]:
    """The best values, and the same with each decay moved along the grid."""
    found = [best]
    for place, value in product(decays, GRID):
        moved = best.copy()
        moved[place] = value
        found.append(moved)
    return found
