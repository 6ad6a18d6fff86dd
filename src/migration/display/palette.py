"""A figure in few colours: what flat graphics need, in a fifth of the bytes.

What is seen of it are a few areas of one colour each, which are kept as they are. All
other colours are the edges of letters and lines, each of a few pixels: eight levels of
red, green and blue do for these, and rows that are alike are packed together.

Median cut (Heckbert 1982, doi:10.1145/800064.801294) looks at every pixel, and a figure
is mostly rows of one colour. So it is shown each colour that there is once, or as often
as its share asks for, and its choice is written back over the rows.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 256
FEW = 16  # that are kept as they are, each
SHOWN = 30_000  # pixels stand for the whole figure
AREA = 0.001  # share of a figure's pixels from which a colour is one of its own
STEP = 255 / 7  # between two levels of an edge


def in_few_colours(figure: Image.Image) -> Image.Image:
    """The figure with a palette; white stays white, and the same gives the same.

    Parameters
    ----------
    figure : Image
        Transparency is lost.
    """
    pixels = np.asarray(figure.convert("RGB").convert("RGBA"))
    flat = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    starts = np.flatnonzero(np.append(True, flat[1:] != flat[:-1]))
    lengths = np.diff(np.append(starts, flat.size))
    colours, which = np.unique(flat[starts], return_inverse=True)
    colours, which = _with_plain_edges(colours, which, lengths / flat.size)
    share = np.bincount(which, weights=lengths) / flat.size
    times = np.maximum(np.rint(share * SHOWN), 1).astype(np.int64)
    chosen = _median_cut(np.repeat(colours, times))
    place = np.asarray(chosen).ravel()[np.cumsum(times) - times]
    made = Image.fromarray(np.repeat(place[which], lengths).reshape(pixels.shape[:2]))
    made.putpalette(chosen.getpalette() or [])
    return made


def _with_plain_edges(
    colours: NDArray[np.uint32], which: NDArray[np.intp], share: NDArray[np.float64]
) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Colours of few pixels at their nearest level, where there are many of them."""
    if len(colours) <= FEW:
        return colours, which
    parts = colours.view(np.uint8).reshape(-1, 4)
    levels = np.rint(np.rint(parts / STEP) * STEP).astype(np.uint8)
    own = np.bincount(which, weights=share) >= AREA
    plain = np.where(own[:, None], parts, levels).view(np.uint32).ravel()
    kept, place = np.unique(plain, return_inverse=True)
    return kept, place[which]


def _median_cut(colours: NDArray[np.uint32]) -> Image.Image:
    row = Image.fromarray(colours.view(np.uint8).reshape(1, -1, 4)).convert("RGB")
    return row.quantize(
        COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
