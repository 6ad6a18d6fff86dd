"""What speaks against a slope over a dose: balance before the event, and cautions."""

import numpy as np
import pandas as pd

from migration.design import Design
from migration.estimators.dose_markets import Markets, earlier_days
from migration.estimators.dose_tests import (
    FEWEST_WITHIN,
    dealt_slopes_of,
    inside_slopes,
)
from migration.inference.dose import region_means, region_permutation
from migration.inference.permutation import distinct_assignments
from migration.inference.rule import ALPHA
from migration.numerals import p_words

DOUBTFUL = 0.1


def balance_of(markets: Markets) -> pd.DataFrame:
    """What differs with the dose before the event, by region permutation."""
    pre, _ = markets.statistics(markets.sample.window)
    level = markets.y[0][:, markets.sample.baseline].mean(axis=1)
    level = np.log(level) if markets.logs else level
    volatility = np.log(np.maximum(pre[0].std(axis=1, ddof=1), 1e-300))
    known = {"log volatility": volatility, "level": level}
    dose, rows = markets.region_dose, {}
    for name, values in known.items():
        means = region_means(values, markets.region)
        found = region_permutation(means[None], dose, markets.deals)
        still = np.ptp(means) == 0
        rows[name] = {
            "slope": float(found.slope[0]),
            "correlation": 0.0 if still else float(np.corrcoef(means, dose)[0, 1]),
            "p_value": float(found.p_value[0]),
        }
    return pd.DataFrame(rows).T.rename_axis("before the event")


def cautions(
    markets: Markets, balance: pd.DataFrame, design: Design, *, declared: bool
) -> list[str]:
    """Warnings for the result, beside those that its markets brought."""
    said = [*markets.warnings, *_few_ways(markets)]
    if not declared:
        said.append(
            f"each of {len(markets.names)} markets is its own region: if neighbours "
            "share shocks, the permutation rejects a true null some 15% of the time; "
            "give region="
        )
    unlike = float(balance["p_value"].to_numpy()[0])  # of the volatility
    if unlike <= DOUBTFUL:
        said.append(
            "markets with a higher dose were more or less variable before the event "
            f"({p_words(unlike)}): the permutation "
            "rejects a true null more often than its level"
        )
    said += _inside(markets)
    earlier = earlier_days(markets, design)
    if design.identification == "dose" and earlier is not None:
        p_value = float(dealt_slopes_of(markets, earlier).p_value[0])
        said.append(
            "the slope is the later event's own only if the first event's effect does "
            f"not go with the dose; in the days before, it does with {p_words(p_value)}"
        )
    return said


def _few_ways(markets: Markets) -> list[str]:
    """Say so where the doses can be dealt in too few ways for any finding."""
    ways = distinct_assignments(markets.region_dose)
    if 1 / ways <= ALPHA:
        return []
    return [
        f"the doses of {len(markets.regions)} regions can be dealt in {ways} ways that "
        f"differ, so that no p is below 1/{ways} and nothing can be found at "
        f"{ALPHA:.0%}; bring more regions, or doses that differ"
    ]


def _inside(markets: Markets) -> list[str]:
    """Say so where most of the dose varies inside regions, which the slope leaves."""
    dose = markets.centred
    fitted = markets.region_dose[markets.region]
    share = float(((dose - fitted) ** 2).mean() / (dose**2).mean())
    if share <= 0.5:
        return []
    where = (
        "see the t over the slopes inside them"
        if inside_slopes(markets) is not None
        else f"fewer than {FEWEST_WITHIN} regions have markets enough to test it there"
    )
    return [
        f"{share:.0%} of the dose's variance lies inside regions, which the slope over "
        f"regions does not use: {where}"
    ]
