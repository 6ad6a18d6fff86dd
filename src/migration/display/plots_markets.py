"""Effects by market as a forest, the largest first."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from migration.display import style, words
from migration.display.alt import describe
from migration.display.bands import line_handle
from migration.display.forest import Results, Row, Sensitivity
from migration.display.looks import look_of
from migration.display.plots_effects import effect_axis, limits
from migration.display.plots_tiles import (
    known,
    market_of,
    market_rows,
    size_of,
    told,
    told_of,
)
from migration.display.sentences import NOT_AN_EFFECT

INCHES_A_ROW = 0.155


@style.styled
def plot_market_forest(
    results: Results | pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    sensitivity: Sensitivity = None,
    name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw each market's effect with its 95% interval, the largest at the top.

    Filled where the interval leaves zero out, hollow where it holds zero; an effect
    whose sign changes with a defensible baseline is named at the bottom, without a
    number.

    Parameters
    ----------
    results : mapping, iterable of EffectResult, or DataFrame
        As for :func:`migration.display.plots_tiles.plot_tiles`.
    names : mapping of str to str, optional
        Market's code to the name shown.
    sensitivity : mapping, optional
        As there.
    name : str, optional
        Of what was measured, for the title.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If something else came, with what to give.
    """
    rows = market_rows(results, sensitivity, "plot_market_forest")
    rows.sort(key=lambda row: (not known(row), -size_of(row) if known(row) else 0.0))
    ax = style.axes_for(ax, height=1.4 + INCHES_A_ROW * len(rows))
    columns = ("estimate", "conf_low", "conf_high")
    stable = [row for row in rows if known(row)]
    numbers = [[getattr(row, c) for c in columns] for row in stable]
    limits(ax, pd.DataFrame(numbers, columns=list(columns), dtype=float), "x")
    ax.set_ylim(len(rows) - 0.3, -0.7)
    drawn = look_of(name, rows[0].name)
    for place, row in enumerate(rows):
        _row(ax, row, place, drawn.colour)
    _dress(ax, rows, names or {}, name)
    style.legend_below(ax, _key(rows, drawn.colour), drop=36)
    mark = "SIMULATED. " if any(row.simulated for row in rows) else ""
    whose = f" of {name}" if name else ""
    return describe(ax, f"{mark}Forest of effects{whose} by market. {told_of(rows)}")


def _row(ax: Axes, row: Row, place: int, colour: str) -> None:
    """Interval, point and words of one market; an open end is an arrow at the edge."""
    text = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 6.5}
    if not known(row):
        said = words.UNBOUNDED if row.stable else NOT_AN_EFFECT
        ax.text(1.02, place, said, style="italic", **text)  # type: ignore[arg-type]
        return
    floor, ceiling = ax.get_xlim()
    low, high = np.clip([row.conf_low, row.conf_high], floor, ceiling)
    colour = colour if told(row) else style.MUTED
    ax.plot([low, high], [place, place], color=colour, lw=1.3, solid_capstyle="butt")
    for end, mark, is_open in (
        (low, "<", np.isinf(row.conf_low)),
        (high, ">", np.isinf(row.conf_high)),
    ):
        if is_open:
            ax.plot(end, place, mark, color=colour, ms=4, clip_on=False)
    if not row.is_bound:
        face = colour if told(row) else "white"
        ax.plot(row.estimate, place, "o", color=colour, mfc=face, ms=4, mew=1.0)
    ax.text(1.02, place, row.change(), **text)  # type: ignore[arg-type]


def _dress(ax: Axes, rows: list[Row], names: Mapping[str, str], name: str) -> None:
    effect_axis(ax, "x", log=rows[0].log)
    style.grid(ax, "x")
    shown = [names.get(market_of(row), market_of(row)) for row in rows]
    ax.set_yticks(range(len(rows)), [words.label(name) for name in shown])
    ax.tick_params(axis="y", length=0, pad=6, labelsize=6.5)
    ax.spines["left"].set_visible(False)
    found = sum(told(row) for row in rows)
    what = f"{words.label(name)}: effects" if name else "Effects"
    text = f"{what} by market with 95% intervals: {found} of {len(rows)} told from zero"
    style.title(ax, text, simulated=any(r.simulated for r in rows), margin=1.2)


def _key(rows: list[Row], ink: str) -> list[Artist]:
    """The two kinds of point, where both are there."""
    shown = {told(row) for row in rows if known(row) and not row.is_bound}
    looks = (
        (True, "interval leaves zero out", ink, ink),
        (False, "interval holds zero", style.MUTED, "white"),
    )
    return [
        line_handle(color=colour, mfc=face, marker="o", ms=4, lw=1.3, label=label)
        for kind, label, colour, face in looks
        if kind in shown
    ]
