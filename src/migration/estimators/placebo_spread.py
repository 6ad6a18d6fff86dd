"""The standard error that synthetic difference in differences has by its placebos."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import counterfactual as shared
from migration.estimators import finish
from migration.estimators.choices import check_one_of, is_whole
from migration.estimators.synthetic_did import SOLVERS
from migration.inference.synthetic_draws import drawn_controls, placebo_did, spread

DRAWS, SEED = 200, 20210106
MOST_DRAWS = 100_000  # more tell no further digit of the spread
CAUTION = (
    "the spread of unrelated series is the error of a treated series only if it is as "
    "noisy as they are, and a normal interval needs it to be normal; the rule of "
    "synthetic_did needs neither"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaceboSpread:
    """Effects of controls in the treated series' place, and how far they spread.

    Attributes
    ----------
    std_error : float
        Of the draws, in units of the outcome.
    effects : Series
        By control: what the method finds for it.
    drawn : tuple of str
        The control of each draw.
    warnings : tuple of str
    simulated : bool
    """

    std_error: float
    effects: pd.Series
    drawn: tuple[str, ...]
    warnings: tuple[str, ...] = (CAUTION,)
    simulated: bool = False


def placebo_spread(
    frame: pd.DataFrame,
    design: Design,
    *,
    draws: int | None = DRAWS,
    seed: int = SEED,
    solver: str = "exact",
) -> PlaceboSpread:
    """Compute the placebo variance of synthetic DiD, as its paper proposes it.

    Algorithm 4 of Arkhangelsky et al. (2021, doi:10.1257/aer.20190159), on series
    without their day-of-week pattern. It is shown to compare with other packages; the
    inference of :func:`migration.estimators.synthetic_did.synthetic_did` is the rule.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    draws : int or None
        How many; None for each control once, which has no chance in it.
    seed : int
    solver : {"exact", "synthdid"}
        The optimum, or the search of the R package.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    shared.check(design, "rule", "placebo_spread")
    check_one_of(solver, SOLVERS, "solver")
    if draws is not None and not (is_whole(draws) and 1 < draws <= MOST_DRAWS):
        raise DesignError(
            f"draws is {draws!r}; use 2 to {MOST_DRAWS}, or None for each once"
        )
    if not (is_whole(seed) and seed >= 0):
        raise DesignError(f"seed is {seed!r}; use a whole number from 0 on")
    sample, y = shared.prepare(frame, design)
    effects = placebo_did(y, sample.baseline, sample.window, solver=solver)
    number = len(effects)
    drawn = np.arange(number)
    if draws is not None:
        drawn = drawn_controls(number, draws, seed)
    return PlaceboSpread(
        std_error=spread(effects[drawn]),
        effects=pd.Series(effects, index=pd.Index(sample.controls, name="control")),
        drawn=tuple(sample.controls[place] for place in drawn),
        simulated=finish.attributes(frame)["simulated"],
    )
