"""Figures in 256 colours: few stay as they are, many come near, white is white."""

import numpy as np
from PIL import Image

from migration.display.palette import COLOURS, in_few_colours


def drawn(pixels):
    return Image.fromarray(np.asarray(pixels, dtype=np.uint8))


def seen(image):
    return np.asarray(image.convert("RGB"))


def test_a_figure_of_few_colours_keeps_each_pixel():
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, size=(200, 3))
    pixels = colours[rng.integers(0, 200, size=(90, 120))]
    made = in_few_colours(drawn(pixels))
    assert made.mode == "P"
    np.testing.assert_array_equal(seen(made), pixels)


def test_a_colour_of_one_pixel_among_a_million_is_kept():
    pixels = np.full((1000, 1000, 3), 255)
    pixels[617, 203] = 0, 114, 178
    np.testing.assert_array_equal(seen(in_few_colours(drawn(pixels))), pixels)


def test_many_colours_come_near_and_white_stays():
    ramp = np.linspace(0, 255, 1000)[None, :, None] * np.array([1, 0.5, 0.2])
    pixels = np.full((300, 1000, 3), 255)
    pixels[:40] = np.rint(ramp)
    made = in_few_colours(drawn(pixels))
    assert len(np.unique(seen(made).reshape(-1, 3), axis=0)) <= COLOURS
    assert np.abs(seen(made).astype(int) - pixels).max() <= 4
    assert (seen(made)[40:] == 255).all()


def test_the_same_figure_gives_the_same_bytes():
    pixels = np.random.default_rng(2).integers(0, 256, size=(50, 60, 3))
    first, second = (in_few_colours(drawn(pixels)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.getpalette() == second.getpalette()
