"""Every measure of the same episode side by side, and what each can and cannot mean."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.checks.printed import (
    ABSENT,
    BOUND,
    ESTIMATE,
    LEADS,
    PLAIN,
    printed_rows,
    what_it_means,
)
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.choices import check_results
from migration.outcomes import PLACES, default_outcome, is_rank, to_outcome
from migration.results import EffectResult, is_log_ratio
from migration.sources import card
from migration.sources.cards import list_cards

if TYPE_CHECKING:
    from migration.study import Study

COLUMNS = [
    *("app", "measure", "kind", "estimate", "conf_low", "conf_high", "share"),
    *("source", "vintage", "market", "first_day", "last_day", "against", "scale"),
    *("can", "cannot"),
]
KINDS = {"interest": "interest_share"}


def triangulate(
    study: "Study",
    effects: Mapping[str, EffectResult],
    *,
    ledger: pd.DataFrame | None = None,
    panels: Iterable[pd.DataFrame] = (),
    absent: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Put estimates beside published changes, attention and surveys, on log points.

    Nothing is averaged: the measures are of different people and quantities, and the
    table says of each what it can and cannot mean. Sources of the study that gave
    nothing are rows too.

    Parameters
    ----------
    study : Study
    effects : mapping of str to EffectResult
        By the app's name, of one event and window, on logarithms.
    ledger : DataFrame, optional
        Published figures, of :func:`migration.sources.load_ledger`. A change is taken
        where one article gives two periods that follow each other, the first before day
        zero; a survey's share s as the change log(1 - s) of the stock of users.
    panels : iterable of DataFrame
        Views, ranks or interest, one source and metric each: the window over the
        baseline's days that are known, by arithmetic, as a bound where values are
        known only between bounds.
    absent : mapping of str to str, optional
        Sources that say nothing, with the reason, as
        :func:`migration.sources.load_beside` gives them.

    Returns
    -------
    DataFrame
        One row a measure of an app: ``kind``, ``estimate`` and interval or bounds in
        log points of ``scale``, ``share`` for surveys, what it is held ``against``,
        ``can`` and ``cannot``.

    Raises
    ------
    DesignError
        For no effects, effects that are no logarithms, or of different windows.
    """
    check_results(effects, "triangulate")
    design = _design(effects)
    rows = [_estimated(name, result) for name, result in effects.items()]
    held = list(panels)
    for panel in held:
        rows += _seen(study, panel, design)
    if ledger is not None:
        rows += printed_rows(study, ledger, design)
    used = {str(row["source"]) for row in rows}
    whys = {s.id: _why(enabled=s.enabled) for s in study.sources if s.id not in used}
    rows += [
        _absent(source, why) for source, why in (whys | dict(absent or {})).items()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.attrs = {
        "simulated": any(r.simulated for r in effects.values()),
        "event": design.event_name,
    }
    return frame


def _design(effects: Mapping[str, EffectResult]) -> Design:
    designs = [result.design for result in effects.values()]
    if not designs:
        raise DesignError("triangulate needs one effect or more, got none")
    wrong = [
        name
        for name, result in effects.items()
        if not (is_log_ratio(result) or result.outcome == PLACES)
    ]
    if wrong:
        raise DesignError(f"triangulate needs effects on logarithms, {wrong} are not")
    if len({(d.event, d.window) for d in designs}) > 1:
        raise DesignError("triangulate needs effects of one event and window")
    return designs[0]


def _estimated(name: str, result: EffectResult) -> dict[str, Any]:
    source = str(result.vintage.get("source", "given"))
    people = card(source).people if source in list_cards() else "not said"
    first, last = result.design.window_days
    numbers = {k: result.headline[k] for k in ("estimate", "conf_low", "conf_high")}
    return {
        "app": name,
        "measure": f"{result.method}, {source}",
        "kind": ESTIMATE,
        **numbers,
        "source": source,
        "vintage": str(result.vintage.get("origin", "")),
        "market": "WW",
        "first_day": first,
        "last_day": last,
        "against": "baseline and unrelated series",
        "scale": "rank" if result.outcome == PLACES else "counts",
        **what_it_means(ESTIMATE, people=people),
    }


def _seen(study: "Study", panel: pd.DataFrame, design: Design) -> list[dict[str, Any]]:
    """Bounds of the window less bounds of the baseline, one row an app."""
    metric, source = str(panel["metric"].iloc[0]), str(panel["source"].iloc[0])
    frame = to_outcome(
        panel,
        KINDS.get(metric) or default_outcome(metric, logs=False),
        over_markets=True,
    )
    days = frame["period"]
    inside = days.between(*design.window_days)
    before = days.between(*design.baseline)
    names = {a.id: a.name for a in study.apps if a.role in LEADS}
    told = {
        "measure": f"{metric}, {source}",
        "source": source,
        "market": ", ".join(sorted(panel["market"].unique())),
        "first_day": design.window_days[0],
        "last_day": design.window_days[1],
        "scale": metric,
        **what_it_means("rank" if is_rank(metric) else PLAIN),
    }
    rows = []
    for unit, name in names.items():
        own = frame["unit"] == unit
        now, then = frame[own & inside], frame[own & before]
        if len(now) == design.length and len(then):
            rows.append(told | {"app": name, **_compared(now, then, metric)})
    return rows


def _compared(now: pd.DataFrame, then: pd.DataFrame, metric: str) -> dict[str, Any]:
    """A point where every value is known, beside the bounds that rounding leaves."""
    logs = metric != "rank"
    low = _change(now["y_lower"], then["y_upper"], logs=logs)
    high = _change(now["y_upper"], then["y_lower"], logs=logs)
    known = bool(now["y"].notna().all() and then["y"].notna().all())
    return {
        "kind": PLAIN if known else BOUND,
        "estimate": _change(now["y"], then["y"], logs=logs) if known else np.nan,
        "conf_low": -np.inf if np.isnan(low) else low,
        "conf_high": np.inf if np.isnan(high) else high,
        "against": f"{then['period'].min():%F} to {then['period'].max():%F}",
    }


def _change(now: pd.Series, then: pd.Series, *, logs: bool) -> float:
    """Of counts the log ratio of means, of places the difference of medians.

    Some places may be beyond the chart, of which a median knows and a mean does not.
    """
    if not logs:
        now_end, then_end = (float(x.median(skipna=False)) for x in (now, then))
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            now_end, then_end = (
                float(np.log(x.mean(skipna=False))) for x in (now, then)
            )
    both = np.isinf(now_end) and now_end == then_end
    return np.nan if both else now_end - then_end


def _why(*, enabled: bool) -> str:
    return "no series of it was given" if enabled else "the study does not read it yet"


def _absent(source: str, why: str) -> dict[str, Any]:
    row = {"app": "all", "measure": source, "kind": ABSENT, "source": source}
    return row | what_it_means(ABSENT, why=f"{why}: it says nothing here")
