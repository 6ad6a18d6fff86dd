"""Tables of results: what a reader needs to believe or doubt each number."""

from collections.abc import Mapping

import pandas as pd

from migration.display import places, words
from migration.display.forest import (
    Results,
    Row,
    Sensitivity,
    forest_rows,
    named_results,
    refused_of,
    short,
)
from migration.display.gt import Table, Words, make_table
from migration.display.sentences import NOT_AN_EFFECT
from migration.errors import DisplayError
from migration.estimators.apps import AppEffects
from migration.inference.rule import ALPHA, CALIBRATED_FROM
from migration.results import EffectResult, is_log_ratio

ESTIMATE = "Estimate (95%)"
CHANGE = "Percent change (95%)"
NUMBERS = (
    *("Estimate", "95% interval", "p", ESTIMATE, CHANGE, "Unrelated series"),
    *("Rejects here", "Low volume", "Middle volume", "High volume"),
    *("Smallest gain", "Smallest loss"),
)


def table_effects(results: Results, *, sensitivity: Sensitivity = None) -> Table:
    """Headline effects, one row an app.

    Parameters
    ----------
    results : AppEffects, mapping, iterable of EffectResult, or EffectResult
        Name to result; without names, the treated units. Of an empty mapping the
        table says that no app has an answer; of ``AppEffects`` each app that was
        refused has a row with the reason.
    sensitivity : mapping, optional
        Name to the result of ``baseline_sensitivity``. Where the sign changes, no
        number is printed.

    Returns
    -------
    GT
        With ``exp(x) - 1`` in percent where effects are log ratios.

    Raises
    ------
    DisplayError
        If something else came, with what to give.
    """
    refused = [_not_estimated(*one) for one in refused_of(results).items()]
    held = results.answered if isinstance(results, AppEffects) else results
    if isinstance(held, Mapping) and not held:
        return _no_effects(refused)
    named = named_results(results, "table_effects")
    rows = forest_rows(results, sensitivity, "table_effects")
    pairs = zip(rows, named.values(), strict=True)
    shown = pd.DataFrame([_effect(row, result) for row, result in pairs])
    caption = "Effects"
    if shown["Days"].nunique() == 1:
        event = words.plain(next(iter(named.values())).design.event_name)
        caption = f"Effects in {shown['Days'].iloc[0]}, after {event}"
        shown = shown.drop(columns="Days")
    shown = pd.concat([shown, pd.DataFrame(refused)], ignore_index=True)
    return make_table(
        shown.fillna(words.NOTHING),
        Words(
            name="table-effects",
            caption=caption,
            stub="App",
            right=NUMBERS,
            notes=_effect_notes(named, log=any(row.log for row in rows)),
            simulated=any(row.simulated for row in rows),
        ),
    )


def _effect(row: Row, result: EffectResult) -> dict[str, str]:
    """The cells of one app."""
    return {
        "App": row.name,
        "Days": words.day_range(*result.design.window_days),
        **(_numbers(row) if row.stable else _no_numbers(row)),
        "Identification": row.identification,
        "Calibrated on": _calibrated(result),
    }


def _not_estimated(app: str, reason: str) -> dict[str, str]:
    return {"App": app, ESTIMATE: f"not estimated: {short(reason)}"}


def _no_effects(refused: list[dict[str, str]]) -> Table:
    none = [{"App": "none", ESTIMATE: words.NOTHING, "p": words.NOTHING}]
    why = "No app has an answer; the reasons are listed under what was not answered."
    return make_table(
        pd.DataFrame(refused or none),
        Words(name="table-effects", caption="Effects", stub="App", notes=(why,)),
    )


def table_secondary(result: EffectResult, *, name: str = "") -> Table:
    """The headline and the tests beside it, each with its size on unrelated series."""
    subject = _one(result, name, "table_secondary")
    return make_table(
        _tests(result),
        Words(
            name="table-secondary",
            caption=f"{subject}: the headline and the tests beside it",
            stub="Test",
            right=NUMBERS,
            notes=(
                f"Rejects here: share of the unrelated series of the same days in "
                f"which the test rejects at {ALPHA:.0%}, where nothing happened.",
            ),
            simulated=result.simulated,
        ),
    )


