"""Ours beside a peer: equal first, then timed, in one run."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class DifferError(Exception):
    """Ours and a peer's numbers differ: nothing is timed."""


@dataclass(frozen=True)
class Comparison:
    """What several ways to the same numbers took.

    Attributes
    ----------
    what : str
        The task, and how equal the numbers are.
    ways : sequence of (name, seconds)
        Ours first, which the ratio is of; the peer last.
    target : float or None
        Least ratio of the peer's time to ours.
    limit : float or None
        Instead of a target: the largest ratio of our time to the peer's, for what adds
        to it.
    beside : sequence of (name, seconds)
        Parts of ours that no target is held to.
    """

    what: str
    ways: Sequence[tuple[str, float]]
    target: float | None = None
    limit: float | None = None
    beside: Sequence[tuple[str, float]] = ()

    @property
    def ratio(self) -> float:
        """The peer's time over ours; ours over the peer's where there is a limit."""
        ours, peers = self.ways[0][1], self.ways[-1][1]
        return peers / ours if self.limit is None else ours / peers

    @property
    def wanted(self) -> str:
        """The target in words; empty where there is none."""
        if self.limit is not None:
            return f"at most {self.limit:g}"
        return "" if self.target is None else f"at least {self.target:g}"

    @property
    def met(self) -> bool:
        """Whether the target is met; a comparison without one meets it."""
        if self.limit is not None:
            return self.ratio <= self.limit
        return self.target is None or self.ratio >= self.target

    def text(self) -> str:
        """Printed lines."""
        every = [*self.ways, *self.beside]
        wide = max(len(name) for name, _ in every)
        rows = [f"{name:{wide}} {seconds:11.4f} s" for name, seconds in every]
        digits = 1 if self.limit is None else 3
        wanted = f"  {self.wanted}" if self.wanted else ""
        last = f"{'ratio':{wide}} {self.ratio:11.{digits}f}{wanted}"
        ways, beside = rows[: len(self.ways)], rows[len(self.ways) :]
        return "\n".join([self.what, *ways, last, *beside])


def show(compare: Callable[[], Iterable[Comparison]]) -> int:
    """Print every comparison; 1 where numbers differ, and then no time of them."""
    try:
        for one in compare():
            sys.stdout.write(one.text() + "\n")
            sys.stdout.flush()
    except DifferError as error:
        sys.stderr.write(f"{error}: nothing timed\n")
        return 1
    return 0


def check_equal(
    what: str, ours: Array, theirs: Array, *, most: float, scale: float = 1.0
) -> str:
    """Say how far apart the numbers are, or refuse to go on.

    Parameters
    ----------
    what : str
    ours, theirs : arrays
    most : float
        Largest difference over ``scale``.
    scale : float
        A size that the numbers have.
    """
    gap = float(np.abs(np.asarray(ours) - np.asarray(theirs)).max()) / scale
    if not gap <= most:
        raise DifferError(f"ours and the peer's {what} differ by {gap:.3g}")
    return f"{what} equal to {gap:.0e}"


def best(run: Callable[[], object], repeats: int) -> float:
    """Seconds of the quickest of some runs."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)
