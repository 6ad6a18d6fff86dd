"""An event and its design drawn behind a series: baseline, gap, window, day zero."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from migration.design import Design
from migration.display import style, words
from migration.errors import DisplayError

HALF_DAY = pd.Timedelta(hours=12)
ONE_DAY = pd.Timedelta(days=1)
HATCH: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#9A9A9A",
    "hatch": "//////",
    "lw": 0,
}
ROW_POINTS = 11  # height of a row of labels above the axes
MOST_MARGIN = 0.6  # of the axes, for names at their left

Events = Design | Mapping[str, Any] | None
Days = tuple[pd.Timestamp, pd.Timestamp]


def date_number(day: pd.Timestamp) -> float:
    """A day on the axis."""
    return float(mdates.date2num(day))  # type: ignore[no-untyped-call]


def draw_bands(ax: Axes, events: Events) -> list[Patch]:
    """Shade what a design says of each day; gives the patches for a legend.

    Days are centred on their date, so a band begins half a day before its first. The
    gap between baseline and window has no band: it belongs to neither.
    """
    if not isinstance(events, Design):
        return []
    base = ax.axvspan(
        *edges(*events.baseline), color=style.BAND, lw=0, label="baseline"
    )
    window = ax.axvspan(
        *edges(*events.window_days), color=style.WINDOW_BAND, lw=0, label="window"
    )
    made = [base, window, *_partial(ax, events)]
    for patch in made:
        patch.set_zorder(0.4)
    return made


def edges(first: pd.Timestamp, last: pd.Timestamp) -> tuple[float, float]:
    """Where the first day begins on the axis and the last one ends."""
    low, high = date_number(first - HALF_DAY), date_number(last + HALF_DAY)
    return low, high


def draw_events(ax: Axes, events: Events, *, margin: float = 0.0) -> int:
    """A line on the first full day of each event, named above; gives rows of names.

    ``margin`` is what names at the left take of the figure, in inches.
    """
    focal = events.event_name if isinstance(events, Design) else ""
    places = {
        name: (date_number(days[1] - HALF_DAY), dated(name, days))
        for name, days in event_days(events).items()
    }
    return _mark_events(ax, places, focal, margin)


def draw_event_times(ax: Axes, design: Design) -> int:
    """The same on an axis of days from day zero; gives rows of names."""
    places = {
        name: ((days[1] - design.event).days - 0.5, dated(name, days))
        for name, days in event_days(design).items()
    }
    return _mark_events(ax, places, design.event_name, 0.0)


def _mark_events(
    ax: Axes, places: Mapping[str, tuple[float, str]], focal: str, margin: float
) -> int:
    low, high = (float(edge) for edge in ax.get_xlim())
    named = []
    for name, (at, said) in sorted(places.items(), key=lambda item: item[1][0]):
        if low <= at <= high:
            named.append(((at - low) / (high - low), said))
            look = "-" if name == focal else (0, (4, 2))
            ax.axvline(at, color=style.INK, lw=1.0, ls=look)
    return name_above(ax, named, margin)


def dated(name: str, days: Days, *, year: bool = False) -> str:
    """An event and its day; where it split one, the first full day as well.

    >>> dated("delay", (pd.Timestamp("2021-01-15"), pd.Timestamp("2021-01-16")))
    'delay, 15 January (full days from 16)'
    """
    came, full = days
    said = f"{words.label(words.plain(name))}, {words.day(came, year=year)}"
    if came == full:
        return said
    same = (came.year, came.month) == (full.year, full.month)
    from_day = str(full.day) if same else words.day(full, year=came.year != full.year)
    return f"{said} (full days from {from_day})"


def name_above(
    ax: Axes, marks: Sequence[tuple[float, str]], margin: float = 0.0
) -> int:
    """Names above the axes from their marks rightwards, in as many rows as it takes.

    The last name is lowest, so that the line up to an earlier one crosses none but
    one that found no room at the right of its mark; that one covers the line.

    Parameters
    ----------
    ax : Axes
    marks : sequence of (float, str)
        Place as a fraction of the axes, and the name; from left to right.
    margin : float
        Inches that names at the left of the axes take; of narrow axes a part.
        A name too wide for the axes begins above those, and no further to the left.

    Returns
    -------
    int
        Rows used.
    """
    margin = min(margin, MOST_MARGIN * style.axes_inches(ax))
    inches, limit = style.axes_inches(ax) - margin, style.full_inches(ax) - margin
    widths = [style.letters_wide(name) for _, name in marks]
    starts = [
        max(min(place * inches, limit - width), -margin)
        for (place, _), width in zip(marks, widths, strict=True)
    ]
    mirrored = [limit - start - w for start, w in zip(starts, widths, strict=True)]
    rows = style.stack(mirrored[::-1], widths[::-1], taken=0.1)[::-1]
    for number, (place, name) in enumerate(marks):
        _name(ax, starts[number] / inches, name, rows[number])
        if rows[number]:
            _lead_up(ax, place, rows[number])
    return max(rows, default=-1) + 1


def event_days(events: Events) -> dict[str, Days]:
    """The day each event came and its first full one, of a design or a mapping."""
    if events is None:
        return {}
    if isinstance(events, Design):
        came = events.touched or events.event
        return {events.event_name: (came, events.event), **events.other_events}
    if not isinstance(events, Mapping):
        raise DisplayError(
            f"design= needs a Design or a mapping of names to days, got "
            f"{type(events).__name__}"
        )
    pairs = {
        str(name): day if isinstance(day, tuple | list) else (day, day)
        for name, day in events.items()
    }
    return {k: (pd.Timestamp(p[0]), pd.Timestamp(p[-1])) for k, p in pairs.items()}


def day_axis(design: Design) -> str:
    """What an axis of event time counts from: day zero is the first full day."""
    name = words.label(words.plain(design.event_name))
    return f"Days from {name} (day 0: {words.day(design.event)})"


def line_handle(**kwargs: Any) -> Line2D:
    """A line for a legend that stands for no data of its own."""
    return Line2D([], [], **kwargs)


def design_words(design: Design) -> str:
    """Baseline, window and events of a design, for alternative text."""
    said = [dated(name, days, year=True) for name, days in event_days(design).items()]
    others = "; ".join(said[1:])
    return (
        f"The baseline is {words.day_range(*design.baseline)}, the window "
        f"{words.day_range(*design.window_days)} after {said[0]}"
        + (f"; also marked: {others}." if others else ".")
    )


def _partial(ax: Axes, design: Design) -> list[Patch]:
    """Days split by an event, which belong to no window."""
    made: list[Patch] = []
    for touched, full in event_days(design).values():
        if touched < full:
            label = "" if made else "day split by an event"
            split = edges(touched, full - ONE_DAY)
            made.append(ax.axvspan(*split, label=label or "_split", **HATCH))
    return made


def _lead_up(ax: Axes, place: float, row: int) -> None:
    """A thin line from a mark to its name in a higher row."""
    look: dict[str, Any] = {"arrowstyle": "-", "color": style.MUTED, "lw": 0.7}
    ax.annotate(
        "",
        (place, 1.0),
        (0, 3 + row * ROW_POINTS),
        xycoords="axes fraction",
        textcoords="offset points",
        annotation_clip=False,
        arrowprops=look | {"shrinkA": 0, "shrinkB": 0},
        zorder=2,
    )


def _name(ax: Axes, place: float, name: str, row: int) -> None:
    rise = (3 + row * ROW_POINTS) / style.POINTS_PER_INCH
    scale = ax.get_figure(root=True).dpi_scale_trans  # type: ignore[union-attr]
    ax.text(
        place,
        1.0,
        name,
        transform=ax.transAxes + ScaledTranslation(0, rise, scale),
        ha="left",
        va="bottom",
        fontsize=style.SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )
