"""Answers of Google Play's own ``batchexecute``, by which its charts are shown today.

They are read here and not asked for: the question carries a long list of the fields
wanted that only a browser on its page gets, and that cannot be made up.
"""

import json
from typing import Any

from migration.errors import RateLimited, SchemaDrift, UnexpectedContent
from migration.sources.google_play.blobs import at
from migration.sources.google_play.charts import PACKAGE, Chart

_RPC = "vyAe2"
_GUARD = ")]}'"
_LIMIT = "PlayGatewayError"
_APPS = (0, 1, 0, 28, 0)


def parse_batch(content: bytes) -> Chart:
    """A chart in an answer of the call ``vyAe2``, with chunks or on one line; pure.

    Raises
    ------
    RateLimited
        The answer says that too much was asked.
    UnexpectedContent
        No guarded JSON: a page, or a torn answer.
    SchemaDrift
        The call was rejected, or its payload has another shape.
    """
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if _LIMIT in text:
        raise RateLimited("google_play says that too much was asked: try again later")
    if not text.startswith(_GUARD):
        raise UnexpectedContent(
            f"google_play needs an answer that begins with {_GUARD}, got {text[:40]!r}"
        )
    items = at(_payload(text.removeprefix(_GUARD)), *_APPS)
    apps = [at(item, 0, 0, 0) for item in items] if isinstance(items, list) else []
    named = all(isinstance(app, str) and PACKAGE.fullmatch(app) for app in apps)
    if not apps or not named or len(set(apps)) < len(apps):
        raise SchemaDrift(
            f"google_play needs a list of different apps, got {len(apps)}: has the "
            "payload moved?"
        )
    return Chart(apps=tuple(apps))


def _payload(text: str) -> Any:
    """What the call gave, out of the chunks; numbers between them are their sizes."""
    chunks = [_json(line) for line in text.splitlines() if line.startswith("[")]
    parts = [part for chunk in chunks if isinstance(chunk, list) for part in chunk]
    own = [part for part in parts if at(part, 0) == "wrb.fr" and at(part, 1) == _RPC]
    if len(own) != 1:
        raise SchemaDrift(f"google_play needs one answer of {_RPC}, got {len(own)}")
    if not isinstance(own[0][2] if len(own[0]) > 2 else None, str):
        raise SchemaDrift(f"google_play rejected the question: {str(own[0])[:120]}")
    return _json(own[0][2])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnexpectedContent(
            f"google_play's answer is torn ({error!s:.80}): ask again later"
        ) from error
