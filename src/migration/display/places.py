"""Effects on a place in a list as a reader wants them: better or worse, by how much.

They are estimated on minus the logarithm of the rank, where higher is better. An effect
of e multiplies the number of the place by exp(-e), and 1 is the best place.
"""

import math

from migration.display import words
from migration.display.forest import Row
from migration.estimators.rank_result import RankResult
from migration.outcomes import PLACES
from migration.results import EffectResult

NOTE = (
    "On minus log rank higher is better: an effect of e multiplies the number of the "
    "place by exp(−e), and 1 is the best place."
)
BEST = "1 is the best place"


def is_place(result: EffectResult) -> bool:
    """Whether a result is of places and not of counts.

    One of a frame of bare ranks does not say its outcome, and is of places, too.
    """
    if isinstance(result, RankResult):
        return True
    return result.outcome == PLACES and result.estimand != "log ratio of means"


def way(estimate: float) -> str:
    """``better`` or ``worse``: the rank itself falls where an app does better."""
    return "better" if estimate > 0 else "worse"


def verb(estimate: float) -> str:
    """``improved`` or ``fell``."""
    return "improved" if estimate > 0 else "fell"


def factor(effect: float) -> str:
    """What the number of the place is multiplied by."""
    if math.isnan(effect):
        return words.NOTHING
    if math.isinf(effect):
        return words.UNBOUNDED if effect < 0 else words.number(0.0)
    return words.number(math.exp(min(-effect, 500.0)))


def factors(low: float, high: float) -> str:
    """``1.55 to 2.10``, the smaller first; an end that has no bound says so."""
    if math.isinf(low) and math.isinf(high):
        return words.UNBOUNDED
    return f"{factor(high)} to {factor(low)}"


def bounded(low: float, high: float) -> str:
    """A bound alone: ``at most 0.24``; no place is worse than all others, or zero."""
    if math.isinf(low) and math.isinf(high):
        return words.UNBOUNDED
    if math.isinf(high):
        return f"at most {factor(low)}"
    if math.isinf(low):
        return f"at least {factor(high)}"
    return f"between {factor(high)} and {factor(low)}"


def change(estimate: float, low: float, high: float) -> str:
    """A headline in words: ``worse, 1.80 times its place (1.55 to 2.10)``.

    A bound alone: ``better, at most 0.24 times its place (a bound)``.
    """
    if math.isnan(estimate):
        side = f"{way(low)}, " if low > 0 or high < 0 else ""
        return f"{side}{bounded(low, high)} times its place (a bound)"
    return f"{way(estimate)}, {factor(estimate)} times its place ({factors(low, high)})"


def change_of(row: Row, result: EffectResult) -> str:
    """A row's change in words: of ranks, what became of the place."""
    if is_place(result):
        return change(row.estimate, row.conf_low, row.conf_high)
    return row.change()
