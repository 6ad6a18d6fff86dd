"""Tables of robustness: sets under bounded trends, and the curve of specifications."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import pandas as pd

from migration.checks.honest import HonestResult
from migration.checks.multiverse import MultiverseResult
from migration.display import words
from migration.display.gt import Table, Words, check_frame, make_table
from migration.errors import DisplayError
from migration.results import CheckResult

R = TypeVar("R", bound=CheckResult)
DATES = (
    *("control", "kind", "first_day", "last_day", "estimate", "conf_low", "conf_high"),
    *("p_value", "n_controls", "can_tell", "reached", "why"),
)
BOUNDS = {
    "relative magnitudes": "moves at most {:.2g} times as much as in the baseline",
    "smoothness": "bends by at most {:.2g} from bin to bin",
}


def table_honest(results: Mapping[str, HonestResult]) -> Table:
    """Each app's set of effects under every bound on its trend.

    Parameters
    ----------
    results : mapping of str to HonestResult
        Of ``honest_pretrends``, by name.

    Raises
    ------
    DisplayError
        If something else came.
    """
    held = _held(results, HonestResult, "table_honest", "honest_pretrends")
    rows = [
        {
            "App": name,
            "The trend": BOUNDS[str(row["restriction"])].format(row["bound"]),
            "Set (95%)": words.interval(row["conf_low"], row["conf_high"]),
            "Excludes zero": "yes" if row["excludes_zero"] else "no",
            "Unrelated series": _share(row["excluded_here"]),
        }
        for name, result in held.items()
        for _, row in result.frame.iterrows()
    ]
    answers = [f"{name}: {result.answer}." for name, result in held.items()]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-honest",
            caption="Effects under trends that go on moving after the event",
            stub="App",
            right=("Set (95%)", "Unrelated series"),
            notes=(
                "The effect is the window's mean less the last bin of the baseline, "
                "in units of the outcome. Unrelated series: the share of them whose "
                "set excludes zero under the same bound.",
                *answers,
            ),
            simulated=any(result.simulated for result in held.values()),
        ),
    )


def table_curve(results: Mapping[str, MultiverseResult]) -> Table:
    """Each app's curve of specifications tested as a whole, by statistic.

    Parameters
    ----------
    results : mapping of str to MultiverseResult
        Of ``multiverse``, by name.

    Raises
    ------
    DisplayError
        If something else came.
    """
    held = _held(results, MultiverseResult, "table_curve", "multiverse")
    rows = [
        {
            "App": name,
            "Statistic of the curve": words.sentence_case(str(statistic)),
            "Observed": words.number(row["observed"]),
            "p, same days": words.p_value(row["p_same_days"]),
            "p": words.p_value(row["p_value"]),
        }
        for name, result in held.items()
        for statistic, row in result.curve.iterrows()
    ]
    notes = [f"{name}: {result.answer}." for name, result in held.items()]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-curve",
            caption="The curve of specifications against curves of unrelated series",
            stub="App",
            right=("Observed", "p, same days", "p"),
            notes=(
                "p is the larger of that among the unrelated series on the event's "
                "own days and that among all null curves.",
                *notes,
            ),
            simulated=any(result.simulated for result in held.values()),
        ),
    )


def table_dates(checks: Mapping[str, CheckResult]) -> Table:
    """Each app's control dates: what was found, or which days would be needed.

    Parameters
    ----------
    checks : mapping of str to CheckResult
        Of ``control_dates``, by name.

    Raises
    ------
    DisplayError
        If something else came.
    """
    held = _held(checks, CheckResult, "table_dates", "control_dates")
    rows = [
        {"App": name, **_date(row)}
        for name, check in held.items()
        for row in check_frame(check.frame, DATES, "table_dates").to_dict("records")
    ]
    return make_table(
        pd.DataFrame(rows),
        Words(
            name="table-dates",
            caption="Dates on which nothing, or something known, should be seen",
            stub="App",
            right=("Estimate (95%)", "p"),
            notes=(
                "Estimates are in units of the outcome. A negative control should not "
                "be told from zero, a positive one should.",
            ),
            simulated=any(check.simulated for check in held.values()),
        ),
    )


def _date(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """One control: its days, its numbers, or why it has none."""
    ends = words.interval(row["conf_low"], row["conf_high"])
    estimate = f"{words.number(row['estimate'])} ({ends})"
    blind = "" if row["can_tell"] else f"cannot tell: {row['n_controls']} series"
    return {
        "Control": f"{row['control']} ({row['kind']})",
        "Days": words.day_range(row["first_day"], row["last_day"]),
        "Estimate (95%)": estimate if row["reached"] else words.NOTHING,
        "p": words.p_value(row["p_value"]),
        "Data": blind or "in reach" if row["reached"] else str(row["why"]),
    }


def _held(results: Mapping[str, R], kind: type[R], what: str, by: str) -> dict[str, R]:
    if not isinstance(results, Mapping) or not results:
        raise DisplayError(
            f"{what} needs a mapping of names to what {by} returned, got "
            f"{type(results).__name__}"
        )
    for name, one in results.items():
        if not isinstance(one, kind):
            raise DisplayError(
                f"{what} needs what {by} returned, got {type(one).__name__} for {name}"
            )
    return dict(results)


def _share(value: float) -> str:
    return words.NOTHING if pd.isna(value) else f"{value:.0%}"
