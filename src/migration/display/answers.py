"""The answer of a whole report, put together from its results."""

from collections.abc import Iterable, Mapping

import pandas as pd

from migration.display.plots_ledger import check_clashes
from migration.display.sentences import sentence
from migration.results import CheckResult, EffectResult


def answer(
    results: Mapping[str, EffectResult],
    *,
    what: str,
    sensitivity: Mapping[str, CheckResult] | None = None,
    checks: Iterable[CheckResult] = (),
) -> str:
    """One sentence a result, then the finding of each check.

    Parameters
    ----------
    results : mapping of str to EffectResult
        Name to result.
    what : str
        What was measured: ``"new installs"``.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``.
    checks : iterable of CheckResult
        Findings that belong to the answer.
    """
    signs = sensitivity or {}
    said = [
        sentence(result, f"{what} of {name}", sensitivity=signs.get(name))
        for name, result in results.items()
    ]
    return " ".join([*said, *(f"{c.question} {_cased(c.answer)}." for c in checks)])


def record_answer(clashes: pd.DataFrame, views: pd.DataFrame) -> str:
    """Say how far the published figures agree, and what the chart can show.

    Parameters
    ----------
    clashes : DataFrame
        Of :func:`migration.sources.clashes`.
    views : DataFrame
        Panel of views with the chart's end as a bound.
    """
    check_clashes(clashes, "record_answer")
    same = int(clashes["same_vendor"].fillna(False).astype(bool).sum())
    largest = clashes["ratio"].max()
    censored = float((views["status"] == "censored").mean())
    return (
        f"{len(clashes)} pairs of published figures cannot both be right, {same} of "
        f"them of one vendor with itself; the largest ratio is {largest:.1f}. On "
        f"{censored:.0%} of the article-days the views are known only to lie below "
        "the hundredth place of the chart."
    )


def _cased(text: str) -> str:
    return text[:1].upper() + text[1:]
