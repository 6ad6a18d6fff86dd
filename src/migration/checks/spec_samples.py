"""One arranged frame for many specifications: masks move, the arrays stay."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import window_contrast
from migration.inference.sample import MIN_BLOCKS, MIN_DAYS, Sample, arrange

if TYPE_CHECKING:
    from migration.checks.choices import Choices, Specification

WEEK = 7


@dataclass(frozen=True, eq=False)
class Base:
    """Every series and day that any specification may ask for.

    Attributes
    ----------
    y : (1 + J, T) array
        NaN where a series has no number.
    controls : tuple of str
    days : (T,) DatetimeIndex
    logs : bool
        Statistics are logs of means.
    """

    y: Array
    controls: tuple[str, ...]
    days: pd.DatetimeIndex
    logs: bool

    def rows(self, spec: "Specification") -> Ints:
        """Places of a specification's controls among all of them."""
        kept = set(spec.controls)
        return np.array([j for j, c in enumerate(self.controls) if c in kept], int)

    def span(self, first: pd.Timestamp, last: pd.Timestamp) -> Mask:
        """Mask of the days from ``first`` to ``last``, both included."""
        return np.asarray((self.days >= first) & (self.days <= last))


def arranged(frame: pd.DataFrame, design: Design, asked: "Choices") -> Base:
    """Bring a frame into arrays once, for the widest baseline and window."""
    first, start, end = asked.days
    span = design.event + ONE_DAY * start, design.event + ONE_DAY * end
    inside = max(span[0], design.baseline[1] + ONE_DAY)
    wide = design.but(baseline=(min(first, design.baseline[0]), design.baseline[1]))
    sample = arrange(frame, wide, spans=((inside, span[1]),), min_blocks=1)
    ratio = design.estimand == "log ratio of means"
    return Base(sample.y, sample.controls, sample.days, ratio)


def contrast_of(
    base: Base, spec: "Specification", own: Design, *, shift: int = 0
) -> BlockContrast:
    """The block contrast of one specification, the event moved by whole weeks.

    Raises
    ------
    DesignError
        Too few days for it, or a method that the outcome cannot take.
    """
    by = ONE_DAY * shift
    baseline = base.span(own.baseline[0] + by, own.baseline[1] + by)
    for first, last in spec.dropped:
        baseline &= ~base.span(first + by, last + by)
    window = base.span(own.window_days[0] + by, own.window_days[1] + by)
    _check(base, spec, own, int(baseline.sum()))
    y = base.y[np.r_[0, 1 + base.rows(spec)]]
    if shift:
        y[0] = y[1]  # only the unrelated series stand for chance, and are read
    if np.isnan(y[0][baseline | window]).any():
        raise DesignError("a day that it needs has no number")
    sample = Sample(
        y=y,
        controls=spec.controls,
        days=base.days,
        baseline=baseline,
        window=window,
        event_time=np.asarray((base.days - own.event - by).days, dtype=np.int64),
    )
    return window_contrast(sample, window, normal=spec.normal, logs=base.logs)


def later_shifts(bases: Iterable[Base], designs: Iterable[Design]) -> Iterator[int]:
    """Whole weeks by which every specification still lies inside the data."""
    last = max(own.window_days[1] for own in designs)
    room = min((base.days[-1] - last).days for base in bases)
    length = max(WEEK, 1)
    yield from range(length, room + 1, length)


def _check(base: Base, spec: "Specification", own: Design, n_days: int) -> None:
    needed = max(MIN_DAYS, MIN_BLOCKS * own.length)
    if n_days < needed:
        raise DesignError(
            f"needs {needed} baseline days for windows of {own.length}, got {n_days}"
        )
    if base.logs and spec.normal == "market model":
        raise DesignError("the market model needs the estimand 'mean of outcome'")
