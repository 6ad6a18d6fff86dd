"""Abnormal interest: what was seen less what the baseline led to expect."""

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design
from migration.estimators.cross_section import with_tests_over_units
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import daily_path, window_contrast
from migration.inference.rule import decide_each_day
from migration.inference.sample import MIN_BLOCKS, Sample, arrange
from migration.results import COLUMNS, EffectResult

COMPUTED = ("window", "bundle", "combined path")


def abnormal_interest(
    frame: pd.DataFrame, design: Design, *, normal: str = "market-adjusted"
) -> EffectResult:
    """Estimate the mean abnormal outcome over a window, and its daily path.

    The normal path is the baseline's day-of-week pattern plus, for
    ``"market-adjusted"``, the mean of the unrelated series; for ``"market model"`` a
    loading on that mean; for ``"constant mean"`` nothing (MacKinlay 1997, Journal of
    Economic Literature 35:13). One shared event is one observation of its effect, so
    the inference is the rule of :mod:`migration.inference.rule`, never a standard error
    over units.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    normal : {"market-adjusted", "constant mean", "market model"}

    Returns
    -------
    EffectResult
        ``headline`` is the mean over the window in units of the outcome; ``effects``
        the daily path by event time, with ``cumulated`` from day zero.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    check_design(design)
    logs = design.estimand == "log ratio of means"
    sample, contrast = window_effect(frame, design, normal=normal)
    path = daily_path(sample, normal=normal, logs=logs)
    beside = finish.secondary(sample, contrast, normal=normal, logs=logs)
    beside, said = with_tests_over_units(frame, design, beside, normal=normal)
    found = finish.Finding(
        method=f"abnormal interest, {normal}",
        effects=_daily(sample, path),
        secondary=beside,
        warnings=(*said, *(_zero_days(sample) if logs else ())),
    )
    return finish.dress(frame, design, sample, contrast, found)


def window_effect(
    frame: pd.DataFrame,
    design: Design,
    *,
    normal: str = "market-adjusted",
    min_blocks: int = MIN_BLOCKS,
) -> tuple[Sample, BlockContrast]:
    """Compute the window's contrast alone, for checks that estimate it many times.

    Parameters
    ----------
    frame : DataFrame
    design : Design
    normal : str
        As in :func:`abnormal_interest`.
    min_blocks : int
        Baseline blocks that are enough: two give an estimate and a wide interval.

    Returns
    -------
    Sample, BlockContrast
        Row 0 is the treated series; :func:`migration.inference.rule.decide` judges it.
    """
    check_design(design)
    logs = design.estimand == "log ratio of means"
    _check(design, normal, logs=logs)
    sample = arrange(frame, design, min_blocks=min_blocks)
    contrast = window_contrast(sample, sample.window, normal=normal, logs=logs)
    finish.check_finite(sample, contrast, design)
    return sample, contrast


def _check(design: Design, normal: str, *, logs: bool) -> None:
    finish.check_normal(design, normal)
    if normal == "market model" and logs:
        raise DesignError(
            "the market model needs estimand 'mean of outcome'; for ratios of means "
            "use normal='market-adjusted'"
        )
    if design.identification not in COMPUTED:
        raise DesignError(
            f"abnormal_interest computes {COMPUTED}, not {design.identification!r}: a "
            "window's mean cannot tell two events apart"
        )


def _daily(sample: Sample, path: BlockContrast) -> pd.DataFrame:
    """One row a day: the contrast of that day with the baseline days, by the rule."""
    index = pd.Index(sample.event_time, name="event_time")
    daily = pd.DataFrame(decide_each_day(path), columns=list(COLUMNS), index=index)
    after = np.where(sample.event_time >= 0, daily["estimate"], 0.0)
    daily["cumulated"] = np.where(sample.event_time >= 0, after.cumsum(), np.nan)
    daily.insert(0, "period", sample.days)
    return daily


def _zero_days(sample: Sample) -> tuple[str, ...]:
    """Say which days have no row, and which left the means of the others."""
    zero = sample.y == 0
    if not zero.any():
        return ()
    own, base = zero[0], zero[:, sample.baseline]
    told = "no day of the treated series"
    if own.any():
        told = (
            f"{int(own.sum())} days of the treated series (the first "
            f"{sample.days[own][0]:%F}; {int(base[0].sum())} in the baseline)"
        )
    others = int(zero[1:].any(axis=1).sum())
    return (
        f"a count of zero has no log: {told} and days of {others} of "
        f"{len(sample.controls)} unrelated series have none in the daily path, which "
        "is held against the other days of the baseline; `cumulated` ends before the "
        "first such day of the treated series; the window's ratio of means holds all "
        "days",
    )
