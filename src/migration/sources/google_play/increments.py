"""What cumulative counters gained between two captures; pure."""

import numpy as np
import pandas as pd

from migration.panel import check_panel

CUMULATIVE = ("installs", "ratings")


def between_captures(panel: pd.DataFrame) -> pd.DataFrame:
    """Gains of cumulative counters from one captured day to the next.

    A gain belongs to all the days between two captures and to none of them: it is
    given as one interval, and not spread over its days.

    Parameters
    ----------
    panel : DataFrame
        A panel of Google Play; other metrics than ``installs`` and ``ratings`` are
        passed by, as are missing days.

    Returns
    -------
    DataFrame
        One row a metric, app, market and pair of captured days that follow each
        other: ``after`` and ``until``, the days of the two captures (the gain is from
        some hour of the one to some hour of the other), ``days`` between them,
        ``gain`` where both counts are exact, and ``lower`` and ``upper``, which a tier
        leaves open. A counter that was corrected downwards gives a gain below zero.
    """
    counted = check_panel(panel)["metric"].isin(CUMULATIVE)
    series = ["metric", "app", "market"]
    known = panel[counted & (panel["status"] != "missing")]
    known = known.sort_values([*series, "period"], ignore_index=True)
    before = known.groupby(series)[["period", "value", "lower", "upper"]].shift()
    made = known[series].assign(
        after=before["period"],
        until=known["period"],
        days=(known["period"] - before["period"]).dt.days,
        gain=known["value"] - before["value"],
        lower=known["lower"] - before["upper"],
        upper=known["upper"] - before["lower"],
    )
    pairs = made[before["period"].notna()]
    typed: pd.DataFrame = pairs.astype({"days": np.int64}).reset_index(drop=True)
    return typed
