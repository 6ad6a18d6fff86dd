"""Figures in few colours: areas stay as they are, edges come near, white is white."""

from io import BytesIO

import numpy as np
from PIL import Image

from migration.display.palette import COLOURS, STEP, in_few_colours


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
    assert np.abs(seen(made).astype(int) - pixels).max() <= STEP / 2 + 1
    assert (seen(made)[40:] == 255).all()


def test_the_same_figure_gives_the_same_bytes():
    pixels = np.random.default_rng(2).integers(0, 256, size=(50, 60, 3))
    first, second = (in_few_colours(drawn(pixels)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.getpalette() == second.getpalette()


def test_areas_keep_their_colours_and_only_edges_are_plain():
    pixels = np.full((200, 200, 3), 255)
    pixels[:, :60] = 236, 236, 236
    pixels[50:70] = 213, 94, 0
    edges = np.arange(40)[:, None] * np.array([5, 3, 1])
    pixels[150, :40] = edges
    made = seen(in_few_colours(drawn(pixels))).astype(int)
    plain = np.delete(made, 150, axis=0)
    np.testing.assert_array_equal(plain, np.delete(pixels, 150, axis=0))
    assert len(np.unique(made[150, :40], axis=0)) < 20
    assert np.abs(made[150, :40] - edges).max() <= STEP / 2 + 1


def test_the_edges_of_letters_take_fewer_bytes():
    rng = np.random.default_rng(3)
    pixels = np.full((400, 400, 3), 255)
    pixels[::3, ::5] = rng.integers(0, 256, size=(134, 80, 1))
    sizes = []
    for image in (drawn(pixels).quantize(256), in_few_colours(drawn(pixels))):
        content = BytesIO()
        image.save(content, format="PNG", compress_level=6)
        sizes.append(len(content.getvalue()))
    assert sizes[1] < 0.7 * sizes[0]
