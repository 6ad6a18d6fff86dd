"""Counts of ratings out of look-ups: how many of a storefront ever rated an app."""

from collections.abc import Mapping
from typing import Any

from migration.errors import NoData, SchemaDrift
from migration.sources.app_store.feeds import read_json

MOST = 2**53  # beyond it a float no longer counts by ones


def parse_lookup(content: bytes) -> Mapping[str, int]:
    """Ratings by identifier; an app that the reply lacks, or without a count, is not.

    Raises
    ------
    UnexpectedContent
        Not JSON.
    NoData
        None of the apps is in this storefront.
    SchemaDrift
        Another shape, or a count that is none.
    """
    reply = read_json(content)
    results = reply.get("results") if isinstance(reply, dict) else None
    if not isinstance(results, list) or not all(isinstance(r, dict) for r in results):
        raise SchemaDrift(f"a look-up needs a list 'results', got {content[:80]!r}")
    if not results:
        raise NoData("the storefront has none of the apps that were looked up")
    counts = [(_whole(r, "trackId"), r) for r in results]
    return {
        f"{app}": _whole(result, "userRatingCount")
        for app, result in counts
        if result.get("userRatingCount") is not None
    }


def _whole(result: dict[str, Any], name: str) -> int:
    number = result.get(name)
    if type(number) is not int or not 0 <= number < MOST:  # True is an int, too
        raise SchemaDrift(f"a look-up needs a whole {name}, got {number!r:.40}")
    return number
