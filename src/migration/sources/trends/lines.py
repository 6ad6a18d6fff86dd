"""Series on one scale: of one request, of several draws of it, or of a chain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from migration.sources.trends.cells import Array
from migration.sources.trends.dates import Periods

Mask = NDArray[np.bool_]
INTEREST = {
    "day": "interest",
    "week": "interest_weekly",
    "month": "interest_monthly",
}
BY_REGION = {False: "interest_by_region", True: "share_by_region"}
DRAW_SE = "_draw_se"
FREQUENCY = {metric: frequency for frequency, metric in INTEREST.items()}
METRICS = (
    *(name for metric in INTEREST.values() for name in (metric, metric + DRAW_SE)),
    *(name for metric in BY_REGION.values() for name in (metric, metric + DRAW_SE)),
)


class Series(NamedTuple):
    """One app in one market, and what stood for it: ``"topic"`` or ``"term x"``."""

    app: str
    market: str
    thing: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Series on one scale.

    Attributes
    ----------
    metric : str
        One of :data:`METRICS`.
    series : tuple of Series
        (N,).
    periods : array of datetime64[s]
        (T,), rising: starts of days, weeks or months; of a map, its first day alone.
    value : array
        (T, N), NaN where it is known between bounds only, or not at all.
    lower, upper : array
        (T, N): what rounding, "<1" and the factors of a chain leave open. NaN: no data.
    se : array
        (T, N), standard error of the mean over draws; NaN without two of them.
    draws : array
        (T, N), of how many draws the cell is made; NaN where nobody asked for it.
    partial : array of bool
        (T, N): the period was not over, or nobody said that it was.
    until, within : str
        Last day of a map, and of what place it is; empty for lines over time.
    files : tuple of str
        What it was made from.
    """

    metric: str
    series: tuple[Series, ...]
    periods: Periods
    value: Array
    lower: Array
    upper: Array
    se: Array
    draws: Array
    partial: Mask
    until: str = ""
    within: str = ""
    files: tuple[str, ...] = ()

    def take(self, columns: Sequence[int]) -> "Lines":
        """The lines of some columns."""
        series = tuple(self.series[at] for at in columns)
        cells = {name: getattr(self, name)[:, list(columns)] for name in CELLS}
        return replace(self, series=series, **cells)

    @property
    def request(self) -> tuple[object, ...]:
        """What two draws of one request have in common.

        A map may lack a small place in one draw and not in another.
        """
        what = {one._replace(market="") if self.until else one for one in self.series}
        ends = (str(self.periods[0]), str(self.periods[-1]))
        return (self.metric, frozenset(what), *ends, self.until, self.within)


class OneDraw(TypedDict):
    """The fields of :class:`Lines` that a single draw fills, each (T, N)."""

    value: Array
    lower: Array
    upper: Array
    se: Array
    draws: Array
    partial: Mask


def one_draw(value: Array, lower: Array, upper: Array, *, partial: Mask) -> OneDraw:
    """What a single draw says: no standard error, one draw where there are data."""
    return {
        "value": value,
        "lower": lower,
        "upper": upper,
        "se": np.full(value.shape, np.nan),
        "draws": np.where(np.isnan(lower), 0.0, 1.0),
        "partial": partial,
    }


CELLS = ("value", "lower", "upper", "se", "draws", "partial")


def on_grid(lines: Lines, series: Sequence[Series], periods: Periods) -> Lines:
    """The same lines at other periods and series; what they lack was not asked for."""
    moved = blank(len(periods), len(series))
    cells = cells_of(lines, series, periods)
    for name, grid in moved.items():
        grid[cells] = getattr(lines, name)
    return replace(lines, series=tuple(series), periods=periods, **moved)


def blank(periods: int, series: int) -> dict[str, Any]:
    """Cells of which nobody asked, by the name of their field."""
    nothing = dict.fromkeys(CELLS, np.nan) | {"partial": False}
    return {name: np.full((periods, series), fill) for name, fill in nothing.items()}


def cells_of(lines: Lines, series: Sequence[Series], periods: Periods) -> Any:
    """Where the cells of some lines lie in a grid of more periods and series."""
    place = {one: at for at, one in enumerate(series)}
    columns = np.array([place[one] for one in lines.series], dtype=np.int64)
    return np.ix_(np.searchsorted(periods, lines.periods), columns)
