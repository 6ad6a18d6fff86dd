"""How wide a table's columns are in LaTeX, so that no table runs out of its page.

Reckoned for the narrowest page in use, that of LaTeX's own article: 345 points of text.
Widths are given as shares of the line, so that a wider page has wider columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

LINE = 345.0  # points of text in an article of 10 points
BETWEEN = 12.0  # points between two columns
# Points of a letter, digits and signs among them, by the size of the type.
SIZES = {r"\small": 5.0, r"\footnotesize": 4.5, r"\scriptsize": 4.0, r"\tiny": 3.3}
_WIDE = 1.15  # a word of capitals is so much wider than its letters let expect


@dataclass(frozen=True)
class Fit:
    """The size of the type, and the columns' shares of the line; None: its own."""

    size: str
    shares: tuple[float | None, ...]


def fitted(cells: pd.DataFrame) -> Fit:
    """Columns that fit, in the largest type in which the longest words do.

    Where no type does, it is the smallest, and words run out of their columns.
    """
    wholes, words = [], []
    for name in cells.columns:
        texts = [str(name), *cells[name].astype(str)]
        wholes.append(max(len(text) for text in texts))
        words.append(_WIDE * max(len(w) for t in texts for w in t.split() or [""]))
    for size, points in SIZES.items():
        room = (LINE - BETWEEN * len(wholes)) / points
        if sum(wholes) <= room:
            return Fit(size, (None,) * len(wholes))
        if sum(map(min, wholes, words)) <= room:
            break
    widths = _shared(wholes, words, room)
    return Fit(
        size,
        tuple(
            None if width >= whole else width * points / LINE
            for width, whole in zip(widths, wholes, strict=True)
        ),
    )


def _shared(
    wholes: Sequence[int], words: Sequence[float], room: float
) -> tuple[float, ...]:
    """Widths in letters: the long columns as wide as one another, and all in the room.

    None is narrower than its longest word; the one bound that all share is found by
    halving.
    """

    def within(bound: float) -> tuple[float, ...]:
        pairs = zip(wholes, words, strict=True)
        return tuple(min(w, max(word, bound)) for w, word in pairs)

    low, high = 0.0, float(max(wholes))
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(within(middle)) <= room else (low, middle)
    return within(low)
