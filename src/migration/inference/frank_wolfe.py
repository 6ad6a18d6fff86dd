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
STRETCH = 100  # steps between two looks at which searches have ended
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
        found, done = weights.copy(), 0
        going = np.arange(len(weights))
        state = _State(self.moments, self.cross, weights)
        while done < steps and len(going):
            number = min(STRETCH, steps - done)
            corner, size, gain = state.steps(number)
            if not done:
                gain[0] = np.inf  # the first step is never the last
            slow = gain <= self.least[going]
            ended = slow.any(axis=0)
            last = np.where(ended, slow.argmax(axis=0), number - 1)
            size[np.arange(number)[:, None] > last] = 0
            found[going] = _after(found[going], corner, size)
            done += number
            if ended.any():
                going = going[~ended]
                moments, cross = self.moments[going], self.cross[going]
                state = _State(moments, cross, found[going])
        return found


def _after(weights: Array, corner: Ints, size: Array) -> Array:
    """Weights (D, J) after steps of some sizes towards some donors, (S, D) each."""
    left = np.cumprod(np.vstack([np.ones(size.shape[1]), 1 - size[::-1]]), axis=0)[::-1]
    every, n = weights.shape
    flat = corner + n * np.arange(every)
    added = np.bincount(
        flat.ravel(), weights=(size * left[1:]).ravel(), minlength=weights.size
    )
    return np.asarray(weights * left[0][:, None] + added.reshape(every, n))


class _State:
    """What the next step of every problem needs, without its weights.

    ``half`` is half the gradient, ``K w - c``, ``square`` is ``w'K w`` and ``slope``
    the half gradient along the weights: all follow from the donor that a step goes
    towards.
    """

    def __init__(self, moments: Array, cross: Array, w: Array) -> None:
        every, n = w.shape
        self.first = n * np.arange(every)
        self.towards = (moments - cross[:, None]).reshape(-1, n)
        self.cross = cross.ravel()
        self.own = np.einsum("dii->di", moments).ravel()
        along = np.einsum("dij,dj->di", moments, w)
        self.half = along - cross
        self.square = np.einsum("di,di->d", along, w)
        self.slope = np.einsum("di,di->d", np.where(w > 0, self.half, 0.0), w)

    def steps(self, number: int) -> tuple[Ints, Array, Array]:
        """Go towards each problem's best donor, again and again.

        Returns
        -------
        three (number, D) arrays
            The donor, how far of the way to it, by how much the loss fell.
        """
        corner = np.empty((number, len(self.first)), dtype=np.int64)
        size, gain = np.empty((2, number, len(self.first)))
        room = np.empty_like(self.half)
        for step in range(number):
            self.half.argmin(axis=1, out=corner[step])
            self._go(self.first + corner[step], size[step], gain[step], room)
        return corner, size, gain

    def _go(self, place: Ints, size: Array, gain: Array, room: Array) -> None:
        half = self.half.take(place)
        fall = self.slope - half
        across = half + self.cross.take(place) - self.square
        length = self.own.take(place) - self.square - 2 * across
        np.divide(fall, np.maximum(length, TINY), out=size)
        np.clip(size, 0.0, 1.0, out=size)  # rounding may put the fall below zero
        stretch = size * length
        np.multiply(size, 2 * fall - stretch, out=gain)
        self.square += size * (2 * across + stretch)
        self.slope += size * (across - fall + stretch)
        np.take(self.towards, place, axis=0, out=room, mode="clip")
        room -= self.half
        room *= size[:, None]
        self.half += room
