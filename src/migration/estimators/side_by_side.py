"""One question put to several methods: every answer, and why the others have none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.design import design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.methods import METHODS, Method
from migration.estimators.rank_result import RankResult
from migration.results import EffectResult, is_log_ratio, lines_of

if TYPE_CHECKING:
    from migration.study import Study

REASONS = ["method", "outcome", "reason"]


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return lines_of(self.results, self.refused)

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
    asked = _checked(methods)
    if not isinstance(outcomes, Mapping):
        raise DesignError(
            "outcomes needs a mapping of an outcome's kind to its frame, got "
            f"{type(outcomes)}: {{'log_count': to_outcome(panel, 'log_count')}}"
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


def _checked(methods: Iterable[Method]) -> list[Method]:
    """Methods, each of a name of its own."""
    given = isinstance(methods, Iterable) and not isinstance(methods, str)
    asked: list[Any] = list(methods) if given else [methods]
    if odd := [m for m in asked if not isinstance(m, Method)]:
        raise DesignError(
            f"methods needs Method objects such as those of METHODS, got {odd[0]!r}"
        )
    names = [method.name for method in asked]
    if not names or len(set(names)) < len(names):
        raise DesignError(
            f"methods needs at least one Method, each of a name of its own, got {names}"
        )
    return asked


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
