"""Synthetic control: a weighted mean of unrelated series as the counterfactual."""

import pandas as pd

from migration.design import Design
from migration.estimators import counterfactual as shared
from migration.estimators import finish
from migration.estimators.choices import check_truth
from migration.estimators.synthetic_result import SyntheticResult, with_weights
from migration.inference.synthetic_weights import (
    DEMEANED_CONTROL,
    SYNTHETIC_CONTROL,
)


def synthetic_control(
    frame: pd.DataFrame,
    design: Design,
    *,
    intercept: bool = False,
    screen: bool = False,
    inference: str = "rule",
) -> SyntheticResult:
    """Estimate a window's effect against a weighted mean of the controls.

    ``tau_t = Y_1t - mu - sum_j omega_j Y_jt`` with weights on the simplex that follow
    the treated series over the baseline, its day-of-week pattern taken out (Abadie,
    Diamond and Hainmueller 2010, doi:10.1198/jasa.2009.ap08746; with ``mu``, Ferman and
    Pinto 2021, doi:10.3982/QE1596). The headline is the rule of
    :mod:`migration.inference.rule` on the gap, ranked among the gaps of the controls
    treated in turn; placebo ranks, the conformal test and the cross-fitted t stand
    beside it.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
        Its controls are the donors.
    intercept : bool
        Allow a level of the treated series' own.
    screen : bool
        Give no weight to controls that moved in the window themselves (own placebo p
        below 0.1); they stay placebos, and a warning names them.
    inference : {"rule"}
        Others are refused, with the reason.

    Returns
    -------
    SyntheticResult
        ``headline`` is the mean gap of the window; ``effects`` the daily gap.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, for fewer than two donors, and without
        intercept for a treated series outside the donors' range.
    """
    name = "synthetic_control"
    shared.check(design, inference, name)
    check_truth(intercept, "intercept")
    sample, y = shared.prepare(frame, design)
    recipe = DEMEANED_CONTROL if intercept else SYNTHETIC_CONTROL
    donors, said = shared.screened(sample, y, recipe, screen=screen)
    fitted = shared.fit(sample, y, recipe, donors)
    if not intercept:
        shared.check_hull(fitted.found, name)
    finish.check_finite(sample, fitted.contrast, design)
    found = finish.Finding(
        method=f"synthetic control, {'with' if intercept else 'without'} intercept",
        effects=shared.daily(sample, fitted.found.gap, fitted.held_out),
        secondary=pd.DataFrame(shared.tests(sample, fitted, recipe)),
        warnings=(*said, *shared.cautions(sample, y, recipe)),
    )
    result = finish.dress(frame, design, sample, fitted.contrast, found)
    return with_weights(result, sample, fitted.found)
