"""Alternative text on a figure, and how it reaches the output of a notebook.

The inline backend shows a figure with ``display(figure)``, which first asks the object
itself how it wants to be shown. So a described figure carries its own answer: a PNG
whose metadata holds the text, in JupyterLab as in a kernel without a screen, whatever
formats that kernel prefers. Nothing has to be switched on.
"""

import base64
from functools import partial
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from migration.display.palette import in_few_colours
from migration.display.words import source as named_source
from migration.errors import DisplayError
from migration.numerals import with_minus

SHARPNESS = 1.875  # pixels of the PNG for one of the figure: two for one of a page
PACKING = 6  # of nine: the last three take seven times as long for 6% of the bytes
_KEPT, _BELOW = "_migration_descriptions", "_migration_captions"


def describe(
    ax: Axes,
    text: str,
    *,
    caption: str = "",
    source: str = "",
    simulated: bool = False,
) -> Axes:
    """Write alternative text onto the figure of ``ax``; the axes are returned.

    Figures of several axes join the texts of each, in the order they were drawn. A
    second text for the same axes replaces the first.

    Parameters
    ----------
    ax : Axes
    text : str
        What a reader who cannot see the figure must know, numbers included.
    caption : str
        One or two sentences for who sees it: what is drawn, in which units, and what
        the marks mean. A report that leads with the figure prints it below.
    source : str
        Whose data are drawn, where that is known; it ends the caption.
    simulated : bool
        Whether any of them are simulated: the caption then ends with that instead.

    Raises
    ------
    DisplayError
        If the text is empty.
    """
    if not text.strip():
        raise DisplayError("describe needs a text, got an empty one; say what is seen")
    figure = _figure(ax)
    vars(figure).setdefault(_KEPT, {})[ax] = with_minus(" ".join(text.split()))
    vars(figure).setdefault(_BELOW, {})[ax] = _below(
        caption, _ending(source, simulated)
    )
    vars(figure)["_ipython_display_"] = partial(_show, figure)
    vars(ax)["_ipython_display_"] = partial(_show_unless_open, ax)
    return ax


def alt_text(drawn: Axes | Figure) -> str:
    """The alternative text of a figure; empty when it has none."""
    figure = _figure(drawn) if isinstance(drawn, Axes) else drawn
    return " ".join(vars(figure).get(_KEPT, {}).values())


def _below(caption: str, ending: str) -> str:
    """A caption and what ends it; nothing stands alone where there is no caption."""
    words = " ".join(caption.split())
    return with_minus(f"{words} {ending}".strip() if words else "")


def _ending(source: str, simulated: bool) -> str:
    if simulated or source.startswith("simulated"):
        return "SIMULATED data."
    return f"Source: {named_source(source)}." if source else ""


def caption_of(drawn: Axes | Figure) -> str:
    """The caption of a figure, what several axes share once; empty without one."""
    figure = _figure(drawn) if isinstance(drawn, Axes) else drawn
    said = dict.fromkeys(vars(figure).get(_BELOW, {}).values())
    return " ".join(filter(None, said))


def to_png(drawn: Axes | Figure) -> bytes:
    """The figure as PNG at twice the page's resolution; same figure, same bytes.

    A page's column is 670 pixels wide, a little less than a figure by itself.

    The file says neither when nor by which program it was made.
    """
    figure = _figure(drawn) if isinstance(drawn, Axes) else drawn
    _lay_out_afresh(figure)
    content = BytesIO()
    in_few_colours(_pixels(figure)).save(content, format="PNG", compress_level=PACKING)
    return content.getvalue()


def _pixels(figure: Figure) -> Image.Image:
    """The figure drawn on white, once; where its canvas draws otherwise, by saving."""
    canvas, dpi = figure.canvas, figure.dpi
    laid_out = figure.get_layout_engine() is not None
    if type(canvas) is FigureCanvasAgg and laid_out:
        ground = figure.get_facecolor(), figure.get_edgecolor()
        figure.set(dpi=SHARPNESS * dpi, facecolor="white", edgecolor="none")
        try:
            canvas.draw()  # type: ignore[no-untyped-call]
            held = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
            drawn = Image.fromarray(np.asarray(held))
        finally:
            figure.set(dpi=dpi, facecolor=ground[0], edgecolor=ground[1])
        return drawn
    content = BytesIO()
    with mpl.rc_context({"savefig.facecolor": "white", "savefig.edgecolor": "none"}):
        figure.savefig(
            content,
            format="png",
            dpi=SHARPNESS * dpi,
            bbox_inches=None if laid_out else "tight",
        )
    return Image.open(content)


def _lay_out_afresh(figure: Figure) -> None:
    """Begin the layout where it began: from where it ended it moves by a fraction."""
    for ax in figure.axes:
        if figure.get_layout_engine() is not None and (spec := ax.get_subplotspec()):
            ax.set_subplotspec(spec)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        raise DisplayError("these axes belong to no figure any more; draw them again")
    return figure


def _show(figure: Figure) -> None:
    """Publish the figure as IPython would, with its text and its size on the page."""
    from IPython.display import display

    content = to_png(figure)
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    text = alt_text(figure)
    data: dict[str, Any] = {
        "image/png": base64.b64encode(content).decode("ascii"),
        "text/plain": text,
    }
    size = {"width": round(width / SHARPNESS), "height": round(height / SHARPNESS)}
    about = {"alt": text, "caption": caption_of(figure), **size}
    display(data, raw=True, metadata={"image/png": about})  # type: ignore[no-untyped-call]


def _show_unless_open(ax: Axes) -> None:
    """Axes at the end of a cell: their figure, unless pyplot is about to show it."""
    figure = _figure(ax)
    waiting = getattr(figure, "number", None) in plt.get_fignums()
    if not waiting or mpl.get_backend().lower() == "agg":
        _show(figure)
