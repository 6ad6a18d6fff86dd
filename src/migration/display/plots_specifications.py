"""The curve of specifications, drawn over the choices that made it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from migration.checks.choices import NAMES
from migration.checks.multiverse import MultiverseResult
from migration.display import style, words
from migration.display.alt import describe
from migration.display.looks import Look, look_of
from migration.errors import DisplayError
from migration.inference.arrays import Array
from migration.inference.rule import ALPHA

ERRORS = 2  # standard errors of a bar
UNTOLD_BAR = "#D0D0D0"
LETTERS = 46  # of a choice's name
MOST_DOTS = 160  # specifications whose choices a figure can show


@style.styled
def plot_specifications(
    result: MultiverseResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw every specification's estimate, smallest first, and the choices below it.

    Filled dots have p <= 0.05 by the rule; bars are two standard errors of block-t. A
    thousand specifications are a curve without bars, and the choices of evenly spaced
    ones.

    Parameters
    ----------
    result : MultiverseResult
        Of ``multiverse``.
    name : str, optional
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another result.
    """
    if not isinstance(result, MultiverseResult):
        raise DisplayError(
            f"plot_specifications needs a MultiverseResult, got "
            f"{type(result).__name__}; give what multiverse returned"
        )
    frame = result.frame
    rows = _choices(frame)
    ax = style.axes_for(ax, height=2.6 + 0.16 * len(rows))
    scale = _curve(ax, frame, len(rows), look_of(name))
    _dots(ax, frame, rows)
    ax.set_xlim(-0.02 * len(frame) - 0.6, 1.02 * len(frame) - 0.4)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    style.grid(ax, "y")
    ax.set_xlabel(_thinned(len(frame)), loc="right")
    who = f"{words.label(name)}: " if name else ""
    title = f"{who}{len(frame):,} specifications of one effect"
    style.title(ax, title, simulated=result.simulated)
    ax.set_ylim(len(rows) + 0.5, -scale - 0.6)
    return describe(ax, _curve_alt(result, name))


def _choices(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Kinds with more than one choice, and their choices, in the order of the frame."""
    return [
        (kind, value)
        for kind in NAMES
        if frame[kind].nunique() > 1
        for value in sorted(frame[kind].unique())
    ]


def _curve(ax: Axes, frame: pd.DataFrame, n_rows: int, drawn: Look) -> float:
    """Estimates above the rows of choices, on a scale of their own; gives its height.

    One axes holds both, so that a caller's axes are enough.
    """
    height = max(0.9 * n_rows, 8.0)
    values = frame["estimate"].to_numpy(float)
    barred = ERRORS if len(frame) <= MOST_DOTS else 0
    wide = barred * frame["std_error"].to_numpy(float)
    low, high = min((values - wide).min(), 0.0), max((values + wide).max(), 0.0)
    span = (high - low) or 1.0

    def place(value: Array) -> Array:
        return np.asarray(-1.2 - (value - low) / span * (height - 1.2))

    ax.axhline(float(place(np.zeros(1))[0]), color=style.INK, lw=0.8)
    told = (frame["p_value"] <= ALPHA).to_numpy(bool)
    at, size = np.arange(len(frame)), 4 if len(frame) <= MOST_DOTS else 2
    for here, colour, face, pale in (
        (~told, drawn.colour, "white", UNTOLD_BAR),
        (told, drawn.colour, drawn.colour, drawn.pale),
    ):
        ends = place(values[here] - wide[here]), place(values[here] + wide[here])
        thin = {"color": pale, "lw": 0.25 * size, "zorder": 1}
        ax.vlines(at[here], *ends, **thin)  # type: ignore[arg-type]
        look = {"color": colour, "mfc": face, "ms": size, "mew": 0.7}
        ax.plot(at[here], place(values)[here], "o", **look)  # type: ignore[arg-type]
    ticks = _ticks(low, high)
    rows = _row_labels(_choices(frame))
    places = np.r_[place(np.array(ticks)), 1 : len(rows) + 1]
    ax.set_yticks(places, [words.figure(t) for t in ticks] + rows)
    above = {"ha": "right", "va": "bottom", "transform": ax.transAxes}
    ax.text(-0.01, 1.0, "Effect", **above)  # type: ignore[arg-type]
    return height


def _ticks(low: float, high: float) -> list[float]:
    found = MaxNLocator(4).tick_values(low, high)
    return [float(t) for t in found if low - 1e-9 <= t <= high + 1e-9]


def _row_labels(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [
        words.label(f"{words.plain(kind)}: {value}", LETTERS) for kind, value in rows
    ]


def _dots(ax: Axes, frame: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    """A mark where a specification made the choice; evenly spaced ones of many."""
    shown = _shown(len(frame))
    for row, (kind, value) in enumerate(rows, start=1):
        made = shown[(frame[kind].to_numpy()[shown] == value)]
        ax.plot(made, np.full(len(made), row), "|", color=style.INK, ms=5, mew=0.8)


def _shown(number: int) -> np.ndarray:
    if number <= MOST_DOTS:
        return np.arange(number)
    return np.unique(np.linspace(0, number - 1, MOST_DOTS).round().astype(int))


def _thinned(number: int) -> str:
    text = "Specifications, smallest first; filled: p ≤ 0.05"
    if number > MOST_DOTS:
        return f"{text}; choices of {MOST_DOTS} evenly spaced ones"
    return f"{text}; bars: {ERRORS} std. errors"


def _curve_alt(result: MultiverseResult, name: str) -> str:
    mark = "SIMULATED. " if result.simulated else ""
    frame = result.frame
    kinds = [
        f"{words.plain(kind)} {_medians(frame, kind)}"
        for kind in NAMES
        if frame[kind].nunique() > 1
    ]
    whose = f" for {name}" if name else ""
    return (
        f"{mark}Specification curve{whose}. {words.sentence_case(result.answer)}. "
        f"Median estimate by choice: {'; '.join(kinds) or 'one choice of each kind'}."
    )


def _medians(frame: pd.DataFrame, kind: str) -> str:
    medians = frame.groupby(kind)["estimate"].median()
    return ", ".join(f"{k} {words.number(float(v))}" for k, v in medians.items())
