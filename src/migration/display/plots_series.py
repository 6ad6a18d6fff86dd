"""The raw daily series, seen before anything is estimated from them."""

from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from migration.design import Design
from migration.display import bands, style, words
from migration.display.alt import describe
from migration.display.looks import Look
from migration.display.series import Series, Units, to_series

HEADROOM = 0.06
FEW_DECADES = 300  # below this ratio a log axis is labelled at 1, 2 and 5
ASIDE = 0.2  # of a day, between intervals of several units
REACHES_THE_EDGE = 0.93  # of the axes, for a name outside them
ZONE_INCHES = 1.1  # of the axis' label, at the right of the legend
NAME_HEIGHT = 0.055  # of the axes, for the names at the right


@style.styled
def plot_series(
    frame: pd.DataFrame,
    *,
    units: Units = None,
    design: bands.Events = None,
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw daily series as they were measured, with the design's days behind them.

    A day known only between bounds is an interval, down to the axis where nothing
    bounds it below; a missing day is a gap in the line.

    Parameters
    ----------
    frame : DataFrame
        A panel of one source and metric, or an outcome; left as it is.
    units : mapping, iterable of str or str, optional
        Units to draw (at most seven), or unit to the name shown.
    design : Design or mapping, optional
        Shades baseline, gap, window and split days and marks the events; a mapping of
        names to days marks these only.
    log : bool
        Logarithmic axis. Zeros then reach down to the axis. An outcome that is a
        logarithm already keeps its own scale.
    ax : Axes, optional

    Raises
    ------
    DisplayError, PanelError
        If the frame cannot be drawn, with what to give instead.
    """
    series = to_series(frame, units, what="plot_series")
    ax = style.axes_for(ax, height=3.7)
    shaded = bands.draw_bands(ax, design)
    looks = series.looks
    for unit in series.names:
        draw_line(ax, series.of(unit), looks[unit])
    _limits(ax, series, log=log and not series.logs)
    bounded = draw_bounds(ax, series)
    rows = bands.draw_events(ax, design)
    _names(ax, series)
    told = series.source and not series.simulated
    source = f", {words.source(series.source)}" if told else ""
    dress(ax, series, f"{series.quantity} a day{source}", rows)
    named = [p for p in shaded if in_legend(p)]
    style.legend_below(ax, named + bounded, room=ZONE_INCHES)
    scale = ", on a log scale" if log and not series.logs else ""
    caption = f"{series.quantity} a day as measured{scale}; a gap is a missing day."
    text, mark = _alt(series, design), series.simulated
    return describe(ax, text, caption=caption, source=series.source, simulated=mark)


def draw_bounds(ax: Axes, series: Series) -> list[Artist]:
    """Intervals of the days that are known only between bounds; gives legend handles.

    An end that nothing bounds reaches the edge of the axes. Units that share a day
    stand side by side.
    """
    floor, ceiling = sorted(ax.get_ylim())
    held = series.days[series.days["status"].isin(["censored", "partial"])]
    with_bounds = [unit for unit in series.names if (held["unit"] == unit).any()]
    looks = series.looks
    for unit in series.names:
        own = held[held["unit"] == unit]
        if own.empty:
            continue
        aside = with_bounds.index(unit) - (len(with_bounds) - 1) / 2
        days = own["period"].map(bands.date_number).to_numpy() + aside * ASIDE
        low, high = (own[c].clip(floor, ceiling) for c in ("lower", "upper"))
        colour = looks[unit].colour
        ax.vlines(days, low, high, color=colour, lw=1.2, alpha=0.3)
        for edge in (low, high):
            inside = ((edge > floor) & (edge < ceiling)).to_numpy()
            ax.plot(days[inside], edge[inside], "_", color=colour, ms=3)
    if not with_bounds:
        return []
    label = "known only to lie between bounds"
    return [bands.line_handle(color=style.MUTED, lw=1.6, alpha=0.5, label=label)]


def date_axis(ax: Axes) -> None:
    """Months and days in English, as few as can be read."""
    locator = mdates.AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(FuncFormatter(_date_label))


def _date_label(value: float, place: int | None = None) -> str:
    day = pd.Timestamp(mdates.num2date(value).date())  # type: ignore[no-untyped-call]
    short = f"{day.day} {words.MONTHS[day.month - 1][:3]}"
    new_year = place == 0 or (day.month == 1 and day.day <= 7)
    return f"{short}\n{day.year}" if new_year else short


def draw_line(ax: Axes, days: pd.DataFrame, drawn: Look) -> None:
    """Observed days joined, partial ones hollow; neither bridges a day without one."""
    whole = days["value"].where(days["status"] == "observed")
    partial = days[days["status"] == "partial"]
    look: dict[str, Any] = {"color": drawn.colour, "marker": drawn.marker}
    ax.plot(days["period"], whole, ls=drawn.line, lw=1.1, ms=2.4, **look)
    ax.plot(partial["period"], partial["value"], ls="", ms=3.5, mfc="white", **look)


def _limits(ax: Axes, series: Series, *, log: bool) -> None:
    numbers = series.days[["value", "lower", "upper"]].to_numpy(float)
    seen = numbers[np.isfinite(numbers)]
    period = series.days["period"]
    ax.set_xlim(
        bands.date_number(period.min() - bands.ONE_DAY),
        bands.date_number(period.max() + bands.ONE_DAY),
    )
    if log:
        ax.set_yscale("log", nonpositive="clip")
        low = seen[seen > 0].min() if (seen > 0).any() else 0.1
        ax.set_ylim(low / 1.5, seen.max(initial=1.0) * 1.6)
        if seen.max(initial=1.0) / low < FEW_DECADES:
            ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            ax.yaxis.set_minor_formatter(NullFormatter())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,g}"))
        return
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 1.0)
    if 0 <= low <= high / 2:
        low = 0.0
    margin = HEADROOM * (high - low) or 1.0
    ax.set_ylim(low if low == 0 else low - margin, high + margin)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,g}"))


def _names(ax: Axes, series: Series) -> None:
    """Each series' name at its right end, moved apart where ends are close.

    A series that stops early is named where it stops: a line from there to the edge
    would look like data.
    """
    to_axes = ax.transScale + ax.transLimits
    low, high = sorted(ax.get_ylim())
    places = {}
    for unit, name in series.names.items():
        day, value = _end(series.of(unit))
        point = (bands.date_number(day), float(np.clip(value, low, high)))
        across, up = (float(part) for part in to_axes.transform(point))
        if across < REACHES_THE_EDGE:
            _name_inside(
                ax,
                (across, up),
                f"{words.label(name)}, to {words.day(day, year=False)}",
            )
        else:
            places[unit] = across, up
    heights = style.spread([up for _, up in places.values()], least=NAME_HEIGHT)
    looks = series.looks
    for (unit, place), height in zip(places.items(), heights, strict=True):
        colour = looks[unit].colour
        _name_outside(
            ax, place, height, text=words.label(series.names[unit]), colour=colour
        )


def _name_inside(ax: Axes, place: tuple[float, float], text: str) -> None:
    ax.annotate(
        text,
        xy=place,
        xytext=(5, 0),
        xycoords="axes fraction",
        textcoords="offset points",
        va="center",
        fontsize=style.SMALL + 0.5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
    )


def _name_outside(
    ax: Axes, place: tuple[float, float], height: float, *, text: str, colour: str
) -> None:
    leader = {"arrowstyle": "-", "color": colour, "lw": 0.9, "shrinkA": 1, "shrinkB": 2}
    ax.annotate(
        text,
        xy=place,
        xytext=(1.025, height),
        xycoords="axes fraction",
        textcoords="axes fraction",
        va="center",
        fontsize=style.SMALL + 0.5,
        annotation_clip=False,
        arrowprops=leader,
    )


def _end(days: pd.DataFrame) -> tuple[pd.Timestamp, float]:
    """The last day with anything known, and where to point on it."""
    value = days["value"].fillna(days["upper"])
    known = days.assign(at=value)[np.isfinite(value)]
    if known.empty:
        return days["period"].iloc[-1], 0.0
    return known["period"].iloc[-1], float(known["at"].iloc[-1])


def dress(ax: Axes, series: Series, text: str, rows: int) -> None:
    """Axes of days, their labels, and a title above ``rows`` rows of event names."""
    date_axis(ax)
    style.grid(ax, "y")
    ax.set_ylabel(words.label(series.quantity, most=44))
    if series.zone:
        ax.set_xlabel(f"Day ({_place(series.zone)})", loc="right", fontsize=style.SMALL)
    pad = 6 + rows * bands.ROW_POINTS
    style.title(ax, text, simulated=series.simulated, pad=pad)


def _place(zone: str) -> str:
    """A zone, of one inside a country its place alone: the legend needs the room."""
    parts = zone.split("/")
    return parts[-1].replace("_", " ") if len(parts) > 2 else zone


def in_legend(patch: Artist) -> bool:
    """Whether an artist has a label of its own."""
    return not str(patch.get_label()).startswith("_")


def _alt(series: Series, design: bands.Events) -> str:
    mark = "SIMULATED. " if series.simulated else ""
    period = series.days["period"]
    said = [
        f"{mark}Line chart of {series.quantity.lower()} by day, "
        f"{words.day_range(period.min(), period.max())}."
    ]
    said += [told(series.of(unit), name) for unit, name in series.names.items()]
    if isinstance(design, Design):
        said.append(bands.design_words(design))
    return " ".join(said)


def told(days: pd.DataFrame, name: str) -> str:
    """A series in a sentence: its level, its highest day, what is not known."""
    counts = days["status"].value_counts()
    known = days[days["value"].notna()]
    unknown = [
        f"{words.days(counts[status])} {text}"
        for status, text in (
            ("censored", "known only between bounds"),
            ("partial", "counted in part"),
            ("missing", "missing"),
        )
        if counts.get(status, 0)
    ]
    rest = f"; {', '.join(unknown)}" if unknown else ""
    if known.empty:
        return f"{name}: no day with a value{rest}."
    top = known.iloc[int(known["value"].argmax())]
    return (
        f"{name}: median {words.figure(known['value'].median())}, highest "
        f"{words.figure(top['value'])} on {words.day(top['period'])}{rest}."
    )
