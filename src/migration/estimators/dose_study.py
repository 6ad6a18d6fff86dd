"""The dose contrast for apps of a study: a group of its markets against the others."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from migration.design import design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.apps import NO_EVENT, AppEffects
from migration.estimators.dose_contrast import DoseResult, dose_contrast
from migration.estimators.dose_markets import FEWEST_REGIONS

if TYPE_CHECKING:
    from migration.study import Study


def dose_contrast_for(
    study: "Study",
    frame: pd.DataFrame,
    *,
    apps: Iterable[str],
    event: str | None,
    group: Iterable[str] | None,
) -> AppEffects:
    """Ask whether apps changed more in some markets of a study than in the others.

    The dose is 1 in the markets of the group and 0 elsewhere; each market is its own
    region. Markets that the study doubts take no part outside the group; in it they
    do, because what sets the group apart may be the doubt, and a warning names them.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome by market, as ``to_outcome(panel, "count")`` gives it; counts are
        taken as a ratio of means.
    apps : iterable of str
        Ids in the study.
    event : str or None
        None, where the study has no such event, refuses every app and says so.
    group : iterable of str or None
        Codes or groups of the study, declared before the outcome is seen; by default
        the group that the study declares first. Without one every app is refused.

    Returns
    -------
    AppEffects
        A :class:`migration.estimators.dose_contrast.DoseResult` by app. An app whose
        series have no markets is in ``refused``, with what it would take.

    Raises
    ------
    StudyError
        For an app, market or group that the study does not know.
    """
    asked = list(study.groups)[:1] if group is None else group
    struck = set(study.expand(asked))
    names = {app: study.app(app).name for app in apps}
    results, refused = {}, []
    for app, name in names.items():
        try:
            results[app] = _one(study, frame, (app, event), struck)
        except MigrationError as error:
            refused.append({"app": name, "reason": str(error)})
    return AppEffects(results, pd.DataFrame(refused, columns=["app", "reason"]), names)


def _one(
    study: "Study", frame: pd.DataFrame, asked: tuple[str, str | None], struck: set[str]
) -> DoseResult:
    app, event = asked[0], _event(study, asked[1], struck)
    codes = _markets(study, frame, app, struck)
    source = study.source(str(frame.attrs["source"]))
    held = set(frame["unit"].astype(str))
    listed = [f"{c}:{m}" for c in source.controls for m in codes]
    counted = frame.attrs.get("outcome") == "count"
    design = design_for(
        study,
        frame,
        app=app,
        event=event,
        treated=[f"{app}:{code}" for code in codes],
        controls=[unit for unit in listed if unit in held],
        **({"estimand": "log ratio of means"} if counted else {}),
    )
    dose = {code: float(code in struck) for code in codes}
    found = dose_contrast(frame, design, dose=dose)
    doubted = [c for c in codes if c in frame.attrs.get("contaminated", {})]
    if not doubted:
        return found
    said = f"{len(doubted)} markets of the group are doubted: {', '.join(doubted)}"
    return replace(found, warnings=(*found.warnings, said))


def _event(study: "Study", event: str | None, struck: set[str]) -> str:
    """The event, where there is one and a group of markets to compare."""
    if event is None:
        raise DesignError(NO_EVENT)
    if not struck:
        raise DesignError(
            "out of reach: needs a group of markets set against the others, and "
            f"{study.id} declares none; add one under [groups]"
        )
    return event


def _markets(
    study: "Study", frame: pd.DataFrame, app: str, struck: set[str]
) -> list[str]:
    """Markets that hold the app, without the doubted ones outside the group."""
    doubted = set(frame.attrs.get("contaminated", {})) - struck
    held = set(frame["unit"].astype(str))
    codes = [
        m.code
        for m in study.markets
        if f"{app}:{m.code}" in held and m.code not in doubted
    ]
    inside = [code for code in codes if code in struck]
    if len(codes) < FEWEST_REGIONS or len(inside) in (0, len(codes)):
        source = frame.attrs.get("source", "")
        raise DesignError(
            f"out of reach: needs a series of {app!r} in {FEWEST_REGIONS} markets or "
            f"more, better 10 on each side, some in {', '.join(sorted(struck)[:5])} "
            f"and the like and some elsewhere; {source!r} has {len(codes)} markets, "
            f"{len(inside)} of the group. Bring a source by market (places on a "
            "store's charts, search interest) for the same days"
        )
    return codes
