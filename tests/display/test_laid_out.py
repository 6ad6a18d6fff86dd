"""A figure drawn once has the bytes of one that matplotlib draws twice."""

import io

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from migration.display import style
from migration.display.laid_out import LaidOut


@style.styled
def busy(*, ax=None):
    """All that finds its place late: legend, arrow, title, ticks of a log axis."""
    ax = style.axes_for(ax, height=2.4)
    ax.plot([1, 2, 3, 4], [3, 1e4, 20, 7], label="one app")
    ax.plot([1, 2, 3, 4], [5, 2, 900, 70], label="another")
    ax.set_yscale("log")
    ax.annotate("the event", (2, 1e4), (3.2, 3e4), arrowprops={"arrowstyle": "->"})
    ax.set_xlabel("day")
    style.title(ax, "A title so long that it takes more than one line " * 2)
    ax.legend(loc="best")
    ax.figure.supylabel("at the side")
    return ax


def kept(kind, form, **options):
    figure = busy().get_figure(root=True)
    assert type(figure) is LaidOut
    figure.__class__ = kind
    held = io.BytesIO()
    figure.savefig(held, format=form, **options)
    plt.close(figure)
    return held.getvalue()


@pytest.mark.parametrize("box", ["tight", None])
def test_the_bytes_are_those_of_a_figure_drawn_twice(box):
    options = {"dpi": 200, "bbox_inches": box}
    assert kept(LaidOut, "png", **options) == kept(Figure, "png", **options)


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_so_are_those_of_a_drawing_by_lines(form, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    options = {"bbox_inches": "tight"}
    with plt.rc_context({"svg.hashsalt": "one"}):
        assert kept(LaidOut, form, **options) == kept(Figure, form, **options)


def test_what_is_kept_is_drawn_once(monkeypatch):
    drawn = []
    draw = plt.Line2D.draw
    monkeypatch.setattr(plt.Line2D, "draw", lambda *a: drawn.append(1) or draw(*a))
    kept(Figure, "png", bbox_inches="tight")
    twice = len(drawn)
    kept(LaidOut, "png", bbox_inches="tight")
    assert len(drawn) - twice < twice


def test_who_asks_for_a_drawing_unseen_has_it_whole():
    figure = busy().get_figure(root=True)
    seen = []
    figure.canvas.mpl_connect("draw_event", seen.append)
    figure.draw_without_rendering()
    assert len(seen) == 1
    plt.close(figure)
