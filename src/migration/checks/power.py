"""The smallest effect that a design could have found, known before it is run."""

import math

import pandas as pd

from migration.design import Design
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.calibration import minimum_effects
from migration.inference.blocks import BlockContrast
from migration.inference.power_bounds import bootstrap_effects, formula_effect
from migration.inference.rule import ALPHA, rank_critical
from migration.inference.sample import Sample
from migration.panel import is_simulated
from migration.results import CheckResult

ERRORS = {"": "unrelated series", "_like_volume": "like volume", "_own": "own"}
FORMULA = "formula, a lower bound if the baseline's ARMA is right"
BLOCKS = "own baseline, blocks drawn again"


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
        ``frame``: ``gain`` and ``loss`` in units of the outcome, by whose error:
        ``unrelated series``, those of ``like volume``, or the series' ``own``. Beside
        them the formula, a lower bound if its noise model is right, and blocks of the
        series' own baseline drawn again; neither uses a day of the window.
    """
    sample, contrast = window_effect(frame, design, normal=normal)
    found = minimum_effects(sample, contrast)
    rows = [
        {"error": whose, **{side: found[f"{side}{end}"] for side in ("gain", "loss")}}
        for end, whose in ERRORS.items()
        if f"gain{end}" in found
    ]
    rows += _beside(sample, contrast, design, net=normal != "constant mean")
    return CheckResult(
        check="minimum detectable effect",
        question="How large must an effect be for the rule to find it?",
        answer=(
            f"at 80% power {smallest(found['gain_own'], found['loss_own'])} with the "
            f"series' own error, by injection into {len(sample.controls)} unrelated "
            "series of the same days"
        ),
        passed=None,
        frame=pd.DataFrame(rows),
        simulated=is_simulated(frame),
    )


def smallest(gain: float, loss: float) -> str:
    """The smallest gain and loss in words; of too few unrelated series there is none.

    Examples
    --------
    >>> smallest(0.25, 0.2)
    'a gain of 0.25 or a loss of 0.2'
    """
    if math.isinf(gain + loss):
        return "no gain and no loss, however large"
    return f"a gain of {gain:.3g} or a loss of {loss:.3g}"


def _beside(
    sample: Sample, contrast: BlockContrast, design: Design, *, net: bool
) -> list[dict[str, object]]:
    """What the treated series' baseline says by itself."""
    logs = design.estimand == "log ratio of means"
    least = formula_effect(sample, net=net, logs=logs)
    critical = max(contrast.critical(ALPHA), rank_critical(contrast.t[1:]))
    gain, loss = bootstrap_effects(sample, critical, net=net, logs=logs)
    return [
        {"error": FORMULA, "gain": least, "loss": least},
        {"error": BLOCKS, "gain": gain, "loss": loss},
    ]
