"""Search interest of several requests brought to one series, their scales cancelled.

A source that scales each request to its own maximum gives ``s_r lambda_t`` with an
unknown ``s_r``. The Poisson pseudo-likelihood with an effect for each request and each
day (Santos Silva and Tenreyro 2006, doi:10.1162/rest.88.4.641) is fitted by its score
equations, each in turn; every request is first divided by its own mean, so that the
answer does not depend on any request's scale at all.
"""

import numpy as np

from migration.errors import PanelError
from migration.inference.arrays import Array, Mask

ROUNDS = 10_000
TOLERANCE = 1e-12


def spliced(y: Array) -> Array:
    """One series from several requests of it.

    Parameters
    ----------
    y : (R, T) array
        Values of each request, not negative, each with a positive mean; NaN where a
        request has no number.

    Returns
    -------
    (T,) array
        Up to one scale; NaN where no request has a number.

    Raises
    ------
    PanelError
        If the overlaps are too thin to tell the scales.
    """
    known = np.isfinite(y)
    values = np.where(known, y, 0.0)
    values = values / (values.sum(axis=1) / known.sum(axis=1))[:, None]
    scale = np.ones(len(y))
    covered, totals, days = known.any(axis=0), values.sum(axis=1), values.sum(axis=0)
    path = np.zeros(y.shape[1])
    for _ in range(ROUNDS):
        weight = scale @ known
        path = np.divide(days, weight, out=np.zeros_like(days), where=covered)
        fresh = totals / (known @ path)
        fresh = fresh / fresh.mean()
        moved = np.abs(np.log(fresh / scale)).max()
        scale = fresh
        if moved < TOLERANCE:
            return np.where(covered, path, np.nan)
    raise PanelError(
        f"the requests' scales did not settle in {ROUNDS} rounds: they share too few "
        "days; ask for a longer overlap"
    )


def linked(known: Mask) -> bool:
    """Whether requests share days, each with another, so that one scale joins all.

    Parameters
    ----------
    known : (R, T) mask
        Where a request has a positive number.
    """
    shared = (known.astype(float) @ known.T.astype(float)) > 0
    reached = np.zeros(len(shared), dtype=bool)
    reached[0] = True
    for _ in range(len(shared)):
        reached = shared[reached].any(axis=0)
    return bool(reached.all())
