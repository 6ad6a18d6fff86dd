"""One estimator over several apps of a study, refusals kept beside results."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from migration.design import design_for
from migration.errors import DesignError, MigrationError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.results import CheckResult, EffectResult, lines_of

if TYPE_CHECKING:
    from migration.study import Study

Estimator = Callable[..., EffectResult]
NO_EVENT = "the study declares no such event, so there is nothing to ask"


@dataclass(frozen=True, eq=False, repr=False)
class AppEffects:
    """Results by app id, and why the other apps have none.

    Attributes
    ----------
    results : mapping of str to EffectResult
    refused : DataFrame
        ``app`` and ``reason``.
    names : mapping of str to str
        App id to the name that people know it by.
    by_intervals : mapping of str to EffectResult
        By app id: answers for apps among the refused whose values are known only
        between bounds, as :func:`migration.checks.rank_answers.rank_answers` gives
        them.
    """

    results: Mapping[str, EffectResult]
    refused: pd.DataFrame
    names: Mapping[str, str]
    by_intervals: Mapping[str, EffectResult] = field(default_factory=dict)

    def __repr__(self) -> str:
        return lines_of(self.results, self.refused)

    @property
    def named(self) -> dict[str, EffectResult]:
        """Results by the name of the app, for figures and tables."""
        return {self.names[app]: result for app, result in self.results.items()}

    @property
    def answered(self) -> dict[str, EffectResult]:
        """Results by name and, after them, the answers by intervals."""
        more = {self.names[app]: one for app, one in self.by_intervals.items()}
        return self.named | more

    @property
    def unanswered(self) -> pd.DataFrame:
        """The refusals of apps that have no answer by intervals either."""
        return self.refused[~self.refused["app"].isin(self.answered)]

    def only(self, apps: Iterable[str]) -> "AppEffects":
        """Results and refusals of some of the apps, in their order."""
        kept = [app for app in apps if app in self.names]
        results = {app: self.results[app] for app in kept if app in self.results}
        names = {app: self.names[app] for app in kept}
        refused = self.refused[self.refused["app"].isin(names.values())]
        bounded = {a: self.by_intervals[a] for a in kept if a in self.by_intervals}
        return AppEffects(results, refused, names, bounded)

    def naming(self, apps: Iterable[str]) -> "AppEffects":
        """The same results, with the refusals of some of the apps alone.

        A neighbour that a source lacks is no finding; an app that people are said to
        have left, and that has no estimate, is one.
        """
        names = {self.names[app] for app in apps if app in self.names}
        return replace(self, refused=self.refused[self.refused["app"].isin(names)])

    def holding(self, signs: Mapping[str, CheckResult]) -> "AppEffects":
        """The effects to be shown: those whose sign no defensible baseline changes.

        Parameters
        ----------
        signs : mapping of str to CheckResult
            What ``baseline_sensitivities`` found, by the name of the app. One without
            a finding is kept.
        """
        named = ((app, signs.get(self.names[app])) for app in self.results)
        fell = {app: sign for app, sign in named if sign and sign.passed is False}
        kept = {app: one for app, one in self.results.items() if app not in fell}
        told = [[self.names[app], sign.answer] for app, sign in fell.items()]
        rows = pd.DataFrame(told, columns=["app", "reason"])
        refused = pd.concat([self.refused, rows], ignore_index=True)
        return replace(self, results=kept, refused=refused if told else self.refused)

    def __getitem__(self, app: str) -> EffectResult:
        """The result of an app.

        Raises
        ------
        DesignError
            If it has none, with the reason.
        """
        if app in self.results:
            return self.results[app]
        name = self.names.get(app)
        reasons = self.refused.loc[self.refused["app"] == name, "reason"]
        why = reasons.iloc[0] if len(reasons) else "it was not asked for"
        raise DesignError(f"{name or repr(app)} has no answer: {why}")

    def to_frame(self) -> pd.DataFrame:
        """The headlines, one row an app."""
        rows = [
            {"app": app, **r.headline, "identification": r.identification}
            for app, r in self.results.items()
        ]
        return pd.DataFrame(rows)


def estimate_apps(
    study: "Study",
    frame: pd.DataFrame,
    *,
    apps: Iterable[str],
    event: str | None,
    estimator: Estimator = abnormal_interest,
    **changes: Any,
) -> AppEffects:
    """Estimate one event for several apps of a study.

    Parameters
    ----------
    study : Study
    frame : DataFrame
        An outcome of :func:`migration.outcomes.to_outcome`.
    apps : iterable of str
        Ids in the study.
    event : str or None
        None, where the study has no such event (a later one, a placebo), refuses every
        app and says so.
    estimator : callable
        Takes a frame and a design.
    changes
        ``market`` and fields of the design, as in
        :func:`migration.design.design_for`.

    Raises
    ------
    StudyError
        For an app that the study does not know. An app that the data cannot answer for
        is no error: its reason is in ``refused``.
    """
    results, refused, names = {}, [], {}
    for app in apps:
        names[app] = study.app(app).name
        if event is None:
            refused.append({"app": names[app], "reason": NO_EVENT})
            continue
        if why := why_unseen(frame, app):
            refused.append({"app": names[app], "reason": why})
            continue
        try:
            design = design_for(study, frame, app=app, event=event, **changes)
            results[app] = estimator(frame, design)
        except MigrationError as error:
            refused.append({"app": names[app], "reason": str(error)})
    missing = pd.DataFrame(refused, columns=["app", "reason"])
    return AppEffects(results, missing, names)


def why_unseen(frame: pd.DataFrame, app: str) -> str:
    """Why an app has no answer where it has no series, in no market; else nothing."""
    if "unit" not in frame.columns:
        return ""  # whoever reads the frame says what it lacks
    units = frame["unit"].astype("str").unique()
    if any(unit == app or unit.startswith(f"{app}:") for unit in units):
        return ""
    return f"no series of this app in {frame.attrs.get('source') or 'these data'}"
