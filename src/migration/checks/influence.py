"""The same effect without each control, each day or each market in turn."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.choices import check_design, check_one_of
from migration.inference.arrays import Array, Ints, net_of_controls
from migration.inference.blocks import BlockContrast, block_contrast, block_means
from migration.inference.contrast import deseasoned
from migration.inference.rule import ALPHA, decide
from migration.inference.sample import Sample, arrange
from migration.inference.week import widening, window_widening
from migration.panel import is_simulated
from migration.results import CheckResult

OVER = ("controls", "days", "markets")
FEWEST_CONTROLS, FEWEST_MARKETS, FEWEST_DAYS = 2, 2, 2
COLUMNS = ["left_out", "estimate", "std_error", "p_value", "change"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InfluenceResult(CheckResult):
    """An effect without each part of the data in turn.

    ``frame`` has one row a part: ``left_out``, ``estimate``, ``std_error`` and the
    rule's ``p_value`` without it, and ``change``, by which the estimate moves; the
    largest change first.

    Attributes
    ----------
    over : str
        What was left out.
    whole : Series
        ``estimate``, ``std_error`` and ``p_value`` of all the data.
    """

    over: str
    whole: pd.Series


def leave_one_out(
    frame: pd.DataFrame, design: Design, *, over: str = "controls"
) -> InfluenceResult:
    """Estimate again without each control, day of the window, or market.

    The frame becomes arrays once, and what can be is taken off sums: a control, off the
    mean of the controls (by the rule, its rank is lost too); a day, off the window and
    off every block of the baseline that it is matched with, so that blocks and window
    stay of one length; a market, off the mean of the treated units.

    Parameters
    ----------
    frame : DataFrame
        As for :func:`migration.estimators.abnormal_interest.abnormal_interest`, whose
        market-adjusted effect is estimated.
    design : Design
        For markets, one that treats the units of several.
    over : {"controls", "days", "markets"}

    Returns
    -------
    InfluenceResult
        ``passed`` is False where without some part the sign changes, or the verdict at
        5%.

    Raises
    ------
    DesignError
        Fewer than two controls, days or markets are left, or ``over`` is none of these.
    """
    _check(design, over)
    sample, contrast = window_effect(frame, design)
    parts = {"controls": _controls, "days": _days, "markets": _markets}[over]
    return influence_of(
        contrast, parts(frame, design, sample), over, simulated=is_simulated(frame)
    )


Part = tuple[str, BlockContrast]


def influence_of(
    contrast: BlockContrast, parts: Iterable[Part], over: str, *, simulated: bool
) -> InfluenceResult:
    """The effect of all the data beside that without each part.

    Parameters
    ----------
    contrast : BlockContrast
        Of all the data.
    parts : iterable of (name, BlockContrast)
        What is left out, and the contrast without it.
    over : str
        What the parts are.
    simulated : bool
    """
    whole = _row("all", contrast)
    table = pd.DataFrame([_row(name, found) for name, found in parts])
    table["change"] = table["estimate"] - whole["estimate"]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    table = table.loc[order, COLUMNS].reset_index(drop=True)
    sign, verdict = _changed(table, whole)
    return InfluenceResult(
        check=f"leave one out over {over}",
        question=f"Does the effect hang on one of the {over}?",
        answer=_answer(table, whole, over, (sign, verdict)),
        passed=not (sign or verdict),
        frame=table,
        simulated=simulated,
        over=over,
        whole=pd.Series(whole).drop("left_out").astype(float),
    )


def _check(design: Design, over: str) -> None:
    check_design(design)
    check_one_of(over, OVER, "over")
    have, needed = {
        "controls": (len(design.controls), FEWEST_CONTROLS + 1),
        "days": (design.length, FEWEST_DAYS + 1),
        "markets": (len(design.treated), FEWEST_MARKETS),
    }[over]
    if have < needed:
        raise DesignError(
            f"leave_one_out over {over} needs {needed} of them, the design has {have}"
            + ("; treat the units of several markets" if over == "markets" else "")
        )


def _controls(_: pd.DataFrame, design: Design, sample: Sample) -> Iterator[Part]:
    """Without each control: deseasoned once, then netted of the others' sum.

    Taking out the weekly cycle and netting are both linear, so their order is free;
    for counts the cycle goes first and the netting is done on logs of means.
    """
    pre, post = _blocks_and_window(sample, _logs(design))
    for j, name in enumerate(sample.controls, start=1):
        kept = np.delete(np.arange(len(pre)), j)
        yield name, _net_contrast(pre[kept], post[kept], _widened(sample))


def _days(_: pd.DataFrame, design: Design, sample: Sample) -> Iterator[Part]:
    """Without each day of the window, and without its like in every block."""
    every = np.arange(design.length)
    for k, day in enumerate(sample.days[sample.window]):
        yield f"{day:%F}", without_days(sample, design, np.delete(every, k))


def without_days(sample: Sample, design: Design, kept: Ints) -> BlockContrast:
    """The contrast of some of the window's days with the same days of every block.

    Parameters
    ----------
    sample : Sample
    design : Design
    kept : (K,) array
        Places in the window, 0 for its first day.
    """
    logs, length = _logs(design), design.length
    y = deseasoned(sample, "constant mean", logs=logs)
    before = y[:, sample.baseline]
    blocks = before.shape[1] // length
    cut = before[:, before.shape[1] - blocks * length :]
    pre = cut.reshape(len(y), blocks, length)[:, :, kept].mean(axis=2)
    post = y[:, sample.window][:, kept].mean(axis=1)
    widened = _widened_days(sample, kept)
    return _net_contrast(_scaled(pre, logs), _scaled(post, logs), widened)


def _markets(frame: pd.DataFrame, design: Design, sample: Sample) -> Iterator[Part]:
    """Without each treated unit: its series comes off the sum of all of them.

    Each unit is arranged beside the same controls once.
    """
    own = _each_treated(frame, design)
    total, number = own.sum(axis=0), len(own)
    for unit, series in zip(design.treated, own, strict=True):
        y = sample.y.copy()
        y[0] = (total - series) / (number - 1)
        left = replace(sample, y=y)
        parts = _blocks_and_window(left, _logs(design))
        yield unit, _net_contrast(*parts, _widened(sample))


def _each_treated(frame: pd.DataFrame, design: Design) -> Array:
    """One row a treated unit, over the days of the sample, (M, T)."""
    first, *others = design.treated
    apart = design.but(treated=first, controls=others, competitors=())
    return arrange(frame, apart).y


def _logs(design: Design) -> bool:
    return design.estimand == "log ratio of means"


def _scaled(means: Array, logs: bool) -> Array:
    return np.asarray(np.log(means)) if logs else means


def _blocks_and_window(sample: Sample, logs: bool) -> tuple[Array, Array]:
    """Block and window statistics of each series, not yet net of the others."""
    y = deseasoned(sample, "constant mean", logs=logs)
    pre = block_means(y, sample.baseline, int(sample.window.sum()), logs=logs)
    return pre, _scaled(y[:, sample.window].mean(axis=1), logs)


def _widened(sample: Sample) -> float:
    return window_widening(sample.weekday, sample.baseline, sample.window)


def _widened_days(sample: Sample, kept: Ints) -> float:
    """The same of some days of the window, and the like of every block."""
    days = np.flatnonzero(sample.window)
    length, every = len(days), np.eye(len(sample.days))
    before = np.flatnonzero(sample.baseline)
    whole = before[len(before) - len(before) // length * length :].reshape(-1, length)
    blocks, own = every[whole[:, kept]].mean(axis=1), every[days[kept]].mean(axis=0)
    return float(widening(own[None], blocks, sample.weekday, sample.baseline)[0])


def _net_contrast(pre: Array, post: Array, widened: float) -> BlockContrast:
    return block_contrast(net_of_controls(pre), net_of_controls(post), widened=widened)


def _row(name: str, contrast: BlockContrast) -> dict[str, Any]:
    verdict = decide(contrast)
    return {
        "left_out": name,
        "estimate": verdict.estimate,
        "std_error": verdict.std_error,
        "p_value": verdict.p_value,
    }


def _changed(table: pd.DataFrame, whole: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Parts without which the sign changes, and without which the verdict does."""
    sign = np.sign(table["estimate"]) != np.sign(whole["estimate"])
    told = (table["p_value"] <= ALPHA) != (whole["p_value"] <= ALPHA)
    return _names(table, sign), _names(table, told)


def _names(table: pd.DataFrame, rows: Iterable[bool]) -> list[str]:
    return [str(name) for name in table.loc[np.asarray(rows), "left_out"]]


def _answer(
    table: pd.DataFrame,
    whole: dict[str, Any],
    over: str,
    changed: tuple[list[str], list[str]],
) -> str:
    top = table.iloc[0]
    said = [
        f"{what} without {', '.join(names[:3])}{_more(names)}"
        for what, names in zip(
            ("the sign CHANGES", "the verdict CHANGES"), changed, strict=True
        )
        if names
    ]
    told = "; ".join(said) or "sign and verdict hold without each"
    return (
        f"{top['left_out']} moves the estimate most, from {whole['estimate']:.3g} to "
        f"{top['estimate']:.3g}; {told} of {len(table)} {over}"
    )


def _more(names: list[str]) -> str:
    return f" and {len(names) - 3} others" if len(names) > 3 else ""
