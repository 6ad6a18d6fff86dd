"""A measured value into an outcome with bounds.

``y`` is a number only where the panel's value is one. What is known only between
bounds keeps them in ``y_lower`` and ``y_upper``, which may be infinite. A panel may
hold the columns ``ROUNDED``: between what bounds rounding leaves a number that was
averaged or scaled after it was rounded.
"""

from collections.abc import Callable, Hashable
from numbers import Real
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
ROUNDED = ("rounded_lower", "rounded_upper")
# b of installs = A rank^-b. Least: what Signal's rise from rank 750 to 1 in the US in
# January 2021 implies, .43 to .47, when its weekly installs rose 17.5 to 22 times
# (Sensor Tower by the BBC; an order of magnitude). Largest: the steepest of paid
# downloads, .944 on iPhone in 2011 and .985 on Android in 2012 (Garg and Telang 2013,
# MISQ 37:1253). Nobody has published b of a free chart. Their 1.165 is of ranks by
# revenue; .4 to 1.2, over which rank_event_study shows an effect, holds that too.
INSTALLS_BAND = (0.43, 0.985)
_STEEPEST = 3.0  # rank 200 would have an eight-millionth of the installs of rank 1
INSTALLS = "log_installs"


def to_outcome(
    panel: pd.DataFrame,
    kind: str,
    *,
    over_markets: bool = False,
    b_band: tuple[float, float] | None = None,
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

    Returns
    -------
    DataFrame
        ``unit`` (app, or ``app:market`` when there are several markets), ``period``,
        ``y``, ``y_lower``, ``y_upper``, sorted; ``attrs`` of the panel, with its
        ``source``, ``metric`` and ``zone`` and, as ``outcome``, the kind; ``b_band`` of
        ``log_installs``. Of simulated data also ``simulated``, true in every row.

    Raises
    ------
    PanelError
        An unknown kind, several sources or metrics, a value that the kind cannot
        mean (a rank below 1, a share above 100), a band that is none, or markets that
        cannot be averaged.
    """
    transform = _transform(kind)
    band = _band(kind, b_band)
    _one_series(check_panel(panel))
    numbers = (panel[name].to_numpy(float) for name in ("value", "lower", "upper"))
    y = dict(zip(_Y, transform(*numbers, **band), strict=True))
    if kind == "interest_share":
        y |= _as_rounded(panel, y)
    y["y"] = np.where(panel["status"] == "observed", y["y"], np.nan)
    frame = panel[["app", "market", "period"]].assign(**y)
    if panel["market"].nunique() > 1 and over_markets:
        frame = _average(frame)
    elif panel["market"].nunique() > 1:
        frame = frame.assign(unit=frame["app"] + ":" + frame["market"])
    else:
        frame = frame.rename(columns={"app": "unit"})
    frame = frame[["unit", "period", *_Y]].sort_values(["unit", "period"])
    if is_simulated(panel):
        frame["simulated"] = True
    frame.attrs = panel.attrs | _origin(panel) | {"outcome": kind}
    frame.attrs |= {name: list(ends) for name, ends in band.items()}
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
    _refuse_below(lower, 1, "ranks, 1 or more, are needed")
    best = np.where(lower > 1, lower - 0.5, 0.0)
    best[np.isnan(lower)] = np.nan
    return -_log(value), -_log(upper + 0.5), -_log(best)


def _log_installs(
    value: Array, lower: Array, upper: Array, *, b_band: tuple[float, float]
) -> Triple:
    """``b z`` for every b of the band and every z of the index's interval."""
    _, z_lower, z_upper = _minus_log_rank(value, lower, upper)
    least, most = b_band
    y_lower = np.where(z_lower < 0, most, least) * z_lower
    y_upper = np.where(z_upper < 0, least, most) * z_upper
    return np.full_like(value, np.nan), y_lower, y_upper


def _interest_share(value: Array, lower: Array, upper: Array) -> Triple:
    _refuse_below(lower, 0, "interest_share needs integers of 0 to 100")
    _refuse_below(100 - upper, 0, "interest_share needs integers of 0 to 100")
    half = np.where(np.isnan(value), 0, 0.5)  # a value was rounded, "<1" was not
    share_lower = np.clip((lower - half) / 100, 0, 1)
    return value / 100, share_lower, np.clip((upper + half) / 100, 0, 1)


def _as_rounded(panel: pd.DataFrame, y: dict[str, Array]) -> dict[str, Array]:
    """Bounds of shares that the panel knows better than half a point to each side."""
    if not set(ROUNDED) <= set(panel.columns):
        return {}
    shares = {
        bound: np.clip(panel[name].to_numpy(float) / 100, 0, 1)
        for bound, name in zip(_Y[1:], ROUNDED, strict=True)
    }
    return {
        bound: np.where(np.isnan(share), y[bound], share)
        for bound, share in shares.items()
    }


_TRANSFORMS: dict[str, Callable[..., Triple]] = {
    "log_count": _log_count,
    "count": _count,
    "minus_log_rank": _minus_log_rank,
    INSTALLS: _log_installs,
    "interest_share": _interest_share,
}


def _transform(kind: str) -> Callable[..., Triple]:
    if kind not in _TRANSFORMS:
        raise PanelError(
            f"an outcome is one of {', '.join(_TRANSFORMS)}, got {kind!r}: choose one"
        )
    return _TRANSFORMS[kind]


def _band(kind: str, b_band: Any) -> dict[str, tuple[float, float]]:
    """The band of exponents, where the outcome has one.

    Raises
    ------
    PanelError
        Of another outcome; or a point, which nobody knows; or no exponents at all.
    """
    if kind != INSTALLS:
        if b_band is not None:
            raise PanelError(
                f"b_band is of {INSTALLS!r}, not of {kind!r}: leave it out"
            )
        return {}
    ends = INSTALLS_BAND if b_band is None else b_band
    pair = ends if isinstance(ends, tuple | list) and len(ends) == 2 else ()
    numbers = [
        float(b) for b in pair if isinstance(b, Real) and not isinstance(b, bool)
    ]
    if len(numbers) != 2 or not 0 < numbers[0] < numbers[1] <= _STEEPEST:
        raise PanelError(
            "b_band needs the least and the largest b of installs = A rank^-b, such as "
            f"{INSTALLS_BAND}: above 0, at most {_STEEPEST:g}, and not one number, "
            f"because nobody knows it to a point; got {b_band!r}"
        )
    return {"b_band": (numbers[0], numbers[1])}


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
