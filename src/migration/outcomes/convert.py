"""A measured value into an outcome with bounds.

``y`` is a number only where the panel's value is one. What is known only between
bounds keeps them in ``y_lower`` and ``y_upper``, which may be infinite. A panel may
hold the columns ``ROUNDED``: between what bounds rounding leaves a number that was
averaged or scaled after it was rounded.
"""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from migration.errors import PanelError
from migration.outcomes.scales import (
    Y,
    as_rounded,
    band_of,
    refuse_counts_of_ranks,
    transform_of,
)
from migration.panel import check_panel, is_simulated

WORLD = "WW"


def to_outcome(
    panel: pd.DataFrame,
    kind: str,
    *,
    over_markets: bool = False,
    b_band: tuple[float, float] | None = None,
    contaminated: bool = False,
) -> pd.DataFrame:
    """Turn one metric of a panel into an outcome.

    Parameters
    ----------
    panel : DataFrame
        One source and one metric; see :mod:`migration.panel`.
    kind : str
        One of ``log_count, count, minus_log_rank, log_installs, interest_share``.
        ``log_count``: natural logarithm; a zero is a count below one, the interval
        (-inf, log 1), never a number. ``minus_log_rank``: -log(rank); the bounds are
        those of the latent index, (-log(r + 1/2), -log(r - 1/2)), unbounded above at
        rank 1, where demand has no ceiling, and below off the chart.
        ``log_installs``: what a rank says of installs, in logs relative to those at
        rank 1, if ``installs = A rank^-b`` with b somewhere in ``b_band``: bounds
        alone, never a number. They are the bounds of the index above, times the least
        or the largest b, whichever is further out.
        ``interest_share``: an integer of 0 to 100 as a share, bounds half a point to
        each side for its rounding, or those that the panel knows (``ROUNDED``); "<1"
        is (0, 0.01).
    over_markets : bool
        Average over markets to one series an app. Only a day that every market
        observed gives a number; a day that some market knows only between bounds
        gives bounds, a day that some market lacks gives nothing.
    b_band : (float, float), optional
        Least and largest b of ``log_installs``; ``INSTALLS_BAND`` by default, which no
        estimate of a free chart supports: bring your own where you have ratios.
    contaminated : bool
        Average the markets, too, that the study calls contaminated or excluded. By
        default they are left out, and ``attrs["left_out"]`` says why;
        ``attrs["averaged"]`` has those that remain.

    Returns
    -------
    DataFrame
        ``unit`` (app, or ``app:market`` when there are several markets), ``period``,
        ``y``, ``y_lower``, ``y_upper``, sorted; ``attrs`` of the panel, with its
        ``source``, ``metric`` and ``zone`` and, as ``outcome``, the kind; ``market`` of
        one market alone; ``b_band`` of ``log_installs``. Of simulated data
        also ``simulated``, true in every row.

    Raises
    ------
    PanelError
        An unknown kind, several sources or metrics, a value that the kind cannot
        mean (a rank as a count, a rank below 1, a share above 100), a band that is
        none, or markets that cannot be averaged.
    """
    transform_of(kind)  # refuse an unknown kind before anything else
    band = band_of(kind, b_band)
    _one_series(check_panel(panel))
    refuse_counts_of_ranks(kind, panel["metric"].unique())
    averaged = over_markets and panel["market"].nunique() > 1
    told: dict[str, Any] = {}
    if averaged:
        panel, left_out = _clean_markets(panel, keep=contaminated)
        told = {"left_out": left_out, "averaged": sorted(panel["market"].unique())}
    frame = _valued(panel, kind, band)
    if averaged:
        frame = _average(frame)
    elif panel["market"].nunique() > 1:
        frame = frame.assign(unit=frame["app"] + ":" + frame["market"])
    else:
        frame = frame.rename(columns={"app": "unit"})
    frame = frame[["unit", "period", *Y]].sort_values(["unit", "period"])
    if is_simulated(panel):
        frame["simulated"] = True
    frame.attrs = panel.attrs | _origin(panel) | told | {"outcome": kind}
    frame.attrs |= {name: list(ends) for name, ends in band.items()}
    return frame.reset_index(drop=True)


def _valued(
    panel: pd.DataFrame, kind: str, band: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    """Each row's outcome; a number only where the panel observed one."""
    numbers = (panel[name].to_numpy(float) for name in ("value", "lower", "upper"))
    y = dict(zip(Y, transform_of(kind)(*numbers, **band), strict=True))
    if kind == "interest_share":
        y |= as_rounded(panel, y)
    y["y"] = np.where(panel["status"] == "observed", y["y"], np.nan)
    return panel[["app", "market", "period"]].assign(**y)


def _one_series(panel: pd.DataFrame) -> None:
    for name in ("source", "metric"):
        found = sorted(panel[name].unique())
        if len(found) > 1:
            raise PanelError(
                f"an outcome is made of one {name}, got {', '.join(found)}: "
                f"choose one with panel[panel.{name} == {found[0]!r}]"
            )


def _origin(panel: pd.DataFrame) -> dict[Hashable, str]:
    """Source, metric, zone and market, where the panel has one of each."""
    names = ("source", "metric", "zone", "market")
    found = {name: panel[name].unique() for name in names}
    told = {name: str(one[0]) for name, one in found.items() if len(one) == 1}
    return {name: one for name, one in told.items() if one != WORLD}


def _clean_markets(
    panel: pd.DataFrame, *, keep: bool
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The panel without contaminated markets, and why each of them is left out."""
    here = set(panel["market"].unique())
    known = {} if keep else panel.attrs.get("contaminated", {})
    left_out = {code: why for code, why in known.items() if code in here}
    if left_out and len(left_out) == len(here):
        raise PanelError(
            f"all {len(here)} markets are contaminated or excluded by the study, so "
            "none is left to average: keep them with contaminated=True, and say so"
        )
    kept = panel[~panel["market"].isin(left_out)]
    kept.attrs = panel.attrs
    return kept, left_out


def _average(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean over markets; a day that some market lacks is missing."""
    markets = frame["market"].unique()
    if WORLD in markets:
        raise PanelError(
            f"the world ({WORLD}) holds the other markets and cannot be averaged with "
            f"them: drop it with panel[panel.market != {WORLD!r}]"
        )
    has = frame.groupby("app")["market"].nunique()
    if (has < len(markets)).any():
        app = str(has.idxmin())
        raise PanelError(
            f"averaging needs every app in all {len(markets)} markets, {app!r} is in "
            f"{has[app]}: leave out the app or the markets that lack it"
        )
    cells = frame.groupby(["app", "period"])[list(Y)]
    mean = cells.mean(skipna=False)
    whole = cells.size() == len(markets)
    return mean.where(whole).reset_index().rename(columns={"app": "unit"})
