"""A structural model of the baseline, continued into the window."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators import finish
from migration.estimators.choices import check_design, is_whole
from migration.estimators.structural_warnings import warnings_of
from migration.inference.arrays import Array
from migration.inference.blocks import BlockContrast
from migration.inference.rule import ALPHA
from migration.inference.sample import Sample, arrange
from migration.inference.structure import (
    ENGINES,
    Structure,
    fit_structure,
    pseudo_contrast,
    pseudo_gaps,
)
from migration.inference.structure_checks import diagnose, placebo_refits
from migration.results import COLUMNS, EffectResult

ASSUMES = {
    "uc": "a drifting level plus noise; variance ratio integrated out, evenly over the "
    "filter's gain",
    "arima": "one ARIMA of order by BIC, its parameters taken as known",
}
NAMES = {"uc": "local level", "arima": "C-ARIMA"}
COMPUTED = ("window", "bundle", "combined path")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StructuralResult(EffectResult):
    """An effect by the rule, and what the structural model itself says of it.

    Attributes
    ----------
    summary : DataFrame
        The model's own ``average``, ``cumulated`` and ``relative`` effect over the
        window, each with ``size_here``. Where ``frame.attrs["outcome"]`` says that the
        outcome is a log, the relative effect is ``exp(average) - 1``; else it is the
        effect over the counterfactual, and a warning says so.
    placebos : DataFrame
        Refits at earlier dates, on the days before them alone.
    diagnostics : DataFrame
        One row a diagnostic: ``value``, ``limit`` and what it ``tells``.
    """

    summary: pd.DataFrame
    placebos: pd.DataFrame
    diagnostics: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        found = super().to_dict()
        for name in ("summary", "placebos", "diagnostics"):
            as_rows = replace(self, secondary=getattr(self, name))
            found[name] = EffectResult.to_dict(as_rows)["secondary"]
        return found


def structural_counterfactual(
    frame: pd.DataFrame,
    design: Design,
    *,
    engine: str = "uc",
    covariates: str | int = "mean",
) -> StructuralResult:
    """Estimate the effect over a window against a structural model of the baseline.

    ``y_t = mu_t + gamma_t + x_t'beta + eps_t`` on the baseline alone: ``mu_t`` a random
    walk, ``gamma_t`` the fixed day of week, ``x_t`` the unrelated series; the effect is
    ``y_t - E[y_t | baseline]`` (Harvey and Durbin 1986, doi:10.2307/2981553; Brodersen
    et al. 2015, doi:10.1214/14-AOAS788). The model's interval integrates over the
    variance ratio with its likelihood, the level and the coefficients; its prior is
    even over the filter's gain, from none to .95 of a day's surprise, and
    ``diagnostics`` says how far another one moves the ends.

    The headline is the rule of :mod:`migration.inference.rule`. Its block-t holds the
    window's effect against the errors of pseudo-forecasts of every baseline block of
    the window's length, each from the longer side of the baseline at the window's
    distance; the model's own interval stands beside it with its size.

    Parameters
    ----------
    frame : DataFrame
        Long, one row a unit and day; left as it is.
    design : Design
    engine : {"uc", "arima"}
        Local level, or ARIMA with p, d and q of 0 or 1 by BIC (C-ARIMA; Menchetti,
        Cipollini and Mealli 2023, doi:10.1093/ectj/utac024).
    covariates : {"mean", "none"} or int
        ``x_t``: the mean of the controls, nothing, or that many of their principal
        components. Each unrelated series has those of the other controls.

    Returns
    -------
    StructuralResult
        ``effects`` by event time: pseudo-forecast errors on baseline days, effects in
        the window by the rule; ``model_low``, ``model_high`` and ``cumulated`` with
        its ends are the model's own.

    Raises
    ------
    PanelError, DesignError
        For data or a design that cannot answer, with what to do.
    """
    sample, structure = window_structure(
        frame, design, engine=engine, covariates=covariates
    )
    gaps, pseudo = structure.in_window, pseudo_gaps(structure)
    contrast = pseudo_contrast(gaps.estimate[:, -1], pseudo.mean(axis=2))
    finish.check_finite(sample, contrast, design)
    rows = _summary(sample, structure, str(frame.attrs.get("outcome", "")))
    refits = placebo_refits(sample, structure)
    diagnostics = diagnose(structure, refits.covered)
    found = finish.Finding(
        method=f"structural counterfactual, {NAMES[engine]}, {_words(covariates)}",
        effects=_daily(sample, structure, pseudo),
        secondary=_secondary(contrast, rows, engine),
        warnings=warnings_of(diagnostics, rows, named="outcome" in frame.attrs),
    )
    result = finish.dress(frame, design, sample, contrast, found)
    own = {field.name: getattr(result, field.name) for field in fields(result)}
    return StructuralResult(
        **own | {"inference": _inference(result.inference)},
        summary=rows,
        placebos=refits.frame,
        diagnostics=diagnostics,
    )


def window_structure(
    frame: pd.DataFrame, design: Design, *, engine: str, covariates: str | int
) -> tuple[Sample, Structure]:
    """Fit the model alone, for checks."""
    sample = arranged(frame, design, engine=engine, covariates=covariates)
    return sample, fit_structure(sample, engine=engine, covariates=covariates)


def arranged(
    frame: pd.DataFrame, design: Design, *, engine: str, covariates: str | int
) -> Sample:
    """The sample of a design and choices that the model can answer, or a refusal."""
    check_design(design)
    _check(design, engine, covariates)
    return arrange(frame, design)


def _check(design: Design, engine: str, covariates: str | int) -> None:
    if not isinstance(engine, str) or engine not in ENGINES:
        raise DesignError(
            f"engine is {engine!r}; use 'uc' (local level) or 'arima' (C-ARIMA); no "
            "Bayesian engine is built"
        )
    named = isinstance(covariates, str) and covariates in ("mean", "none")
    if not named and not (is_whole(covariates) and int(covariates) >= 1):
        raise DesignError(
            f"covariates is {covariates!r}; use 'mean', 'none' or a number of "
            "principal components, 1 or more"
        )
    least = {"none": 0, "mean": 2}.get(str(covariates))
    least = int(covariates) + 2 if least is None else least
    if len(design.controls) < least:
        raise DesignError(
            f"covariates={covariates!r} needs at least {least} controls in "
            f"Design(controls=), got {len(design.controls)}; name more, or use "
            "covariates='none'"
        )
    if design.estimand != "mean of outcome":
        raise DesignError(
            "structural_counterfactual estimates the 'mean of outcome'; for ratios of "
            "means use abnormal_interest"
        )
    if design.identification not in COMPUTED:
        raise DesignError(
            f"structural_counterfactual computes {COMPUTED}, not "
            f"{design.identification!r}: a window's mean cannot tell two events apart"
        )


def _words(covariates: str | int) -> str:
    if covariates == "none":
        return "no covariate"
    if covariates == "mean":
        return "mean of the controls"
    return f"{covariates} principal components of the controls"


def _inference(said: str) -> str:
    return (
        f"{said}; a block's statistic is the mean error of its pseudo-forecast from "
        "the longer side of the baseline, at the window's distance"
    )


def _summary(sample: Sample, structure: Structure, outcome: str) -> pd.DataFrame:
    """The model's average, cumulated and relative effect, each with its size."""
    gaps, n = structure.in_window, structure.length
    p_value, ends = gaps.p_value, [gaps.first().quantile(q)[0] for q in (0.025, 0.975)]
    estimate, error = gaps.estimate[0], gaps.std_error[0]
    others = p_value[1:] if len(p_value) > 1 else np.full((1, 2 * n + 1), np.nan)
    size = np.where(np.isnan(others), np.nan, others <= ALPHA).mean(axis=0)
    rows = {
        name: (estimate[k], error[k], ends[0][k], ends[1][k], p_value[0, k], size[k])
        for name, k in (("average", 2 * n), ("cumulated", 2 * n - 1))
    }
    seen = float(sample.y[0, sample.window].mean())
    log = outcome.startswith("log_") or outcome.endswith("_log_rank")
    average = np.array(rows["average"][:4])
    rows["relative"] = (*_relative(average, seen, log=log), *rows["average"][4:])
    index = pd.Index(rows, name="effect")
    return pd.DataFrame(rows.values(), index=index, columns=[*COLUMNS, "size_here"])


