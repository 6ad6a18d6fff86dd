"""One index a day from the ranks of many markets."""

import numpy as np
import pytest

from migration.errors import DesignError
from migration.inference.latent_index import latent_index

DAYS, MARKETS = 12, 15
EACH_DAY = np.arange(DAYS)


def bounds(z, size=60):
    rank = np.maximum(np.rint(np.exp(-z)), 1)
    off = np.exp(-z) > size + 0.5
    with np.errstate(divide="ignore"):
        high = -np.log(np.where(rank > 1, rank - 0.5, 0.0))
    low = np.where(off, -np.inf, -np.log(rank + 0.5))
    return low, np.where(off, -np.log(size + 0.5), high)


@pytest.fixture
def world():
    rng = np.random.default_rng(2)
    day = rng.normal(-3, 0.6, DAYS)
    level = rng.normal(0, 0.5, MARKETS)
    z = level[:, None] + day[None, :] + 0.2 * rng.normal(size=(MARKETS, DAYS))
    return z, day


def test_points_give_the_two_way_means(world):
    z, _ = world
    found = latent_index(z, z, EACH_DAY)
    np.testing.assert_allclose(found.effect, z.mean(axis=0), atol=1e-9)
    assert found.n_markets == MARKETS


def test_ranks_give_nearly_what_the_index_itself_gives(world):
    z, _ = world
    low, high = bounds(z)
    assert np.isinf(low).mean() > 0.05
    found = latent_index(low, high, EACH_DAY)
    full = z.mean(axis=0)
    gap = (found.effect - found.effect.mean()) - (full - full.mean())
    assert np.abs(gap).max() < 0.1
    assert found.scale == pytest.approx(0.2, abs=0.04)


def test_order_of_days_and_levels_of_markets_change_nothing(world):
    z, _ = world
    low, high = bounds(z)
    one = latent_index(low, high, EACH_DAY).effect
    order = np.random.default_rng(0).permutation(DAYS)
    mixed = latent_index(low[:, order], high[:, order], EACH_DAY).effect
    np.testing.assert_allclose(mixed, one[order], atol=1e-7)
    shift = np.linspace(-1, 1, MARKETS)[:, None]
    moved = latent_index(low + shift, high + shift, EACH_DAY).effect
    np.testing.assert_allclose(np.diff(moved), np.diff(one), atol=1e-7)
    lifted = latent_index(low + 2, high + 2, EACH_DAY).effect
    np.testing.assert_allclose(lifted, one + 2, atol=1e-7)


def test_a_day_off_the_chart_everywhere_has_no_index_and_spoils_no_other(world):
    z, _ = world
    low, high = z.copy(), z.copy()
    low[:, 4], high[:, 4] = -np.inf, -9.0
    found = latent_index(low, high, EACH_DAY).effect
    assert np.isnan(found[4])
    rest = np.delete(EACH_DAY, 4)
    np.testing.assert_allclose(found[rest], z[:, rest].mean(axis=0), atol=1e-9)


def test_days_tied_to_the_rest_from_one_side_alone_are_left_out(world):
    """Markets on the chart on days 0-5 are off it later, others the other way round.

    Off the chart later, they bound the later level from above alone; the others must
    do so from below.
    """
    z, _ = world
    low, high = z.copy(), z.copy()
    low[:8, 6:], high[:8, 6:] = -np.inf, -9.0
    low[8:, :6], high[8:, :6] = np.nan, np.nan
    found = latent_index(low, high, EACH_DAY)
    assert np.isnan(found.effect[6:]).all()
    assert found.n_markets == 8
    np.testing.assert_allclose(found.effect[:6], z[:8, :6].mean(axis=0), atol=1e-9)
    low[8:, :6], high[8:, :6] = -np.inf, -9.0
    assert not np.isnan(latent_index(low, high, EACH_DAY).effect).any()


def test_blocks_of_days_with_days_that_count_in_none(world):
    z, _ = world
    groups = np.array([-1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    found = latent_index(z, z, groups)
    means = [z[:, 2:7].mean(), z[:, 7:].mean()]
    np.testing.assert_allclose(found.effect, means, atol=1e-9)


def test_what_tells_no_index_is_refused(world):
    z, _ = world
    with pytest.raises(DesignError, match="never on the chart"):
        latent_index(np.full_like(z, np.nan), np.full_like(z, np.nan), EACH_DAY)
    with pytest.raises(DesignError, match="bounded on one side alone"):
        latent_index(np.full_like(z, -np.inf), np.full_like(z, -4.1), EACH_DAY)
    with pytest.raises(DesignError, match="rounding of a rank"):
        latent_index(np.full_like(z, -2.0), np.full_like(z, -1.9), EACH_DAY)
