"""Effects under a bound on how fast a trend may bend: fixed-length intervals.

Rambachan and Roth (2023, doi:10.1093/restud/rdad018, section 3.2): coefficients before
and after are ``beta = delta + tau``, and the second differences of ``delta``, which is
zero in the reference period, are at most M. The interval is that of the affine
estimator with the shortest fixed length (Armstrong and Kolesar 2018,
doi:10.3982/ECTA14434).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize, special

from migration.inference.arrays import Array

MOST_KNOTS = 1000
TINY = 1e-10


@dataclass(frozen=True, eq=False)
class Bent:
    """An affine estimate under bounded bends.

    Attributes
    ----------
    estimate, std_error, worst_bias : float
    conf_low, conf_high : float
    weights : (P + Q,) array
        On the coefficients, the pre-period's first.
    """

    estimate: float
    std_error: float
    worst_bias: float
    conf_low: float
    conf_high: float
    weights: Array


def folded_quantile(bias: float, alpha: float = 0.05) -> float:
    """Quantile of ``|N(bias, 1)|``: the critical value that knows a bias."""
    low = float(special.ndtri(1 - alpha / 2))
    if bias > 6:  # the far tail no longer counts
        return bias + float(special.ndtri(1 - alpha))
    if bias == 0:
        return low

    def short(c: float) -> float:
        inside = special.ndtr(c - bias) - special.ndtr(-c - bias)
        return float(inside) - (1 - alpha)

    return float(optimize.brentq(short, low - 1e-9, bias + low + 1, xtol=1e-12))


def fixed_length(
    beta: Array, cov: Array, n_pre: int, bend: float, *, target: Array
) -> Bent:
    """The shortest fixed-length interval of ``target' tau`` when bends are bounded.

    Parameters
    ----------
    beta : (P + Q,) array
        Coefficients by period without the reference, which lies between the P before
        and the Q after; periods are evenly spaced.
    cov : (P + Q, P + Q) array
    n_pre : int
        P, at least 1.
    bend : float
        M, the largest second difference a period; 0 lets the trend be a line.
    target : (Q,) array
        Weights of the effect.
    """
    bends = second_differences(n_pre, len(beta) - n_pre)
    quadratic = bends @ cov @ bends.T
    fixed = _implied_by(target, bends, n_pre)
    knots = _trade_offs(quadratic, fixed, n_pre - 1)
    found = [_shortest(*pair, quadratic, bend) for pair in pairwise(knots)]
    lengths = [_half_length(loads, quadratic, bend) for loads in found]
    return _dressed(found[int(np.argmin(lengths))], bends, (beta, quadratic, bend))


def second_differences(n_pre: int, n_post: int) -> Array:
    """Second differences of a path by period, the reference's zero left out.

    Returns
    -------
    (P + Q - 1, P + Q) array
    """
    size = n_pre + n_post + 1
    whole = np.diff(np.eye(size), n=2, axis=0)
    return np.delete(whole, n_pre, axis=1)


def _implied_by(target: Array, bends: Array, n_pre: int) -> Array:
    """Loads on the bends at and after the reference, which the target settles.

    An estimator's weights are ``bends' c``: no line biases it. Its weights on the
    post-period are the target's, which leaves free only the loads before.
    """
    loads = np.zeros(len(bends))
    loads[n_pre - 1 :] = np.linalg.solve(bends[n_pre - 1 :, n_pre:].T, target)
    return loads


def _trade_offs(quadratic: Array, fixed: Array, n_free: int) -> list[Array]:
    """Knots of the loads that minimise ``c'Qc / 2 + penalty |c|_1``, the last fixed.

    The minimiser is piecewise linear in the penalty (Osborne, Presnell and Turlach
    2000, doi:10.1093/imanum/20.3.389), from the least bias to the least variance.
    """
    q = quadratic[:n_free, :n_free]
    pull = quadratic[:n_free] @ fixed
    free, penalty = np.zeros(n_free), float(np.abs(pull).max(initial=0.0))
    active = np.zeros(n_free, dtype=bool)
    if n_free:
        active[int(np.abs(pull).argmax())] = True
    knots = [np.r_[free, fixed[n_free:]]]
    for _ in range(MOST_KNOTS):
        if penalty <= 0:
            break
        slope = np.zeros(n_free)
        slope[active] = np.linalg.solve(
            q[np.ix_(active, active)], np.sign(pull + q @ free)[active]
        )  # of the loads, as the penalty falls: against the gradient
        step, place = _next_knot(q, pull, free, (active, slope, penalty))
        free, penalty = free - step * slope, penalty - step
        knots.append(np.r_[free, fixed[n_free:]])
        if place is not None:
            free[place] = 0.0 if active[place] else free[place]
            active[place] = not active[place]
    return knots if len(knots) > 1 else knots * 2


def _next_knot(
    q: Array, pull: Array, free: Array, state: tuple[Array, Array, float]
) -> tuple[float, int | None]:
    """How far the penalty falls until a load joins or leaves, and which."""
    active, slope, penalty = state
    gradient, turn = pull + q @ free, q @ slope
    best: tuple[float, int | None] = (penalty, None)
    for j in range(len(free)):
        if active[j]:
            steps = [free[j] / slope[j]] if slope[j] else []
        else:  # |gradient - step * turn| = penalty - step
            steps = [
                (penalty - side * gradient[j]) / (1 - side * turn[j])
                for side in (1.0, -1.0)
                if abs(1 - side * turn[j]) > TINY
            ]
        for step in steps:
            if TINY * penalty < step < best[0]:
                best = step, j
    return best


def _shortest(one: Array, other: Array, quadratic: Array, bend: float) -> Array:
    """The loads between two knots whose interval is shortest."""

    def length(share: float) -> float:
        return _half_length(one + share * (other - one), quadratic, bend)

    best = optimize.minimize_scalar(length, bounds=(0.0, 1.0), method="bounded")
    share = min((0.0, 1.0, float(best.x)), key=length)
    return np.asarray(one + share * (other - one))


def _half_length(loads: Array, quadratic: Array, bend: float) -> float:
    error = float(np.sqrt(loads @ quadratic @ loads))
    return error * folded_quantile(bend * float(np.abs(loads).sum()) / error)


def _dressed(loads: Array, bends: Array, made: tuple[Array, Array, float]) -> Bent:
    beta, quadratic, bend = made
    weights = loads @ bends
    estimate = float(weights @ beta)
    half = _half_length(loads, quadratic, bend)
    return Bent(
        estimate=estimate,
        std_error=float(np.sqrt(loads @ quadratic @ loads)),
        worst_bias=bend * float(np.abs(loads).sum()),
        conf_low=estimate - half,
        conf_high=estimate + half,
        weights=weights,
    )
