"""The effect of an average of markets without each market in turn."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.checks.each import Checked
from migration.checks.influence import InfluenceResult, Part, influence_of
from migration.design import NUMBERS_ONLY, Design, design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.abnormal_interest import window_effect
from migration.outcomes import default_outcome, to_outcome
from migration.panel import is_simulated

if TYPE_CHECKING:
    from migration.study import Study

FEWEST_MARKETS = 3


def without_each_market(
    study: "Study",
    panel: pd.DataFrame,
    *,
    apps: Iterable[str],
    event: str,
    kind: str | None = None,
) -> Checked[InfluenceResult]:
    """Average a source's markets again without each of them, and estimate each time.

    The market goes out of the app's average and out of those of the unrelated series.
    Markets that the study doubts are in no average (see ``contaminated_markets``). The
    days are those of the whole average, whose markets may have other time zones.

    Parameters
    ----------
    study : Study
    panel : DataFrame
        One source and metric, by market, as ``load_panel`` gives it.
    apps : iterable of str
        Ids in the study.
    event : str
    kind : str, optional
        As in :func:`migration.outcomes.to_outcome`; by default the metric's own, as
        :func:`migration.outcomes.default_outcome` says.

    Returns
    -------
    Checked
        Results by the app's name, as of :func:`leave_one_out`, and in ``refused`` what
        a source with fewer than three markets would need.
    """
    results, refused = {}, []
    asked = kind or default_outcome(str(panel["metric"].iloc[0]))
    for app in apps:
        name = study.app(app).name
        try:
            results[name] = _without(study, panel, (app, event), asked)
        except MigrationError as error:
            refused.append({"app": name, "reason": str(error)})
    return Checked(results, pd.DataFrame(refused, columns=["app", "reason"]))


def _without(
    study: "Study", panel: pd.DataFrame, asked: tuple[str, str], kind: str
) -> InfluenceResult:
    frame = to_outcome(panel, kind, over_markets=True)
    frame.attrs[NUMBERS_ONLY] = True  # a mean needs numbers, whatever the outcome
    codes = frame.attrs.get("averaged", ())
    if len(codes) < FEWEST_MARKETS:
        raise DesignError(
            f"out of reach: leaving a market out needs {FEWEST_MARKETS} markets or "
            f"more that the study does not doubt, {str(frame.attrs['source'])!r} has "
            f"{len(codes)} to average. Bring a source by market for the same days"
        )
    app, event = asked
    design = design_for(study, frame, app=app, event=event)
    _, contrast = window_effect(frame, design)
    parts = _parts(to_outcome(panel, kind), design, codes)
    return influence_of(contrast, parts, "markets", simulated=is_simulated(frame))


def _parts(frame: pd.DataFrame, design: Design, codes: list[str]) -> Iterator[Part]:
    """The contrast of the mean over all other markets, a day that one lacks missing."""
    units = [*design.treated, *design.controls]
    wide = frame.pivot(index="period", columns="unit", values="y")
    names = [f"{unit}:{code}" for code in codes for unit in units]
    y = wide[names].to_numpy().reshape(len(wide), len(codes), len(units))
    for place, code in enumerate(codes):
        mean = np.delete(y, place, axis=1).mean(axis=1)
        left = pd.DataFrame(
            mean, index=wide.index, columns=pd.Index(units, name="unit")
        )
        long = left.melt(ignore_index=False, value_name=design.outcome).reset_index()
        yield code, window_effect(long, design)[1]
