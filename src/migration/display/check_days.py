"""Checks whose numbers have days: events beside a design, breaks of a series."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from migration.display import bands, style, words
from migration.display.check_rows import COLUMNS, MOST
from migration.display.looks import Look
from migration.display.plots_series import date_axis

SEVERITIES = {  # greys, for colours are those of apps
    "high": (style.INK, ""),
    "medium": ("#BDBDBD", "////"),
    "low": ("white", ""),
}
GRAVE = tuple(SEVERITIES)
BREAK = ("last_day_before", "conf_first", "conf_last")
BANDS = {"baseline": style.BAND, "window": style.WINDOW_BAND}
NAMES_INCHES = 2.4  # that the names of breaks take at the left
LETTERS = 36  # of an event's name


def draw_collisions(ax: Axes, frame: pd.DataFrame) -> int:
    """Draw one bar an event, over the days of the baseline and of the window."""
    shown = gravest(frame)
    shades = [
        _shade(ax, name, frame.attrs[name]) for name in BANDS if name in frame.attrs
    ]
    for at, (_, row) in enumerate(shown.iterrows()):
        left, right = bands.edges(row["first_day"], row["last_day"])
        ax.barh(at, right - left, left=left, height=0.62, **_look(row["severity"]))
    severities = [s for s in GRAVE if s in set(shown["severity"])]
    keys = [Patch(label=f"severity {s}", **_look(s)) for s in severities]
    _lay_out(ax, [words.label(str(x), LETTERS) for x in shown["label"]])
    style.legend_below(ax, [*shades, *keys], drop=34, columns=COLUMNS)
    return 0


def draw_breaks(ax: Axes, frame: pd.DataFrame, drawn: Look) -> int:
    """Draw one point a break, with its interval, and a line at each focal event.

    Gives the rows that the events' names take above the axes.
    """
    shown = frame.head(MOST)
    place, told = np.arange(len(shown)), (shown["event"] != "").to_numpy(bool)
    at, low, high = (
        np.array([bands.date_number(day) for day in shown[c]]) for c in BREAK
    )
    colour = drawn.colour
    for hold in (True, False):
        here = told == hold
        ax.hlines(place[here], low[here], high[here], color=colour, lw=2.0)
        face = colour if hold else "white"
        look = {"color": colour, "mfc": face, "ms": 5.5}
        ax.plot(at[here], place[here], drawn.marker, **look)  # type: ignore[arg-type]
    _lay_out(ax, [_break_name(row) for _, row in shown.iterrows()])
    if "days" in frame.attrs:
        ax.set_xlim(*bands.edges(*map(pd.Timestamp, frame.attrs["days"])))
    return bands.draw_events(ax, frame.attrs.get("events", {}), margin=NAMES_INCHES)


def gravest(frame: pd.DataFrame) -> pd.DataFrame:
    """At most twelve events: those of the window and of high severity come first."""
    order = frame.assign(
        inside=frame["where"] != "window",
        grave=[GRAVE.index(severity) for severity in frame["severity"]],
    ).sort_values(["inside", "grave", "first_day"])
    kept = frame.loc[order.index[:MOST]]
    return kept.sort_values(["first_day", "last_day"], ignore_index=True)


def collisions_words(frame: pd.DataFrame) -> str:
    """Each event's days, place and severity."""
    return "; ".join(
        f"{row['label']}, {words.day_range(row['first_day'], row['last_day'])}, in the "
        f"{row['where']}, severity {row['severity']}"
        for _, row in gravest(frame).iterrows()
    )


def breaks_words(frame: pd.DataFrame) -> str:
    """Each break's day, interval and event."""
    return "; ".join(
        f"after {words.day(row['last_day_before'])} "
        f"({words.day_range(row['conf_first'], row['conf_last'])}): {_cause(row)}"
        for _, row in frame.head(MOST).iterrows()
    )


def _shade(ax: Axes, name: str, days: list[str]) -> Patch:
    look: dict[str, Any] = {"facecolor": BANDS[name], "lw": 0}
    ax.axvspan(*bands.edges(*map(pd.Timestamp, days)), zorder=0.4, **look)
    return Patch(label=name, **look)


def _look(severity: str) -> dict[str, Any]:
    """Colour and hatch: nothing rests on colour alone."""
    colour, hatch = SEVERITIES[severity]
    return {"facecolor": colour, "hatch": hatch, "edgecolor": style.INK, "lw": 0.6}


def _break_name(row: pd.Series) -> str:
    return f"{words.short_day(row['last_day_before'])}: {words.label(_cause(row))}"


def _cause(row: pd.Series) -> str:
    return str(row["event"] or row["known_break"] or "no focal event")


def _lay_out(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(np.arange(len(names)), names)
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    date_axis(ax)
    style.grid(ax, "x")
