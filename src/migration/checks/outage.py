"""Days on which an app was down: in the window, out of it, and as a regressor."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.checks.each import Checked, check_each
from migration.checks.influence import without_days
from migration.clock import touched_days
from migration.design import Days, Design, zone_for
from migration.design.days import as_days
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row
from migration.inference.arrays import (
    Array,
    Mask,
    net_of_controls,
    weekday_dummies,
)
from migration.inference.blocks import BlockContrast
from migration.inference.gls import likeliest
from migration.inference.noise import ar_family, arma11
from migration.inference.rule import ALPHA
from migration.inference.sample import Sample
from migration.inference.whiten import whitener
from migration.numerals import p_words
from migration.panel import is_simulated
from migration.results import CheckResult, EffectResult

if TYPE_CHECKING:
    from migration.study import Study

FEWEST_DAYS = 2
COLUMNS = ["outage_days", "days", "estimate", "std_error", "p_value"]


def outage_sensitivity(
    frame: pd.DataFrame, design: Design, *, days: tuple[Any, Any]
) -> CheckResult:
    """Estimate a window with an outage in it, without it, and with a dummy for it.

    An outage moves the app that is down and its rivals, too. Left in, its days are part
    of the effect; cut, they are left out of the window and of every block that it is
    held against; as a regressor, one dummy holds them beside the window's level, in a
    regression by GLS whose AR(1) noise is fitted on the baseline alone (net of the
    unrelated series, with the day of week). Each is ranked among the unrelated series
    of the same days.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.abnormal_interest.abnormal_interest`.
    design : Design
        With the estimand ``"mean of outcome"``.
    days : (first, last)
        Of the outage, both included.

    Returns
    -------
    CheckResult
        ``passed`` is False where the sign or the verdict at 5% hangs on the way. The
        last row is the dummy itself: how far the outage's days lie from the others.

    Raises
    ------
    DesignError
        No day of the outage in the window, fewer than two others, or another estimand.
    """
    first, last = as_days(days, "days of the outage")
    sample, contrast = window_effect(frame, design)
    down = sample.span(first, last)
    _check(sample, design, down, (first, last))
    kept = np.flatnonzero(~down[sample.window]).astype(np.int64)
    level, dummy = _regressed(sample, down)
    number, whole = int((down & sample.window).sum()), int(sample.window.sum())
    rows = [
        _row("in the window", whole, contrast),
        _row("cut", len(kept), without_days(sample, design, kept)),
        _row("a regressor", whole, level),
        _row("the regressor itself", number, dummy),
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return CheckResult(
        check="outage",
        question="Does the effect hang on the days of the outage?",
        answer=_answer(table, number),
        passed=_alike(table),
        frame=table,
        simulated=is_simulated(frame),
    )


def outage_sensitivities(
    study: "Study",
    frame: pd.DataFrame,
    results: Mapping[str, EffectResult],
    *,
    outage: str | None,
) -> Checked[CheckResult]:
    """:func:`outage_sensitivity` of each result's own design, for an outage by name.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        The frame that the results were estimated on.
    results : mapping of str to EffectResult
    outage : str or None
        An event of the study. Where it knows of none, every result is refused with
        that as the reason.

    Raises
    ------
    StudyError
        If the study has no event of this name.
    """
    if outage is None:
        why = (
            f"{study.id} has no outage in these windows: nobody is known to have been "
            "down"
        )
        rows = [{"app": name, "reason": why} for name in results]
        return Checked({}, pd.DataFrame(rows, columns=["app", "reason"]))
    down = study.event(outage)
    days = touched_days(down, zone_for(study, str(frame.attrs["source"])))
    return check_each(outage_sensitivity, frame, results, days=days)


def _check(sample: Sample, design: Design, down: Mask, days: Days) -> None:
    first, last = design.window_days
    if design.estimand != "mean of outcome":
        raise DesignError(
            "outage_sensitivity needs the estimand 'mean of outcome', got "
            f"{design.estimand!r}; use the logs of the counts"
        )
    inside = int((down & sample.window).sum())
    if not inside:
        raise DesignError(
            f"no day of the outage, {days[0]:%F} to {days[1]:%F}, lies in the window, "
            f"{first:%F} to {last:%F}; there is nothing to cut"
        )
    if (left := design.length - inside) < FEWEST_DAYS:
        raise DesignError(
            f"outage_sensitivity needs {FEWEST_DAYS} days of the window without the "
            f"outage, got {left}; lengthen the window"
        )


def _regressed(sample: Sample, down: Mask) -> tuple[BlockContrast, BlockContrast]:
    """Level of the window and dummy of the outage, every series by its own noise."""
    used = np.flatnonzero(sample.baseline | sample.window)
    y, base = net_of_controls(sample.y[:, used]), sample.baseline[used]
    plain = weekday_dummies(sample.weekday[used])
    window, outage = sample.window[used], (down & sample.window)[used]
    x = np.column_stack([plain, window.astype(float), outage.astype(float)])
    days = used.astype(float)
    points, place, scale = likeliest(y[:, base], plain[base], days[base], ar_family)
    shapes = [arma11(days, *point) for point in points]
    noise = [s * shapes[p] for s, p in zip(scale, place, strict=True)]
    fits = [_gls(row, x, cov) for row, cov in zip(y, noise, strict=True)]
    coef, error = (np.array(part) for part in zip(*fits, strict=True))
    df = int(base.sum()) - plain.shape[1]
    level, dummy = (BlockContrast(coef[:, k], error[:, k], df) for k in (-2, -1))
    return level, dummy


def _gls(y: Array, x: Array, cov: Array) -> tuple[Array, Array]:
    """Coefficients and errors under a known covariance."""
    white, _ = whitener(cov)
    design, outcome = white @ x, white @ y
    spread = np.linalg.inv(design.T @ design)
    return spread @ (design.T @ outcome), np.sqrt(np.diag(spread))


def _row(name: str, days: int, contrast: BlockContrast) -> dict[str, object]:
    told = decide_row(contrast)
    numbers = {key: told[key] for key in COLUMNS[2:]}
    return {"outage_days": name, "days": days, **numbers}


def _alike(table: pd.DataFrame) -> bool:
    ways = table.iloc[:3]
    signs = np.sign(ways["estimate"]).nunique()
    return bool(signs == 1 and (ways["p_value"] <= ALPHA).nunique() == 1)


def _answer(table: pd.DataFrame, number: int) -> str:
    named = table.set_index("outage_days")
    ways = [f"{named.loc[n, 'estimate']:.3g} {n}" for n in named.index[:3]]
    held = "sign and verdict hold" if _alike(table) else "sign or verdict CHANGES"
    itself = named.iloc[3]
    return (
        f"{held} over three ways to take the {number} days of the outage: "
        f"{', '.join(ways)}; its days lie {itself['estimate']:.3g} from the others, "
        f"{p_words(itself['p_value'])}"
    )
