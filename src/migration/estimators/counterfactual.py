"""What the methods with weighted donors share: refusals, tests, one way to be dressed.

The name of the method and its recipe of weights are all in which they differ.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, check_truth
from migration.inference.arrays import Array, Mask, without_weekly_cycle
from migration.inference.beside import Beside
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import daily_widening
from migration.inference.rule import (
    ALPHA,
    decide,
    decide_each_day,
    own_rejections,
    rank_p,
)
from migration.inference.sample import Sample, arrange
from migration.inference.synthetic import (
    Synthetic,
    gap_contrast,
    with_held_out,
)
from migration.inference.synthetic_tests import (
    conformal,
    conformal_t,
    mean_rank,
    ratio_rank,
)
from migration.inference.synthetic_turns import Turns
from migration.inference.synthetic_weights import (
    Recipe,
    donors_of,
)
from migration.inference.week import window_widening
from migration.results import COLUMNS

COMPUTED = ("window", "bundle", "combined path")
FEWEST_DONORS = 2
DONORS_FOR_ALPHA = 19
FEWEST_DAYS = 60
HULL = 2.0
SCREEN_BELOW = 0.1
REFUSED_INFERENCE = {
    "jackknife": "leaving out the one treated series leaves no effect, and leaving out "
    "donors measures their choice, not chance",
    "bootstrap": "drawing units again draws the one treated series or none",
}


@dataclass(frozen=True, eq=False)
class Fitted:
    """One recipe fitted to a sample, and what its baseline blocks show of chance.

    Attributes
    ----------
    y : (1 + J, T) array
        Series without their weekly cycle.
    recipe : Recipe
    donors : (J,) mask
        Controls that may have weight.
    found : Synthetic
    held_out : (1 + J, q, L) array
        Gaps of baseline blocks that took no part in the weights.
    contrast : BlockContrast
    """

    y: Array
    recipe: Recipe
    donors: Mask
    found: Synthetic
    held_out: Array
    contrast: BlockContrast


def fit(sample: Sample, y: Array, recipe: Recipe, donors: Mask | None = None) -> Fitted:
    """Fit one recipe for the treated series and each control in its place."""
    every = np.ones(len(sample.controls), dtype=bool)
    allowed = every if donors is None else donors
    days = sample.baseline, sample.window
    found, held_out = with_held_out(y, *days, recipe, allowed)
    contrast = gap_contrast(found.estimate, held_out, widened=week_cost(sample))
    return Fitted(y, recipe, allowed, found, held_out, contrast)


def week_cost(sample: Sample) -> float:
    """Factor of the error for the weekly cycle, taken out by the same baseline."""
    return window_widening(sample.weekday, sample.baseline, sample.window)


def check(design: Design, inference: str, method: str) -> None:
    """Refuse what a weighted counterfactual cannot answer."""
    check_design(design)
    if isinstance(inference, str) and inference in REFUSED_INFERENCE:
        raise DesignError(
            f"inference={inference!r} has no meaning for one treated series: "
            f"{REFUSED_INFERENCE[inference]}; use inference='rule'"
        )
    if inference != "rule":
        raise DesignError(
            f"inference is {inference!r}; use 'rule' (the placebo and conformal tests "
            "stand beside it)"
        )
    if design.estimand != "mean of outcome":
        raise DesignError(
            f"{method} estimates the 'mean of outcome'; for ratios of means use "
            "abnormal_interest"
        )
    if design.identification not in COMPUTED:
        raise DesignError(
            f"{method} computes {COMPUTED}, not {design.identification!r}: a window's "
            "mean cannot tell two events apart"
        )
    if (n_donors := len(design.controls)) < FEWEST_DONORS:
        raise DesignError(
            f"{method} needs {FEWEST_DONORS} donors, better {DONORS_FOR_ALPHA}, got "
            f"{n_donors}; name unrelated units in Design(controls=)"
        )


def prepare(frame: pd.DataFrame, design: Design) -> tuple[Sample, Array]:
    """Arrays of a design with each series' own weekly cycle taken out."""
    sample = arrange(frame, design)
    y = without_weekly_cycle(sample.y, sample.weekday, sample.baseline)
    return sample, y


def screened(
    sample: Sample, y: Array, recipe: Recipe, *, screen: bool
) -> tuple[Mask, tuple[str, ...]]:
    """Which controls may be donors, and a sentence on those that may not.

    A donor that the event seems to have moved too leaves the counterfactual, but stays
    among the placebos: ranked against the quiet series alone, a true null would be
    rejected far more often than the level says.
    """
    check_truth(screen, "screen")
    every = np.ones(len(sample.controls), dtype=bool)
    if not screen:
        return every, ()
    p_value = _control_p(fit(sample, y, recipe).contrast)
    kept = p_value >= SCREEN_BELOW
    dropped = [n for n, k in zip(sample.controls, kept, strict=True) if not k]
    if int(kept.sum()) <= FEWEST_DONORS:
        raise DesignError(
            f"the spillover screen leaves {int(kept.sum())} donors of {len(kept)}; "
            "bring more unrelated units, or estimate with screen=False"
        )
    if not dropped:
        return every, ()
    said = (
        f"spillover screen: {', '.join(dropped)} moved in the window themselves (own "
        f"placebo p < {SCREEN_BELOW}) and have no weight; they stay placebos"
    )
    return kept, (said,)


