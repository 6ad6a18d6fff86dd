"""Every method's answer in one table: what it estimates, and why rows differ."""

from collections.abc import Iterable, Mapping

import pandas as pd

from migration.display import words
from migration.display.forest import Row, forest_rows
from migration.display.gt import Table, Words, make_table
from migration.errors import DisplayError
from migration.estimators.side_by_side import MethodEffects
from migration.results import CheckResult, EffectResult

NO_BREAK = "\N{NO-BREAK SPACE}"
Answers = Mapping[str, MethodEffects]
Signs = Mapping[str, CheckResult] | None


def table_methods(effects: Answers, *, sensitivity: Signs = None) -> Table:
    """Each method's estimate and interval for each app, and why methods differ.

    Parameters
    ----------
    effects : mapping of str to MethodEffects
        Of :func:`migration.estimators.side_by_side.methods_of_apps`, by the app's name.
    sensitivity : mapping, optional
        App's name to the result of ``baseline_sensitivity``. Where the sign changes,
        no number of that app is printed.

    Raises
    ------
    DisplayError
        If something else came, or nothing was answered.
    """
    check_answers(effects, "table_methods")
    rows = {app: rows_of(found, app, sensitivity) for app, found in effects.items()}
    cells = [
        {
            "Method": words.sentence_case(method),
            "Estimand": _estimand(effects, method),
            **{app: _cell(rows[app].get(method)) for app in effects},
            "Why it may differ": _differs(effects, method),
        }
        for method in every_method(effects)
    ]
    return make_table(
        pd.DataFrame(cells),
        Words(
            name="table-methods",
            caption="Each method's answer to the same question (95% interval, p)",
            stub="Method",
            notes=(
                "Estimates are in units of the estimand; exp(estimate) − 1 is a "
                "percent change of those of logs and of ratios.",
                "p and interval are the rule's for every method: block-t, and rank "
                "among unrelated series treated in turn by the same method.",
            ),
            simulated=_simulated(effects),
        ),
    )


def rows_of(found: MethodEffects, app: str, sensitivity: Signs) -> dict[str, Row]:
    """Headlines of an app by method; all unstable where its sign changes."""
    return _rows(found.results, app, sensitivity)


def rows_on_logs(found: MethodEffects, app: str, sensitivity: Signs) -> dict[str, Row]:
    """The same of the answers in logs, a rank's as the band that it implies."""
    return _rows(found.on_logs(), app, sensitivity)


def every_method(effects: Answers) -> list[str]:
    """Methods that were asked for some app, in order, the refused ones too."""
    asked = [name for found in effects.values() for name in found.differs]
    return list(dict.fromkeys(asked))


def check_answers(effects: object, what: str) -> None:
    """Refuse what is no mapping of answers, or holds none."""
    whole = isinstance(effects, Mapping) and all(
        isinstance(found, MethodEffects) for found in effects.values()
    )
    if not whole or not any(f.results for f in effects.values()):  # type: ignore[attr-defined]
        got = "no answer" if whole else type(effects).__name__
        raise DisplayError(
            f"{what} needs the app's name to MethodEffects with at least one answer, "
            f"got {got}; give what methods_of_apps returned, and see its refused"
        )


def _rows(
    results: Mapping[str, EffectResult], app: str, sensitivity: Signs
) -> dict[str, Row]:
    sign = (sensitivity or {}).get(app)
    signs = dict.fromkeys(results, sign) if sign is not None else None
    found: Iterable[Row] = forest_rows(results, signs, app) if results else ()
    return {row.name: row for row in found}


def _cell(row: Row | None) -> str:
    if row is None:
        return "refused"
    if not row.stable:
        return "sign changes"
    if row.is_bound:
        return words.bounded(row.conf_low, row.conf_high)
    span = _together(words.interval(row.conf_low, row.conf_high))
    p_value = _together(words.p_words(row.p_value))
    return f"{words.number(row.estimate)} ({span}), {p_value}"


def _together(text: str) -> str:
    """The same on one line, whatever the column's width."""
    return text.replace(" ", NO_BREAK)


def _simulated(effects: Answers) -> bool:
    return any(r.simulated for f in effects.values() for r in f.results.values())


def _estimand(effects: Answers, method: str) -> str:
    found = {
        words.estimand(answers[method])
        for answers in effects.values()
        if method in answers.results
    }
    return "; ".join(sorted(found)) or words.NOTHING


def _differs(effects: Answers, method: str) -> str:
    return next(f.differs[method] for f in effects.values() if method in f.differs)
