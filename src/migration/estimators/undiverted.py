"""Whom the loss went to where that can be told, else why no such number is given."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from migration.errors import DesignError, MigrationError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.diversion import DiversionResult, diversion
from migration.estimators.diversion_ratios import EVERY
from migration.estimators.diverted import designs_of
from migration.outcomes import PLACES
from migration.panel import is_simulated

if TYPE_CHECKING:
    from migration.design import Design
    from migration.study import Study

NO_COUNTS = (
    "a rank is an order and no count: what one app gained cannot be set against what "
    "another lost, and no quantity of migration is computed"
)


@dataclass(frozen=True, kw_only=True)
class NoDiversion:
    """That no changes in counts are given, and why.

    Attributes
    ----------
    origin : str
        The app that people may have left.
    reason : str
    simulated : bool
    """

    origin: str
    reason: str
    simulated: bool = False

    @property
    def answer(self) -> str:
        """The reason, as a finding."""
        return f"not computed: {self.reason}"


def diversion_or_reason(
    study: "Study", frame: pd.DataFrame, *, event: str
) -> DiversionResult | NoDiversion:
    """:func:`migration.estimators.diverted.diversion_for`, or why there is none.

    A destination that the data cannot answer for is left out, and named with the reason
    in ``refused``. Without the origin, or without any destination, nothing is computed;
    nor is it from ranks.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome, as :func:`migration.outcomes.series_outcome` gives it with
        ``logs=False``.
    event : str
    """
    apps = [a for a in study.apps if a.role in ("origin", "destination")]
    origins = [a.name for a in apps if a.role == "origin"]
    none = NoDiversion(
        origin=", ".join(origins), reason="", simulated=is_simulated(frame)
    )
    if frame.attrs.get("outcome") == PLACES:
        return replace(none, reason=NO_COUNTS)
    try:
        designs = designs_of(study, frame, event=event)
        return _of_those_that_can(frame, designs, origins[0])
    except MigrationError as error:
        return replace(none, reason=str(error))


def _of_those_that_can(
    frame: pd.DataFrame, designs: dict[str, "Design"], origin: str
) -> DiversionResult:
    """Of all apps, else of the origin and the destinations that have an answer."""
    try:
        return diversion(frame, designs, origin=origin)
    except MigrationError:
        refused = _refused(frame, designs)
        left = {app: made for app, made in designs.items() if app not in refused}
        if not refused:
            raise
        if origin in refused or len(left) < 2:
            raise DesignError(_told(refused)) from None
        found = diversion(frame, left, origin=origin)
        return _partly(found, refused)


def _partly(found: DiversionResult, refused: dict[str, str]) -> DiversionResult:
    """Of those that are counted: a sum of the rest is not of all."""
    counted = f"{EVERY} that are counted"
    return replace(
        found,
        refused=refused,
        ratios=found.ratios.replace({"app": {EVERY: counted}}),
        findings=tuple(said.replace(EVERY, counted) for said in found.findings),
    )


def _refused(frame: pd.DataFrame, designs: dict[str, "Design"]) -> dict[str, str]:
    """Why apps have no answer by themselves."""
    found = {}
    for app, made in designs.items():
        try:
            window_effect(frame, made)
        except MigrationError as error:
            found[app] = str(error)
    return found


def _told(refused: dict[str, str]) -> str:
    return "; ".join(f"{app}: {reason}" for app, reason in refused.items())
