"""Places that are tied or off the chart on days that an estimate needs: the answer.

A mean needs a number of every day. A place that is known only to lie in an interval has
none, so that an app that entered a chart, or left it, would have no answer at all; the
estimator of intervals gives it one, an estimate or a bound, held against other
baselines as every headline is.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.checks.sensitivity import default_baselines
from migration.design import NUMBERS_ONLY, Design, design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.apps import AppEffects
from migration.estimators.rank_bounds import AMONG_SERIES
from migration.estimators.rank_event_study import MOSTLY, rank_event_study
from migration.estimators.rank_result import RankResult, in_words
from migration.inference.rule import ALPHA
from migration.numerals import p_words
from migration.outcomes import PLACES

if TYPE_CHECKING:
    from migration.study import Study

NEEDED = ALPHA / 2  # the largest p of one sign, for 5% of both
CLOSE = 1e-6  # of a place: how far rounding takes the end of a chart


def rank_answers(
    study: "Study", frame: pd.DataFrame, effects: AppEffects, *, event: str | None
) -> AppEffects:
    """Answer for apps that were refused because a place is no number on some day.

    :func:`migration.estimators.rank_event_study.rank_event_study` is asked, whose
    ranks are intervals. Where most days of the window, or of the baseline, are off the
    chart or at first place it is asked for a bound: an estimate would read what nobody
    saw there from the shape of the noise. A bound is no answer where its rank among
    unrelated series has a p above 2.5% (5% for both signs), so that it takes 39 of them
    at least; nor is one whose sign changes with a defensible baseline.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        What the effects were estimated on, as
        :func:`migration.outcomes.series_outcome` gives it. Of anything but places
        nothing is asked.
    effects : AppEffects
        Of :func:`migration.estimators.apps.estimate_apps`.
    event : str or None
        The event that they were asked about.

    Returns
    -------
    AppEffects
        The same, with ``by_intervals``. Such an app stays among the refused: the
        checks of an estimate on numbers have nothing to check there.
    """
    if frame.attrs.get("outcome") != PLACES or event is None:
        return effects
    found: dict[str, RankResult] = {}
    reasons: dict[str, str] = {}
    for app in effects.names:
        if app in effects.results or not _between_bounds(frame, app):
            continue
        try:
            found[app] = _answer(study, frame, app, event)
        except MigrationError as error:
            reasons[effects.names[app]] = str(error)
    refused = effects.refused.assign(reason=_with(effects.refused, reasons))
    return replace(effects, refused=refused, by_intervals=found)


def _with(refused: pd.DataFrame, reasons: dict[str, str]) -> list[str]:
    """Why an app is refused, and why its intervals give no answer either."""
    also = {app: f"; as intervals: {why}" for app, why in reasons.items()}
    pairs = zip(refused["app"], refused["reason"], strict=True)
    return [f"{why}{also.get(app, '')}" for app, why in pairs]


def _between_bounds(frame: pd.DataFrame, app: str) -> bool:
    """Whether a place of the app is known only between bounds on some day."""
    own = frame[frame["unit"] == app]
    bounds = own[["y_lower", "y_upper"]].notna().any(axis=1)
    return bool((own["y"].isna() & bounds).any())


def _answer(study: "Study", frame: pd.DataFrame, app: str, event: str) -> RankResult:
    """The estimate, or the bound, if it has one sign whatever the baseline."""
    size = chart_end(frame)
    intervals = frame.copy(deep=False)
    intervals.attrs = {k: v for k, v in frame.attrs.items() if k != NUMBERS_ONLY}
    design = design_for(study, intervals, app=app, event=event)
    result = _estimate(intervals, design, size)
    if result.is_bound:
        _check_chance(result)
    for name, other in _others(intervals, design, size):
        if _side(other) * _side(result) < 0:
            raise DesignError(
                f"the sign changes with a defensible baseline ({name}), so that no "
                "effect is given"
            )
    return result


def _check_chance(bound: RankResult) -> None:
    """Refuse a bound that unrelated series of the same days have as well.

    It has no sampling error in it, but an app at the chart's edge is on it by chance.
    """
    series, fewest = int(bound.calibration["n"].iloc[0]), round(1 / NEEDED) - 1
    if series < fewest:
        raise DesignError(
            f"{in_words(bound.headline)} on minus log rank, a bound, which needs "
            f"{fewest} unrelated series on the chart to be told from chance, got "
            f"{series}"
        )
    tests = bound.secondary[bound.secondary["test"].str.endswith(AMONG_SERIES)]
    p_value = float(tests["p_value"].iloc[0])
    if _side(bound) == 0 or not p_value <= NEEDED:
        raise DesignError(
            f"{in_words(bound.headline)} on minus log rank, a bound that is not told "
            f"from what unrelated series did on the same days ({p_words(p_value)} of "
            f"this sign, {NEEDED:.1%} needed)"
        )


def _estimate(frame: pd.DataFrame, design: Design, size: int) -> RankResult:
    """An estimate where most days are seen in window and baseline, else a bound."""
    found = rank_event_study(frame, design, chart_size=size)
    hidden = found.censoring[["floor", "ceiling"]].sum(axis=1)
    spans = design.baseline, design.window_days
    if all(hidden[first:last].mean() <= MOSTLY for first, last in spans):
        return found
    return rank_event_study(frame, design, chart_size=size, bound=True)


def _others(
    frame: pd.DataFrame, design: Design, size: int
) -> Iterator[tuple[str, RankResult]]:
    """The same against other baselines, where those are long enough."""
    for name, days in default_baselines(design).items():
        try:
            yield name, _estimate(frame, design.but(baseline=days), size)
        except MigrationError:  # too short, or no bound there: it speaks for no sign
            continue


def _side(result: RankResult) -> int:
    """1 of better places, -1 of worse, 0 where a bound holds both."""
    head = result.headline
    if not result.is_bound:
        return int(np.sign(head["estimate"]))
    return int(head["conf_low"] > 0) - int(head["conf_high"] < 0)


def chart_end(frame: pd.DataFrame) -> int:
    """Last place that a chart shows, from the bounds of a frame of places.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`migration.outcomes.to_outcome`, ``"minus_log_rank"``, of one chart.

    Raises
    ------
    DesignError
        Where places end at several numbers, or are averages of several charts.
    """
    low, high = frame["y_lower"].to_numpy(float), frame["y_upper"].to_numpy(float)
    off = np.isneginf(low) & np.isfinite(high)
    ends = np.exp(-high[off]) if off.any() else np.exp(-low[np.isfinite(low)])
    last = np.unique(np.round(ends - 0.5, 3))[-1:] if len(ends) else np.array([])
    one_chart = not off.any() or np.ptp(ends) < CLOSE * ends.max()
    whole = len(last) == 1 and abs(last[0] - round(last[0])) < CLOSE * last[0]
    if not (one_chart and whole) or "averaged" in frame.attrs:
        raise DesignError(
            "intervals of places need one chart that ends at one place, got an average "
            "of markets, or charts of several lengths: ask of one market"
        )
    return max(round(float(last[0])), 2)
