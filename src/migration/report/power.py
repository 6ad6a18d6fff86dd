"""What a study's data could show: loaded and judged, not rendered."""

from collections.abc import Sequence

from migration.checks.power_before import power_before
from migration.errors import DesignError
from migration.outcomes import default_outcome, series_outcome
from migration.results import CheckResult
from migration.sources import load_panel
from migration.study import Study
from migration.workspace import Workspace


def power_of(
    study: Study,
    workspace: Workspace,
    *,
    event: str | None = None,
    apps: Sequence[str] = (),
    source: str | None = None,
) -> CheckResult:
    """What each app and design could find, from the days before an event.

    Parameters
    ----------
    study : Study
    workspace : Workspace
    event : str, optional
        By default the study's first focal event.
    apps : sequence of str
        By default the origins and destinations.
    source : str, optional
        By default the study's first; its first metric is used, and several
        markets are averaged.

    Raises
    ------
    StudyError, DesignError
        For what the study does not know, or where it has no focal event.
    """
    spec = study.source(source or study.sources[0].id)
    chosen = event or next((e.id for e in study.events if e.role == "focal"), None)
    if chosen is None:
        raise DesignError(
            f"power needs a focal event, the study {study.id!r} has none; declare "
            'one with role = "focal" in its file'
        )
    panel = load_panel(
        study, source=spec.id, metric=spec.metrics[0], workspace=workspace
    )
    frame = series_outcome(panel, over_markets=True)
    return power_before(study, frame, event=chosen, apps=apps or None)


def scale_of(study: Study, source: str | None = None) -> str:
    """What the sizes are of, in one sentence."""
    spec = study.source(source or study.sources[0].id)
    if default_outcome(spec.metrics[0]) == "minus_log_rank":
        return (
            "sizes are in log points, the change of minus the log of the place: after "
            "a gain of 0.1 the place is 0.90 of what it was, after a loss of 0.1 1.11"
        )
    return (
        "sizes are in log points, the change of the log count: a gain of 0.1 is 11%, a "
        "loss of 0.1 is 10%"
    )


def why_lines(found: CheckResult) -> list[str]:
    """Why an app has no size, a line each: too long for a column of a terminal."""
    told = found.frame[found.frame["why"] != ""]
    designs = found.frame["design"].nunique()
    lines = []
    for (app, why), rows in told.groupby(["app", "why"], sort=False):
        which = "" if len(rows) == designs else f", {', '.join(rows['design'])}"
        lines.append(f"{app}{which}: {why}")
    return lines
