"""A cell of Google Trends: a number of 0 to 100, "<1", a percentage, or nothing.

Every number was rounded to a whole one, so that ``v`` stands for what lies between
v - 1/2 and v + 1/2. "<1" is above zero and below one: an interval, never a number. A
blank is no data: not a zero.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from migration.errors import SchemaDrift

Array = NDArray[np.float64]
SMALL, MOST = "<1", 100
_NAN = float("nan")
_BOUNDS = {
    "": (_NAN, _NAN, _NAN),
    SMALL: (_NAN, 0.0, 1.0),
    **{
        str(n): (float(n), max(n - 0.5, 0.0), min(n + 0.5, float(MOST)))
        for n in range(MOST + 1)
    },
}
_PLACE = {text: place for place, text in enumerate(_BOUNDS)}
_TABLE = np.array(list(_BOUNDS.values()))  # (103, 3): value, lower, upper


def read_cells(cells: Sequence[str], *, width: int, name: str) -> Array:
    """Value, lower and upper bound of each cell, shape (3, T, width).

    Parameters
    ----------
    cells : sequence of str
        Row by row, T × width of them.
    name : str
        What is read, for the words of a refusal.

    Raises
    ------
    SchemaDrift
        A cell is none of 0 to 100, "<1" and blank.
    """
    try:
        places = [_PLACE[cell] for cell in cells]
    except KeyError:
        places = [_place(cell, at // width, name) for at, cell in enumerate(cells)]
    return _TABLE[places].T.reshape(3, -1, width)


def is_cell(text: str) -> bool:
    """Whether a text is what a cell may hold, a percentage included."""
    return _plain(text).removesuffix("%").strip() in _PLACE


def is_percentage(text: str) -> bool:
    """Whether a cell is a share of the terms compared, not an index of one."""
    return text.rstrip().endswith("%")


def as_number(text: str) -> str:
    """A percentage without its sign."""
    return _plain(text).removesuffix("%").strip()


def _place(cell: str, row: int, name: str) -> int:
    """Place in the table of a cell that somebody saved with blanks around it."""
    found = _PLACE.get(_plain(cell))
    if found is None:
        raise SchemaDrift(
            f"{name}: data row {row + 1} needs whole numbers of 0 to {MOST}, {SMALL!r} "
            f"or blanks, got {cell!r:.40}: export it again, and do not save it anew"
        )
    return found


def _plain(cell: str) -> str:
    return cell.strip().replace("< ", "<").replace("<\xa0", "<")
