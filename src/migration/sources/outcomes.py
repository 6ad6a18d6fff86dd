"""Every outcome that a source's counts and ranks make, for methods that need each."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.outcomes import is_rank, to_outcome
from migration.sources.gather import load_panel
from migration.sources.registry import module_of
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

COUNTS = ("log_count", "count")
RANK = "rank"


def load_outcomes(
    study: "Study",
    *,
    source: str,
    metric: str | None = None,
    workspace: Workspace | None = None,
) -> dict[str, pd.DataFrame]:
    """Load a source's counts, their logs and its ranks as outcomes, by kind.

    Parameters
    ----------
    study : Study
    source : str
        A source of the study.
    metric : str, optional
        The counts; the source's first metric by default. Several markets are averaged.
        Of ranks no counts are made.
    workspace : Workspace, optional

    Returns
    -------
    dict of str to DataFrame
        ``log_count``, ``count`` and, where the source has ranks of one market,
        ``minus_log_rank`` with ``attrs["chart_size"]``, the last place that is known:
        the study's option of that name, the place before those off the chart, or the
        largest rank seen.
    """
    spec = study.source(source)
    panel = load_panel(
        study, source=source, metric=metric or spec.metrics[0], workspace=workspace
    )
    counted = () if is_rank(metric or spec.metrics[0]) else COUNTS
    made = {kind: to_outcome(panel, kind, over_markets=True) for kind in counted}
    if RANK in spec.metrics and _are_here(study, source, workspace):
        ranks = load_panel(study, source=source, metric=RANK, workspace=workspace)
        if ranks["market"].nunique() == 1:
            frame = to_outcome(ranks, "minus_log_rank")
            frame.attrs["chart_size"] = int(
                spec.options.get("chart_size", _last_place(ranks))
            )
            made["minus_log_rank"] = frame
    return made


def _are_here(study: "Study", source: str, workspace: Workspace | None) -> bool:
    """Whether ranks are among what a source has, where that is not certain."""
    if not getattr(module_of(source), "ANY_METRIC", False):
        return True
    panel = load_panel(study, source=source, workspace=workspace)
    return RANK in set(panel["metric"])


def _last_place(ranks: pd.DataFrame) -> float:
    off = ranks.loc[np.isinf(ranks["upper"]), "lower"]
    if len(off):
        return float(off.max()) - 1
    seen = ranks[["value", "upper"]].to_numpy(dtype=float)
    return float(seen[np.isfinite(seen)].max())
