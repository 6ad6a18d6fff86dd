"""The result of a method with weighted donors: an effect, and the weights."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from migration.inference.sample import Sample
from migration.inference.synthetic import Synthetic
from migration.results import EffectResult, plain


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SyntheticResult(EffectResult):
    """An effect against weighted donors, and the weights.

    Attributes
    ----------
    weights : DataFrame
        ``weight`` by ``donor``, largest first.
    time_weights : DataFrame
        ``weight`` by ``period`` of the baseline; empty where days have none.
    pre_rmspe : float
        Root mean square gap of the baseline in units of the outcome, about its mean
        where the method has an intercept.
    exposed : DataFrame
        The five columns by ``unit`` for the spillovers that a method estimates; empty
        for the others.
    """

    weights: pd.DataFrame
    time_weights: pd.DataFrame
    pre_rmspe: float
    exposed: pd.DataFrame = field(default_factory=pd.DataFrame)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON."""
        return {
            **super().to_dict(),
            "weights": {str(k): float(v) for k, v in _pairs(self.weights)},
            "time_weights": {f"{k:%F}": float(v) for k, v in _pairs(self.time_weights)},
            "pre_rmspe": float(self.pre_rmspe),
            "exposed": [
                {"unit": str(unit), **{str(k): plain(v) for k, v in row.items()}}
                for unit, row in self.exposed.iterrows()
            ],
        }


def with_weights(
    result: EffectResult,
    sample: Sample,
    found: Synthetic,
    *,
    exposed: pd.DataFrame | None = None,
) -> SyntheticResult:
    """Add the weights of row 0 to a result."""
    shared = {f.name: getattr(result, f.name) for f in fields(EffectResult)}
    names = pd.Index(sample.controls, name="donor")
    weights = pd.DataFrame({"weight": found.omega[0, 1:]}, index=names)
    days = pd.Index(sample.days[sample.baseline], name="period")
    times = pd.DataFrame({"weight": found.lam[0]}, index=days)
    return SyntheticResult(
        **shared,
        weights=weights.sort_values("weight", ascending=False, kind="stable"),
        time_weights=times if found.lam[0].any() else times.iloc[:0],
        pre_rmspe=float(found.pre_rmspe[0]),
        exposed=pd.DataFrame() if exposed is None else exposed,
    )


def _pairs(frame: pd.DataFrame) -> Iterable[tuple[Any, Any]]:
    return frame["weight"].items() if len(frame) else ()
