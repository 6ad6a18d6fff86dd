"""The same window against other defensible baselines and normal paths.

An effect whose sign changes with a defensible baseline is not printed as an effect.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row
from migration.inference.sample import MIN_BLOCKS
from migration.results import CheckResult, EffectResult

HOLIDAYS = (12, 20)  # month and day from which the year's end shows in daily series


def baseline_sensitivity(
    frame: pd.DataFrame,
    design: Design,
    *,
    alternatives: Mapping[str, Design] | None = None,
) -> CheckResult:
    """Estimate against each declared baseline, and say whether the sign holds.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    alternatives : mapping, optional
        Name to design. By default: the baseline without the days from 20 December, its
        later half, and the later two thirds, where long enough.
    """
    declared = alternatives or default_baselines(design)
    rows = [_row(frame, "declared", design, "market-adjusted")]
    rows += [_row(frame, n, d, "market-adjusted") for n, d in declared.items()]
    rows.append(_row(frame, "declared, constant mean", design, "constant mean"))
    if design.estimand == "mean of outcome":
        rows.append(_row(frame, "declared, market model", design, "market model"))
    found = pd.DataFrame(rows)
    stable = bool((np.sign(found["estimate"]) == np.sign(found["estimate"][0])).all())
    low, high = found["estimate"].min(), found["estimate"].max()
    return CheckResult(
        check="baseline sensitivity",
        question="Does the sign hold against other defensible baselines?",
        answer=(
            f"{'the sign holds' if stable else 'the sign CHANGES'}: estimates from "
            f"{low:.3g} to {high:.3g} over {len(found)} specifications"
        ),
        passed=stable,
        frame=found,
        simulated=bool(frame.attrs.get("simulated", False)),
    )


def baseline_sensitivities(
    frame: pd.DataFrame, results: Mapping[str, EffectResult]
) -> dict[str, CheckResult]:
    """:func:`baseline_sensitivity` of each result's own design, by the same names.

    Parameters
    ----------
    frame : DataFrame
        The frame that the results were estimated on.
    results : mapping of str to EffectResult
    """
    return {n: baseline_sensitivity(frame, r.design) for n, r in results.items()}


def default_baselines(design: Design) -> dict[str, Design]:
    """Baselines that a referee would ask for, where each leaves four blocks."""
    start, end = design.baseline
    days = (end - start).days + 1
    holidays = pd.Timestamp(year=start.year, month=HOLIDAYS[0], day=HOLIDAYS[1])
    wanted = {
        "without the days from 20 December": (start, holidays - ONE_DAY),
        "later two thirds": (start + ONE_DAY * (days // 3), end),
        "later half": (start + ONE_DAY * (days // 2), end),
    }
    return {
        name: design.but(baseline=span)
        for name, span in wanted.items()
        if span[1] <= end and (span[1] - span[0]).days + 1 >= MIN_BLOCKS * design.length
    }


def _row(
    frame: pd.DataFrame, name: str, design: Design, normal: str
) -> dict[str, object]:
    used = normal if design.controls else "constant mean"
    _, contrast = window_effect(frame, design, normal=used)
    return {
        "baseline": name,
        "first_day": design.baseline[0],
        "last_day": design.baseline[1],
        "normal": used,
        **decide_row(contrast),
    }
