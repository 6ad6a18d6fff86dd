"""How much more changed where the dose was higher: slopes over markets and regions."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from migration.inference import tails
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.batches import in_batches
from migration.inference.permutation import (
    DEALS,
    Deal,
    acceptance,
    deals,
    dealt_slopes,
    share_beyond,
)


@dataclass(frozen=True, eq=False)
class Dealt:
    """Slopes of several outcomes on a dose dealt to the regions in many ways.

    Attributes
    ----------
    slope, p_value : (A,) arrays
        On the dose as it was; the share of deals at least as far from zero.
    interval : (float, float)
        Slopes of outcome 0 that are not refused at 5%.
    """

    slope: Array
    p_value: Array
    interval: tuple[float, float]


def region_means(values: Array, region: Ints) -> Array:
    """Means over the markets of each region.

    Parameters
    ----------
    values : (..., M) array
    region : (M,) array of 0 to R - 1

    Returns
    -------
    (..., R) array
        One region counts once, whatever its number of markets: a regional shock hits
        all of them.
    """
    member = (region[:, None] == np.arange(region.max() + 1)).astype(float)
    return np.asarray(values @ (member / member.sum(axis=0)))


def daily_gaps(y: Array, baseline: Mask, region: Ints) -> Array:
    """Regions' daily values net of the other apps there, each from its own level.

    Parameters
    ----------
    y : (A, M, T) array
        Not finite where an app has no number.
    baseline : (T,) mask
    region : (M,) array

    Returns
    -------
    (A, T, R) array
        NaN where no market of a region has a number.
    """
    known = np.isfinite(y)
    values = np.where(known, y, 0.0)
    number = np.maximum(known[:, :, baseline].sum(axis=2, keepdims=True), 1)
    level = values[:, :, baseline].sum(axis=2, keepdims=True) / number
    gap = np.where(known, values - level, 0.0)
    others = np.broadcast_to(gap[1:].sum(axis=0), gap.shape).copy()
    count = np.broadcast_to(known[1:].sum(axis=0), gap.shape).copy()
    others[1:] -= gap[1:]
    count[1:] -= known[1:]
    net = np.where(known, gap - others / np.maximum(count, 1), 0.0)
    member = (region[:, None] == np.arange(region.max() + 1)).astype(float)
    heard = np.einsum("amt,mr->atr", known.astype(float), member)
    total = np.einsum("amt,mr->atr", net, member)
    return np.where(heard > 0, total / np.maximum(heard, 1), np.nan)


def slope_weights(dose: Array) -> Array:
    """Weights that make a least-squares slope on ``dose``, shape (R,)."""
    centred = dose - dose.mean()
    return np.asarray(centred / (centred**2).sum())


def region_permutation(change: Array, dose: Array, draws: int = DEALS) -> Dealt:
    """Deal the doses to the regions, all ways that differ where these are few.

    Valid where regions are exchangeable under the null: a shock that a region's markets
    share is then one draw, as it is not where markets are dealt.

    Parameters
    ----------
    change : (A, R) array
    dose : (R,) array
    draws : int
        Deals where not all are made, in batches with a seed each.
    """
    # A large level would leave rounding in place of ties between deals.
    dose = dose - dose.mean()
    slopes = partial(_slopes, np.vstack([change, dose]), dose)
    dealt = np.hstack(list(in_batches(slopes, deals(dose, draws))))
    own, of_dose = dealt[:-1], dealt[-1]
    p_value = np.array([share_beyond(float(row[0]), row) for row in own])
    return Dealt(own[:, 0], p_value, acceptance(own[0], of_dose))


def _slopes(y: Array, dose: Array, deal: Deal) -> Array:
    """Slopes of every outcome on a batch of deals, (M, P)."""
    return dealt_slopes(y, dose[deal.orders()])


def robust_slope(change: Array, dose: Array) -> tuple[Array, Array, int]:
    """Slopes over markets with HC1 errors, which take markets as independent.

    Parameters
    ----------
    change : (A, M) array
    dose : (M,) array

    Returns
    -------
    (A,) array, (A,) array, int
        Slope, standard error, degrees of freedom.
    """
    number, weights = len(dose), slope_weights(dose)
    slope = change @ weights
    fitted = slope[:, None] * (dose - dose.mean())
    residual = change - change.mean(axis=1, keepdims=True) - fitted
    spread = (residual**2) @ weights**2
    return slope, np.sqrt(spread * number / (number - 2)), number - 2


def slopes_within(change: Array, dose: Array, region: Ints) -> Array:
    """One slope for each region with three markets and a dose that differs there.

    Parameters
    ----------
    change : (A, M) array
    dose : (M,) array
    region : (M,) array

    Returns
    -------
    (A, Q) array
    """
    found = []
    for place in range(region.max() + 1):
        here = region == place
        if int(here.sum()) >= 3 and np.ptp(dose[here]) > 0:
            found.append(change[:, here] @ slope_weights(dose[here]))
    return np.array(found).reshape(-1, len(change)).T


def t_over_regions(slopes: Array) -> tuple[Array, Array, Array]:
    """Ibragimov and Mueller (2010, doi:10.1198/jbes.2009.08046): t on one slope each.

    Parameters
    ----------
    slopes : (A, Q) array

    Returns
    -------
    three (A,) arrays
        Mean, standard error and p.
    """
    number = slopes.shape[1]
    mean = slopes.mean(axis=1)
    error = slopes.std(axis=1, ddof=1) / np.sqrt(number)
    with np.errstate(divide="ignore", invalid="ignore"):  # equal slopes have no error
        p_value = 2 * tails.t.sf(np.abs(mean / error), number - 1)
    return mean, error, np.asarray(p_value)
