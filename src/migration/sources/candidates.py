"""Series of a researcher's files that the study names as nothing: controls, perhaps.

A control is a judgement: a series that has nothing to do with the event. Here is only
told which series there are, and which of them could not serve whatever they are of.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import CannotAsk, MigrationError
from migration.sources.gather import Only, load_panel, read_raw
from migration.sources.here import is_here
from migration.sources.registry import MODULES, module_of
from migration.sources.totals import totals_among
from migration.sources.unused import why_unused
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

COLUMNS = [
    *("series", "named", "metrics", "markets", "first", "last"),
    *("used_by", "fault"),
]


def load_candidates(
    study: "Study",
    *,
    source: str = "own_csv",
    market: str | None = None,
    workspace: Workspace | None = None,
) -> pd.DataFrame:
    """Every series of a study's own files that is none of its apps.

    Parameters
    ----------
    study : Study
    source : str
        A source of files whose series the study chooses from.
    market : str, optional
        Asked for reports of this market; by default for those of the average over all.
    workspace : Workspace, optional

    Returns
    -------
    DataFrame
        One row a series: ``series`` (what a file calls it), ``named`` (a control of
        the study already), ``metrics``, ``markets`` (how many), ``first`` and ``last``
        day, ``used_by`` (metrics whose reports are held against it), and ``fault``: why
        reports of the study's first metric in the files would leave it out, over the
        baseline and the windows of the focal events, or that it is a total, which holds
        the study's apps; empty where they use it and may. A place
        off a chart and a figure such as "<5" are bounds, and no number of a day.

    Raises
    ------
    StudyError
        The study has no such source.
    SourceError
        The source has no such files, nothing of it is here, or it cannot be read.
    PanelError, DesignError
        No report can be made of them, whatever the controls.
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
    names = others_in(read_raw(source, study=study, workspace=workspace), study)
    named = (*spec.controls, *names)
    asked = _with_controls(study, source, named)
    only: Only = {"markets": [market]} if market else {}
    panel = load_panel(asked, source=source, workspace=workspace, **only)
    metrics = [one for one in spec.metrics if (panel["metric"] == one).any()]
    against = {one: _against(asked, _of_metric(panel, one), named) for one in metrics}
    rows = panel[panel["app"].isin(named)]
    rows.attrs = {}  # each group would copy them
    told = [
        [name, name in spec.controls, *_row(own, against)]
        for name, own in rows.groupby("app", sort=True, observed=True)
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


def _with_controls(study: "Study", source: str, names: tuple[str, ...]) -> "Study":
    """The study with all of these as the controls of a source."""
    known = replace(study.source(source), controls=names)
    sources = tuple(known if one.id == source else one for one in study.sources)
    return replace(study, sources=sources)


def _against(
    study: "Study", panel: pd.DataFrame, names: tuple[str, ...]
) -> dict[str, str]:
    """Why reports leave a series out, or ought not to be held against it."""
    return totals_among(panel, names) | why_unused(study, panel, names)


def _of_metric(panel: pd.DataFrame, metric: str) -> pd.DataFrame:
    own = panel[panel["metric"] == metric]
    own.attrs = panel.attrs
    return own


def _row(rows: pd.DataFrame, against: Mapping[str, Mapping[str, str]]) -> list[object]:
    name = str(rows["app"].iloc[0])
    faults = {metric: found.get(name, "") for metric, found in against.items()}
    return [
        ", ".join(sorted(rows["metric"].unique())),
        rows["market"].nunique(),
        rows["period"].min(),
        rows["period"].max(),
        ", ".join(metric for metric, fault in faults.items() if not fault),
        next(iter(faults.values())),
    ]
