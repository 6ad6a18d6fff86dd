"""The tests beside a dose contrast's headline, each with its size."""

from typing import Any

import numpy as np

from migration.design import Design
from migration.estimators import finish
from migration.estimators.calibration import mean_of
from migration.estimators.dose_markets import Markets, earlier_days
from migration.inference import tails
from migration.inference.arrays import Array, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.dose import (
    Dealt,
    region_means,
    region_permutation,
    robust_slope,
    slopes_within,
    t_over_regions,
)
from migration.inference.rule import ALPHA
from migration.results import COLUMNS

FEWEST_WITHIN = 4
NO_SHOCKS = "markets are independent: no shock is shared by a region's markets"


def dealt_slopes_of(markets: Markets, window: Mask) -> Dealt:
    """Slopes over regions of a window's changes, and over all deals of the dose."""
    change = region_means(markets.change(window), markets.region)
    return region_permutation(change, markets.region_dose, markets.deals)


def inside_slopes(markets: Markets) -> Array | None:
    """Slopes of the window's changes inside regions, None where they are too few."""
    change = markets.change(markets.sample.window)
    found = slopes_within(change, markets.centred, markets.region)
    return found if found.shape[1] >= FEWEST_WITHIN else None


def beside(
    markets: Markets, contrast: BlockContrast, dealt: Dealt, design: Design
) -> list[dict[str, Any]]:
    """Rows of the secondary table."""
    window = markets.sample.window
    rows = [*finish.halves_of_the_rule(contrast), _dealt_row("region", dealt, "")]
    change = markets.change(window)
    if (within := inside_slopes(markets)) is not None:
        rows.append(_within_row(within))
    each = region_permutation(change, markets.centred, markets.deals)
    rows += [
        _dealt_row("market", each, NO_SHOCKS),
        _robust_row(change, markets.centred),
    ]
    earlier = earlier_days(markets, design)
    if earlier is not None:
        before = dealt_slopes_of(markets, earlier)
        words = "the first event's window alone: zero if its effect has no dose"
        rows.append(_dealt_row("region", before, words, " before the event"))
    return rows


def _dealt_row(what: str, dealt: Dealt, words: str, when: str = "") -> dict[str, Any]:
    usual = "regions are exchangeable: as variable where the dose is high as elsewhere"
    row = (
        float(dealt.slope[0]),
        float("nan"),
        *dealt.interval,
        float(dealt.p_value[0]),
    )
    return {
        "test": f"{what} permutation{when}",
        **dict(zip(COLUMNS, row, strict=True)),
        "size_here": mean_of(dealt.p_value[1:] <= ALPHA),
        "assumes": words or usual,
    }


def _within_row(slopes: Array) -> dict[str, Any]:
    mean, error, p_value = t_over_regions(slopes)
    number = slopes.shape[1]
    return {
        "test": f"t over the slopes inside {number} regions",
        **_five(mean[0], error[0], number - 1, p_value[0]),
        "size_here": mean_of(p_value[1:] <= ALPHA),
        "assumes": "regions are independent; inside each the dose is as good as dealt",
    }


def _robust_row(change: Array, dose: Array) -> dict[str, Any]:
    slope, error, df = robust_slope(change, dose)
    with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has no error
        p_value = 2 * tails.t.sf(np.abs(slope / error), df)
    return {
        "test": "least squares over markets, HC1",
        **_five(slope[0], error[0], df, p_value[0]),
        "size_here": mean_of(p_value[1:] <= ALPHA),
        "assumes": NO_SHOCKS,
    }


def _five(estimate: float, error: float, df: int, p_value: float) -> dict[str, float]:
    half = float(tails.t.ppf(1 - ALPHA / 2, df)) * error
    row = (estimate, error, estimate - half, estimate + half, p_value)
    return dict(zip(COLUMNS, map(float, row), strict=True))
