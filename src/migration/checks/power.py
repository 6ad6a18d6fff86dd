"""The smallest effect that a design could have found, known before it is run."""

import pandas as pd

from migration.design import Design
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.calibration import minimum_effects
from migration.panel import is_simulated
from migration.results import CheckResult


def minimum_detectable_effect(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> CheckResult:
    """Inject effects into the unrelated series until the rule finds 80% of them.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    normal : str

    Returns
    -------
    CheckResult
        ``frame``: for a gain and a loss, over all unrelated series and over those of
        like volume, in units of the outcome.
    """
    sample, contrast = window_effect(frame, design, normal=normal)
    found = minimum_effects(sample, contrast)
    rows = [
        {"of": name.replace("_", " "), "minimum_effect": value}
        for name, value in found.items()
        if name.startswith(("gain", "loss"))
    ]
    return CheckResult(
        check="minimum detectable effect",
        question="How large must an effect be for the rule to find it?",
        answer=(
            f"at 80% power a gain of {found['gain']:.3g} or a loss of "
            f"{found['loss']:.3g}, by injection into {len(sample.controls)} unrelated "
            "series of the same days"
        ),
        passed=None,
        frame=pd.DataFrame(rows),
        simulated=is_simulated(frame),
    )
