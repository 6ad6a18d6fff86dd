"""What every estimator returns: finished, frozen, printable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migration.design import Design

COLUMNS = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
LOG_OUTCOMES = ("log_count",)


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectResult:
    """An effect with the inference that holds for one shared event.

    Attributes
    ----------
    method, estimand, identification, inference : str
        What was computed, in which units, what it identifies, and why its inference
        holds.
    design : Design
    headline : Series
        ``estimate, std_error, conf_low, conf_high, p_value`` of the window's effect,
        by the rule of block-t and rank (one test, one interval).
    effects : DataFrame
        The same five columns by event time, or by segment.
    secondary : DataFrame
        Other tests of the same effect, each with what it assumes and ``size_here``: the
        share of the unrelated series of the same days in which it rejects at 5%.
    calibration : DataFrame
        The rule's own rejection rate over the unrelated series, by volume.
    mde : mapping
        Minimum detectable effect of the rule at 80% power, by injection.
    warnings : tuple of str
    vintage : mapping
        Which data: source, files and their hashes, first and last day.
    simulated : bool
    outcome : str
        Kind of the outcome, as :mod:`migration.outcomes` names it: with ``log_count``
        an effect is a log ratio. Empty where the frame does not say.
    """

    method: str
    estimand: str
    identification: str
    inference: str
    design: Design
    headline: pd.Series
    effects: pd.DataFrame
    secondary: pd.DataFrame
    calibration: pd.DataFrame
    mde: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    vintage: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False
    outcome: str = ""

    def __repr__(self) -> str:
        h = self.headline
        first, last = self.design.window_days
        mark = "SIMULATED " if self.simulated else ""
        return (
            f"<{mark}{self.method} of {', '.join(self.design.treated)}, "
            f"{first:%F} to {last:%F} ({self.identification}): {self.estimand} "
            f"{_in_numbers(h)}>"
        )

    def to_frame(self) -> pd.DataFrame:
        """The headline and the tests beside it, one row each, headline first."""
        first = self.headline.to_frame().T.assign(test="headline: block-t and rank")
        rows = [first, self.secondary] if len(self.secondary) else [first]
        frame = pd.concat(rows, ignore_index=True)
        frame.insert(0, "test", frame.pop("test"))
        return frame.assign(
            treated=", ".join(self.design.treated),
            event=self.design.event_name,
            identification=self.identification,
            estimand=self.estimand,
            simulated=self.simulated,
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; missing numbers are None."""
        return {
            "method": self.method,
            "outcome": self.outcome,
            "estimand": self.estimand,
            "identification": self.identification,
            "inference": self.inference,
            "design": self.design.to_dict(),
            "headline": _clean(self.headline.to_dict()),
            "effects": plain_rows(self.effects),
            "secondary": plain_rows(self.secondary),
            "calibration": plain_rows(self.calibration),
            "mde": _clean(dict(self.mde)),
            "warnings": list(self.warnings),
            "vintage": dict(self.vintage),
            "simulated": self.simulated,
        }


def _in_numbers(headline: "pd.Series[float]") -> str:
    """Point, interval and p; of an effect with ends alone, what holds both."""
    low, high = headline["conf_low"], headline["conf_high"]
    if pd.isna(headline["estimate"]) and pd.notna(low) and pd.notna(high):
        return f"within [{low:.3g}, {high:.3g}], no point"
    return (
        f"{headline['estimate']:.3g} [{low:.3g}, {high:.3g}], "
        f"p = {headline['p_value']:.3g}"
    )


def lines_of(results: Mapping[str, Any], refused: pd.DataFrame) -> str:
    """Several results by name, one a line, and below them why others have none."""
    rows = [f"{name}: {result!r}" for name, result in results.items()]
    for name, reason in zip(refused.iloc[:, 0], refused["reason"], strict=True):
        rows.append(f"{name}: none, {reason}")
    return "\n".join(rows) or "no results"


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckResult:
    """What one check found, whether it flatters the estimate or not.

    Attributes
    ----------
    check, question, answer : str
        The name, what was asked, and the finding in one sentence made from the numbers.
    passed : bool or None
        None where the check informs and cannot fail.
    frame : DataFrame
        The numbers behind the answer.
    simulated : bool
    """

    check: str
    question: str
    answer: str
    passed: bool | None
    frame: pd.DataFrame
    simulated: bool = False

    def __repr__(self) -> str:
        state = {True: "holds", False: "fails", None: "for information"}[self.passed]
        mark = "SIMULATED " if self.simulated else ""
        return f"<{mark}{self.check} ({state}): {self.answer}>"

    def to_frame(self) -> pd.DataFrame:
        """A copy of the numbers."""
        return self.frame.copy()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON."""
        return {
            "check": self.check,
            "question": self.question,
            "answer": self.answer,
            "passed": self.passed,
            "frame": plain_rows(self.frame),
            "simulated": self.simulated,
        }


def is_log(estimand: str, outcome: str = "") -> bool:
    """Whether effects are differences of logarithms, so that exp(x) - 1 has a meaning.

    Parameters
    ----------
    estimand : str
        Of the design.
    outcome : str
        Kind of the outcome; a rank's logarithm is no percentage of users.
    """
    return estimand == "log ratio of means" or outcome in LOG_OUTCOMES


def is_log_ratio(result: EffectResult) -> bool:
    """Whether the effects of a result are differences of logarithms."""
    return is_log(result.estimand, result.outcome)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping a row for JSON, a named index among its keys."""
    named = frame.reset_index() if frame.index.name else frame
    return [_clean(row) for row in named.to_dict("records")]


def _clean(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Plain values: days in ISO form, infinities as text, NaN as None."""
    return {str(key): plain(value) for key, value in row.items()}


def plain(value: Any) -> Any:
    """One value as JSON knows it: days in ISO form, infinities as text, NaN as None."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%F}"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if value != value:
            return None
        return value if abs(value) != float("inf") else f"{value:+}"
    return value
