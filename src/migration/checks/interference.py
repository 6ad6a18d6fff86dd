"""What somebody else's outage did to an estimate: its sign, and with and without it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from migration.clock import touched_days
from migration.design import (
    ONE_DAY,
    Days,
    Design,
    check_outcome,
    design_for,
    zone_for,
)
from migration.design.days import as_days
from migration.errors import DesignError, MigrationError
from migration.estimators.choices import check_design
from migration.estimators.finish import check_finite, decide_row
from migration.estimators.path_options import PathOptions
from migration.estimators.path_track import (
    Track,
    check_controls,
    column,
    make_track,
    rule_contrast,
)
from migration.inference.arrays import Mask
from migration.inference.rule import ALPHA, decide
from migration.inference.sample import arrange
from migration.panel import is_simulated
from migration.results import COLUMNS, CheckResult

if TYPE_CHECKING:
    from migration.study import Study

AROUND = 3
WHOLE, REST, ALONE = "all days", "without them", "those days less those around them"
REFUSED = "refused"
TABLE = ["app", "days", "first_day", "last_day", *COLUMNS, "why"]


def without_days(
    frame: pd.DataFrame,
    designs: Mapping[str, Design],
    *,
    days: tuple[Any, Any],
    what: str = "those days",
) -> CheckResult:
    """Estimate each app's window with and without some days, and those days alone.

    Parameters
    ----------
    frame : DataFrame
        Long; left as it is.
    designs : mapping of app to Design
    days : (first, last)
        Of an outage, say. They may begin before the window.
    what : str
        What happened on them, for the sentence.

    Returns
    -------
    CheckResult
        ``frame``: three rows an app by the rule: the window, the window without the
        days, and the days' mean effect less that of the three days before and the three
        after them, of counts in logs like the others: what the days did, where the path
        is straight over all nine; a step or a peak among them is part of it. An app
        that the data cannot answer for is a row with the reason. ``passed`` is False
        where leaving the days out changes a sign or what is told from zero.

    Raises
    ------
    DesignError
        For no design, days that are none, or days that no window holds.
    """
    first, last = as_days(days, "days")
    _check(designs, (first, last))
    rows = [
        row
        for app, design in designs.items()
        for row in _tried(frame, design, (first, last), app)
    ]
    found = pd.DataFrame(rows, columns=TABLE)
    told, stable = _told(found)
    return CheckResult(
        check="without some days",
        question=(
            f"Does the estimate rest on the days {first:%F} to {last:%F} ({what})?"
        ),
        answer=told,
        passed=stable,
        frame=found,
        simulated=is_simulated(frame),
    )


def outage_interference(
    study: "Study",
    frame: pd.DataFrame,
    *,
    apps: Iterable[str],
    event: str | None,
    outage: str | None,
) -> CheckResult:
    """:func:`without_days` for an outage and the apps of a study.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome; counts are taken as a ratio of means.
    apps : iterable of str
        Ids: the app that was down and its rivals. One that the data cannot answer for
        is a row with the reason.
    event : str
        The event whose window holds days of the outage.
    outage : str or None
        An event of the study with a first and a last day. Where the study knows of
        none, or there is no such ``event``, nothing is asked, and the answer says so.

    Raises
    ------
    StudyError
        If the study has no event of the outage's name.
    """
    check_outcome(frame)
    down = None if outage is None else study.event(outage)
    if event is None or down is None:
        return _no_outage(study, simulated=is_simulated(frame))
    zone = zone_for(study, str(frame.attrs["source"]))
    days = touched_days(down, zone)
    counted = frame.attrs.get("outcome") == "count"
    told = {"estimand": "log ratio of means"} if counted else {}
    designs, refused = _designs(study, frame, apps, (event, told))
    found = without_days(frame, designs, days=days, what=down.label)
    table = pd.concat([found.frame, pd.DataFrame(refused, columns=TABLE)])
    return CheckResult(
        check="interference of an outage",
        question=found.question,
        answer=found.answer,
        passed=found.passed,
        frame=table.reset_index(drop=True) if refused else found.frame,
        simulated=found.simulated,
    )


def _designs(
    study: "Study",
    frame: pd.DataFrame,
    apps: Iterable[str],
    asked: tuple[str, dict[str, Any]],
) -> tuple[dict[str, Design], list[dict[str, Any]]]:
    """A design by the app's name, and rows of those that have none."""
    event, told = asked
    designs, refused = {}, []
    for app in apps:
        name = study.app(app).name
        try:
            designs[name] = design_for(study, frame, app=app, event=event, **told)
        except DesignError as error:
            refused.append(_refused(name, error))
    return designs, refused


