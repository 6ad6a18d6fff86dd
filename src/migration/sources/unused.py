"""Series that a study's reports are not held against, by the reports' own rule."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.design import Design, design_for
from migration.design.seen import LEADS
from migration.design.unrelated import STILL, why_left_out
from migration.errors import DesignError
from migration.inference.copies import copies
from migration.outcomes import series_outcome

if TYPE_CHECKING:
    from migration.study import Event, Study

SPAN = "days of the baseline and windows"


def why_unused(
    study: "Study", panel: pd.DataFrame, names: Collection[str]
) -> dict[str, str]:
    """Of each series that a report would leave out, or fail over: why.

    Parameters
    ----------
    study : Study
        Its source of the panel names them all as controls.
    panel : DataFrame
        Of :func:`migration.load_panel`, of one metric; several markets are averaged.
    names : collection of str

    Raises
    ------
    PanelError, DesignError
        Where no report can be made of the panel, whatever the controls.
    """
    leads = _leads(study, panel)
    markets = _markets(panel, leads)
    found = _misplaced(panel, names, markets)
    held = [name for name in names if name not in found]
    if not held:
        return found
    every = panel[panel["app"].isin([*leads, *held])]
    every.attrs = panel.attrs
    frame = series_outcome(every, over_markets=True)
    designs = list(_designs(study, frame))
    days = pd.DatetimeIndex(np.unique(np.concatenate([_days(one) for one in designs])))
    every.attrs = {}  # each group would copy them
    inside = every[every["period"].isin(days)]
    series = dict(list(inside.groupby("app", observed=True)))
    for design in _asked(frame, designs, held):
        for name, (why, number) in _against(frame, design, held).items():
            told = f"the same figure on all {number} days of the baseline"
            if why != STILL:
                told = _lack(series.get(name, inside[:0]), len(days), markets)
            found.setdefault(name, told)
    held = [name for name in held if name not in found]
    return found | _copied(frame, designs[0], leads, held)


def _leads(study: "Study", panel: pd.DataFrame) -> list[str]:
    here = set(panel["app"])
    return [app.id for app in study.apps if app.role in LEADS and app.id in here]


def _markets(panel: pd.DataFrame, leads: Collection[str]) -> set[str]:
    """The markets that are averaged: those of the apps that people leave and join."""
    own = panel[panel["app"].isin(leads)] if leads else panel
    here = set(own["market"].unique())
    doubted = set(panel.attrs.get("contaminated", ())) if len(here) > 1 else set()
    return here - doubted or here


def _misplaced(
    panel: pd.DataFrame, names: Collection[str], markets: set[str]
) -> dict[str, str]:
    """Series that are not in the markets of the study's apps, and in no others."""
    doubted = set(panel.attrs.get("contaminated", ()))
    places = panel.groupby("app", observed=True)["market"].unique()
    found = {}
    for name in names:
        has = set(places.get(name, ()))
        if lacks := sorted(markets - has):
            found[name] = f"not in {_listed(lacks)} of {len(markets)} markets averaged"
        elif more := sorted(has - markets - doubted):
            found[name] = f"in {_listed(more)}, too, where the study's apps are not"
    return found


def _listed(codes: list[str]) -> str:
    more = f" and {len(codes) - 3} more" if len(codes) > 3 else ""
    return f"{', '.join(codes[:3])}{more}"


def _designs(study: "Study", frame: pd.DataFrame) -> Iterator[Design]:
    """The design of each focal event that can be asked about, the earliest first."""
    leads = [one.id for one in study.apps if one.role in LEADS]
    lead = next(iter(leads), study.apps[0].id)
    event: Event | None = study.focal()
    refused, made = None, 0
    while event is not None:
        try:
            yield design_for(study, frame, app=lead, event=event.id)
            made += 1
        except DesignError as error:
            refused = refused or error
        event = study.later(event.id)
    if refused is not None and not made:
        raise refused


def _days(design: Design) -> pd.DatetimeIndex:
    return pd.date_range(*design.baseline).union(pd.date_range(*design.window_days))


def _against(
    frame: pd.DataFrame, design: Design, names: Collection[str]
) -> dict[str, tuple[str, int]]:
    spans = [design.baseline, design.window_days]
    return why_left_out(frame, design.outcome, names, spans)


def _asked(
    frame: pd.DataFrame, designs: list[Design], names: Collection[str]
) -> list[Design]:
    """The designs that any series can serve: a file may end before a later event."""
    served = [
        one for one in designs if len(_against(frame, one, names)) < len(set(names))
    ]
    return served or designs


def _lack(rows: pd.DataFrame, days: int, markets: set[str]) -> str:
    """What is not there of a series, in the first market where that is so."""
    places = rows["market"].to_numpy()
    for market in sorted(markets):
        span = f"of {days} {SPAN}{f' in {market}' if len(markets) > 1 else ''}"
        value = rows["value"].to_numpy(dtype=float)[places == market]
        known = ~np.isnan(rows["lower"].to_numpy(dtype=float)[places == market])
        if lack := days - int(known.sum()):
            return f"no figure on {lack} {span}"
        if hidden := int(np.isnan(value).sum()):
            return f"no figure but a bound on {hidden} {span}"
        if zeros := int((value <= 0).sum()):
            return f"zero on {zeros} {span}"
    return f"no figure on some of {days} {SPAN}"


def _copied(
    frame: pd.DataFrame, design: Design, leads: list[str], names: list[str]
) -> dict[str, str]:
    """Series that move as another one, which is kept; a rank would count both."""
    wide = frame.pivot(index="unit", columns="period", values="y")
    own = wide.reindex(index=[*leads, *names], columns=_days(design)).dropna()
    own = own[own.max(axis=1) > own.min(axis=1)]  # still ones are copies by rounding
    return {
        str(own.index[row]): f"moves as {own.index[rows[0]]}, but for level and scale"
        for rows in copies(own.to_numpy(dtype=float))
        for row in rows[1:]
        if own.index[row] in names
    }
