"""Weights on the simplex of many series at once, whose donors are rows of one panel.

Each problem is that of :func:`migration.inference.simplex.simplex_weights` and has its
optimum. Placebos, held-out blocks and inverted tests ask hundreds of them about the
same donors: their cross products are formed once, one step of all problems is one step
of arrays, and weights that were found for nearly the same days are a start from which
few donors have to enter or leave.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from migration.inference.arrays import Array, Ints, Mask
from migration.inference.simplex import simplex_weights

ENTERS = 1e-12  # of donors' distance times the gap's: a slope that is not rounding
LEVEL = 1e-14  # of the same: a slope that another step would not mend
SETTLED = 1e-8  # by so much the last step may still move a weight
FITTED = 1e-8  # of the farthest donor's squared distance: a gap too small for products
AT_ONCE = 3  # donors that enter: with many at a time most have to leave again
PATIENCE = 3  # exchanges of all donors at a time that need not lower the count of wrong
TOGETHER = 60  # problems that are solved in one call
MOST_STEPS = 60  # a search that goes on so long is left to the slow one


@dataclass(frozen=True, eq=False)
class Problems:
    """Problems ``min_w ||b_d - mu_d - A w||^2 + ridge_d ||w||^2`` over simplices.

    Attributes
    ----------
    target : (D, n) array
    donors : (J, n) array
    days : (P, n) mask
        Sets of days on which the fit is judged.
    place : (D,) array
        The set of days of each problem; sorted.
    allowed : (D, J) mask
        Donors that may have weight, at least one each.
    ridge : (D,) array
    intercept : bool
        Whether a level ``mu_d`` is fitted beside the weights; otherwise it is zero.
    """

    target: Array
    donors: Array
    days: Mask
    place: Ints
    allowed: Mask
    ridge: Array
    intercept: bool

    def weights(self, start: Array | None = None) -> Array:
        """Optimal weights of every problem, shape (D, J).

        Sets of donors are exchanged until none has a negative weight and the loss falls
        towards none that has no weight (block principal pivoting: Portugal, Judice and
        Vicente 1994, doi:10.1090/S0025-5718-1994-1250776-4). Each answer is held to
        these conditions of the optimum; a problem that rounding keeps from them, or
        whose donors all but fit it, is solved by
        :func:`migration.inference.simplex.simplex_weights`.

        Parameters
        ----------
        start : (D, J) array, optional
            Weights of problems much like these, on allowed donors.
        """
        try:
            found, told = _Search(self, start).run()
        except np.linalg.LinAlgError:  # donors that are sums of others, and no ridge
            found, told = np.zeros(self.allowed.shape), np.zeros(len(self.place), bool)
        for row in np.flatnonzero(~told):
            days, pool = self.days[self.place[row]], np.flatnonzero(self.allowed[row])
            found[row] = 0.0
            found[row, pool] = simplex_weights(
                self.target[row, days],
                self.donors[np.ix_(pool, days)],
                intercept=self.intercept,
                ridge=float(self.ridge[row]),
            )
        return found


class _Products:
    """Series as every set of days sees them, and the cross products of donors."""

    def __init__(self, given: Problems) -> None:
        self.place, self.ridge = given.place, given.ridge
        # With weights that sum to one, what all series share on a day plays no part.
        shared = given.donors.mean(axis=0)
        number = given.days.sum(axis=1)[:, None]
        self.donors = (given.donors - shared) * given.days[:, None, :]
        self.target = (given.target - shared) * given.days[given.place]
        if given.intercept:
            level = self.donors.sum(axis=2) / number
            self.donors -= level[:, :, None] * given.days[:, None, :]
            level = self.target.sum(axis=1, keepdims=True) / number[given.place]
            self.target -= level * given.days[given.place]
        self.gram = self.donors @ self.donors.transpose(0, 2, 1)
        self.size = (self.target**2).sum(axis=1)
        self.cross = np.empty(given.allowed.shape)
        for own, donors in self._by_days(np.arange(len(self.place))):
            self.cross[own] = self.target[own] @ donors.T

    def _by_days(self, rows: Ints) -> Iterator[tuple[slice, Array]]:
        """Stretches of some rows that share days, with the donors on those days."""
        ends = np.searchsorted(self.place[rows], np.arange(len(self.donors) + 1))
        for number in np.flatnonzero(np.diff(ends)):
            yield slice(ends[number], ends[number + 1]), self.donors[number]

    def distance(self) -> Array:
        """Squared distances of donors from targets, shape (D, J)."""
        own = np.einsum("pjj->pj", self.gram)[self.place]
        return np.asarray(np.maximum(own - 2 * self.cross + self.size[:, None], 0.0))

    def slope(self, rows: Ints, weights: Array) -> tuple[Array, Array]:
        """How half the loss changes towards each donor, (d, J), and the loss, (d,).

        From the gap itself, which loses no digits as differences of products do.
        """
        left, towards = self.target[rows], np.empty(weights.shape)
        size = (weights**2).sum(axis=1)
        for own, donors in self._by_days(rows):
            fit = weights[own] @ donors
            left[own] -= fit
            towards[own] = (fit * left[own]).sum(axis=1)[:, None] - left[own] @ donors.T
        ridge = self.ridge[rows]
        towards += ridge[:, None] * (weights - size[:, None])
        return towards, np.asarray((left**2).sum(axis=1) + ridge * size)

    def least(self, rows: Ints, active: Mask) -> Array:
        """Weights of the least loss among active donors, of any sign, (d, J)."""
        even = self._solved(rows, active, active[:, :, None].astype(float))[:, :, 0]
        return np.asarray(even / even.sum(axis=1, keepdims=True))

    def step(self, rows: Ints, active: Mask, slope: Array) -> Array:
        """Newton's step to the same, with a sum of zero: it mends what rounding left.

        Parameters
        ----------
        rows : (d,) array
        active : (d, J) mask
        slope : (d, J) array
            At the weights from which the step goes.
        """
        wanted = np.stack([active, slope * active], axis=2)
        even, found = np.moveaxis(self._solved(rows, active, wanted), 2, 0)
        share = found.sum(axis=1, keepdims=True) / even.sum(axis=1, keepdims=True)
        return np.asarray(even * share - found)

    def _solved(self, rows: Ints, active: Mask, wanted: Array) -> Array:
        """Solve with the squares and products of active donors, (d, J, m)."""
        number, found = active.sum(axis=1), np.empty(wanted.shape)
        # Those with as many donors go together: each is solved as large as the largest.
        parts = max(len(rows) // TOGETHER, 1)
        for own in np.array_split(np.argsort(number, kind="stable"), parts):
            found[own] = self._solved_alike(rows[own], active[own], wanted[own])
        return found

    def _solved_alike(self, rows: Ints, active: Mask, wanted: Array) -> Array:
        number, n = active.sum(axis=1), active.shape[1]
        held = np.arange(number.max()) < number[:, None]
        at = np.zeros(held.shape, dtype=np.int64)
        at[held] = np.nonzero(active)[1]
        first = n * (n * self.place[rows][:, None] + at)
        square = self.gram.ravel().take(first[:, :, None] + at[:, None])
        cross = self.cross[rows[:, None], at]
        square -= cross[:, :, None]
        square -= cross[:, None, :]
        square += self.size[rows][:, None, None]
        square *= held[:, :, None] & held[:, None, :]
        np.einsum("dii->di", square)[:] += np.where(held, self.ridge[rows][:, None], 1)
        asked, found = np.zeros((*held.shape, wanted.shape[2])), np.zeros(wanted.shape)
        asked[held] = wanted[active]
        found[active] = np.linalg.solve(square, asked)[held]
        return found


class _Search:
    """Weights on their way to the optimum, and which donors are active."""

    def __init__(self, given: Problems, start: Array | None) -> None:
        self.products, self.allowed = _Products(given), given.allowed
        far = self.products.distance()
        self.farthest = np.where(given.allowed, far, 0.0).max(axis=1)
        if start is None:
            nearest = np.where(given.allowed, far, np.inf).argmin(axis=1)
            start = np.eye(far.shape[1])[nearest]
        self.active = start > 0
        self.weights = np.zeros(far.shape)
        self.fewest = np.full(len(far), far.shape[1] + 1)  # donors wrong at a time
        self.patience = np.full(len(far), PATIENCE)
        self.told, self.rough = np.zeros((2, len(far)), dtype=bool)

    def run(self) -> tuple[Array, Mask]:
        """Exchange donors until every problem is at its optimum, or given up.

        Returns
        -------
        (D, J) array, (D,) mask
            Weights, and which of them are the optimum.
        """
        rows = np.arange(len(self.weights))
        for _ in range(MOST_STEPS):
            if not len(rows):
                break
            rows = self._step(rows)
        if self.rough.any():
            self._settle(np.flatnonzero(self.rough))
        return self.weights, self.told

    def _step(self, rows: Ints) -> Ints:
        """The least loss of the active donors; rows with donors to exchange go on."""
        active = self.active[rows]
        own = self.products.least(rows, active)
        slope, loss = self.products.slope(rows, own)
        known = loss > FITTED * self.farthest[rows]
        scale = np.sqrt(loss * self.farthest[rows])
        leaves = active & ~(own > 0)
        enters = self.allowed[rows] & ~active & (slope < -ENTERS * scale[:, None])
        right = ~(leaves | enters).any(axis=1)
        ends = known & right
        self.weights[rows[ends]], self.told[rows[ends]] = own[ends], True
        level = np.abs(slope * active).max(axis=1) <= LEVEL * scale
        self.rough[rows] = ends & ~level
        goes = known & ~right
        turned = self._turned(rows[goes], leaves[goes], enters[goes], slope[goes])
        self.active[rows[goes]] ^= turned
        return np.asarray(rows[goes])

    def _settle(self, rows: Ints) -> None:
        """A last step where rounding has left a slope; it must move next to nothing."""
        slope, _ = self.products.slope(rows, self.weights[rows])
        move = self.products.step(rows, self.active[rows], slope)
        after = self.weights[rows] + move
        self.weights[rows] = after
        settled = np.abs(move).max(axis=1) <= SETTLED
        self.told[rows] = settled & (after >= 0).all(axis=1)

    def _turned(self, rows: Ints, leaves: Mask, enters: Mask, slope: Array) -> Mask:
        """Which donors are exchanged: all that are wrong, or one where that circles."""
        wrong = leaves | enters
        number = wrong.sum(axis=1)
        fewer = number < self.fewest[rows]
        self.fewest[rows] = np.minimum(number, self.fewest[rows])
        self.patience[rows] = np.where(fewer, PATIENCE, self.patience[rows] - 1)
        if (enters.sum(axis=1) > AT_ONCE).any():
            towards = np.where(enters, slope, np.inf)
            last = np.partition(towards, AT_ONCE - 1, axis=1)[:, AT_ONCE - 1]
            enters &= towards <= last[:, None]
        lastly = wrong.shape[1] - 1 - wrong[:, ::-1].argmax(axis=1)
        alone = np.arange(wrong.shape[1]) == lastly[:, None]
        circles = self.patience[rows] < 0
        return np.where(circles[:, None], alone, leaves | enters)
