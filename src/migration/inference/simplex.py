"""Least squares with weights that are positive and sum to one.

``min_w ||b - mu - A w||^2 + ridge ||w||^2`` over the simplex, exactly. Two answers are
kept apart: the optimum, and what the R package synthdid 0.0.9 prints, which stops its
search short of it (:mod:`migration.inference.frank_wolfe`). On Proposition 99 the
optimum gives a synthetic difference in differences of -15.60540 and a synthetic control
of -19.51363; the package, -15.60383 and -19.61966.
"""

import numpy as np
from scipy import optimize

from migration.inference.arrays import Array


def simplex_weights(
    target: Array, donors: Array, *, intercept: bool = False, ridge: float = 0.0
) -> Array:
    """Optimal weights, by non-negative least squares.

    With ``P = A - b 1'`` the problem is the point of least norm in a convex hull,
    whose weights are proportional to ``argmin_{u >= 0} ||P u||^2 + (1'u - 1)^2``
    (Lawson and Hanson 1974, chapter 23): an active-set method that ends at the optimum.

    Parameters
    ----------
    target : (n,) array
    donors : (J, n) array
        One row a donor.
    intercept : bool
        Fit a free level beside the weights.
    ridge : float
        Weight of ``||w||^2``; in the notation of synthetic difference in differences
        ``n zeta^2``. A ridge makes the weights unique where the fit alone does not.

    Returns
    -------
    (J,) array
    """
    if intercept:
        target = target - target.mean()
        donors = donors - donors.mean(axis=1, keepdims=True)
    points = (donors - target).T
    if ridge > 0:
        points = np.vstack([points, np.sqrt(ridge) * np.eye(len(donors))])
    distance = np.sqrt((points**2).sum(axis=0))
    nearest = float(distance.min())
    if nearest == 0:  # a donor that is the target itself
        return np.asarray(np.eye(len(donors))[int(distance.argmin())])
    system = np.vstack([points / nearest, np.ones(len(donors))])
    goal = np.zeros(len(system))
    goal[-1] = 1
    found, _ = optimize.nnls(system, goal)
    return np.asarray(found / found.sum())


def duality_gap(
    weights: Array,
    target: Array,
    donors: Array,
    *,
    intercept: bool = False,
    ridge: float = 0.0,
) -> float:
    """Bound on how far the loss of some weights lies above the optimum's.

    The Frank-Wolfe gap ``grad'(w - e_j)`` at the best corner j: zero at the optimum,
    so it certifies an answer without knowing how it was found.
    """
    if intercept:
        target = target - target.mean()
        donors = donors - donors.mean(axis=1, keepdims=True)
    gradient = 2 * (donors @ (weights @ donors - target) + ridge * weights)
    return float(gradient @ weights - gradient.min())
