"""A figure in 256 colours: what flat graphics need, in a third of the bytes.

Median cut (Heckbert 1982, doi:10.1145/800064.801294) looks at every pixel, and a figure
is mostly rows of one colour. So it is shown each colour that there is once, or as often
as its share asks for, and its choice is written back over the rows.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 256
SHOWN = 30_000  # pixels stand for the whole figure


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
    share = np.bincount(which, weights=lengths) / flat.size
    times = np.maximum(np.rint(share * SHOWN), 1).astype(np.int64)
    chosen = _median_cut(np.repeat(colours, times))
    place = np.asarray(chosen).ravel()[np.cumsum(times) - times]
    made = Image.fromarray(np.repeat(place[which], lengths).reshape(pixels.shape[:2]))
    made.putpalette(chosen.getpalette() or [])
    return made


def _median_cut(colours: NDArray[np.uint32]) -> Image.Image:
    row = Image.fromarray(colours.view(np.uint8).reshape(1, -1, 4)).convert("RGB")
    return row.quantize(
        COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
