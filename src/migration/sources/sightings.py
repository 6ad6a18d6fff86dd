"""From sightings at instants to days of the market's zone: intervals where they differ.

A sighting is an app at a place in a chart, or a counter of it, as it was at an instant.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from migration.panel import COLUMNS

_SERIES = ["metric", "app", "market"]


def to_days(
    found: pd.DataFrame, zones: Mapping[str, str], *, source: str
) -> pd.DataFrame:
    """Panel rows, days without any sighting left out: they are missing.

    Parameters
    ----------
    found : DataFrame
        ``metric, app, market, instant, lower, upper``: one row a sighting.
    zones : mapping of str to str
        Market to the zone of its days; other markets are left out.
    source : str

    Two lists of one instant are one chart, cut at two lengths: what both allow holds.
    Charts of several instants of a day give the interval that holds them all.
    """
    inside = found[found["market"].isin(list(zones))]
    once = inside.groupby([*_SERIES, "instant"], as_index=False).agg(
        lower=("lower", "max"), upper=("upper", "min"),
        least=("lower", "min"), most=("upper", "max"),
    )  # fmt: skip
    apart = once["lower"] > once["upper"]  # two charts of one instant that disagree
    once["lower"] = once["lower"].mask(apart, once["least"])
    once["upper"] = once["upper"].mask(apart, once["most"])
    once["zone"] = once["market"].map(dict(zones)).astype("str")
    once["period"] = _local_days(once)
    day = once.groupby([*_SERIES, "period", "zone"], as_index=False).agg(
        lower=("lower", "min"), upper=("upper", "max")
    )
    exact = day["lower"] == day["upper"]
    status = pd.array(np.where(exact, "observed", "censored"), dtype="str")
    value = day["lower"].where(exact)
    named = day.assign(source=source, value=value, status=status)
    return named[list(COLUMNS)]


def _local_days(once: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    days = pd.Series(pd.NaT, index=once.index, dtype="datetime64[us]")
    for zone, rows in once.groupby("zone").groups.items():
        there = once.loc[rows, "instant"].dt.tz_convert(str(zone))
        days.loc[rows] = there.dt.tz_localize(None).dt.normalize()
    return days