def _no_outage(study: "Study", *, simulated: bool) -> CheckResult:
    return CheckResult(
        check="interference of an outage",
        question="Does the estimate rest on the days of an outage?",
        answer=(
            f"not asked: {study.id} has no outage in these windows, and nobody is "
            "known to have been down"
        ),
        passed=None,
        frame=pd.DataFrame(columns=TABLE),
        simulated=simulated,
    )


def _check(designs: Mapping[str, Design], days: Days) -> None:
    if not designs:
        raise DesignError("without_days needs one design or more, got none")
    first, last = days
    for app, design in designs.items():
        check_design(design)
        start, end = design.window_days
        if last < start or first > end or (first <= start and end <= last):
            raise DesignError(
                f"the window of {app}, {start:%F} to {end:%F}, needs to hold some of "
                f"the days {first:%F} to {last:%F} and others too"
            )


def _refused(app: str, error: MigrationError) -> dict[str, Any]:
    return {"app": app, "days": REFUSED, "why": str(error)}


def _tried(
    frame: pd.DataFrame, design: Design, days: Days, app: str
) -> list[dict[str, Any]]:
    try:
        return _rows(frame, design, days, app)
    except MigrationError as error:
        return [_refused(app, error)]


def _rows(
    frame: pd.DataFrame, design: Design, days: Days, app: str
) -> list[dict[str, Any]]:
    check_controls(design)
    ratio = design.estimand == "log ratio of means"
    options = PathOptions(estimator="poisson" if ratio else "ols", noise="ar1")
    sample = arrange(frame, design)
    track = make_track(sample, options)
    out = sample.span(*days)
    whole = rule_contrast(track, sample.window)
    check_finite(sample, whole, design)
    start, end = design.window_days
    told = {"app": app, "first_day": start, "last_day": end}
    left = decide(rule_contrast(track, sample.window & ~out))
    return [
        {**told, "days": WHOLE, **decide_row(whole)},
        {**told, "days": REST, **{name: getattr(left, name) for name in COLUMNS}},
        _alone(track, out, days) | {"app": app},
    ]


def _alone(track: Track, out: Mask, days: Days) -> dict[str, Any]:
    """The days' mean effect less that of the days around them, which share the rest."""
    s, reach = track.sample, ONE_DAY * AROUND
    near = s.span(days[0] - reach, days[1] + reach) & ~out
    row = {"days": ALONE, "first_day": days[0], "last_day": days[1]}
    if s.baseline[near].any():
        return row | {"why": "the days around them reach into the baseline"}
    # The path's own effects: of counts in logs, whose error no level changes.
    means = track.means(np.array([out / out.sum(), near / near.sum()]))
    found = means.combine(np.array([[1.0, -1.0]]))
    if np.isnan(found.beta[0, 0]):
        return row | {"why": "the series has no number on all of them"}
    verdict = decide(column(found, 0))
    return row | {name: getattr(verdict, name) for name in COLUMNS}


def _told(found: pd.DataFrame) -> tuple[str, bool | None]:
    """The signs of the days alone, and whether leaving them out changes a finding."""
    rows = found[found["estimate"].notna()]
    if rows.empty:
        return f"no app has a number: {'; '.join(found['why'].dropna())}", None
    alone = rows[rows["days"] == ALONE]
    low, high = alone["conf_low"] > 0, alone["conf_high"] < 0
    told = [f"{row['app']} ({row['estimate']:+.2g})" for _, row in alone.iterrows()]
    named = pd.Series(told, index=alone.index, dtype=object)
    sides = {
        "higher than those around them": named[low],
        "lower than those around them": named[high],
        "not told from those around them": named[~low & ~high],
    }
    said = "; ".join(f"{k}: {', '.join(v)}" for k, v in sides.items() if len(v))
    both = rows[rows["days"] != ALONE].pivot(index="app", columns="days")
    sign = np.sign(both["estimate"]).mul(both["p_value"] <= ALPHA)
    moved = [str(app) for app in sign.index[sign[WHOLE] != sign[REST]]]
    rest = f"leaving the days out changes what is found for {', '.join(moved)}"
    if not moved:
        rest = "leaving the days out changes no sign and nothing that is told from zero"
    return f"those days alone: {said or 'nothing can be said'}; {rest}", not moved
