"""Counters of installations and ratings on an app's own page; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from migration.errors import SchemaDrift
from migration.sources.google_play.blobs import at, read_blobs

# Where [label, least, exact] stands: until 2021, and from 2022 on. The number of the
# blob drifts, so that all are looked through.
_INSTALLS = ((0, 12, 9), (1, 2, 13))
_RATINGS_BESIDE = (1, 2, 51, 2, 1)  # in the same blob, from 2022 on
_RATINGS_AFTER = (0, 6, 2, 1)  # in the blob after it, before
_BLOB = re.compile(r"ds:([0-9]{1,3})")
_TIERS: tuple[int, ...] = (
    0,
    *(digit * 10**power for power in range(12) for digit in (1, 5)),
)


@dataclass(frozen=True, kw_only=True)
class Counters:
    """Installations since the beginning, between two bounds, and ratings.

    The bounds are equal where the page has the exact count. Where it has a tier alone,
    such as "10,000,000+", they are the tier and the last number below the next one.
    """

    lower: int
    upper: int
    ratings: int | None


def parse_product(content: bytes, *, package: str) -> Counters:
    """Counters of the page of an app.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    SchemaDrift
        The page is not about the app, or has no count of installations, or several
        that differ, or one below its tier.
    """
    blobs = read_blobs(content)
    if package.encode() not in content:
        raise SchemaDrift(f"google_play needs the page of {package}, got another")
    found = {bounds: key for key, bounds in _counts(blobs)}
    if len(found) != 1:
        raise SchemaDrift(
            f"google_play needs one count of installations of {package}, got "
            f"{len(found)}"
        )
    (lower, upper), key = found.popitem()
    return Counters(lower=lower, upper=upper, ratings=_ratings(blobs, key))


def next_tier(least: int) -> int:
    """The tier after one; tiers are 0, 1, 5, 10, 50, 100, 500 and so on.

    Raises
    ------
    SchemaDrift
        The number is none.

    Examples
    --------
    >>> next_tier(10_000_000), next_tier(500)
    (50000000, 1000)
    """
    if least not in _TIERS[:-1]:
        raise SchemaDrift(
            f"google_play's tiers are 1, 5, 10, 50 and so on, got {least}"
        )
    return _TIERS[_TIERS.index(least) + 1]


def _counts(blobs: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    for key, data in blobs.items():
        for path in _INSTALLS:
            cell = at(data, *path)
            if _is_label(at(cell, 0)) and _is_count(at(cell, 1)):
                yield key, _bounds(cell)


def _bounds(cell: Any) -> tuple[int, int]:
    """The exact count twice, or a tier and where it ends."""
    least, exact = cell[1], at(cell, 2)
    if not _is_count(exact):
        return least, next_tier(least) - 1
    if exact < least:
        raise SchemaDrift(f"google_play counts {exact} installations below {cell[0]!r}")
    return exact, exact


def _ratings(blobs: Mapping[str, Any], key: str) -> int | None:
    """The count of ratings that belongs to a blob with installations."""
    number = _BLOB.fullmatch(key)
    after = blobs.get(f"ds:{int(number[1]) + 1}") if number else None
    for ratings in (at(blobs[key], *_RATINGS_BESIDE), at(after, *_RATINGS_AFTER)):
        if _is_count(ratings):
            return ratings
    return None


def _is_label(text: Any) -> bool:
    """A number with a plus, in whatever script and direction."""
    return isinstance(text, str) and text.strip("\u200e\u200f \u00a0").endswith("+")


def _is_count(number: Any) -> TypeGuard[int]:
    return type(number) is int and 0 <= number <= _TIERS[-1]
