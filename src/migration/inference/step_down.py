"""Several hypotheses at once: what the largest of them would be by chance.

Romano and Wolf (2005, doi:10.1198/016214504000000539): the step-down compares each
statistic with the largest of those not yet rejected, drawn together so that what moves
together counts once.
"""

import numpy as np

from migration.inference.arrays import Array, Ints


def step_down(observed: Array, null: list[Array], groups: Ints) -> Array:
    """Adjusted p of every hypothesis, by the largest |statistic| still in play.

    Within a group (the windows of one app) hypotheses share their draws, and so their
    dependence. Between groups the draws cannot show it: each unrelated series stands
    for one app at a time. There the p of the groups are added (Holm), which holds
    whatever the dependence.

    Parameters
    ----------
    observed : (H,) array
    null : list of (B_g, H_g) arrays
        By group: the same statistics of B_g unrelated series, columns in the order of
        the group's hypotheses.
    groups : (H,) array
        Group of each hypothesis, 0 to G - 1.

    Returns
    -------
    (H,) array
    """
    size = np.abs(observed)
    adjusted, largest = np.ones(len(size)), 0.0
    left = np.ones(len(size), dtype=bool)
    for place in np.argsort(-size, kind="stable"):
        total = sum(
            _tail(np.abs(draws)[:, left[groups == group]], size[place])
            for group, draws in enumerate(null)
        )
        largest = max(largest, min(float(total), 1.0))
        adjusted[place] = largest
        left[place] = False
    return adjusted


def _tail(draws: Array, limit: float) -> float:
    """Share of the draws, the observed one included, whose largest is as far out."""
    if draws.shape[1] == 0:
        return 0.0
    return (1 + int((draws.max(axis=1) >= limit).sum())) / (1 + len(draws))
