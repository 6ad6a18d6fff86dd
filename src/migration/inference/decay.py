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
    split,
)
from migration.inference.arrays import Array
from migration.inference.gls import fit

GRID = np.round(np.arange(0.0, 1.001, 0.1), 2)
LEVEL = 0.95
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
    white = np.eye(len(days))
    corners = [np.array(p) for p in product(GRID, repeat=m)]
    first = min(
        corners, key=lambda d: _minus_two(y, with_pulses(base, days, starts, d), white)
    )
    noise = choose_arma(y, with_pulses(base, days, starts, first), days, orders)

    def loss(values: Array) -> float:
        cov = arma_covariance(days, *split(values[m:], noise.order))
        return _minus_two(y, with_pulses(base, days, starts, values[:m]), cov)

    bounds = [(0.0, 1.0)] * m + [(-EDGE, EDGE)] * sum(noise.order)
    starting = [np.concatenate([d, noise.partial]) for d in corners]
    best = _minimise(loss, min(starting, key=loss), bounds)
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


def _minus_two(y: Array, x: Array, cov: Array) -> float:
    """Minus twice the log-likelihood, up to a constant; inf where columns repeat."""
    try:
        value = -2 * float(fit(y, x, cov, restricted=False).loglik[0])
    except np.linalg.LinAlgError:
        return float("inf")
    return value if np.isfinite(value) else float("inf")


def _minimise(loss: Loss, start: Array, bounds: list[tuple[float, float]]) -> Array:
    if not len(start):
        return start
    found = optimize.minimize(
        loss,
        start,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 2000},
    )
    return np.asarray(found.x)


def _interval(
    loss: Loss, best: Array, bounds: list[tuple[float, float]], place: int
) -> tuple[float, float]:
    """Decays whose profile likelihood chi-squared does not refuse."""
    limit = loss(best) + float(stats.chi2.ppf(LEVEL, 1))
    others = np.delete(best, place)
    free = [bound for j, bound in enumerate(bounds) if j != place]

    def beyond(value: float) -> float:
        def rest(values: Array) -> float:
            return loss(np.insert(values, place, value))

        return rest(_minimise(rest, others, free)) - limit

    ends = []
    for edge in (0.0, 1.0):
        inside = beyond(edge) <= 0 or best[place] == edge
        root = edge if inside else optimize.brentq(beyond, edge, best[place], xtol=1e-4)
        ends.append(float(root))
    return ends[0], ends[1]
