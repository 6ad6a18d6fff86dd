"""How long it lasted, for apps of a study: refusals kept beside results."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from migration.clock import touched_days
from migration.design import design_for, zone_for
from migration.errors import MigrationError
from migration.estimators.persistence import PersistenceResult, persistence

if TYPE_CHECKING:
    from migration.study import Study


class Lasted(dict[str, PersistenceResult]):
    """Results by the app's name, and in ``refused`` why the others have none."""

    def __init__(
        self, results: Mapping[str, PersistenceResult], refused: pd.DataFrame
    ) -> None:
        super().__init__(results)
        self.refused = refused


def persistence_for(
    study: "Study",
    frame: pd.DataFrame,
    *,
    apps: Iterable[str],
    event: str,
    outages: Iterable[str | None] = (),
) -> Lasted:
    """The same for apps of a study, by name, refusals kept beside results.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`.
    apps : iterable of str
        Ids in the study.
    event : str
    outages : iterable of str or None
        Events whose days are left out once; None is none.

    Raises
    ------
    StudyError
        If the study has no event or app of some name.
    """
    zone = zone_for(study, str(frame.attrs["source"]))
    down = [study.event(one) for one in outages if one is not None]
    spans = [touched_days(event, zone) for event in down]
    results, refused = {}, []
    for app in apps:
        name = study.app(app).name
        try:
            design = design_for(study, frame, app=app, event=event)
            results[name] = persistence(frame, design, without=spans)
        except MigrationError as error:
            refused.append({"app": name, "reason": str(error)})
    return Lasted(results, pd.DataFrame(refused, columns=["app", "reason"]))
