"""Whether more changed in some markets than in the others, as a table."""

from collections.abc import Iterable

import pandas as pd

from migration.display import words
from migration.display.gt import Table, Words, make_table
from migration.errors import DisplayError
from migration.estimators.apps import AppEffects
from migration.estimators.dose_contrast import DoseResult
from migration.results import is_log_ratio

REGIONS = "region permutation"
READING = (
    "What all markets share, the level of the effect too, cancels. Dealing: the share "
    "of all ways to deal the group to the markets; volatility before: whether markets "
    "of the group differed in it before the event, where a small p is a warning."
)


def table_dose(effects: AppEffects, *, group: Iterable[str] | None = None) -> Table:
    """Each app's change in the markets of a group less that in the others.

    Parameters
    ----------
    effects : AppEffects
        Of :func:`migration.estimators.dose_study.dose_contrast_for`. Apps that the data
        cannot answer for are rows with the reason.
    group : iterable of str
        As the contrast was asked, for the caption.

    Raises
    ------
    DisplayError
        If something else came.
    """
    named = _named(effects)
    rows = [{"App": name, **_cells(result)} for name, result in named.items()]
    rows += [
        {
            "App": str(row["app"]),
            "Markets": words.NOTHING,
            "Difference (95%)": str(row["reason"]),
        }
        for row in effects.refused.to_dict("records")
    ]
    if not rows:
        raise DisplayError("table_dose needs one app or more, got none")
    where = ", ".join(group or ()) or "the group"
    return make_table(
        pd.DataFrame(rows).fillna(words.NOTHING),
        Words(
            name="table-dose",
            caption=f"The change in the markets of {where} less that in the others",
            stub="App",
            right=("p", "p of dealing markets", "p of volatility before"),
            notes=_notes(named),
            simulated=any(result.simulated for result in named.values()),
        ),
    )


def _notes(named: dict[str, DoseResult]) -> list[str]:
    said = [warning for result in named.values() for warning in result.warnings]
    return [READING, *(words.sentence_case(f"{one}.") for one in dict.fromkeys(said))]


def _named(effects: object) -> dict[str, DoseResult]:
    if not isinstance(effects, AppEffects):
        raise DisplayError(
            "table_dose needs what dose_contrast_for returned, got "
            f"{type(effects).__name__}"
        )
    found = {}
    for name, result in effects.named.items():
        if not isinstance(result, DoseResult):
            raise DisplayError(
                f"table_dose needs dose contrasts, got {result.method!r} of {name}"
            )
        found[name] = result
    return found


def _cells(result: DoseResult) -> dict[str, str]:
    h, log = result.headline, is_log_ratio(result)
    struck = int((result.markets["dose"] == 1).sum())
    tests = result.secondary.set_index("test")["p_value"]
    size = words.signed(words.effect(h.estimate, log=log))
    return {
        "Markets": f"{struck} of {len(result.markets)}",
        "Difference (95%)": (
            f"{size} ({words.interval(h.conf_low, h.conf_high, log=log)})"
        ),
        "p": words.p_value(float(h.p_value)),
        "p of dealing markets": words.p_value(float(tests[REGIONS])),
        "p of volatility before": words.p_value(
            float(result.balance["p_value"].iloc[0])
        ),
    }
