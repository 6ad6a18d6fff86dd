"""Every method's answer to one question, each with what it estimates.

Two right methods may differ, because a mean of logs is not a ratio of means on a path
that rises, and because weights choose which days and which series count. The reason
stands beside each answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.design import Design, design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.event_study import event_study
from migration.estimators.interrupted_counts import interrupted_counts
from migration.estimators.interrupted_series import interrupted_series
from migration.estimators.rank_event_study import rank_event_study
from migration.estimators.rank_result import RankResult
from migration.estimators.spillover_control import spillover_control
from migration.estimators.structural_counterfactual import structural_counterfactual
from migration.estimators.synthetic_control import synthetic_control
from migration.estimators.synthetic_did import synthetic_did
from migration.results import EffectResult, is_log_ratio

if TYPE_CHECKING:
    from migration.study import Study

REASONS = ["method", "outcome", "reason"]


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
    size = chart_size or frame.attrs.get("chart_size")
    if size is None:
        raise DesignError(
            "ranks need the last place that the chart shows: rank_method(chart_size), "
            "or attrs['chart_size'] of the frame as load_outcomes sets it"
        )
    return rank_event_study(frame, design, chart_size=int(size))


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
)


@dataclass(frozen=True, eq=False)
class MethodEffects:
    """Results by the name of the method, and why the others have none.

    Attributes
    ----------
    results : mapping of str to EffectResult
    refused : DataFrame
        ``method``, ``outcome`` and ``reason``.
    differs : mapping of str to str
        Why each answer may be another than the first.
    """

    results: Mapping[str, EffectResult]
    refused: pd.DataFrame
    differs: Mapping[str, str]

    def __getitem__(self, method: str) -> EffectResult:
        return self.results[method]

    def on_logs(self) -> dict[str, EffectResult]:
        """Answers that are log ratios; a rank's as the band of downloads it implies."""
        return {
            name: result.in_downloads() if isinstance(result, RankResult) else result
            for name, result in self.results.items()
            if isinstance(result, RankResult) or is_log_ratio(result)
        }

    def to_frame(self) -> pd.DataFrame:
        """The headlines, one row a method, with estimand and reason."""
        rows = [
            {
                "method": name,
                **result.headline,
                "identification": result.identification,
                "estimand": result.estimand,
                "outcome": result.outcome,
                "differs": self.differs[name],
            }
            for name, result in self.results.items()
        ]
        return pd.DataFrame(rows)


def estimate_methods(
    study: "Study",
    outcomes: Mapping[str, pd.DataFrame],
    *,
    app: str,
    event: str,
    methods: Iterable[Method] = METHODS,
) -> MethodEffects:
    """Put one question, an app and an event of a study, to several methods.

    Parameters
    ----------
    study : Study
    outcomes : mapping of str to DataFrame
        Outcome of :func:`migration.outcomes.to_outcome` by its kind. A method whose
        kind is absent is refused, with the reason.
    app, event : str
        Ids in the study.
    methods : iterable of Method

    Raises
    ------
    DesignError
        For no method, or two of one name.
    StudyError
        For an app or event that the study does not know.
    """
    asked = list(methods)
    names = [method.name for method in asked]
    if not names or len(set(names)) < len(names):
        raise DesignError(
            f"methods needs at least one Method, each of a name of its own, got {names}"
        )
    study.app(app), study.event(event)
    results, refused = {}, []
    for method in asked:
        try:
            results[method.name] = _run(study, outcomes, method, app=app, event=event)
        except MigrationError as error:
            refused.append((method.name, method.outcome, str(error)))
    return MethodEffects(
        results,
        pd.DataFrame(refused, columns=REASONS),
        {method.name: method.differs for method in asked},
    )


def _run(
    study: "Study",
    outcomes: Mapping[str, pd.DataFrame],
    method: Method,
    *,
    app: str,
    event: str,
) -> EffectResult:
    if method.outcome not in outcomes:
        raise DesignError(
            f"outcomes needs a frame of {method.outcome!r}, got {sorted(outcomes)}; "
            f"make one with to_outcome(panel, {method.outcome!r})"
        )
    frame = outcomes[method.outcome]
    design = design_for(study, frame, app=app, event=event, **method.changes)
    return method.run(frame, design)


def methods_of_apps(
    study: "Study",
    outcomes: Mapping[str, pd.DataFrame],
    *,
    apps: Iterable[str],
    event: str,
    methods: Iterable[Method] = METHODS,
) -> dict[str, MethodEffects]:
    """:func:`estimate_methods` for each app, by the name that people know it by."""
    asked = tuple(methods)
    return {
        study.app(app).name: estimate_methods(
            study, outcomes, app=app, event=event, methods=asked
        )
        for app in apps
    }


def refused_methods(effects: Mapping[str, MethodEffects]) -> dict[str, pd.DataFrame]:
    """What each method did not answer: its name to ``app`` and ``reason``."""
    rows = [
        {"method": row["method"], "app": app, "reason": row["reason"]}
        for app, found in effects.items()
        for row in found.refused.to_dict("records")
    ]
    table = pd.DataFrame(rows, columns=["method", "app", "reason"])
    return {
        str(method): part[["app", "reason"]]
        for method, part in table.groupby("method", sort=False)
    }
