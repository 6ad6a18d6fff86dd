"""A name with dollars is a name: no figure takes it for a formula, and none fails."""

import pytest

from migration.display import plot_effects, plot_estimates, plot_market_forest, to_png
from migration.display.style import styled

NAMES = ["$x^$", "A$\\frac{$B", "Cash$ and $ure", "\\input{/etc/passwd}"]


def _texts(ax):
    """Every text of a figure, those that are made as it is drawn among them."""
    return ax.figure.findobj(lambda one: hasattr(one, "get_parse_math"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("plot", [plot_estimates, plot_market_forest])
def test_a_name_with_dollars_is_drawn_as_it_is(result, plot, name):
    ax = plot({name: result, "IN": result})
    assert to_png(ax).startswith(b"\x89PNG")
    shown = [text for text in _texts(ax) if name[:6] in text.get_text()]
    assert shown
    assert not any(text.get_parse_math() for text in shown)


def test_the_style_of_others_is_left_alone(result):
    import matplotlib as mpl

    styled(lambda: plot_effects(result))()
    assert mpl.rcParams["text.parse_math"] is True
