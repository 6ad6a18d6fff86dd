"""One app, one look: the same colour, line and marker in every figure."""

from types import SimpleNamespace

import matplotlib as mpl

mpl.use("agg")

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from migration.display import (
    plot_effects,
    plot_estimates,
    plot_placebos,
    plot_ranks,
    plot_series,
    set_looks,
    style,
)
from migration.display.looks import look_of, looks_of

STUDY = SimpleNamespace(
    apps=[
        SimpleNamespace(id=name.lower(), name=name)
        for name in ("WhatsApp", "Signal", "Telegram")
    ]
)
NAMES = {"signal": "Signal", "telegram": "Telegram"}


@pytest.fixture(autouse=True)
def _forgotten_afterwards():
    yield
    set_looks([])


def colours(ax):
    """Colours of whatever is drawn with a marker that is no bar's end."""
    lines = [line for line in ax.lines if line.get_marker() not in ("None", "|", "_")]
    return {to_hex(line.get_color()).upper() for line in lines}


def test_an_app_has_the_colour_of_its_place_in_the_study(panel, result, placebos):
    set_looks(STUDY)
    series = plot_series(panel, units=["telegram", "signal"])
    assert colours(series) == {style.GREEN, style.VERMILION}
    assert style.VERMILION in colours(plot_effects(result, name="Signal"))
    assert colours(plot_estimates({"Signal": result})) == {style.VERMILION}
    assert style.VERMILION in colours(plot_placebos(placebos, name="Signal"))


def test_which_other_apps_are_drawn_changes_no_look(ranks):
    set_looks(STUDY)
    both = looks_of(NAMES, NAMES)
    assert looks_of(["telegram"], NAMES)["telegram"] == both["telegram"]
    alone = plot_ranks(ranks, units={"telegram": "Telegram"})
    assert style.GREEN in colours(alone)


@pytest.mark.parametrize("name", ["signal", "Signal", "signal:IN"])
def test_an_app_is_known_by_its_id_its_name_and_in_each_market(name):
    set_looks(STUDY)
    assert look_of(name).colour == style.VERMILION
    assert looks_of([name])[name] == look_of("signal")


def test_markets_of_one_app_are_told_apart():
    set_looks(STUDY)
    found = looks_of(["signal:IN", "signal:BR"])
    assert found["signal:IN"] != found["signal:BR"]


def test_an_app_in_two_markets_leaves_the_other_apps_their_looks():
    set_looks(STUDY)
    units = ["signal:IN", "telegram:IN", "signal:BR", "gimp", "signal:IN"]
    found = looks_of(units)
    assert list(found) == units[:4]
    assert found["telegram:IN"] == look_of("telegram")
    assert found["signal:IN"] == look_of("signal")
    assert len(set(found.values())) == 4
    apps = {look_of(app.id).colour for app in STUDY.apps}
    assert {found["signal:BR"].colour, found["gimp"].colour}.isdisjoint(apps)


def test_a_stranger_takes_no_look_of_an_app():
    set_looks(STUDY)
    found = looks_of(["gimp", "signal", "vlc"])
    known = {look_of(app.id).colour for app in STUDY.apps}
    assert found["signal"].colour == style.VERMILION
    assert {found["gimp"].colour, found["vlc"].colour}.isdisjoint(known)


def test_nothing_set_gives_looks_in_the_order_of_drawing():
    assert [look.colour for look in looks_of("abc").values()] == list(style.COLOURS[:3])
    set_looks(["c", "b"])
    set_looks([])
    assert look_of("b").colour == style.BLUE


def test_after_seven_apps_colours_begin_again_with_other_markers():
    names = [f"app {n}" for n in range(21)]
    set_looks(names)
    found = [look_of(name) for name in names]
    assert len({(look.colour, look.marker) for look in found}) == 21
    assert found[0].colour == found[7].colour
    assert found[0].marker != found[7].marker


def test_no_colour_is_too_pale_for_white_paper_and_each_has_a_marker():
    """Contrast to white as WCAG 2 counts it."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    for colour in style.COLOURS:
        light = np.array(to_rgb(colour))
        curve = ((light + 0.055) / 1.055) ** 2.4
        linear = np.where(light <= 0.04045, light / 12.92, curve)
        assert 1.05 / (weights @ linear + 0.05) > 2.0
    assert len(set(style.MARKERS)) == len(set(style.COLOURS)) == len(style.MARKERS)


def test_a_pale_colour_is_38_percent_of_its_own():
    set_looks(["a"])
    expected = [0.62 + 0.38 * part for part in to_rgb(style.BLUE)]
    np.testing.assert_allclose(to_rgb(look_of("a").pale), expected, atol=1 / 255)
