"""Checks drawn: where the treated series lies among unrelated ones."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from migration.display import style, words
from migration.display.alt import describe
from migration.display.looks import Look, look_of
from migration.display.plots_estimates import placebo_frame
from migration.inference.rule import ALPHA, rank_critical, rank_p
from migration.results import CheckResult

BINS = 48


@style.styled
def plot_placebos(
    check: CheckResult, *, name: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the size of t of every unrelated series, and of the treated one, as dots.

    Parameters
    ----------
    check : CheckResult
        Of ``placebo_in_space``.
    name : str, optional
        Of the treated series; by default its id.
    ax : Axes, optional

    Raises
    ------
    DisplayError
        If it is another check.
    """
    frame = placebo_frame(check, "plot_placebos")
    treated = frame[frame["treated"]].iloc[0]
    others = frame.loc[~frame["treated"], "t"].to_numpy(float)
    own, subject = abs(float(treated["t"])), name or str(treated["series"])
    ax = style.axes_for(ax, height=2.7)
    top = _dots(ax, np.abs(others), own)
    critical = rank_critical(others)
    shown = words.label(subject)
    drawn = look_of(name, str(treated["series"]))
    _treated(ax, own, shown, top, drawn)
    if np.isfinite(critical):
        ax.axvline(critical, color=style.INK, lw=1.0, ls=(0, (4, 2)), zorder=1)
        _note(ax, critical, f"beyond this p ≤ {ALPHA:g}", 1.0)
    ax.set_xlabel("|t| of the window's effect")
    ax.set_ylim(0, top + 1.2)
    ax.set_yticks([])
    style.grid(ax, "x")
    ax.spines["left"].set_visible(False)
    rank = int((np.abs(others) >= own).sum()) + 1
    title = f"{shown}: {_ordinal(rank)} of {len(frame)} series by |t|"
    style.title(ax, title, simulated=check.simulated, pad=18)
    return describe(ax, _alt(check, others, own, subject))


def _dots(ax: Axes, values: np.ndarray, own: float) -> int:
    """One dot a series, piled where they are close; gives the highest pile."""
    end = 1.08 * max(float(values.max(initial=0.0)), own, 1.0)
    width = end / BINS
    place = np.floor(values / width).astype(int)
    pile = pd.Series(place).groupby(place).cumcount().to_numpy() + 0.5
    ax.set_xlim(0, end)
    look = {"color": style.MUTED, "mfc": "#C9C9C9", "ms": 5, "mew": 0.7}
    ax.plot((place + 0.5) * width, pile, "o", **look)  # type: ignore[arg-type]
    return int(np.ceil(pile.max(initial=1.0)))


def _treated(ax: Axes, own: float, subject: str, top: int, drawn: Look) -> None:
    ax.vlines(own, 0, 0.45 * top, color=drawn.colour, lw=1.4)
    ax.plot(own, 0.45 * top, drawn.marker, color=drawn.colour, ms=7)
    left = own > 0.3 * ax.get_xlim()[1]
    ax.annotate(
        f"{subject}, |t| = {own:.1f}",
        (own, 0.45 * top),
        (-9 if left else 9, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        zorder=4,
    )


def _note(ax: Axes, at: float, text: str, height: float) -> None:
    ax.annotate(
        text,
        (at, height),
        (0, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if at < 0.6 * ax.get_xlim()[1] else "right",
        va="bottom",
        fontsize=style.SMALL,
    )


def _ordinal(rank: int) -> str:
    """Rank in words as far as they are short."""
    small = {1: "first", 2: "second", 3: "third"}
    return small.get(rank, f"number {rank}")


def _alt(check: CheckResult, others: np.ndarray, own: float, subject: str) -> str:
    mark = "SIMULATED. " if check.simulated else ""
    sizes = np.abs(others)
    p = words.p_words(rank_p(own, others))
    return (
        f"{mark}Dot plot of |t| of {len(others)} unrelated series and of {subject}, "
        f"which has |t| = {own:.1f}. The unrelated ones have a median of "
        f"{np.median(sizes) if len(sizes) else np.nan:.1f} and reach "
        f"{sizes.max(initial=0.0):.1f}; {int((sizes >= own).sum())} are at least as "
        f"far out, {p} by rank."
    )
