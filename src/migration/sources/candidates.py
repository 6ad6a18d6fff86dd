"""Series of a researcher's files that the study names as nothing: controls, perhaps.

A control is a judgement: a series that has nothing to do with the event. Here is only
told which series there are, and which of them could not serve whatever they are of.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.clock import event_day
from migration.errors import CannotAsk, MigrationError
from migration.sources.gather import read_raw
from migration.sources.here import is_here
from migration.sources.own_csv.said import is_rank
from migration.sources.registry import MODULES, module_of
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

COLUMNS = ["series", "named", "metrics", "markets", "first", "last", "fault"]


def load_candidates(
    study: "Study", *, source: str = "own_csv", workspace: Workspace | None = None
) -> pd.DataFrame:
    """Every series of a study's own files that is none of its apps.

    Parameters
    ----------
    study : Study
    source : str
        A source of files whose series the study chooses from.
    workspace : Workspace, optional

    Returns
    -------
    DataFrame
        One row a series: ``series`` (what a file calls it), ``named`` (a control of
        the study already), ``metrics``, ``markets`` (how many), ``first`` and ``last``
        day, and ``fault``: why it cannot serve over the baseline and the windows of
        the focal events, empty where it can.

    Raises
    ------
    StudyError
        The study has no such source.
    SourceError
        The source has no such files, nothing of it is here, or it cannot be read.
    """
    spec = study.source(source)
    others_in = (
        getattr(module_of(source), "others", None) if source in MODULES else None
    )
    if others_in is None:
        raise CannotAsk(
            f"the series of {source!r} are asked for by name: put the names of "
            "unrelated ones under controls of the source in the study"
        )
    raw = read_raw(source, study=study, workspace=workspace)
    names = tuple(others_in(raw, study))
    known = replace(spec, controls=(*spec.controls, *names))
    sources = tuple(known if one.id == source else one for one in study.sources)
    panel = module_of(source).panel(raw, replace(study, sources=sources))
    rows = panel[panel["app"].isin([*spec.controls, *names])]
    rows = rows[rows["metric"].isin(spec.metrics)]
    days = _days(study, spec.zone)
    told = [
        _row(str(name), own, days, named=name in spec.controls)
        for name, own in rows.groupby("app", sort=True)
    ]
    return pd.DataFrame(told, columns=COLUMNS)


def count_candidates(study: "Study", source: str, workspace: Workspace | None) -> int:
    """How many series could be controls, of a study that names none; else 0."""
    has_others = source in MODULES and hasattr(module_of(source), "others")
    if study.source(source).controls or not has_others:
        return 0
    try:
        if not is_here(study, source, workspace):
            return 0
        found = load_candidates(study, source=source, workspace=workspace)
    except MigrationError:
        return 0  # what is wrong with the files is told by whoever reads them
    return int((found["fault"] == "").sum())


def _days(study: "Study", zone: str) -> pd.DatetimeIndex:
    """The baseline and the windows of the focal events."""
    spans = [pd.date_range(study.baseline.start, study.baseline.end)]
    for event in study.events:
        if event.role == "focal" and event.window:
            zero = pd.Timestamp(event_day(event, zone).day_zero)
            first, last = (zero + pd.Timedelta(days=n) for n in event.window)
            spans.append(pd.date_range(first, last))
    return pd.DatetimeIndex(np.unique(np.concatenate(spans)))


def _row(
    name: str, rows: pd.DataFrame, days: pd.DatetimeIndex, *, named: bool
) -> list[object]:
    faults = {
        _fault(own, days)
        for _, own in rows.groupby(["metric", "market"], observed=True)
    }
    return [
        name,
        named,
        ", ".join(sorted(rows["metric"].unique())),
        rows["market"].nunique(),
        rows["period"].min(),
        rows["period"].max(),
        "" if "" in faults else min(faults),
    ]


def _fault(rows: pd.DataFrame, days: pd.DatetimeIndex) -> str:
    """Why a series of one metric and market cannot be a control; empty if it can."""
    if is_rank(str(rows["metric"].iloc[0])):
        known = rows.set_index("period")["lower"].reindex(days)
    else:
        known = rows.set_index("period")["value"].reindex(days)
    if lack := int(known.isna().sum()):
        return f"no figure on {lack} of {len(days)} days of the baseline and windows"
    if zeros := int((known <= 0).sum()):
        return f"zero on {zeros} of {len(days)} days of the baseline and windows"
    return ""
