"""Headline effects of several apps as rows: what plots and tables are made from."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from migration.display import words
from migration.errors import DisplayError
from migration.estimators.apps import AppEffects
from migration.inference.rule import ALPHA
from migration.results import CheckResult, EffectResult, is_log, is_log_ratio

Results = (
    AppEffects | Mapping[str, EffectResult] | Iterable[EffectResult] | EffectResult
)
Sensitivity = Mapping[str, CheckResult] | None
NEEDED = ("estimate", "conf_low", "conf_high", "p_value", "identification", "estimand")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One app's headline; ``stable`` is False where its sign changes."""

    name: str
    estimate: float
    conf_low: float
    conf_high: float
    p_value: float
    identification: str
    log: bool
    simulated: bool
    stable: bool

    @property
    def found(self) -> bool:
        """Told from zero at 5%, and of one sign whatever the baseline."""
        return self.stable and self.p_value <= ALPHA

    @property
    def is_bound(self) -> bool:
        """Known only from one side, or between two: there is no point."""
        return math.isnan(self.estimate)

    @property
    def bounded_off_zero(self) -> bool:
        """A bound of one sign whatever the baseline: one that holds zero tells none."""
        beyond = self.conf_low > 0 or self.conf_high < 0
        return self.stable and self.is_bound and beyond

    def change(self) -> str:
        """Effect and interval in words, or the bound."""
        if self.is_bound:
            return words.bounded(self.conf_low, self.conf_high, log=self.log)
        size = words.signed(words.effect(self.estimate, log=self.log))
        return f"{size} ({words.interval(self.conf_low, self.conf_high, log=self.log)})"


def held_of(results: object) -> list[EffectResult]:
    """The results in whatever holds them; none of a frame of numbers."""
    found = getattr(results, "named", results)
    if isinstance(found, EffectResult | pd.DataFrame):
        found = [found]
    held = found.values() if isinstance(found, Mapping) else found
    listed = list(held) if isinstance(held, Iterable) else []
    return [one for one in listed if isinstance(one, EffectResult)]


def source_of(results: Iterable[EffectResult]) -> str:
    """The source that results share; empty where they do not say, or differ."""
    named = {str(result.vintage.get("source", "")) for result in results}
    return named.pop() if len(named) == 1 else ""


def refused_of(results: object) -> dict[str, str]:
    """App to why it has no estimate, where results hold refusals beside."""
    if not isinstance(results, AppEffects):
        return {}
    rows = results.unanswered.to_dict("records")
    return {str(row["app"]): str(row["reason"]) for row in rows}


def short(reason: str) -> str:
    """The first clause of a refusal: what is wrong, without what to do about it."""
    return reason.split("; ", maxsplit=1)[0].split(", where ", maxsplit=1)[0]


def named_results(results: Results, what: str) -> dict[str, EffectResult]:
    """Name to result; without names, the treated units.

    Raises
    ------
    DisplayError
        If something else came, nothing did, or two results have one name.
    """
    if isinstance(results, EffectResult):
        results = [results]
    if isinstance(results, AppEffects):
        results = results.answered
    results = getattr(results, "results", results)  # of several methods at once
    if isinstance(results, Mapping):
        pairs = list(results.items())
    elif isinstance(results, Iterable) and not isinstance(results, str | pd.DataFrame):
        held = list(results)
        pairs = [
            (words.treated_name(r) if isinstance(r, EffectResult) else "", r)
            for r in held
        ]
    else:
        pairs = [("", results)]
    _check_pairs(pairs, what)
    return {str(name): result for name, result in pairs}


def forest_rows(
    results: Results | pd.DataFrame, sensitivity: Sensitivity, what: str
) -> list[Row]:
    """Rows of results, or of frames of ``to_frame()`` (their headlines only).

    Parameters
    ----------
    results : results or DataFrame
    sensitivity : mapping, optional
        Name to the check of its baseline; one that fails takes the effect away.
    what : str
        Who asks, for the refusal.
    """
    checks = _checked(sensitivity, what)
    if isinstance(results, pd.DataFrame):
        rows = _from_frame(results, checks, what)
    else:
        named = named_results(results, what)
        rows = [_from_result(name, r, checks) for name, r in named.items()]
    if strange := sorted(checks.keys() - {row.name for row in rows}):
        raise DisplayError(
            f"{what}: sensitivity names {strange}, which are no result's name; use "
            f"{[row.name for row in rows]}"
        )
    return rows


def _check_pairs(pairs: list[tuple[str, Any]], what: str) -> None:
    wrong = [type(r).__name__ for _, r in pairs if not isinstance(r, EffectResult)]
    if wrong or not pairs:
        raise DisplayError(
            f"{what} needs EffectResults, alone, in a list or by name, got "
            f"{', '.join(wrong) or 'none'}; give what an estimator returned"
        )
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DisplayError(
            f"{what}: several results are named {twice}; give a mapping of names to "
            "results"
        )


def _checked(sensitivity: Sensitivity, what: str) -> dict[str, CheckResult]:
    checks = dict(sensitivity or {})
    for name, check in checks.items():
        if not isinstance(check, CheckResult):
            raise DisplayError(
                f"{what}: sensitivity[{name!r}] needs a CheckResult, got "
                f"{type(check).__name__}; give what baseline_sensitivity returned"
            )
    return checks


def _from_result(
    name: str, result: EffectResult, checks: Mapping[str, CheckResult]
) -> Row:
    h = result.headline
    return Row(
        name=name,
        estimate=float(h["estimate"]),
        conf_low=float(h["conf_low"]),
        conf_high=float(h["conf_high"]),
        p_value=float(h["p_value"]),
        identification=result.identification,
        log=is_log_ratio(result),
        simulated=result.simulated,
        stable=name not in checks or checks[name].passed is not False,
    )


def _from_frame(
    frame: pd.DataFrame, checks: Mapping[str, CheckResult], what: str
) -> list[Row]:
    if absent := [name for name in NEEDED if name not in frame.columns]:
        raise DisplayError(
            f"{what} needs the columns of EffectResult.to_frame(), {absent} are "
            "absent; give results or concatenate their to_frame()"
        )
    if "test" in frame.columns:
        frame = frame[frame["test"].str.startswith("headline")]
    outcome = str(frame.attrs.get("outcome", ""))
    named = frame["treated"] if "treated" in frame.columns else frame.index
    return [
        Row(
            name=str(name),
            **{column: float(row[column]) for column in NEEDED[:4]},
            identification=str(row["identification"]),
            log=is_log(str(row["estimand"]), outcome),
            simulated=bool(row.get("simulated", False)),
            stable=str(name) not in checks or checks[str(name)].passed is not False,
        )
        for name, (_, row) in zip(named, frame.iterrows(), strict=True)
    ]
