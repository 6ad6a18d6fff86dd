"""JSON as the service sends it, read strictly; its own 404 told from anybody else's."""

import json
from typing import Any

from migration.errors import NoData, SchemaDrift, UnexpectedContent
from migration.sources.tables import read_text

_LARGEST = 2**53  # beyond it a float no longer counts by ones


def read_json(content: bytes, *, what: str) -> Any:
    """JSON with no key twice in one object.

    Raises
    ------
    UnexpectedContent, SchemaDrift
    """

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise SchemaDrift(f"{what}: a key stands twice in one object")
        return dict(pairs)

    text = read_text(content, source=what, kind="JSON").lstrip("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=no_repeats)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"{what}: needs JSON and cannot be read as that ({error!s:.200}): "
            "fetch it again"
        ) from error


def read_items(content: bytes, *, what: str) -> list[dict[str, Any]]:
    """The list ``items`` of objects that every answer is.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        Not JSON, or another shape.
    NoData
        An empty list.
    """
    reply = read_json(content, what=what)
    found = reply.get("items") if isinstance(reply, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SchemaDrift(
            f"{what}: needs an object with a list of objects 'items', "
            f"got {reply!r:.120}; compare it with the source's card"
        )
    if not found:
        raise NoData(f"{what}: the list is empty")
    return found


def read_absence(content: bytes, *, what: str) -> None:
    """Let pass a 404 of the service itself, in its older or its present form.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        The 404 of somebody else: a wrong path, a page of the edge.
    """
    reply = read_json(content, what=f"{what} (404)")
    about = reply if isinstance(reply, dict) else {}
    title = str(about.get("title", "")).rstrip(".")
    if title.lower() != "not found":
        raise SchemaDrift(
            f"{what}: needs the service's own 'Not Found' with a 404, got "
            f"{reply!r:.120}; check the address"
        )


def as_count(number: object) -> int | None:
    """A whole number from 0, else None; True is an int in Python, and not a count."""
    whole = number if type(number) is int else -1
    return whole if 0 <= whole < _LARGEST else None
