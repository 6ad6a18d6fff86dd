"""Numbers that others print, each with its place, and what tests compare with them.

The page of validation shows our number beside theirs. So that it is the very number
that a test computes, within the very tolerance, what is compared is listened to:
nothing is copied by hand.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

DIGITS = 15  # significant ones that are kept
# Another machine's last digits, and a search that ends elsewhere within its tolerance.
ROUNDING = 1e-6
SHARE = 0.1


class Printed(float):
    """A number that knows where it stands in the file: ``nile/ar1_ml/0``."""

    place: str

    def __new__(cls, value: float, place: str) -> "Printed":
        one = super().__new__(cls, value)
        one.place = place
        return one


def placed(value: Any, place: str = "") -> Any:
    """The same tables and lists, with each number knowing its place."""
    if isinstance(value, dict):
        return {key: placed(one, f"{place}/{key}") for key, one in value.items()}
    if isinstance(value, list):
        return [placed(one, f"{place}/{row}") for row, one in enumerate(value)]
    if isinstance(value, int | float):
        return Printed(value, place.removeprefix("/"))
    return value


class Heard:
    """Our numbers by the place of theirs, and how near they must be."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}

    def compare(self, ours: Any, theirs: Any, near: Callable[[float], float]) -> None:
        """Note what is held against what; only what others print counts.

        ``near`` gives the tolerance at a number.
        """
        mine, wanted = [*flat(ours)], [*flat(theirs)]
        for one, other in zip(mine, wanted, strict=len(mine) == len(wanted)):
            if isinstance(other, Printed):
                within = kept(near(abs(other)))
                self.found[other.place] = {"ours": kept(one), "within": within}

    def beside(self, ours: float, theirs: Printed) -> None:
        """Note ours where a test has a bound or an order in place of a tolerance."""
        self.found[theirs.place] = {"ours": kept(ours)}


def flat(value: Any) -> Iterator[Any]:
    """The numbers of lists in lists, of an array or of a column, in order."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from flat(one)
    elif isinstance(value, Printed) or np.ndim(value) == 0:
        yield value
    else:
        yield from np.asarray(value).ravel().tolist()


def kept(value: float) -> float:
    """As many digits as the file holds."""
    return float(f"{float(value):.{DIGITS}g}")


class Approx:
    """What ``pytest.approx`` gives, listened to when it is compared."""

    __array_ufunc__ = None  # numpy asks us, as it asks pytest's own
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, heard: Heard, theirs: Any, rel=None, abs=None, **words) -> None:
        self.real = APPROX(theirs, rel=rel, abs=abs, **words)
        self.heard, self.theirs = heard, theirs
        # As pytest does: the larger of both; the absolute alone where only it is given.
        usual = 1e-6 if abs is None else 0.0
        self.share = usual if rel is None else rel
        self.least = 1e-12 if abs is None else abs

    def __eq__(self, ours: Any) -> bool:
        self.heard.compare(
            ours, self.theirs, lambda size: max(self.least, self.share * size)
        )
        return self.real == ours

    def __ne__(self, ours: Any) -> bool:
        return not self == ours

    def __repr__(self) -> str:
        return repr(self.real)


APPROX, ALLCLOSE = pytest.approx, np.testing.assert_allclose


def listen(patch: pytest.MonkeyPatch) -> Heard:
    """Hear both ways in which tests compare numbers."""
    heard = Heard()

    def allclose(actual, desired, rtol=1e-7, atol=0, **words):
        heard.compare(actual, desired, lambda size: atol + rtol * size)
        return ALLCLOSE(actual, desired, rtol=rtol, atol=atol, **words)

    patch.setattr(np.testing, "assert_allclose", allclose)
    patch.setattr(
        pytest, "approx", lambda wanted, *a, **k: Approx(heard, wanted, *a, **k)
    )
    return heard


def differs(found: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """Each place where ours is not the number on file."""
    return [
        f"{place}: on file {json.dumps(known.get(place))}, computed {json.dumps(one)}"
        for place, one in found.items()
        if not is_same(one, known.get(place))
    ]


def is_same(one: dict[str, float], known: dict[str, float] | None) -> bool:
    """The same tolerance, and the same number but for rounding."""
    if known is None or one.get("within") != known.get("within"):
        return False
    room = max(ROUNDING * abs(known["ours"]), SHARE * known.get("within", 0.0))
    return abs(one["ours"] - known["ours"]) <= room
