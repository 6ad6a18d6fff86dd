"""Ways to an answer, each with why it may differ from the first.

Two right methods may differ, because a mean of logs is not a ratio of means on a path
that rises, and because weights choose which days and which series count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.rank_event_study import rank_event_study
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did
from migration.results import EffectResult


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to an answer.

    Attributes
    ----------
    name : str
    run : callable
        Takes a frame and a design, gives an EffectResult.
    outcome : str
        Kind of outcome that it takes, as :mod:`migration.outcomes` names it.
    differs : str
        Why its answer may be another than that of the first method.
    changes : mapping
        Fields of the design that it needs.
    """

    name: str
    run: Callable[..., EffectResult]
    outcome: str
    differs: str
    changes: Mapping[str, Any] = field(default_factory=dict)


def rank_method(chart_size: int | None = None) -> Method:
    """The rank event study as a method.

    Parameters
    ----------
    chart_size : int, optional
        Last place that the chart shows; the frame's own ``attrs["chart_size"]`` by
        default.
    """
    return Method(
        name="rank event study",
        run=partial(_ranks, chart_size=chart_size),
        outcome="minus_log_rank",
        differs="of places on a chart, not of counts: how far it rose past others",
    )


def _ranks(
    frame: pd.DataFrame, design: Design, *, chart_size: int | None
) -> EffectResult:
    attrs = getattr(frame, "attrs", {})  # what is no frame, the estimator refuses
    size = attrs.get("chart_size") if chart_size is None else chart_size
    if size is None:
        raise DesignError(
            "ranks need the last place that the chart shows: rank_method(chart_size), "
            "or attrs['chart_size'] of the frame as load_outcomes sets it"
        )
    return rank_event_study(frame, design, chart_size=size)


def _dose(_: pd.DataFrame, design: Design) -> EffectResult:
    """No dose is declared in a study: each market's has to be, before it is seen."""
    raise DesignError(
        f"a dose differs between markets, and {', '.join(design.treated[:3])} is asked "
        "as one series without one: bring series by market and declare each market's "
        "dose in dose_contrast(frame, design, dose=, region=)"
    )


METHODS = (
    Method(
        name="market-adjusted",
        run=abnormal_interest,
        outcome="log_count",
        differs="the headline: each day of the window and each series weighs the same",
    ),
    Method(
        name="market model",
        run=partial(abnormal_interest, normal="market model"),
        outcome="log_count",
        differs="the app's own slope on the mean of unrelated series, instead of one",
    ),
    Method(
        name="constant mean",
        run=partial(abnormal_interest, normal="constant mean"),
        outcome="log_count",
        differs="not net of unrelated series: what moved all of them stays in it",
    ),
    Method(
        name="interrupted series",
        run=interrupted_series,
        outcome="log_count",
        differs="the same contrast; its model of the noise is beside it, not in it",
    ),
    Method(
        name="event study",
        run=event_study,
        outcome="log_count",
        differs="the same contrast; its daily path has the covariance of the days",
    ),
    Method(
        name="synthetic control",
        run=synthetic_control,
        outcome="log_count",
        differs="only the few unrelated series that followed the app before weigh",
    ),
    Method(
        name="synthetic DiD",
        run=synthetic_did,
        outcome="log_count",
        differs="weighs series, and baseline days by how like the window they are",
    ),
    Method(
        name="spillover control",
        run=spillover_control,
        outcome="log_count",
        differs="competitors may be touched too, and are estimated with the app",
    ),
    Method(
        name="structural forecast",
        run=structural_counterfactual,
        outcome="log_count",
        differs="goes on from the level of the last days before, not from their mean",
    ),
    Method(
        name="ratio of means",
        run=abnormal_interest,
        outcome="count",
        differs="a log of mean counts: days with more installs weigh more",
        changes={"estimand": "log ratio of means"},
    ),
    Method(
        name="interrupted counts",
        run=interrupted_counts,
        outcome="count",
        differs="the same ratio; its quasi-Poisson regression is beside it, not in it",
        changes={"estimand": "log ratio of means"},
    ),
    rank_method(),
    Method(
        name="dose contrast",
        run=_dose,
        outcome="log_count",
        differs="between markets, by how strongly the event reached each",
    ),
)
