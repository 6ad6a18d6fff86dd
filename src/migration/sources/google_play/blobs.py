"""Data in the scripts of Google Play's pages: ``AF_initDataCallback``, both forms."""

import json
import re
from collections.abc import Iterator
from typing import Any

from migration.errors import UnexpectedContent

# Until August 2020 the data came out of a function; since then they stand there.
_BLOB = re.compile(
    r"AF_initDataCallback\(\{\s*key:\s*'(?P<key>[^']{1,40})'[^\[{]{0,200}?"
    r"\bdata:\s*(?:function\s*\(\s*\)\s*\{\s*return\s*)?"
)


def read_blobs(content: bytes) -> dict[str, Any]:
    """Every blob of a page by its key, in the order of the page; pure.

    A blob that is torn is left out: what is then absent is refused by who needs it.

    Raises
    ------
    UnexpectedContent
        Not a page of HTML.
    """
    text = page_text(content)
    found: dict[str, Any] = {}
    for match in _BLOB.finditer(text):
        try:
            data, _ = json.JSONDecoder().raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        found.setdefault(match["key"], data)
    return found


def page_text(content: bytes) -> str:
    """The text of a page of HTML.

    Raises
    ------
    UnexpectedContent
        It begins as something else.
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8", errors="replace")
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise UnexpectedContent(
            f"google_play needs a page of HTML, got {content[:40]!r}: fetch it again"
        )
    return text


def at(data: Any, *path: int) -> Any:
    """What stands at a path of places in lists; None where there is nothing."""
    for place in path:
        if not isinstance(data, list) or place >= len(data):
            return None
        data = data[place]
    return data


def walk(data: Any) -> Iterator[Any]:
    """Every list, object and value in the order of the document."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            waiting += reversed(list(one.values()))
