"""Series treated in turn as if the event had hit them, their weights fitted again.

Tests of a synthetic control fit its weights on other days, or less an effect that a
null claims: each time for all series, or for all effects, at once.
"""

from dataclasses import dataclass, replace

import numpy as np

from migration.inference.arrays import Array, Mask
from migration.inference.synthetic_weights import Recipe, Targets


@dataclass(frozen=True, eq=False)
class Turns:
    """Series each of which is treated in turn as if the event had hit it.

    Attributes
    ----------
    y : (1 + J, n_pre + L) array
        Baseline days, then window days. Row 0 is the one that it did hit.
    n_pre : int
    recipe : Recipe
        Its weights of time play no part.
    allowed : (N, 1 + J) mask
        Donors that may have weight, by series: the first N take their turn.
    near : (N, 1 + J) array, optional
        Weights that are not far off, as those of the baseline.
    """

    y: Array
    n_pre: int
    recipe: Recipe
    allowed: Mask
    near: Array | None = None

    def gaps_on(self, days: Mask) -> Array:
        """Gaps with the weights of some sets of days (P, n), shape (P, N, n)."""
        n_post, own = self.y.shape[1] - self.n_pre, self.y[: len(self.allowed)]
        asked = Targets(own, self.y, self.allowed)
        omega = asked.unit_weights(days, self.recipe, n_post, self.near)
        return np.asarray(own - omega @ self.y)

    def first_alone(self) -> "Turns":
        """The turn of row 0."""
        near = None if self.near is None else self.near[:1]
        return replace(self, allowed=self.allowed[:1], near=near)

    def level_out(self, gap: Array) -> Array:
        """Gaps less their mean where there is an intercept."""
        if not self.recipe.intercept:
            return gap
        return np.asarray(gap - gap.mean(axis=-1, keepdims=True))


class Refits:
    """Row 0 less an effect, its weights refitted on all days, effect by effect.

    The optimal weights are linear in the effect between two effects at which the same
    donors have weight, so that there nothing has to be fitted again.
    """

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self._effects = np.empty(0)
        self._omega = np.empty((0, len(turns.y)))

    def residuals(self, effects: Array) -> Array:
        """Residuals under each effect (m,), shape (m, n_pre + L)."""
        turns = self.turns
        null = turns.y[0] - effects[:, None] * (
            np.arange(turns.y.shape[1]) >= turns.n_pre
        )
        omega = self._between(effects)
        new = np.isnan(omega[:, 0])
        if new.any():
            omega[new] = self._fitted(null[new], self._start(effects[new]))
            every = np.concatenate([self._effects, effects[new]])
            self._effects, first = np.unique(every, return_index=True)
            self._omega = np.concatenate([self._omega, omega[new]])[first]
        return turns.level_out(null - omega @ turns.y)

    def _between(self, effects: Array) -> Array:
        """Weights on the line between known ones; NaN where they must be fitted."""
        found = np.full((len(effects), len(self.turns.y)), np.nan)
        if len(self._effects) < 2 or self.turns.recipe.solver != "exact":
            return found
        after = np.searchsorted(self._effects, effects).clip(1, len(self._effects) - 1)
        low, high = self._effects[after - 1], self._effects[after]
        one, other = self._omega[after - 1], self._omega[after]
        told = (low <= effects) & (effects <= high)
        told &= ((one > 0) == (other > 0)).all(axis=1)
        share = ((effects - low) / (high - low))[told, None]
        found[told] = one[told] + share * (other[told] - one[told])
        return found

    def _start(self, effects: Array) -> Array | None:
        """Weights of the known effect that is nearest to each."""
        if not len(self._effects):
            near = self.turns.near
            return None if near is None else np.tile(near[0], (len(effects), 1))
        nearest = np.abs(effects[:, None] - self._effects).argmin(axis=1)
        return np.asarray(self._omega[nearest])

    def _fitted(self, null: Array, start: Array | None) -> Array:
        turns, every = self.turns, np.ones((1, null.shape[1]), dtype=bool)
        own = Targets(null, turns.y, np.tile(turns.allowed[0], (len(null), 1)))
        n_post = null.shape[1] - turns.n_pre
        return np.asarray(own.unit_weights(every, turns.recipe, n_post, start)[0])
