"""A name of 130 letters leaves a figure its room, and is told whole in the text."""

import pytest

from migration.display import (
    alt_text,
    plot_effects,
    plot_estimates,
    plot_placebos,
    plot_ranks,
    plot_series,
)
from migration.display.words import LABEL, label

LONG = "a name that goes on " * 6 + "to the end"
DRAWN = ["series", "ranks", "estimates", "placebos", "effects"]


def _draw(request, kind):
    get = request.getfixturevalue
    units = {"signal": LONG}
    return {
        "series": lambda: plot_series(get("panel"), units=units),
        "ranks": lambda: plot_ranks(get("ranks"), units=units),
        "estimates": lambda: plot_estimates({LONG: get("result")}),
        "placebos": lambda: plot_placebos(get("placebos"), name=LONG),
        "effects": lambda: plot_effects(get("result"), name=LONG),
    }[kind]()


@pytest.mark.parametrize("kind", DRAWN)
def test_a_long_name_leaves_the_axes_their_room_and_stays_in_the_text(request, kind):
    ax = _draw(request, kind)
    figure = ax.figure
    figure.draw_without_rendering()
    assert LONG in alt_text(figure)
    assert ax.get_position().width > 0.4
    assert ax.get_position().height > 0.35
    for text in ax.texts:
        assert text.get_window_extent().x1 <= figure.bbox.x1


def test_both_ends_of_a_long_name_stay():
    first, second = (label(f"{'x' * 120} {end}") for end in ("north", "south"))
    assert len(first) <= LABEL
    assert first != second
    assert first.startswith("xxx")
    assert first.endswith("north")
    assert label("Signal") == "Signal"
    assert label(f"{'y' * 80}\nMay 2021").endswith("…yyyyyyyyyy\nMay 2021")
