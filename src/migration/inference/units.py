"""A frame and a design into arrays, each treated unit a series of its own."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from migration.design import Design
from migration.errors import PanelError
from migration.inference.arrays import Array, Mask
from migration.inference.copies import copies
from migration.inference.sample import (
    MIN_BLOCKS,
    Sample,
    check_complete,
    check_movement,
    laid_out,
    sample_of,
)


@dataclass(frozen=True, eq=False)
class Units:
    """Many units that one event hit, each a series of its own.

    Attributes
    ----------
    sample : Sample
        Of the controls; row 0 is the first unit.
    y : (N, T) array
        Complete on baseline and window days.
    names : tuple of str
        Of the rows of ``y``.
    refused : mapping of str to str
        Units that cannot be used, and why.
    """

    sample: Sample
    y: Array
    names: tuple[str, ...]
    refused: dict[str, str]


def arrange_each(frame: pd.DataFrame, design: Design) -> Units:
    """Bring a long frame into arrays in which each treated unit is a series by itself.

    Units that cannot be used are no error: they are named, with the reason.

    Raises
    ------
    PanelError, DesignError
        As :func:`arrange`; and where no unit can be used.
    """
    wide, inside = laid_out(frame, design, (), MIN_BLOCKS)
    y = np.ascontiguousarray(wide.to_numpy(dtype=float))
    refused = _unusable(y, wide, inside, design)
    rows = [i for i, unit in enumerate(design.treated) if unit not in refused]
    if not rows:
        unit, why = next(iter(refused.items()))
        raise PanelError(
            f"none of the {len(refused)} treated units can be used, the first, {unit}: "
            f"{why}"
        )
    kept = tuple(design.treated[row] for row in rows)
    first = design.but(treated=kept[0])
    own = wide.iloc[[rows[0], *range(len(design.treated), len(wide))]]
    check_complete(own, inside, frame, first)
    sample = sample_of(own, first)
    check_movement(sample, first)
    return Units(sample, y[rows], kept, refused)


def _unusable(
    y: Array, wide: pd.DataFrame, inside: Mask, design: Design
) -> dict[str, str]:
    """Treated units with gaps, without movement, or that a control copies."""
    n, days = len(design.treated), pd.DatetimeIndex(wide.columns)
    base = np.asarray(days <= design.baseline[1])
    gaps = np.isnan(y[:n]) & inside
    refused = {}
    for row in np.flatnonzero(gaps.any(axis=1)).tolist():
        first = days[int(gaps[row].argmax())]
        refused[design.treated[row]] = (
            f"{design.outcome!r} lacks {int(gaps[row].sum())} values on baseline or "
            f"window days, the first on {first:%F}"
        )
    still = np.ptp(y[:n, base], axis=1) == 0
    for row in np.flatnonzero(still).tolist():
        refused[design.treated[row]] = "constant over the whole baseline"
    whole = np.flatnonzero(~np.isnan(y[:, inside]).any(axis=1))
    for group in copies(y[np.ix_(whole, inside)]):
        rows = [int(whole[row]) for row in group]
        own, others = [r for r in rows if r < n], [r for r in rows if r >= n]
        for row in own if others else ():
            other = wide.index[others[0]]
            refused[design.treated[row]] = f"a copy of the control {other}"
    return refused
