"""A page of the site as its own scripts get it: widgets, and their tokens; pure.

The protocol is that of the classic page, as recorded in 2023; it is not an offered one.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migration.errors import SchemaDrift, UnexpectedContent
from migration.sources.ask import MAX_BYTES

GUARD = ")]}'"
_GZIP, _AS_GZIP = (
    b"\x1f\x8b",
    31,
)  # what packed bytes begin with, and zlib's word for it


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One part of a page: what to ask for it, and the token that allows it."""

    id: str
    request: Mapping[str, Any]
    token: str


def unguard(content: bytes, *, name: str) -> Any:
    """JSON without the line that guards it, with a comma or without.

    Raises
    ------
    UnexpectedContent
        A page of HTML, or not JSON.
    """
    plain = _unpacked(content, name)
    text = plain.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith(GUARD):
        text = text.partition("\n")[2]
    if text.startswith("<"):
        raise UnexpectedContent(f"{name} needs JSON, got HTML: the site wants a person")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"{name} needs JSON and cannot be read as that ({error!s:.80})"
        ) from error


def parse_explore(content: bytes) -> dict[str, Widget]:
    """Widgets of a page by their id.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        Not JSON, or not a list of widgets.
    """
    page = unguard(content, name="trends' explore")
    listed = page.get("widgets") if isinstance(page, dict) else None
    if not isinstance(listed, list) or not listed:
        raise SchemaDrift("trends' explore needs a list of widgets and has none")
    found = [_widget(one) for one in listed]
    return {one.id: one for one in found if one is not None}


def widget_of(content: bytes, id: str) -> Widget:
    """The widget that holds what is wanted, ready to be asked.

    Raises
    ------
    SchemaDrift
        The page has none such, or one that would be refused: without ``userType``
        the site answers 401.
    """
    found = parse_explore(content)
    widget = found.get(id) or found.get(f"{id}_0")
    if widget is None:
        raise SchemaDrift(
            f"trends' explore needs a widget {id}, got "
            f"{', '.join(found)[:120] or 'none'}"
        )
    config = widget.request.get("userConfig")
    if not isinstance(config, dict) or not isinstance(config.get("userType"), str):
        raise SchemaDrift(f"trends' widget {id} needs userConfig.userType and has none")
    return widget


def is_multirange(widget: Widget) -> bool:
    """Whether each item has days of its own, which another address answers."""
    items = widget.request.get("comparisonItem")
    return isinstance(items, list) and any(
        isinstance(item, dict) and "time" in item for item in items
    )


def _widget(one: Any) -> Widget | None:
    """A widget that can be asked for; others, such as titles, are passed over."""
    if not isinstance(one, dict):
        raise SchemaDrift(
            f"trends' explore needs widgets that are objects, got {one!r:.60}"
        )
    id, request, token = (one.get(key) for key in ("id", "request", "token"))
    if (
        not isinstance(id, str)
        or not isinstance(token, str)
        or not isinstance(request, dict)
    ):
        return None
    return Widget(id=id, request=request, token=token)


def _unpacked(content: bytes, name: str) -> bytes:
    """Bytes that came packed where no header said so, within the usual bounds."""
    if not content.startswith(_GZIP):
        return content
    packed = zlib.decompressobj(wbits=_AS_GZIP)
    try:
        plain = packed.decompress(content, MAX_BYTES)
    except zlib.error as error:
        raise UnexpectedContent(f"{name} came packed and damaged ({error})") from error
    if not packed.eof:
        raise UnexpectedContent(f"{name} came packed and cut short, or is too long")
    return plain


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")
