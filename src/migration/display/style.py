"""One look for every figure: white card, colours all can tell apart, no clutter.

The colours are those of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/); line
style and marker vary with them, so that nothing rests on colour alone.
"""

import textwrap
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib import style as mpl_style
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import ScaledTranslation

from migration.display.laid_out import LaidOut

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, BLACK, ORANGE, SKY)
LINES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), "-", "--", ":")
MARKERS = ("o", "s", "D", "P", "X", "*", "p")  # triangles are ends without bound
INK, MUTED, FAINT, BAND = "#222222", "#6B6B6B", "#D9D9D9", "#F1F1F1"
SLATE = "#4F5D6B"  # of what is no app's
WINDOW_BAND = "#CFE1EF"  # darker than the baseline in grey, too
WIDTH, DPI = 7.2, 100
SMALL = 7.5
POINTS_PER_INCH = 72
INLINE = ("inline", "backend_inline")  # by the names that notebooks know it
LETTERS_PER_INCH = {"title": 13.0, "small": 17.0}

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "text.color": INK,
    "text.parse_math": False,  # a name with dollars is a name
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}

P = ParamSpec("P")


def styled(plot: Callable[P, Axes]) -> Callable[P, Axes]:
    """Draw under this style, whatever the caller's; theirs is left as it was.

    The first figure of a session loads the backend, and a notebook's then turns
    interactive drawing on. That must outlive the style, or no later figure is shown.
    A notebook draws the figure as it shows it: drawing it at the cell's end as well,
    unseen, would take as long again.
    """

    @wraps(plot)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Axes:
        with mpl_style.context(["default", STYLE]):
            ax = plot(*args, **kwargs)
            interactive = mpl.is_interactive()
        mpl.interactive(interactive)
        figure = ax.get_figure(root=True)
        if figure is not None and mpl.get_backend().endswith(INLINE):
            figure.stale = False
        return ax

    return drawn


def axes_for(ax: Axes | None, *, height: float) -> Axes:
    """The axes given, or those of a new figure as wide as a report, ``height`` in."""
    if ax is not None:
        _on_white(ax)
        return ax
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    size = WIDTH, height
    figure = plt.figure(figsize=size, dpi=DPI, layout=layout, FigureClass=LaidOut)
    return figure.add_subplot()


def _on_white(ax: Axes) -> None:
    """Axes of a dark theme take the white ground and the ink of every figure."""
    figure: Any = ax.get_figure(root=True)
    if not (_is_dark(ax.get_facecolor()) or _is_dark(figure.get_facecolor())):
        return
    figure.set_facecolor("white")
    ax.set_facecolor("white")
    ax.tick_params(which="both", color=MUTED, labelcolor=INK)
    for spine in ax.spines.values():
        spine.set_edgecolor(MUTED)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_color(INK)


def _is_dark(colour: Any) -> bool:
    red, green, blue, cover = to_rgba(colour)
    return cover > 0 and 0.3 * red + 0.59 * green + 0.11 * blue < 0.5


def title(
    ax: Axes, text: str, *, simulated: bool = False, margin: float = 0.0, pad: float = 6
) -> None:
    """Set a title that fits the width, and mark what is simulated.

    Parameters
    ----------
    ax : Axes
    text : str
    simulated : bool
    margin : float
        Inches of the figure's width that are not the axes'.
    pad : float
        Points between title and axes.
    """
    if simulated:
        text = f"SIMULATED: {text}"
        ax.text(
            0.5,
            0.5,
            "SIMULATED",
            transform=ax.transAxes,
            ha="center",
            va="center",
            rotation=20,
            fontsize=34,
            color="#E8E8E8",
            weight="bold",
            zorder=0.5,
        )
    width = full_inches(ax) - margin
    letters = max(int(width * LETTERS_PER_INCH["title"]), 20)
    ax.set_title(textwrap.fill(text, letters), loc="left", pad=pad, color=INK)


def legend_below(
    ax: Axes,
    handles: Iterable[Any],
    *,
    drop: float = 26,
    columns: int = 0,
    room: float = 0.0,
) -> None:
    """A legend under the axes, ``drop`` points below them, in as few rows as fit.

    ``columns`` says how many fit where the axes are narrow; 0 reckons with the figure,
    less the inches of ``room`` that a label at the right needs.
    """
    entries = list(handles)
    if not entries:
        return
    letters = sum(len(str(entry.get_label())) + 6 for entry in entries)
    rows = -(-letters // int((full_inches(ax) - room) * 14))
    offset = ScaledTranslation(0, -drop / POINTS_PER_INCH, ax.figure.dpi_scale_trans)
    ax.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + offset,
        borderaxespad=0,
        ncols=columns or -(-len(entries) // rows),
        handlelength=2.2,
        columnspacing=1.6,
    )


def spread(wanted: list[float], *, least: float, top: float = 1.0) -> list[float]:
    """Move places apart to ``least`` of each other, below ``top``, keeping their order.

    Parameters
    ----------
    wanted : list of float
        In fractions of the axes.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [wanted[i] for i in order]
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + least)
    for at in reversed(range(len(placed))):
        limit = top if at == len(placed) - 1 else placed[at + 1] - least
        placed[at] = min(placed[at], limit)
    found = [0.0] * len(wanted)
    for place, i in zip(placed, order, strict=True):
        found[i] = place
    return found


def stack(starts: list[float], widths: list[float], *, taken: float = 0.0) -> list[int]:
    """Rows for labels from left to right, so that none covers another; 0 is lowest."""
    ends: list[float] = []
    rows = []
    for start, width in zip(starts, widths, strict=True):
        row = next((r for r, end in enumerate(ends) if end <= start), len(ends))
        ends[row:] = [start + width + taken, *ends[row + 1 :]]
        rows.append(row)
    return rows


def grid(ax: Axes, axis: str) -> None:
    """Thin lines along one axis, under the data; the other axis has none."""
    ax.grid(visible=True, axis=axis, color="#E6E6E6", lw=0.6)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def letters_wide(text: str) -> float:
    """Inches that a small label takes, about."""
    return len(text) / LETTERS_PER_INCH["small"]


def axes_inches(ax: Axes) -> float:
    """Width of the axes' own box, about: names at the right take part of it."""
    return 0.86 * full_inches(ax)


def full_inches(ax: Axes) -> float:
    """Width that the axes may use: the whole figure's for one alone in it."""
    spec = ax.get_subplotspec()
    columns = spec.get_gridspec().ncols if spec is not None else 1
    return float(ax.get_figure(root=True).get_size_inches()[0]) / columns - 0.6  # type: ignore[union-attr]
