"""Synthetic difference in differences: weights over series and over days."""

from dataclasses import replace

import pandas as pd

from migration.design import Design
from migration.estimators import counterfactual as shared
from migration.estimators import finish
from migration.estimators.choices import check_one_of
from migration.estimators.synthetic_result import SyntheticResult, with_weights
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
    DIFF_IN_DIFF,
    SYNTHETIC_DID,
)

SOLVERS = ("exact", "synthdid")
MEMBERS = {
    "difference in differences, uniform weights": DIFF_IN_DIFF,
    "synthetic control with intercept": DEMEANED_CONTROL,
}


def synthetic_did(
    frame: pd.DataFrame,
    design: Design,
    *,
    screen: bool = False,
    solver: str = "exact",
    inference: str = "rule",
) -> SyntheticResult:
    """Estimate a window's effect by weights over series and over baseline days.

    ``tau = (Ybar_post - lambda' Y_pre) - omega' (Ybar_co,post - Y_co,pre lambda)``
    (Arkhangelsky et al. 2021, doi:10.1257/aer.20190159), ``omega`` with the ridge
    ``zeta = L^{1/4} sd(diff Y_co,pre)``, each series' day-of-week pattern taken out.
    The headline is the rule of :mod:`migration.inference.rule`, ranked among the
    controls treated in turn by the same method; other members of the family stand
    beside it.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        Its controls are the donors.
    screen : bool
        Give no weight to controls that moved in the window themselves; see
        :func:`migration.estimators.synthetic_control.synthetic_control`.
    solver : {"exact", "synthdid"}
        The optimum, or the search of the R package synthdid, which ends before it; the
        second takes minutes with many controls.
    inference : {"rule"}
        ``"jackknife"`` and others are refused, with the reason.

    Returns
    -------
    SyntheticResult

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    shared.check(design, inference, "synthetic_did")
    check_one_of(solver, SOLVERS, "solver")
    sample, y = shared.prepare(frame, design)
    recipe = replace(SYNTHETIC_DID, solver=solver)
    donors, said = shared.screened(sample, y, SYNTHETIC_DID, screen=screen)
    fitted = shared.fit(sample, y, recipe, donors)
    finish.check_finite(sample, fitted.contrast, design)
    rows = shared.tests(sample, fitted, SYNTHETIC_DID)
    for name, member in MEMBERS.items():
        other = shared.fit(sample, y, member, donors)
        rows.append(shared.by_the_rule(name, other))
    found = finish.Finding(
        method="synthetic difference in differences",
        effects=shared.daily(sample, fitted.found.gap, fitted.held_out),
        secondary=pd.DataFrame(rows),
        warnings=(*said, *shared.cautions(sample, y, SYNTHETIC_DID)),
    )
    result = finish.dress(frame, design, sample, fitted.contrast, found)
    return with_weights(result, sample, fitted.found)