def table_calibration(results: Results) -> Table:
    """How often the rule rejects where nothing happened, and what it could find."""
    named = named_results(results, "table_calibration")
    cells = [{"App": name, **_found(result)} for name, result in named.items()]
    power = next(iter(named.values())).mde.get("power", 0.8)
    return make_table(
        pd.DataFrame(cells),
        Words(
            name="table-calibration",
            caption="The rule on unrelated series of the same days",
            stub="App",
            right=NUMBERS,
            notes=(
                f"Share of unrelated series in which the rule rejects at {ALPHA:.0%}, "
                "by volume. Over all of them it cannot be higher, because each is "
                "ranked among the others: what can go wrong shows between volumes.",
                f"Smallest gain and loss that the rule finds in {power:.0%} of "
                "unrelated series, by injection, with the app's own error.",
            ),
            simulated=any(result.simulated for result in named.values()),
        ),
    )


def _tests(result: EffectResult) -> pd.DataFrame:
    frame = result.to_frame()
    overall = _rejection(result, "all")
    return pd.DataFrame(
        {
            "Test": frame["test"],
            "Estimate": frame["estimate"].map(words.number),
            "95% interval": [
                words.interval(low, high)
                for low, high in zip(frame["conf_low"], frame["conf_high"], strict=True)
            ],
            "p": frame["p_value"].map(words.p_value),
            "Rejects here": [overall, *_shares(frame.get("size_here"))[1:]],
            "Assumes": frame.get("assumes", pd.Series("", frame.index)).fillna("–"),
        }
    )


def _found(result: EffectResult) -> dict[str, str]:
    return {
        "Unrelated series": f"{_n_series(result):,}",
        "Low volume": _rejection(result, "low"),
        "Middle volume": _rejection(result, "middle"),
        "High volume": _rejection(result, "high"),
        "Smallest gain": _smallest(result, "gain"),
        "Smallest loss": _smallest(result, "loss"),
    }


def _numbers(row: Row) -> dict[str, str]:
    """Numbers of one app; the percent change only of a log ratio."""
    numbers = {
        ESTIMATE: words.bounded(row.conf_low, row.conf_high)
        if row.is_bound
        else f"{words.number(row.estimate)} "
        f"({words.interval(row.conf_low, row.conf_high)})",
        "p": words.p_value(row.p_value),
    }
    return {**numbers, CHANGE: row.change()} if row.log else numbers


def _no_numbers(row: Row) -> dict[str, str]:
    """No number of an app whose sign changes: only that."""
    last = CHANGE if row.log else ESTIMATE
    return {ESTIMATE: words.NOTHING, "p": words.NOTHING, last: NOT_AN_EFFECT}


def _n_series(result: EffectResult) -> int:
    return int(result.mde.get("n_series", len(result.design.controls)))


def _calibrated(result: EffectResult) -> str:
    number = _n_series(result)
    return f"{number:,} series" if number >= CALIBRATED_FROM else f"no: {number} series"


def _effect_notes(named: dict[str, EffectResult], *, log: bool) -> list[str]:
    notes = [f"Estimand: {_joined({words.estimand(r) for r in named.values()})}."]
    notes += [f"Inference: {_joined({r.inference for r in named.values()})}."]
    if log:
        notes.append("Percent change: exp(estimate) − 1.")
    if any(places.is_place(r) for r in named.values()):
        notes.append(places.NOTE)
    if any(_n_series(r) < CALIBRATED_FROM for r in named.values()):
        notes.append(
            f"Not calibrated: fewer than {CALIBRATED_FROM} unrelated series behind p."
        )
    return notes


def _joined(found: set[str]) -> str:
    return "; ".join(sorted(found))


def _rejection(result: EffectResult, volume: str) -> str:
    if volume not in result.calibration.index:
        return words.NOTHING
    share = float(result.calibration.loc[volume, "rejection"])  # type: ignore[arg-type]
    return _share(share)


def _shares(values: "pd.Series | None") -> list[str]:
    return [] if values is None else [_share(float(value)) for value in values]


def _share(value: float) -> str:
    return words.NOTHING if value != value else f"{100 * value:.1f}%"


def _smallest(result: EffectResult, side: str) -> str:
    size = result.mde.get(f"{side}_own", result.mde.get(side, float("nan")))
    sign = -1 if side == "loss" else 1
    return words.signed(words.effect(sign * size, log=is_log_ratio(result)))


def _one(result: object, name: str, what: str) -> str:
    if not isinstance(result, EffectResult):
        raise DisplayError(
            f"{what} needs one EffectResult, got {type(result).__name__}; give what an "
            "estimator returned"
        )
    return name or words.treated_name(result)