def _relative(average: Array, seen: float, *, log: bool) -> Array:
    """Relative effect, its error by the delta method, and its ends.

    ``seen / (seen - effect) - 1`` rises with the effect as long as the counterfactual
    is positive; where it may not be, there is no relative effect.
    """
    effect, error, *_ = average
    ends = average[[0, 2, 3]]
    if log:
        values, slope = np.exp(ends) - 1, np.exp(effect)
    elif (seen - ends <= 0).any():
        return np.full(4, np.nan)
    else:
        values, slope = seen / (seen - ends) - 1, seen / (seen - effect) ** 2
    return np.array([values[0], slope * error, values[1], values[2]])


def _secondary(
    contrast: BlockContrast, rows: pd.DataFrame, engine: str
) -> pd.DataFrame:
    own = {
        "test": f"{NAMES[engine]}, average effect",
        **rows.loc["average"].to_dict(),
        "assumes": ASSUMES[engine],
    }
    return pd.DataFrame([*finish.halves_of_the_rule(contrast), own])


def _daily(sample: Sample, structure: Structure, pseudo: Array) -> pd.DataFrame:
    """Pseudo-forecast errors of the baseline's blocks, then the window's effects."""
    gaps, n = structure.in_window, structure.length
    flat = pseudo.reshape(len(pseudo), -1)
    days = np.r_[structure.whole.known[-flat.shape[1] :], structure.whole.target]
    values = np.hstack([flat, gaps.estimate[:, :n]])
    rows = [finish.decide_row(pseudo_contrast(day, flat)) for day in values.T]
    places = structure.used[days]
    index = pd.Index(sample.event_time[places], name="event_time")
    daily = pd.DataFrame(rows, columns=list(COLUMNS)).set_index(index)
    daily.insert(0, "period", sample.days[places])
    first = gaps.first()
    low, high = first.quantile(ALPHA / 2)[0], first.quantile(1 - ALPHA / 2)[0]
    own = {
        "model_low": low[:n],
        "model_high": high[:n],
        "cumulated": gaps.estimate[0, n : 2 * n],
        "cumulated_low": low[n : 2 * n],
        "cumulated_high": high[n : 2 * n],
    }
    for name, column in own.items():
        daily[name] = np.r_[np.full(flat.shape[1], np.nan), column]
    return daily
