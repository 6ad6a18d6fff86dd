"""What may stand beside an estimate: attention and published figures, or their want."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from migration.sources import published
from migration.sources.gather import load_ledger, load_panel
from migration.sources.here import is_here, not_here_yet
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

ATTENTION = ("views", "rank")


@dataclass(frozen=True, eq=False)
class Beside:
    """Other measures of the same episode.

    Attributes
    ----------
    panels : tuple of DataFrame
        One source and metric each.
    ledger : DataFrame or None
        Published figures, where the study names its apps in the ledger.
    absent : mapping of str to str
        Source to the reason for which it says nothing.
    """

    panels: tuple[pd.DataFrame, ...]
    ledger: pd.DataFrame | None
    absent: Mapping[str, str]

    @property
    def used(self) -> tuple[pd.DataFrame, ...]:
        """Every frame that was found, for the card's vintages."""
        return (*self.panels, *([] if self.ledger is None else [self.ledger]))


def load_beside(
    study: "Study",
    *,
    attention: str | None = None,
    workspace: Workspace | None = None,
) -> Beside:
    """Load views and ranks of one source and the ledger, as far as a study has them.

    Parameters
    ----------
    study : Study
    attention : str, optional
        Source of views and ranks; by default the first of Wikipedia that the study has
        enabled. One that the study does not have, or of which nothing is here, is named
        in ``absent``.
    workspace : Workspace, optional
    """
    absent = {}
    panels: tuple[pd.DataFrame, ...] = ()
    attention = attention or _of_wikipedia(study)
    if attention is None:
        pass  # the study names no source of it, and is not asked for one
    elif attention not in {spec.id for spec in study.sources}:
        absent[attention] = f"{study.id} has no source {attention!r}"
    elif not is_here(study, attention, workspace):
        absent[attention] = not_here_yet(study, attention)
    else:
        known = study.source(attention).metrics
        panels = tuple(
            load_panel(study, source=attention, metric=metric, workspace=workspace)
            for metric in ATTENTION
            if metric in known
        )
    named = any(published.SOURCE in app.ids for app in study.apps)
    if not named:
        absent[published.SOURCE] = f"{study.id} names no app in the ledger"
    ledger = load_ledger(workspace=workspace) if named else None
    return Beside(panels, ledger, absent)


def _of_wikipedia(study: "Study") -> str | None:
    enabled = [spec.id for spec in study.sources if spec.enabled]
    return next((name for name in enabled if name.startswith("wikipedia_")), None)
