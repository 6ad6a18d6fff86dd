"""What each kind of outcome makes of a value and its bounds."""

from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.errors import PanelError
from migration.study.metrics import is_rank as is_rank

Array = NDArray[np.float64]
Triple = tuple[Array, Array, Array]

Y = ("y", "y_lower", "y_upper")
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
PLACES = "minus_log_rank"
COUNTS = ("log_count", "count")


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


def as_rounded(panel: pd.DataFrame, y: dict[str, Array]) -> dict[str, Array]:
    """Bounds of shares that the panel knows better than half a point to each side."""
    if not set(ROUNDED) <= set(panel.columns):
        return {}
    shares = {
        bound: np.clip(panel[name].to_numpy(float) / 100, 0, 1)
        for bound, name in zip(Y[1:], ROUNDED, strict=True)
    }
    return {
        bound: np.where(np.isnan(share), y[bound], share)
        for bound, share in shares.items()
    }


_TRANSFORMS: dict[str, Callable[..., Triple]] = {
    "log_count": _log_count,
    "count": _count,
    PLACES: _minus_log_rank,
    INSTALLS: _log_installs,
    "interest_share": _interest_share,
}


def refuse_counts_of_ranks(kind: str, metrics: Iterable[object]) -> None:
    """Refuse to read places as counts: a place that grows is an app that falls.

    Raises
    ------
    PanelError
        With the outcome to use.
    """
    ranks = sorted(str(metric) for metric in metrics if is_rank(metric))
    if kind in COUNTS and ranks:
        raise PanelError(
            f"{ranks[0]!r} is a rank, where 1 is the best, and no count: {kind!r} of "
            f"it would say the opposite of what happened; use {PLACES!r}, on which "
            "higher is better, or rank_event_study for charts that end"
        )


def transform_of(kind: str) -> Callable[..., Triple]:
    """What makes an outcome of a value and its bounds, by the outcome's name."""
    if kind not in _TRANSFORMS:
        raise PanelError(
            f"an outcome is one of {', '.join(_TRANSFORMS)}, got {kind!r}: choose one"
        )
    return _TRANSFORMS[kind]


def band_of(kind: str, b_band: Any) -> dict[str, tuple[float, float]]:
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
