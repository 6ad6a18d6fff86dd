"""Charts that end: ranks and views of what is among the first hundred, and what is not.

What is off the chart is not zero and not missing: it lies below the chart's end.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from migration.display import bands, style, words
from migration.display.alt import describe
from migration.display.looks import Look
from migration.display.plots_series import (
    ZONE_INCHES,
    draw_bounds,
    draw_line,
    dress,
    in_legend,
    told,
)
from migration.display.series import Series, Units, to_series

RANKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BEYOND = 2.0  # how far past the chart's end the axis goes, as a ratio


@style.styled
def plot_ranks(
    panel: pd.DataFrame,
    *,
    units: Units = None,
    design: bands.Events = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw ranks, or counts, of a chart that ends, with its end.

    Days off the chart are intervals from the chart's end to the axis: nothing more is
    known. A metric whose name holds ``rank`` has the first place at the top.

    Parameters
    ----------
    panel : DataFrame
        A panel of one source and metric, or an outcome; left as it is.
    units : mapping, iterable of str or str, optional
        Units to draw (at most seven), or unit to the name shown.
    design : Design or mapping, optional
        As in ``plot_series``.
    ax : Axes, optional

    Raises
    ------
    DisplayError, PanelError
        If the panel cannot be drawn, with what to give instead.
    """
    series = to_series(panel, units, what="plot_ranks")
    is_rank = "rank" in series.quantity.lower()
    ax = style.axes_for(ax, height=3.7)
    shaded = bands.draw_bands(ax, design)
    looks = series.looks
    for unit in series.names:
        draw_line(ax, series.of(unit), looks[unit])
    _limits(ax, series, is_rank=is_rank)
    end = _draw_end(ax, series, is_rank=is_rank)
    bounded = draw_bounds(ax, series)
    rows = bands.draw_events(ax, design)
    source = f", {words.source(series.source)}" if series.source else ""
    text = f"{series.quantity} by day, and where the chart ends{source}"
    dress(ax, series, text, rows)
    key = [_key(looks[unit], name) for unit, name in series.names.items()]
    handles = [*key, *end, *bounded, *(p for p in shaded if in_legend(p))]
    style.legend_below(ax, handles, room=ZONE_INCHES)
    return describe(ax, _alt(series, is_rank=is_rank))


def chart_end(series: Series, *, is_rank: bool) -> pd.Series:
    """The last value on the chart by day, where a day off the chart tells it.

    Returns
    -------
    Series
        Indexed by day: the worst rank, or the count of the last place.
    """
    off = series.days[series.days["status"] == "censored"]
    off = off[~np.isfinite(off["upper"])] if is_rank else off[off["lower"] <= 0]
    by_day = off.groupby("period")
    return by_day["lower"].min() - 1 if is_rank else by_day["upper"].min()


def _limits(ax: Axes, series: Series, *, is_rank: bool) -> None:
    numbers = series.days[["value", "lower", "upper"]].to_numpy(float)
    seen = numbers[np.isfinite(numbers) & (numbers > 0)]
    low, high = (seen.min(), seen.max()) if len(seen) else (1.0, 100.0)
    period = series.days["period"]
    ax.set_xlim(
        bands.date_number(period.min() - bands.ONE_DAY),
        bands.date_number(period.max() + bands.ONE_DAY),
    )
    ax.set_yscale("log")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    if is_rank:
        ax.set_ylim(high * BEYOND, low / 1.3)
        ax.yaxis.set_major_locator(FixedLocator([r for r in RANKS if r <= high]))
    else:
        ax.set_ylim(low / BEYOND, high * 1.3)
        ax.yaxis.set_major_locator(FixedLocator(_round_counts(low, high)))


def _round_counts(low: float, high: float) -> list[float]:
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    counts = [m * 10.0**d for d in decades for m in (1, 2, 5)]
    return [c for c in counts if low / BEYOND <= c <= high * 1.3]


def _draw_end(ax: Axes, series: Series, *, is_rank: bool) -> list[Artist]:
    end = chart_end(series, is_rank=is_rank)
    if end.empty:
        return []
    look: dict[str, Any] = {"color": style.INK, "lw": 1.2, "ls": (0, (2, 1.2))}
    if is_rank:
        worst = float(end.max())
        label = f"the chart's end (rank {worst:.0f})"
        return [ax.axhline(worst + 0.5, label=label, **look)]
    label = "the chart's end (its last place)"
    whole = end.reindex(pd.date_range(end.index.min(), end.index.max()))
    return list(ax.step(whole.index, whole, where="mid", label=label, **look))


def _key(look: Look, name: str) -> Artist:
    return bands.line_handle(
        color=look.colour,
        marker=look.marker,
        ls=look.line,
        lw=1.1,
        ms=4,
        label=words.label(name),
    )


def _alt(series: Series, *, is_rank: bool) -> str:
    mark = "SIMULATED. " if series.simulated else ""
    period = series.days["period"]
    said = [
        f"{mark}{series.quantity} by day, "
        f"{words.day_range(period.min(), period.max())}, on a chart that ends."
    ]
    end = chart_end(series, is_rank=is_rank)
    if not end.empty:
        ends = f"{end.min():,.0f}"
        if end.min() < end.max():
            ends += f" to {end.max():,.0f}"
        said.append(f"The chart's end: {ends}; days beyond it are intervals.")
    for unit, name in series.names.items():
        own = series.of(unit)
        said.append(_best(own, name) if is_rank else told(own, name))
    return " ".join(said)


def _best(days: pd.DataFrame, name: str) -> str:
    known = days[days["value"].notna()]
    off = int((days["status"] == "censored").sum())
    if known.empty:
        return f"{name}: never on the chart in {words.days(off)}."
    best = known.iloc[int(known["value"].argmin())]
    return (
        f"{name}: on the chart on {words.days(len(known))}, best rank "
        f"{best['value']:.0f} on {words.day(best['period'])}, off it on "
        f"{words.days(off)}."
    )
