"""Placebos: the same rule on dates without an event, and on series without one."""

from functools import partial
from typing import Any

import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.choices import check_design
from migration.estimators.finish import decide_row
from migration.inference.batches import in_batches
from migration.inference.rule import ALPHA, rank_p
from migration.inference.sample import MIN_BLOCKS
from migration.numerals import p_words
from migration.panel import is_simulated
from migration.results import CheckResult


def placebo_in_time(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> CheckResult:
    """Move the event back through the baseline, window by window, and estimate again.

    Placebo windows neither overlap each other nor the event's days, and each keeps the
    design's gap between baseline and window and at least four blocks of baseline before
    it (Bertrand, Duflo and Mullainathan 2004, doi:10.1162/003355304772839588).

    No p is made of all shifts together: windows that overlap are one another's copies
    and reject too often (on daily series of unrelated apps .185 at 5%).

    Parameters
    ----------
    frame : DataFrame
    design : Design
    normal : str
        As in :func:`migration.estimators.abnormal_interest.abnormal_interest`.

    Returns
    -------
    CheckResult
        ``passed`` is None where too few unrelated series let the rule find anything at
        5%: such a placebo cannot fail.

    Raises
    ------
    DesignError
        If the baseline is too short for one placebo.
    """
    check_design(design)
    row = partial(_window_row, frame, normal)
    found = pd.DataFrame(list(in_batches(row, _earlier(design))))
    rejected = int((found["p_value"] <= ALPHA).sum())
    number = len(design.controls)
    able = 1 / (1 + number) <= ALPHA
    more = "" if able else f"; cannot tell, with {number} unrelated series none can"
    if rejected:
        by_chance = min(len(found) * ALPHA, 1.0)
        more = f"; by chance one or more has in up to {by_chance:.0%} of cases"
    return CheckResult(
        check="placebo in time",
        question="Does the rule find an effect where there was no event?",
        answer=f"{rejected} of {len(found)} placebo windows have p <= {ALPHA}{more}",
        passed=rejected == 0 if able else None,
        frame=found,
        simulated=is_simulated(frame),
    )


def _window_row(frame: pd.DataFrame, normal: str, moved: Design) -> dict[str, Any]:
    _, contrast = window_effect(frame, moved, normal=normal)
    first, last = moved.window_days
    return {"first_day": first, "last_day": last, **decide_row(contrast)}


def _earlier(design: Design) -> list[Design]:
    """Designs with the event moved back by whole windows, nearest first."""
    gap = design.window_days[0] - design.baseline[1]
    last = design.baseline[1]
    moved = []
    while True:
        first = last - ONE_DAY * (design.length - 1)
        end = first - gap
        if (end - design.baseline[0]).days + 1 < MIN_BLOCKS * design.length:
            break
        moved.append(
            design.but(
                event=first - ONE_DAY * design.window[0],
                event_name=f"placebo {first:%F}",
                baseline=(design.baseline[0], end),
                other_events={},
                notes=(),
            )
        )
        last = first - ONE_DAY
    if not moved:
        needed = (MIN_BLOCKS + 1) * design.length + gap.days - 1
        raise DesignError(
            f"placebo_in_time needs {needed} baseline days for one placebo window of "
            f"{design.length}, got {(design.baseline[1] - design.baseline[0]).days + 1}"
            "; lengthen the baseline or shorten the window"
        )
    return moved


def placebo_in_space(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> CheckResult:
    """Give the event to every unrelated series in turn and rank the treated one.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    normal : str

    Returns
    -------
    CheckResult
        ``frame`` has one row a series: ``estimate``, ``t``, ``treated``.
    """
    sample, contrast = window_effect(frame, design, normal=normal)
    found = pd.DataFrame(
        {
            "series": [", ".join(design.treated), *sample.controls],
            "estimate": contrast.estimate,
            "t": contrast.t,
        }
    )
    found["treated"] = found.index == 0
    p_value = rank_p(float(contrast.t[0]), contrast.t[1:])
    ordered = found["t"].abs().rank(ascending=False, method="max")
    return CheckResult(
        check="placebo in space",
        question="How far out is the treated series among unrelated ones?",
        answer=(
            f"rank {int(ordered.iloc[0])} of {len(found)} by |t|, {p_words(p_value)}; "
            f"the smallest possible is 1/{len(found)}"
        ),
        passed=None,
        frame=found,
        simulated=is_simulated(frame),
    )
