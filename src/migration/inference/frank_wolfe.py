"""The weights that the R package synthdid 0.0.9 computes, for many series at a time.

Its Frank-Wolfe search ends before the optimum of :mod:`migration.inference.simplex`.
To reproduce its digits its start, its sparsifying after 100 steps and its limit of
10000 steps are all needed. A step moves the weights towards one donor; gradient and
loss then follow from cross products that do not change, so that a step of all series
together costs no more than a few sums over donors.
"""

from dataclasses import dataclass, replace

import numpy as np

from migration.inference.arrays import Array, Ints, Mask

STEPS_BEFORE_SPARSE = 100
STEPS = 10_000
SPARSE_BELOW = 4  # weights under a quarter of the largest are dropped once
STOP = 1e-5  # of the noise: what synthdid calls min.decrease
NEVER = 1e100  # the gradient of a donor that may have no weight
TINY = np.finfo(float).tiny
LARGEST = 4_000_000  # numbers of cross products held at a time


@dataclass(frozen=True, eq=False)
class Searches:
    """Problems ``min_w ||b_d - mu - A_d w||^2 + ridge_d ||w||^2`` over simplices.

    Attributes
    ----------
    target : (D, n) array
    donors : (D, J, n) array
        One row a donor; may be a view that repeats the same donors.
    allowed : (D, J) mask
        Donors that may have weight.
    used : (D, n) mask
        Places of ``n`` that count.
    zeta, noise : (D,) arrays
        ``ridge = n zeta^2``; standard deviation of the donors' first differences, which
        sets when to stop.
    intercept : bool
    """

    target: Array
    donors: Array
    allowed: Mask
    used: Mask
    zeta: Array
    noise: Array
    intercept: bool

    def weights(self, start: Array | None = None) -> Array:
        """Search them all, shape (D, J).

        Parameters
        ----------
        start : (D, J) array, optional
            Weights to begin from; even ones by default.
        """
        every, n_donors = self.allowed.shape
        step = max(LARGEST // (n_donors * max(n_donors, self.target.shape[1])), 1)
        parts = [
            self._search(np.arange(first, min(first + step, every)), start)
            for first in range(0, every, step)
        ]
        return np.concatenate(parts)

    def padded(self, n_donors: int, n_places: int) -> "Searches":
        """The same problems with more donors and places, none of them used."""
        donors = (0, n_donors - self.donors.shape[1])
        places = (0, n_places - self.donors.shape[2])
        return replace(
            self,
            target=np.pad(self.target, [(0, 0), places]),
            donors=np.pad(self.donors, [(0, 0), donors, places]),
            allowed=np.pad(self.allowed, [(0, 0), donors]),
            used=np.pad(self.used, [(0, 0), places]),
        )

    def _search(self, rows: Ints, start: Array | None) -> Array:
        allowed, used = self.allowed[rows], self.used[rows]
        number = used.sum(axis=1)
        target = np.where(used, self.target[rows], 0.0)
        donors = np.where(used[:, None], self.donors[rows], 0.0)
        if self.intercept:
            target = target - used * (target.sum(axis=1) / number)[:, None]
            level = donors.sum(axis=2) / number[:, None]
            donors = donors - used[:, None] * level[:, :, None]
        ridge = number * self.zeta[rows] ** 2
        moments = donors @ donors.transpose(0, 2, 1)
        moments += ridge[:, None, None] * np.eye(allowed.shape[1])
        cross = np.where(allowed, (donors @ target[:, :, None])[:, :, 0], -NEVER)
        walk = _Walk(moments, cross, number * (STOP * self.noise[rows]) ** 2)
        even = allowed / allowed.sum(axis=1, keepdims=True)
        first = walk.go(even if start is None else start[rows], STEPS_BEFORE_SPARSE)
        least = first.max(axis=1, keepdims=True) / SPARSE_BELOW
        sparse = np.where(first <= least, 0.0, first)
        return walk.go(sparse / sparse.sum(axis=1, keepdims=True), STEPS)


def frank_wolfe_weights(
    target: Array, donors: Array, *, zeta: float, intercept: bool, noise: float
) -> Array:
    """Weights of one series, shape (J,).

    Parameters
    ----------
    target : (n,) array
    donors : (J, n) array
    zeta, noise : float
        As in :class:`Searches`.
    intercept : bool
    """
    alone = Searches(
        target=target[None],
        donors=donors[None],
        allowed=np.ones((1, len(donors)), dtype=bool),
        used=np.ones((1, len(target)), dtype=bool),
        zeta=np.array([zeta]),
        noise=np.array([noise]),
        intercept=intercept,
    )
    return np.asarray(alone.weights()[0])


def weights_together(
    one: Searches, other: Searches, start: tuple[Array, Array] | None = None
) -> tuple[Array, Array]:
    """Weights of two sets of problems, (D, J) each with its own D and J.

    Parameters
    ----------
    one, other : Searches
    start : two arrays, optional
        Weights to begin from, as in :meth:`Searches.weights`.
    """
    both = side_by_side(one, other)
    wide = both.allowed.shape[1]
    begun = None
    if start is not None:
        parts = [np.pad(w, [(0, 0), (0, wide - w.shape[1])]) for w in start]
        begun = np.concatenate(parts)
    found, cut = both.weights(begun), len(one.target)
    first, last = one.allowed.shape[1], other.allowed.shape[1]
    return np.asarray(found[:cut, :first]), np.asarray(found[cut:, :last])


def side_by_side(one: Searches, other: Searches) -> Searches:
    """Two sets of problems as one: a step of both costs little more than of one.

    Donors and places that a problem lacks are there without effect, at the end.
    """
    rows, places = np.maximum(one.donors.shape[1:], other.donors.shape[1:])
    parts = [each.padded(int(rows), int(places)) for each in (one, other)]
    return Searches(
        target=np.concatenate([each.target for each in parts]),
        donors=np.concatenate([each.donors for each in parts]),
        allowed=np.concatenate([each.allowed for each in parts]),
        used=np.concatenate([each.used for each in parts]),
        zeta=np.concatenate([each.zeta for each in parts]),
        noise=np.concatenate([each.noise for each in parts]),
        intercept=one.intercept,
    )


@dataclass(frozen=True, eq=False)
class _Walk:
    """Cross products of the problems, and by how much a step must lower the loss."""

    moments: Array  # (D, J, J)
    cross: Array  # (D, J)
    least: Array  # (D,)

    def go(self, weights: Array, steps: int) -> Array:
        """Frank-Wolfe with exact line search until the loss falls too slowly."""
        found = weights.copy()
        open_ = np.arange(len(weights))
        state = _State.at(self, open_, found)
        for number in range(steps):
            gain = state.step()
            going = gain > self.least[open_] if number else np.ones(len(open_), bool)
            if going.all():
                continue
            found[open_[~going]] = state.weights[~going]
            open_ = open_[going]
            if not len(open_):
                return found
            state = _State.at(self, open_, state.weights[going])
        found[open_] = state.weights
        return found


class _State:
    """Weights of the problems that still move, and what the next step needs of them.

    ``half`` is half the gradient, ``K w - c``, ``square`` is ``w'K w`` and ``least``
    the half gradient along the weights: all follow from the donor that a step goes
    towards.
    """

    def __init__(self, moments: Array, cross: Array, w: Array) -> None:
        every, n = w.shape
        self.first, self.weights = n * np.arange(every), w
        self.towards = (moments - cross[:, None]).reshape(-1, n)
        self.cross = cross.ravel()
        self.own = np.einsum("dii->di", moments).ravel()
        along = np.einsum("dij,dj->di", moments, w)
        self.half = along - cross
        self.square = np.einsum("di,di->d", along, w)
        self.slope = np.einsum("di,di->d", np.where(w > 0, self.half, 0.0), w)
        self.room = np.empty_like(w)

    @classmethod
    def at(cls, walk: _Walk, rows: Ints, weights: Array) -> "_State":
        """The state of some of the problems at their weights."""
        return cls(walk.moments[rows], walk.cross[rows], weights.copy())

    def step(self) -> Array:
        """Go towards each problem's best donor; by how much the losses fell, (D,)."""
        place = self.first + self.half.argmin(axis=1)
        half = self.half.take(place)
        fall = self.slope - half
        across = half + self.cross.take(place) - self.square
        length = self.own.take(place) - self.square - 2 * across
        size = fall / np.maximum(length, TINY)
        np.minimum(np.maximum(size, 0.0, out=size), 1.0, out=size)
        stretch = size * length
        self.square += size * (2 * across + stretch)
        self.slope += size * (across - fall + stretch)
        np.take(self.towards, place, axis=0, out=self.room, mode="clip")
        self.room -= self.half
        self.room *= size[:, None]
        self.half += self.room
        self.weights *= (1 - size)[:, None]
        self.weights.ravel()[place] += size
        return np.asarray(size * (2 * fall - stretch))
