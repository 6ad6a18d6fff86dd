"""Ends of an effect where some days are known only between bounds.

Search interest of "<1" is a number between zero and one that nobody prints. An effect
that rises with each day of the treated series after the event and falls with each
before it has two ends: every such day at the bound that makes it least, and most
(Manski 2003 for such bounds). What no bound holds, the log of a zero count, has none.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.choices import check_design
from migration.estimators.event_study import event_study
from migration.estimators.rank_result import label_of_bound
from migration.inference.arrays import Mask
from migration.inference.long_frame import check_numbers, rows_of
from migration.results import COLUMNS, EffectResult

ENDS = {"least": True, "most": False}  # whether the treated are low after the event
MONOTONE = (event_study, abnormal_interest)
INFERENCE = (
    "the ends of the effect, every day known only between bounds at the bound that "
    "makes it least and most; the interval holds both ends' own, each by the rule"
)


def bounded_effect(
    frame: pd.DataFrame,
    design: Design,
    *,
    estimate: Callable[..., EffectResult] = event_study,
    **choices: Any,
) -> EffectResult:
    """Bound an effect where days that it needs are known only between bounds.

    Parameters
    ----------
    frame : DataFrame
        As :func:`migration.outcomes.to_outcome` gives it: where the outcome is missing,
        ``<outcome>_lower`` and ``<outcome>_upper`` hold its bounds; left as it is.
    design : Design
    estimate : callable
        :func:`migration.estimators.event_study.event_study`, or
        :func:`migration.estimators.abnormal_interest.abnormal_interest`, whose estimate
        is a mean or a ratio of means.
    choices
        For ``estimate``.

    Returns
    -------
    EffectResult
        ``identification`` is ``bounds``, or stays a bundle or a combined path. The
        headline has no estimate and no p: its interval holds those of both ends.
        ``effects`` by event time has ``set_low`` and ``set_high``, the day's ends;
        ``secondary`` the ends themselves.

    Raises
    ------
    PanelError, DesignError
        As ``estimate``, and where no day is known only between bounds.
    """
    check_design(design)
    if estimate not in MONOTONE:
        raise DesignError(
            f"estimate is {estimate!r}; use one of {[e.__name__ for e in MONOTONE]}: "
            "other effects need not be least where every day is at an end"
        )
    hidden = _hidden(frame, design)
    design, left_out = _whole_blocks(frame, design, hidden)
    hidden &= np.asarray(frame[design.period] >= design.baseline[0])
    least, most = (
        estimate(_at(frame, design, hidden, lower=lower), design, **choices)
        for lower in ENDS.values()
    )
    told = (
        f"{int(hidden.sum())} values of {frame.loc[hidden, design.unit].nunique()} "
        "units are known only between bounds and stand at the ends of them"
    )
    return _between(least, most, (told, *left_out))


def _whole_blocks(
    frame: pd.DataFrame, design: Design, hidden: Mask
) -> tuple[Design, tuple[str, ...]]:
    """Leave out baseline days that no block holds where a value is hidden on one.

    They enter by the weekly cycle alone, so that a higher value there may raise the
    effect: it would not be least where the others make it least.
    """
    first, last = design.baseline
    unused = ((last - first).days + 1) % design.length
    start = first + unused * ONE_DAY
    early = hidden & np.asarray(frame[design.period].between(first, start - ONE_DAY))
    if not early.any():
        return design, ()
    said = (
        f"the baseline's first {unused} days are left out: values there are known only "
        "between bounds, and no block of the window's length holds them"
    )
    return design.but(baseline=(start, last)), (said,)


def _hidden(frame: pd.DataFrame, design: Design) -> Mask:
    """Rows of the design's units whose value is known only between two bounds."""
    outcome = design.outcome
    bounds = [f"{outcome}_lower", f"{outcome}_upper"]
    kept = rows_of(frame, design, bounds)
    for column in (outcome, *bounds):
        check_numbers(kept, column, endless=True)
    low, high = (frame[c].to_numpy(dtype=float, na_value=np.nan) for c in bounds)
    rows = np.asarray(frame[design.unit].isin([*design.treated, *design.controls]))
    hidden = rows & np.asarray(frame[outcome].isna())
    hidden &= np.isfinite(low) & np.isfinite(high)
    if not hidden.any():
        raise DesignError(
            "no value of these units is known only between two finite bounds, so there "
            "is nothing to bound: use the estimator itself (a count of zero has no "
            "log: take to_outcome(panel, 'count') for a ratio of means)"
        )
    if (low[hidden] > high[hidden]).any():
        raise DesignError(f"{bounds[0]!r} lies above {bounds[1]!r} on some day")
    return np.asarray(hidden, dtype=bool)


def _at(
    frame: pd.DataFrame, design: Design, hidden: Mask, *, lower: bool
) -> pd.DataFrame:
    """The frame with every hidden value at one of its bounds.

    With ``lower`` the treated units' are low after the event and high before it, and
    the controls' the other way round: the effect is least.
    """
    after = np.asarray(frame[design.period] >= design.event)
    treated = np.asarray(frame[design.unit].isin(design.treated))
    low = (after == treated) == lower
    known, under, above = (
        frame[f"{design.outcome}{end}"].to_numpy(dtype=float, na_value=np.nan)
        for end in ("", "_lower", "_upper")
    )
    values = np.where(hidden, np.where(low, under, above), known)
    return frame.assign(**{design.outcome: values})


def _between(
    least: EffectResult, most: EffectResult, told: tuple[str, ...]
) -> EffectResult:
    """One result of two, whose intervals hold both ends'."""
    shared = {f.name: getattr(least, f.name) for f in fields(EffectResult)}
    rows = [_end(name, r) for name, r in zip(ENDS, (least, most), strict=True)]
    headline = dict.fromkeys(COLUMNS, float("nan"))
    headline["conf_low"] = min(least.headline["conf_low"], most.headline["conf_low"])
    headline["conf_high"] = max(least.headline["conf_high"], most.headline["conf_high"])
    return EffectResult(
        **shared
        | {
            "method": f"{least.method}, bounds",
            "identification": label_of_bound(least.design),
            "inference": INFERENCE,
            "headline": pd.Series(headline, dtype=float),
            "effects": _daily(least.effects, most.effects),
            "secondary": pd.DataFrame(rows),
            "calibration": least.calibration.combine(most.calibration, np.fmax),
            "mde": {k: max(v, most.mde[k]) for k, v in least.mde.items()},
            "warnings": (*told, *dict.fromkeys([*least.warnings, *most.warnings])),
        }
    )


def _end(name: str, result: EffectResult) -> dict[str, Any]:
    return {
        "test": f"the {name} that the bounds allow",
        **result.headline,
        "size_here": result.calibration.loc["all", "rejection"],
        "assumes": "every day known only between bounds is at one of them",
    }


def _daily(least: pd.DataFrame, most: pd.DataFrame) -> pd.DataFrame:
    """Ends by day; a day has an estimate where the bounds leave it one."""
    pair = pd.concat([least["estimate"], most["estimate"]], axis=1).to_numpy(float)
    daily = least[["period"]].copy()
    daily[list(COLUMNS)] = float("nan")
    daily["conf_low"] = np.minimum(least["conf_low"], most["conf_low"])
    daily["conf_high"] = np.maximum(least["conf_high"], most["conf_high"])
    daily["set_low"], daily["set_high"] = pair.min(axis=1), pair.max(axis=1)
    return daily
