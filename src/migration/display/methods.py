"""Every method's answer side by side: one table, one figure, why they differ."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes

from migration.display import words
from migration.display.forest import Row, forest_rows
from migration.display.gt import Table, Words, make_table
from migration.display.plots_estimates import plot_estimates
from migration.display.sentences import NOT_AN_EFFECT
from migration.errors import DisplayError
from migration.estimators.methods import MethodEffects
from migration.results import CheckResult

ESTIMATE, CHANGE = "Estimate (95%)", "Percent change (95%)"


def table_methods(
    effects: MethodEffects, *, name: str, sensitivity: CheckResult | None = None
) -> Table:
    """Each method's headline, what it estimates, and why it may differ.

    Parameters
    ----------
    effects : MethodEffects
        Of :func:`migration.estimators.methods.estimate_methods`, at least one answer.
    name : str
        Of the app.
    sensitivity : CheckResult, optional
        Of ``baseline_sensitivity``. Where the sign changes, no number is printed.
    """
    _check(effects, "table_methods")
    rows = forest_rows(effects.results, _signs(effects.results, sensitivity), name)
    cells = [
        {
            "Method": words.sentence_case(row.name),
            **_numbers(row),
            "Estimand": words.estimand(effects[row.name]),
            "Why it may differ": effects.differs[row.name],
        }
        for row in rows
    ]
    return make_table(
        pd.DataFrame(cells),
        Words(
            name="table-methods",
            caption=f"{name}: each method's answer",
            stub="Method",
            right=(ESTIMATE, CHANGE, "p"),
            notes=(
                "p and interval of every row are the rule's: block-t and rank among "
                "unrelated series treated in turn by the same method.",
                "Percent change: exp(estimate) − 1, of log ratios only.",
            ),
            simulated=any(row.simulated for row in rows),
        ),
    )


def plot_methods(
    effects: MethodEffects,
    *,
    name: str,
    sensitivity: CheckResult | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each method's answer in percent; a rank's as the band that it implies.

    Parameters
    ----------
    effects : MethodEffects
    name : str
        Of the app.
    sensitivity : CheckResult, optional
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If nothing was answered in log ratios, or no MethodEffects came.
    """
    _check(effects, "plot_methods")
    shown = effects.on_logs()
    if not shown:
        raise DisplayError(
            "plot_methods needs at least one answer in log ratios; draw the others "
            "with plot_estimates"
        )
    signs = _signs(shown, sensitivity)
    return plot_estimates(shown, sensitivity=signs, name=name, ax=ax)


def _signs(
    names: Iterable[str], sensitivity: CheckResult | None
) -> dict[str, CheckResult] | None:
    """The one check of the app's sign, for every method."""
    if sensitivity is None:
        return None
    return dict.fromkeys(names, sensitivity)


def _numbers(row: Row) -> dict[str, str]:
    if not row.stable:
        return {ESTIMATE: words.NOTHING, "p": words.NOTHING, CHANGE: NOT_AN_EFFECT}
    span = words.interval(row.conf_low, row.conf_high)
    return {
        ESTIMATE: words.bounded(row.conf_low, row.conf_high)
        if row.is_bound
        else f"{words.number(row.estimate)} ({span})",
        "p": words.p_value(row.p_value),
        CHANGE: row.change() if row.log else words.NOTHING,
    }


def _check(effects: object, what: str) -> None:
    if not isinstance(effects, MethodEffects) or not effects.results:
        got = type(effects).__name__
        raise DisplayError(
            f"{what} needs a MethodEffects with at least one answer, got "
            f"{'one without' if isinstance(effects, MethodEffects) else got}; give "
            "what estimate_methods returned, and see its refused"
        )
