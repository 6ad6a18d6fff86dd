"""One arranged frame for many specifications: masks move, the arrays stay.

The normal path and the weekly cycle hang on baseline, normal and controls alone, so
they are taken out once for all windows; series are rows of one array throughout.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from migration.design import ONE_DAY, Design
from migration.errors import DesignError
from migration.inference.arrays import Array, Ints, Mask
from migration.inference.batches import in_batches
from migration.inference.blocks import BlockContrast
from migration.inference.contrast import deseasoned, windows_contrasts
from migration.inference.sample import MIN_BLOCKS, MIN_DAYS, Sample, arrange

if TYPE_CHECKING:
    from migration.checks.choices import Choices, Specification

WEEK = 7
GROUPS = 8  # of specifications that are computed together, in one batch


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

    def span(self, first: pd.Timestamp, last: pd.Timestamp) -> Mask:
        """Mask of the days from ``first`` to ``last``, both included."""
        found = np.zeros(len(self.days), dtype=bool)
        start, end = ((day - self.days[0]).days for day in (first, last))
        found[max(start, 0) : max(end + 1, 0)] = True
        return found


@dataclass(frozen=True, eq=False)
class Asked:
    """One specification in places of a base.

    Attributes
    ----------
    rows : (K,) array
        Places of its controls among all of them.
    baseline, window : (T,) masks
    normal : str
    """

    rows: Ints
    baseline: Mask
    window: Mask
    normal: str

    @property
    def key(self) -> tuple[bytes, bytes, str]:
        """What the weekly cycle and the normal path hang on."""
        return self.rows.tobytes(), self.baseline.tobytes(), self.normal

    def later(self, shift: int) -> "Asked":
        """The same, ``shift`` days later."""
        moved = [np.roll(mask, shift) for mask in (self.baseline, self.window)]
        return Asked(self.rows, moved[0], moved[1], self.normal)


def arranged(frame: pd.DataFrame, design: Design, asked: "Choices") -> Base:
    """Bring a frame into arrays once, for the widest baseline and window."""
    first, start, end = asked.days
    span = design.event + ONE_DAY * start, design.event + ONE_DAY * end
    inside = max(span[0], design.baseline[1] + ONE_DAY)
    wide = design.but(baseline=(min(first, design.baseline[0]), design.baseline[1]))
    sample = arrange(frame, wide, spans=((inside, span[1]),), min_blocks=1)
    ratio = design.estimand == "log ratio of means"
    return Base(sample.y, sample.controls, sample.days, ratio)


def asked_of(base: Base, spec: "Specification", own: Design) -> Asked:
    """Place one specification's days and controls.

    Raises
    ------
    DesignError
        Too few days for it, or a method that the outcome cannot take.
    """
    kept = set(spec.controls)
    rows = np.array([j for j, c in enumerate(base.controls) if c in kept], np.int64)
    baseline = base.span(*own.baseline)
    for first, last in spec.dropped:
        baseline &= ~base.span(first, last)
    _check(base, spec, own, int(baseline.sum()))
    asked = Asked(rows, baseline, base.span(*own.window_days), spec.normal)
    if np.isnan(base.y[0][baseline | asked.window]).any():
        raise DesignError("a day that it needs has no number")
    return asked


def contrasts_of(base: Base, asked: Sequence[Asked]) -> list[BlockContrast]:
    """The block contrast of each specification, in their order.

    Those that share baseline, normal and controls are computed together.
    """
    together: dict[tuple[bytes, bytes, str], list[int]] = {}
    for place, one in enumerate(asked):
        together.setdefault(one.key, []).append(place)
    groups = [[asked[place] for place in places] for places in together.values()]
    batches = [groups[at : at + GROUPS] for at in range(0, len(groups), GROUPS)]
    parts = in_batches(partial(_grouped, base), batches)
    contrasts = [one for part in parts for one in part]
    order = [place for places in together.values() for place in places]
    found = dict(zip(order, contrasts, strict=True))
    return [found[place] for place in range(len(asked))]


def _grouped(base: Base, groups: Sequence[Sequence[Asked]]) -> list[BlockContrast]:
    """The contrasts of groups that each share what :attr:`Asked.key` holds."""
    found = []
    for group in groups:
        first = group[0]
        sample = _sample(base, first)
        with np.errstate(divide="ignore", invalid="ignore"):
            y = deseasoned(sample, first.normal, logs=base.logs)
        windows = [one.window for one in group]
        found += windows_contrasts(
            y, sample, windows, normal=first.normal, logs=base.logs
        )
    return found


def _sample(base: Base, asked: Asked) -> Sample:
    return Sample(
        y=base.y[np.r_[0, 1 + asked.rows]],
        controls=tuple(base.controls[row] for row in asked.rows),
        days=base.days,
        baseline=asked.baseline,
        window=asked.window,
        event_time=np.zeros(len(base.days), dtype=np.int64),
    )


def moved(
    base: Base, asked: Sequence[Asked], shift: int
) -> tuple[Base, list[Asked]] | None:
    """The same specifications on days that are ``shift`` later, unrelated series alone.

    Only series that are whole on all of those days stand for chance. The event may
    have moved the treated series, so an unrelated one takes its row, and is not read.

    Returns
    -------
    Base and list of Asked, or None
        None where fewer than two series are left to a specification.
    """
    after = [one.later(shift) for one in asked]
    needed = np.any([one.baseline | one.window for one in after], axis=0)
    whole = np.asarray(np.isfinite(base.y[1:, needed]).all(axis=1))
    kept = [
        Asked(one.rows[whole[one.rows]], one.baseline, one.window, one.normal)
        for one in after
    ]
    if min(len(one.rows) for one in kept) < 2:
        return None
    y = base.y.copy()
    y[0] = y[1 + int(np.argmax(whole))]
    return Base(y, base.controls, base.days, base.logs), kept


def later_shifts(bases: Iterable[Base], designs: Iterable[Design]) -> Iterator[int]:
    """Whole weeks by which every specification still lies inside the data."""
    last = max(own.window_days[1] for own in designs)
    room = min((base.days[-1] - last).days for base in bases)
    yield from range(WEEK, room + 1, WEEK)


def _check(base: Base, spec: "Specification", own: Design, n_days: int) -> None:
    needed = max(MIN_DAYS, MIN_BLOCKS * own.length)
    if n_days < needed:
        raise DesignError(
            f"needs {needed} baseline days for windows of {own.length}, got {n_days}"
        )
    if base.logs and spec.normal == "market model":
        raise DesignError("the market model needs the estimand 'mean of outcome'")
