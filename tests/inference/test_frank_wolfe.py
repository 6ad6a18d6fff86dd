"""The search for many series at once: as a plain loop makes it, padded, in parts."""

import numpy as np
import pytest

from migration.inference import frank_wolfe
from migration.inference.frank_wolfe import (
    Searches,
    frank_wolfe_weights,
    weights_together,
)
from migration.inference.simplex import duality_gap, simplex_weights


def plain(target, donors, zeta, noise):
    """The search as synthdid writes it, one series, the loss from its residuals."""
    target, donors = target - target.mean(), donors - donors.mean(axis=1, keepdims=True)
    n, ridge = len(target), len(target) * zeta**2

    def walk(w, steps):
        before = np.inf
        for number in range(steps):
            half = donors @ (w @ donors - target) + ridge * w
            to = -w + np.eye(len(w))[half.argmin()]
            length = ((to @ donors) ** 2).sum() + ridge * to @ to
            w = w + to * np.clip(-half @ to / length, 0, 1)
            loss = (((w @ donors - target) ** 2).sum() + ridge * w @ w) / n
            if number and before - loss <= (1e-5 * noise) ** 2:
                break
            before = loss
        return w

    first = walk(np.full(len(donors), 1 / len(donors)), 100)
    sparse = np.where(first <= first.max() / 4, 0.0, first)
    return walk(sparse / sparse.sum(), 10_000)


@pytest.fixture
def problems():
    """Six series and seven donors of 25 days, one donor not allowed in each."""
    rng = np.random.default_rng(2)
    donors, target = rng.normal(size=(7, 25)).cumsum(axis=1), rng.normal(size=(6, 25))
    target = target + donors[:6] / 2 + donors[1:] / 4
    noise = np.full(6, float(np.diff(donors, axis=1).std(ddof=1)))
    return Searches(
        target=target,
        donors=np.broadcast_to(donors, (6, 7, 25)),
        allowed=~np.eye(7, dtype=bool)[:6],
        used=np.ones((6, 25), dtype=bool),
        zeta=0.3 * noise,
        noise=noise,
        intercept=True,
    )


def test_each_series_has_the_weights_of_a_plain_loop(problems):
    found = problems.weights()
    for row, weights in enumerate(found):
        donors = problems.donors[row, problems.allowed[row]]
        size = problems.zeta[row], problems.noise[row]
        alone = plain(problems.target[row], donors, *size)
        np.testing.assert_allclose(weights[problems.allowed[row]], alone, atol=1e-10)
        single = frank_wolfe_weights(
            problems.target[row], donors, zeta=size[0], intercept=True, noise=size[1]
        )
        np.testing.assert_allclose(single, alone, atol=1e-10)
    assert (found[~problems.allowed] == 0).all()


def test_weights_are_on_the_simplex_and_near_the_optimum(problems):
    found = problems.weights()
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for row, weights in enumerate(found):
        donors = problems.donors[row, problems.allowed[row]]
        given_ = {"intercept": True, "ridge": 25 * problems.zeta[row] ** 2}
        best = simplex_weights(problems.target[row], donors, **given_)
        own = weights[problems.allowed[row]]
        np.testing.assert_allclose(own, best, atol=0.02)
        assert duality_gap(own, problems.target[row], donors, **given_) >= 0


def test_room_that_is_not_used_changes_nothing(problems):
    wide = problems.padded(11, 40).weights()
    np.testing.assert_allclose(wide[:, :7], problems.weights(), atol=1e-12)
    assert (wide[:, 7:] == 0).all()


def test_two_sets_together_are_each_by_itself(problems):
    other = problems.padded(9, 30)
    one, two = weights_together(problems, other)
    np.testing.assert_allclose(one, problems.weights(), atol=1e-12)
    np.testing.assert_allclose(two, other.weights(), atol=1e-12)


def test_parts_of_the_problems_are_the_whole(problems, monkeypatch):
    whole = problems.weights()
    monkeypatch.setattr(frank_wolfe, "LARGEST", 2 * 7 * 25)
    np.testing.assert_allclose(problems.weights(), whole, atol=1e-12)


def test_two_donors_worked_by_hand():
    """A quarter of the way from a flat donor to a steep one; a ridge pulls to even."""
    donors = np.array([[0.0, 0, 0, 0], [0, 4, 8, 12]])
    target = np.array([0.0, 1, 2, 3])
    free = frank_wolfe_weights(target, donors, zeta=0, intercept=False, noise=1e-6)
    np.testing.assert_allclose(free, [0.75, 0.25], atol=1e-6)
    held = frank_wolfe_weights(target, donors, zeta=1e4, intercept=False, noise=1e-6)
    np.testing.assert_allclose(held, [0.5, 0.5], atol=1e-4)


def test_a_start_at_the_optimum_stays_there(problems):
    found = problems.weights()
    again = problems.weights(found)
    # It may only lower the loss further, within what a step must lower it by.
    np.testing.assert_allclose(again, found, atol=0.02)


@pytest.mark.parametrize("seed", [11, 15])
def test_a_search_that_is_over_stays_where_it_is(seed):
    """More donors than days: one is fitted exactly, while the one beside it goes on."""
    rng = np.random.default_rng(seed)
    donors = rng.normal(size=(12, 4))
    both = Searches(
        target=np.vstack([donors.mean(axis=0), 3 * rng.normal(size=4)]),
        donors=np.broadcast_to(donors, (2, 12, 4)),
        allowed=np.ones((2, 12), dtype=bool),
        used=np.ones((2, 4), dtype=bool),
        zeta=np.zeros(2),
        noise=np.full(2, 1e-7),
        intercept=True,
    )
    found = both.weights()
    gap = donors.mean(axis=0) - found[0] @ donors
    np.testing.assert_allclose(gap - gap.mean(), 0, atol=1e-3)
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)
