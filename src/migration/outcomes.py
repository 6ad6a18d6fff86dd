"""A measured value into an outcome with bounds.

``y`` is a number only where the panel's value is one. What is known only between
bounds keeps them in ``y_lower`` and ``y_upper``, which may be infinite.
"""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.errors import PanelError
from migration.panel import check_panel, is_simulated

Array = NDArray[np.float64]
Triple = tuple[Array, Array, Array]

_Y = ["y", "y_lower", "y_upper"]
WORLD = "WW"


def to_outcome(
    panel: pd.DataFrame,
    kind: str,
    *,
    over_markets: bool = False,
    contaminated: bool = False,
) -> pd.DataFrame:
    """Turn one metric of a panel into an outcome.

    Parameters
    ----------
    panel : DataFrame
        One source and one metric; see :mod:`migration.panel`.
    kind : {"log_count", "count", "minus_log_rank", "interest_share"}
        ``log_count``: natural logarithm; a zero is a count below one, the interval
        (-inf, log 1), never a number. ``minus_log_rank``: -log(rank); the bounds are
        those of the latent index, (-log(r + 1/2), -log(r - 1/2)), unbounded above at
        rank 1, where demand has no ceiling, and below off the chart.
        ``interest_share``: an integer of 0 to 100 as a share, bounds half a point to
        each side for its rounding; "<1" is (0, 0.01).
    over_markets : bool
        Average over markets to one series an app. Only a day that every market
        observed gives a number; a day that some market knows only between bounds
        gives bounds, a day that some market lacks gives nothing.
    contaminated : bool
        Average the markets, too, that the study calls contaminated or excluded. By
        default they are left out, and ``attrs["left_out"]`` says why;
        ``attrs["averaged"]`` has those that remain.

    Returns
    -------
    DataFrame
        ``unit`` (app, or ``app:market`` when there are several markets), ``period``,
        ``y``, ``y_lower``, ``y_upper``, sorted; ``attrs`` of the panel, with its
        ``source``, ``metric`` and ``zone`` and, as ``outcome``, the kind. Of simulated
        data also ``simulated``, true in every row.

    Raises
    ------
    PanelError
        An unknown kind, several sources or metrics, a value that the kind cannot
        mean (a rank below 1, a share above 100), or markets that cannot be averaged.
    """
    transform = _transform(kind)
    _one_series(check_panel(panel))
    averaged = over_markets and panel["market"].nunique() > 1
    told: dict[str, Any] = {}
    if averaged:
        panel, left_out = _clean_markets(panel, keep=contaminated)
        told = {"left_out": left_out, "averaged": sorted(panel["market"].unique())}
    numbers = (panel[name].to_numpy(float) for name in ("value", "lower", "upper"))
    y = dict(zip(_Y, transform(*numbers), strict=True))
    y["y"] = np.where(panel["status"] == "observed", y["y"], np.nan)
    frame = panel[["app", "market", "period"]].assign(**y)
    if averaged:
        frame = _average(frame)
    elif panel["market"].nunique() > 1:
        frame = frame.assign(unit=frame["app"] + ":" + frame["market"])
    else:
        frame = frame.rename(columns={"app": "unit"})
    frame = frame[["unit", "period", *_Y]].sort_values(["unit", "period"])
    if is_simulated(panel):
        frame["simulated"] = True
    frame.attrs = panel.attrs | _origin(panel) | told | {"outcome": kind}
    return frame.reset_index(drop=True)


