"""Whom the origin's loss went to, for the origin and the destinations of a study."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.design import Design, design_for
from migration.errors import DesignError
from migration.estimators.diversion import DiversionResult, diversion

if TYPE_CHECKING:
    from migration.study import Study


def diversion_for(
    study: "Study", frame: pd.DataFrame, *, event: str, **changes: Any
) -> DiversionResult:
    """The same for the origin and the destinations of a study.

    Parameters
    ----------
    study : Study
        With one origin.
    frame : DataFrame
        Counts, as ``to_outcome(panel, "count")`` gives them.
    event : str
    changes
        ``market`` and fields of the design, as in
        :func:`migration.design.design_for`.
    """
    designs = designs_of(study, frame, event=event, **changes)
    (origin,) = [app.name for app in study.apps if app.role == "origin"]
    return diversion(frame, designs, origin=origin)


def designs_of(
    study: "Study", frame: pd.DataFrame, *, event: str, **changes: Any
) -> dict[str, Design]:
    """Designs of the one origin and of the destinations, by the app's name."""
    roles = {app.id: app.role for app in study.apps}
    origins = [app for app, role in roles.items() if role == "origin"]
    if len(origins) != 1:
        raise DesignError(f"diversion_for needs one origin, the study has {origins}")
    shared = {"estimand": "log ratio of means"} | changes
    apps = [a for a, role in roles.items() if role in ("origin", "destination")]
    return {
        study.app(a).name: design_for(study, frame, app=a, event=event, **shared)
        for a in apps
    }
