"""The choices that an estimate rests on, declared before any of them is seen."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Self

import pandas as pd

from migration.checks.sensitivity import HOLIDAYS, default_baselines
from migration.design import ONE_DAY, Days, Design
from migration.errors import DesignError
from migration.inference.contrast import NORMAL

KEPT: tuple[Days, ...] = ()
NAMES = ("outcome", "baseline", "holidays", "window", "day_zero", "normal", "controls")


@dataclass(frozen=True, kw_only=True)
class Specification:
    """One choice of each kind, by name, and the design that they make.

    Attributes
    ----------
    named : mapping
        The name of each choice, by :data:`NAMES`.
    baseline : (first, last)
    dropped : tuple of (first, last)
        Days left out of the baseline.
    window : (int, int)
        From ``day_zero`` on.
    day_zero : int
        Days by which day zero is moved.
    normal : str
    controls : tuple of str
    """

    named: Mapping[str, str]
    baseline: Days
    dropped: tuple[Days, ...]
    window: tuple[int, int]
    day_zero: int
    normal: str
    controls: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.named.values())

    def design(self, declared: Design) -> Design:
        """The declared design with these choices; refuses what it cannot mean."""
        return declared.but(
            event=declared.event + ONE_DAY * self.day_zero,
            window=self.window,
            baseline=self.baseline,
            controls=self.controls,
        )


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Named alternatives of each kind; their product is the multiverse.

    Parameters
    ----------
    baselines : mapping of str to (first, last)
    holidays : mapping of str to tuple of (first, last)
        Days left out of every baseline; none is ``()``.
    windows : mapping of str to (int, int)
        Days of the effect, counted from day zero.
    day_zeros : mapping of str to int
        Days by which day zero is moved: the first day that an event touches may be
        the one before the first that it fills.
    normals : tuple of str
        As ``abnormal_interest`` takes them.
    controls : mapping of str to tuple of str
    """

    baselines: Mapping[str, Days]
    holidays: Mapping[str, tuple[Days, ...]]
    windows: Mapping[str, tuple[int, int]]
    day_zeros: Mapping[str, int]
    normals: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]

    @classmethod
    def named(cls, grid: str, design: Design, doubtful: Collection[str] = ()) -> Self:
        """The grid of this name.

        Raises
        ------
        DesignError
            If there is none.
        """
        made = {"referee": cls.of_a_referee, "full": cls.full}
        if not isinstance(grid, str) or grid not in made:
            raise DesignError(f"grid is {grid!r}; use one of {tuple(made)}")
        return made[grid](design, doubtful=doubtful)

    @classmethod
    def of_a_referee(cls, design: Design, *, doubtful: Collection[str] = ()) -> Self:
        """Some dozens: the declared choice and the nearest others of each kind."""
        first, last = design.window
        return cls(
            baselines={"declared": design.baseline, **_later(design)},
            holidays={"kept": KEPT},
            windows={"declared": (first, last), **_first_half(design)},
            day_zeros={"first full day": 0},
            normals=NORMAL,
            controls=_control_sets(design, doubtful),
        )

    @classmethod
    def full(cls, design: Design, *, doubtful: Collection[str] = ()) -> Self:
        """About a thousand, or more: every combination of more of each kind."""
        first, last = design.window
        start, end = design.baseline
        weeks = {
            f"{cut} days later": (start + ONE_DAY * cut, end)
            for cut in (7, 14, 21)
            if (end - start).days > 2 * cut
        }
        ends = range(min(first + 3, last), last + 1)
        windows = {f"{first} to {k}": (first, k) for k in ends}
        late = {f"{first + 2} to {last}": (first + 2, last)} if last > first + 4 else {}
        return cls(
            baselines={"declared": design.baseline, **weeks, **_later(design)},
            holidays={"kept": KEPT, "left out": _holidays(design)},
            windows=windows | late,
            day_zeros={"first full day": 0, "a day earlier": -1, "a day later": 1},
            normals=NORMAL,
            controls=_control_sets(design, doubtful),
        )

    def specifications(self, *, outcome: str = "") -> Iterator[Specification]:
        """Every combination, in one order."""
        kinds = product(
            self.baselines.items(),
            self.holidays.items(),
            self.windows.items(),
            self.day_zeros.items(),
            self.normals,
            self.controls.items(),
        )
        for baseline, dropped, window, zero, normal, controls in kinds:
            chosen = (baseline, dropped, window, zero, (normal, normal), controls)
            names = [outcome, *(name for name, _ in chosen)]
            yield Specification(
                named=dict(zip(NAMES, names, strict=True)),
                baseline=baseline[1],
                dropped=dropped[1],
                window=window[1],
                day_zero=zero[1],
                normal=normal,
                controls=controls[1],
            )

    @property
    def days(self) -> tuple[pd.Timestamp, int, int]:
        """First day of any baseline, and the outermost days of any window."""
        moved = [
            (window[0] + by, window[1] + by)
            for window in self.windows.values()
            for by in self.day_zeros.values()
        ]
        return (
            min(first for first, _ in self.baselines.values()),
            min(first for first, _ in moved),
            max(last for _, last in moved),
        )


def _later(design: Design) -> dict[str, Days]:
    return default_baselines(design)


def _first_half(design: Design) -> dict[str, tuple[int, int]]:
    """Three days at least; none where that is the window itself, which counts once."""
    first, last = design.window
    end = first + max((last - first) // 2, min(2, last - first))
    return {"first half": (first, end)} if end < last else {}


def _holidays(design: Design) -> tuple[Days, ...]:
    """From 20 December to 3 January, where the baseline holds them."""
    start, end = design.baseline
    from_day = pd.Timestamp(year=start.year, month=HOLIDAYS[0], day=HOLIDAYS[1])
    return ((from_day, from_day + ONE_DAY * 14),) if start < from_day <= end else KEPT


def _control_sets(
    design: Design, doubtful: Collection[str]
) -> dict[str, tuple[str, ...]]:
    firm = tuple(unit for unit in design.controls if unit not in doubtful)
    found = {"all": design.controls}
    if 2 <= len(firm) < len(design.controls):
        found["without the doubted"] = firm
    return found