def period_means(
    frame: pd.DataFrame, *, before: tuple[str, str], during: tuple[str, str]
) -> pd.DataFrame:
    """Means of two periods and their ratio, by unit: arithmetic, not an estimate.

    Parameters
    ----------
    frame : DataFrame
        Counts, as ``to_outcome(panel, "count")`` gives them.
    before, during : (first, last)
        Both ends included. A unit that lacks a day of either has no ratio.

    Returns
    -------
    DataFrame
        ``unit``, ``before``, ``during``, ``ratio``; largest ratio first.

    Raises
    ------
    PanelError
        If no unit has a number in one of the periods.
    """
    wide = frame.pivot(index="period", columns="unit", values="y").sort_index()
    means = {}
    for name, (first, last) in {"before": before, "during": during}.items():
        means[name] = wide.reindex(pd.date_range(first, last)).mean(skipna=False)
        if means[name].isna().all():
            raise PanelError(
                f"no unit has a number on every day from {first} to {last}; the frame "
                f"covers {wide.index.min():%F} to {wide.index.max():%F}"
            )
    found = pd.DataFrame(means).assign(ratio=means["during"] / means["before"])
    found.attrs = dict(frame.attrs)
    return found.sort_values("ratio", ascending=False).reset_index()


def _log_count(value: Array, lower: Array, upper: Array) -> Triple:
    """Where zero is possible the count may be anything below one."""
    _refuse_below(upper, 0, "log_count needs counts, 0 or more")
    y_upper = np.where(lower > 0, upper, np.maximum(upper, 1))
    y = _log(np.where(value > 0, value, np.nan))
    return y, _log(np.clip(lower, 0, None)), _log(y_upper)


def _count(value: Array, lower: Array, upper: Array) -> Triple:
    return value, lower, upper


def _minus_log_rank(value: Array, lower: Array, upper: Array) -> Triple:
    """Latent index of a rank, as in a Tobit with a ceiling and a floor."""
    _refuse_below(lower, 1, "minus_log_rank needs ranks, 1 or more")
    best = np.where(lower > 1, lower - 0.5, 0.0)
    best[np.isnan(lower)] = np.nan
    return -_log(value), -_log(upper + 0.5), -_log(best)


def _interest_share(value: Array, lower: Array, upper: Array) -> Triple:
    _refuse_below(lower, 0, "interest_share needs integers of 0 to 100")
    _refuse_below(100 - upper, 0, "interest_share needs integers of 0 to 100")
    half = np.where(np.isnan(value), 0, 0.5)  # a value was rounded, "<1" was not
    share_lower = np.clip((lower - half) / 100, 0, 1)
    return value / 100, share_lower, np.clip((upper + half) / 100, 0, 1)


_TRANSFORMS: dict[str, Callable[[Array, Array, Array], Triple]] = {
    "log_count": _log_count,
    "count": _count,
    "minus_log_rank": _minus_log_rank,
    "interest_share": _interest_share,
}


def _transform(kind: str) -> Callable[[Array, Array, Array], Triple]:
    if kind not in _TRANSFORMS:
        raise PanelError(
            f"an outcome is one of {', '.join(_TRANSFORMS)}, got {kind!r}: choose one"
        )
    return _TRANSFORMS[kind]


def _refuse_below(numbers: Array, floor: float, needed: str) -> None:
    if np.nanmin(numbers, initial=np.inf) < floor:
        raise PanelError(f"{needed}: this metric is something else, choose another")


def _log(x: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x), dtype=np.float64)


def _one_series(panel: pd.DataFrame) -> None:
    for name in ("source", "metric"):
        found = sorted(panel[name].unique())
        if len(found) > 1:
            raise PanelError(
                f"an outcome is made of one {name}, got {', '.join(found)}: "
                f"choose one with panel[panel.{name} == {found[0]!r}]"
            )


def _origin(panel: pd.DataFrame) -> dict[Hashable, str]:
    """Source, metric and zone, where the panel has one of each."""
    found = {name: panel[name].unique() for name in ("source", "metric", "zone")}
    return {name: str(one[0]) for name, one in found.items() if len(one) == 1}


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
    cells = frame.groupby(["app", "period"])[_Y]
    mean = cells.mean(skipna=False)
    whole = cells.size() == len(markets)
    return mean.where(whole).reset_index().rename(columns={"app": "unit"})
