"""What is true of the quantities that a report prints, from the simulator's own table.

Nothing is computed from the options of a world: :attr:`Simulation.truth_by_day` holds
what was added to each day and what the day would have been without it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import Days
from migration.sources.simulation import Simulation


@dataclass(frozen=True, eq=False)
class Truth:
    """Paths of the series that a report averages over markets, (app by day).

    Attributes
    ----------
    logs : DataFrame
        What the events add to the mean of logs.
    ratio : DataFrame
        Log of the mean count with the events over that without.
    counts : DataFrame
        Mean count a day with the events less that without.
    events : DataFrame
        The simulator's table of events: ``effect`` on day zero and ``decay``.
    """

    logs: pd.DataFrame
    ratio: pd.DataFrame
    counts: pd.DataFrame
    events: pd.DataFrame

    def log_mean(self, app: str, span: Days) -> float:
        """Mean over days of what is added to the mean of logs."""
        return float(_days(self.logs, app, span).mean())

    def ratio_of_means(self, app: str, span: Days) -> float:
        """Log of the mean over days of each day's ratio, at a level that is even."""
        return float(np.log(np.exp(_days(self.ratio, app, span)).mean()))

    def change(self, app: str, span: Days) -> float:
        """Mean over days of the counts that the events added."""
        return float(_days(self.counts, app, span).mean())

    def of_first(self, app: str, event: str) -> tuple[float, float]:
        """Effect on day zero and decay of an event, the same in every market."""
        own = self.events[(self.events["app"] == app) & (self.events["event"] == event)]
        (effect,), (decay,) = own["effect"].unique(), own["decay"].unique()
        return float(effect), float(decay)


def truth_of(made: Simulation) -> Truth:
    """Average the simulator's truth over markets as the outcomes are averaged."""
    days = made.truth_by_day
    added = days["without"] * np.exp(days["effect"])
    mean = days.assign(added=added).groupby(["app", "period"])[
        ["effect", "without", "added"]
    ].mean()  # fmt: skip
    paths = {
        "logs": mean["effect"],
        "ratio": np.log(mean["added"] / mean["without"]),
        "counts": mean["added"] - mean["without"],
    }
    wide = {name: path.unstack("period") for name, path in paths.items()}
    return Truth(**wide, events=made.truth)


def _days(wide: pd.DataFrame, app: str, span: Days) -> "pd.Series[float]":
    return wide.loc[app, pd.date_range(*span)]
