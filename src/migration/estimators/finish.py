"""Dress a block contrast as a result: verdict, calibration, power, warnings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.calibration import (
    calibration,
    mean_of,
    minimum_effects,
    size_warnings,
)
from migration.estimators.cautions import cautions
from migration.estimators.choices import check_design, check_one_of
from migration.inference.arrays import Mask, weekday_dummies
from migration.inference.beside import Beside, tests_beside
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import NORMAL, residuals
from migration.inference.copies import rounding_error
from migration.inference.rule import (
    ALPHA,
    CALIBRATED_FROM,
    Verdict,
    decide,
    rank_critical,
    rank_p,
)
from migration.inference.sample import Sample
from migration.panel import is_simulated
from migration.results import COLUMNS, EffectResult


@dataclass(frozen=True, kw_only=True, eq=False)
class Finding:
    """What one method adds to what all results share.

    Attributes
    ----------
    method : str
    effects, secondary : DataFrame
        As in :class:`migration.results.EffectResult`.
    warnings : tuple of str
        Beyond those that hold for every method.
    """

    method: str
    effects: pd.DataFrame
    secondary: pd.DataFrame
    warnings: tuple[str, ...] = ()


def dress(
    frame: pd.DataFrame,
    design: Design,
    sample: Sample,
    contrast: BlockContrast,
    found: Finding,
) -> EffectResult:
    """Make the result: the rule's verdict, its calibration and power, the warnings.

    Parameters
    ----------
    frame : DataFrame
        As the caller gave it; its ``attrs`` travel on.
    design : Design
    sample : Sample
    contrast : BlockContrast
        Row 0 is the treated series, rows 1..J each unrelated series in turn treated as
        if the event had hit it, by the same method.
    found : Finding
    """
    logs = design.estimand == "log ratio of means"
    doubts = cautions(frame, sample, logs=logs)
    return EffectResult(
        method=found.method,
        estimand=design.estimand,
        identification=design.identification,
        inference=words(sample, contrast, design),
        design=design,
        headline=decide_row(contrast),
        effects=found.effects,
        secondary=found.secondary,
        calibration=calibration(sample, contrast),
        mde=minimum_effects(sample, contrast),
        warnings=(*warnings_of(sample, contrast, design), *doubts, *found.warnings),
        **attributes(frame),
    )


def check_normal(design: Design, normal: str) -> None:
    """Refuse a normal path that there is not, or that the design cannot make."""
    check_design(design)
    check_one_of(normal, NORMAL, "normal")
    if normal != "constant mean" and not design.controls:
        raise DesignError(
            f"normal={normal!r} needs unrelated units in Design(controls=), got none; "
            "name some, or use normal='constant mean'"
        )


def check_finite(sample: Sample, contrast: BlockContrast, design: Design) -> None:
    """Refuse what has no number: a zero mean has no log, a still series no error."""
    whole = np.isfinite(contrast.estimate) & np.isfinite(contrast.std_error)
    whole &= contrast.std_error > 0
    names = [", ".join(design.treated), *sample.controls]
    _check_beyond_rounding(sample, contrast, design, names)
    ratio = design.estimand == "log ratio of means"
    # Netting spreads what one series lacks to all: name the one where it can be told.
    silent = _silent(sample) if ratio else np.zeros(len(names), dtype=bool)
    wrong = silent if silent.any() else ~whole
    if bad := [name for name, known in zip(names, wrong, strict=True) if known]:
        raise DesignError(
            f"no finite effect or error for {bad[:5]}: a mean of zero over a weekday, "
            "a block or the window has no log, and a series that repeats itself has no "
            "error; leave these controls out, or lengthen baseline and window"
        )


def _check_beyond_rounding(
    sample: Sample, contrast: BlockContrast, design: Design, names: list[str]
) -> None:
    """Refuse an error that only rounding makes: any effect would be beyond it."""
    logs = design.estimand == "log ratio of means"
    least = rounding_error(sample.y[:, sample.baseline], logs=logs)
    still = (contrast.std_error > 0) & (contrast.std_error <= least)
    if still.any():
        bad = [name for name, s in zip(names, still, strict=True) if s]
        raise DesignError(
            f"no error beyond rounding for {bad[:5]}: net of its weekly cycle and of "
            "the others it does not move over the baseline, so that any difference is "
            "rounding error; leave these series out, or the controls that fit them "
            "exactly"
        )


def _silent(sample: Sample) -> Mask:
    """Series with a mean of zero on some weekday of the baseline or in the window."""
    weekday, base = sample.weekday, sample.baseline
    days = [base & (weekday == day) for day in np.unique(weekday[base])]
    means = [sample.y[:, span].mean(axis=1) for span in [*days, sample.window]]
    return np.asarray(np.any(np.array(means) <= 0, axis=0))


def verdict_row(verdict: Verdict) -> pd.Series:
    """The five numbers of a verdict."""
    return pd.Series({name: getattr(verdict, name) for name in COLUMNS}, dtype=float)


def words(sample: Sample, contrast: BlockContrast, design: Design) -> str:
    """Name the inference, so that a reader can redo it."""
    q, days = contrast.df + 1, int(sample.baseline.sum())
    unused = days - q * design.length
    left = f", the first {unused} of {days} days in none" if unused else ""
    return (
        f"the larger of block-t ({q} baseline blocks of the window's length{left}; "
        f"{contrast.df} df) and the rank of |t| among {len(sample.controls)} unrelated "
        "series of the same days; the interval is the union of the two"
    )


def secondary(
    sample: Sample, contrast: BlockContrast, *, normal: str, logs: bool
) -> pd.DataFrame:
    """Tests beside the headline, each with its size on the unrelated series."""
    rows = halves_of_the_rule(contrast)
    if not logs:
        rows += [_row(test) for test in _noise_models(sample, normal)]
    return pd.DataFrame(rows)


def halves_of_the_rule(contrast: BlockContrast) -> list[dict[str, Any]]:
    """Rows of a secondary table: block-t alone and the rank alone."""
    return [_block_alone(contrast), _rank_alone(contrast)]


def _noise_models(sample: Sample, normal: str) -> list[Beside]:
    used = np.flatnonzero(sample.baseline | sample.window)
    y = sample.y[:, used]
    return tests_beside(
        residuals(y, sample.baseline[used], normal),
        weekday_dummies(sample.weekday[used]),
        used.astype(float),
        int(sample.baseline.sum()),
    )


def _row(test: Beside) -> dict[str, Any]:
    return {
        "test": test.test,
        **{name: getattr(test, name) for name in COLUMNS[:-1]},
        "p_value": float(test.p_value[0]),
        "size_here": test.size_here,
        "assumes": test.assumes,
    }


def _block_alone(contrast: BlockContrast) -> dict[str, Any]:
    p = contrast.p_value
    return {
        "test": "block-t alone",
        **_interval(contrast, contrast.critical(ALPHA)),
        "p_value": float(p[0]),
        "size_here": mean_of(p[1:] <= ALPHA),
        "assumes": "blocks of the window's length are nearly independent, the weekly "
        "cycle known",
    }


def _rank_alone(contrast: BlockContrast) -> dict[str, Any]:
    others = contrast.t[1:]
    return {
        "test": "rank alone",
        **_interval(contrast, rank_critical(others)),
        "p_value": rank_p(float(contrast.t[0]), others),
        "size_here": float("nan"),
        "assumes": "the treated series is as noisy as unrelated ones of the same days",
    }


def _interval(contrast: BlockContrast, critical: float) -> dict[str, float]:
    estimate, error = float(contrast.estimate[0]), float(contrast.std_error[0])
    half = critical * error
    return dict(
        zip(COLUMNS, (estimate, error, estimate - half, estimate + half), strict=False)
    )


def warnings_of(
    sample: Sample, contrast: BlockContrast, design: Design
) -> tuple[str, ...]:
    """What a reader must know before believing the headline."""
    said = list(design.notes)
    n_controls = len(sample.controls)
    if n_controls < CALIBRATED_FROM:
        said.append(
            f"not calibrated: {n_controls} unrelated series, so the rank's smallest p "
            f"is 1/{n_controls + 1}; bring at least {CALIBRATED_FROM}"
            + (", and two to net one of the other" if n_controls == 1 else "")
        )
    return (*said, *_breaks(design), *size_warnings(sample, contrast))


def _breaks(design: Design) -> list[str]:
    """Known breaks of the series itself, between the baseline's start and the end."""
    (start, end), last = design.baseline, design.window_days[1]
    return [
        f"the series itself breaks on {day:%F}, "
        f"{'inside the baseline' if day <= end else 'after the baseline'}: {what}; "
        "the estimate holds this break too"
        for what, day in design.breaks_between(start, last).items()
    ]


def attributes(frame: pd.DataFrame) -> dict[str, Any]:
    """Vintage, the SIMULATED mark and the outcome's kind, which travel with a frame.

    A frame of the caller's own may carry anything under these names.
    """
    vintage = frame.attrs.get("vintage", {})
    return {
        "vintage": dict(vintage) if isinstance(vintage, Mapping) else {},
        "simulated": is_simulated(frame),
        "outcome": str(frame.attrs.get("outcome", "")),
    }


def decide_row(contrast: BlockContrast) -> pd.Series:
    """Apply the rule and give its five numbers."""
    return verdict_row(decide(contrast))