def _control_p(contrast: BlockContrast) -> Array:
    """Each control's own p by the rule, ranked among the other controls, (J,)."""
    t, block = contrast.t[1:], contrast.p_value[1:]
    rank = [rank_p(float(t[j]), np.delete(t, j)) for j in range(len(t))]
    return np.maximum(block, rank)


def check_hull(found: Synthetic, method: str) -> None:
    """Refuse a treated series that no mean of donors follows."""
    usual = float(np.median(found.pre_rmspe[1:]))
    if found.pre_rmspe[0] > HULL * usual:
        raise DesignError(
            f"{method} without intercept needs the treated series inside the donors' "
            f"range, got a baseline RMSPE of {found.pre_rmspe[0]:.3g}, more than "
            f"{HULL:g} times the median placebo's {usual:.3g}; use intercept=True or "
            "synthetic_did"
        )


def few_donors(sample: Sample) -> tuple[str, ...]:
    """A sentence where the placebos are too few for any finding."""
    n_donors = len(sample.controls)
    if n_donors >= DONORS_FOR_ALPHA:
        return ()
    return (
        f"{n_donors} donors: the smallest p of a placebo rank is 1/{n_donors + 1}, so "
        f"nothing can be found at {ALPHA:.0%}; that needs {DONORS_FOR_ALPHA}",
    )


def cautions(sample: Sample, y: Array, recipe: Recipe) -> tuple[str, ...]:
    """What few donors and few days mean for the tests."""
    said = few_donors(sample)
    n_days = int(sample.baseline.sum())
    if n_days >= FEWEST_DAYS:
        return said
    rate, dates = shifted_size(sample, y, recipe)
    short = (
        f"{n_days} baseline days, {FEWEST_DAYS} needed for weights that do not follow "
        f"noise: moved to {dates} earlier dates, the rule rejects for {rate:.0%} of "
        "the unrelated series"
    )
    return (*said, short)


def shifted_size(sample: Sample, y: Array, recipe: Recipe) -> tuple[float, int]:
    """Rejection rate of the rule at dates before the event, and how many dates.

    The event moves back in steps of the window's length, as long as two blocks of
    baseline are left before it; the four blocks that every design has leave one date.
    """
    pre, length = y[:, sample.baseline], int(sample.window.sum())
    days, rates = np.arange(pre.shape[1]), []
    for start in range(len(days) - length, 2 * length - 1, -length):
        past, window = days < start, (days >= start) & (days < start + length)
        found, held_out = with_held_out(pre, past, window, recipe)
        weekday = sample.weekday[sample.baseline]
        widened = window_widening(weekday, past, window)
        contrast = gap_contrast(found.estimate, held_out, widened=widened)
        rates.append(own_rejections(contrast).mean())
    return float(np.mean(rates)), len(rates)


def tests(sample: Sample, fitted: Fitted, recipe: Recipe) -> list[dict[str, Any]]:
    """Rows of the tests beside the rule, each with its size on the placebos.

    Parameters
    ----------
    sample : Sample
    fitted : Fitted
    recipe : Recipe
        That of the refits under the null, where it differs from the effect's own.
    """
    found, used = fitted.found, sample.baseline | sample.window
    allowed = donors_of(len(fitted.y), fitted.donors)
    n_pre = int(sample.baseline.sum())
    turns = Turns(fitted.y[:, used], n_pre, recipe, allowed, found.omega)
    own = [
        ratio_rank(found, sample.window),
        mean_rank(found),
        conformal(turns, scale=float(fitted.contrast.std_error[0])),
        conformal_t(turns),
    ]
    return [*finish.halves_of_the_rule(fitted.contrast), *map(as_row, own)]


def as_row(test: Beside) -> dict[str, Any]:
    """One test as a row of a secondary table."""
    return {
        "test": test.test,
        **{name: getattr(test, name) for name in COLUMNS[:-1]},
        "p_value": float(test.p_value[0]),
        "size_here": test.size_here,
        "assumes": test.assumes,
    }


def by_the_rule(name: str, fitted: Fitted) -> dict[str, Any]:
    """Another choice of weights, judged by the rule, as a row of a secondary table."""
    verdict = decide(fitted.contrast)
    return {
        "test": name,
        **{column: getattr(verdict, column) for column in COLUMNS},
        "size_here": float(own_rejections(fitted.contrast).mean()),
        "assumes": "the rule of block-t and rank, other weights",
    }


def daily(sample: Sample, gap: Array, held_out: Array) -> pd.DataFrame:
    """The gap of each day, with the interval that the placebos of that day give.

    Parameters
    ----------
    sample : Sample
    gap : (1 + J, T) array
    held_out : (1 + J, q, L) array
        Their root mean square is the error of a day.
    """
    n_days = held_out.shape[1] * held_out.shape[2]
    error = np.sqrt((held_out**2).mean(axis=(1, 2)))
    widened = error[:, None] * daily_widening(sample)
    frame = pd.DataFrame(decide_each_day(BlockContrast(gap, widened, n_days - 1)))
    frame.index = pd.Index(sample.event_time, name="event_time")
    since = sample.event_time >= 0
    total = np.where(since, frame["estimate"], 0.0).cumsum()
    frame["cumulated"] = np.where(since, total, np.nan)
    frame.insert(0, "period", sample.days)
    return frame
