"""Effects of one window on several apps, and what the apps share."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from migration.results import plain, plain_rows


@dataclass(frozen=True, kw_only=True, eq=False)
class JointEffects:
    """Mean effects of one window on several apps, with what they share.

    Attributes
    ----------
    effects : DataFrame
        Each app's effect by the rule, by ``app``: the headline of
        :func:`structural_counterfactual`.
    differences : DataFrame
        Effect of ``app`` less that of ``against``, by the rule: the two series' pseudo-
        forecast errors are differenced day by day, so that what they share is gone,
        and ranked among the differences of disjoint pairs of unrelated series.
    own : DataFrame
        The models' own average effects, and their ``difference`` and ``ratio``, by
        (``quantity``, ``app``, ``against``), with ``size_here`` over unrelated series
        or pairs of them. A ratio has no number where its denominator may be zero.
    covariance : DataFrame
        Of the models' average effects, app by app.
    calibration : Series
        The rule's own rejection rate over single unrelated series and over pairs.
    warnings : tuple of str
    simulated : bool
    """

    effects: pd.DataFrame
    differences: pd.DataFrame
    own: pd.DataFrame
    covariance: pd.DataFrame
    calibration: pd.Series
    warnings: tuple[str, ...]
    simulated: bool

    def __repr__(self) -> str:
        mark = "SIMULATED " if self.simulated else ""
        said = "; ".join(
            f"{app} {row.estimate:.3g} [{row.conf_low:.3g}, {row.conf_high:.3g}]"
            for app, row in self.effects.iterrows()
        )
        return f"<{mark}structural counterfactual, jointly: {said}>"

    def to_frame(self) -> pd.DataFrame:
        """Effects and differences by the rule, one row each."""
        effects = self.effects.assign(quantity="average", against="")
        found = [effects.reset_index(), self.differences.reset_index()]
        frame = pd.concat(found).assign(simulated=self.simulated)
        keys = ["quantity", "app", "against"]
        return frame.fillna({"quantity": "difference"}).set_index(keys).reset_index()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values; what is unbounded or missing is None."""
        frames = {n: getattr(self, n) for n in ("effects", "differences", "own")}
        return {
            **{name: plain_rows(frame.reset_index()) for name, frame in frames.items()},
            "covariance": self.covariance.to_numpy().tolist(),
            "calibration": {str(k): plain(v) for k, v in self.calibration.items()},
            "warnings": list(self.warnings),
            "simulated": self.simulated,
        }
