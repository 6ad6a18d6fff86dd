"""One timeline of GDELT's: its days, its faults in words, its spoilt JSON; pure."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from migration.errors import (
    CannotAsk,
    NoData,
    RateLimited,
    SchemaDrift,
    UnexpectedContent,
)
from migration.sources.archive import unpacked
from migration.sources.tables import refuse_rows, to_days

SOURCE = "gdelt"
_MOST = 2**53
_LIMIT = re.compile(r"limit requests to one every", re.IGNORECASE)
_SERIES = "Article Count"
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T000000Z")
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def parse(raw: bytes) -> pd.DataFrame:
    """Days of one timeline: ``period``, ``articles`` and ``monitored``; pure.

    Raises
    ------
    RateLimited, CannotAsk, UnexpectedContent
        A sentence of GDELT's instead of a timeline: asked too fast, or a query that
        it does not take; or a page.
    NoData
        No article in all of the days.
    SchemaDrift
        Another resolution than days, other series, or counts that are none.
    """
    reply = _json(raw)
    timeline = reply.get("timeline") if isinstance(reply, dict) else reply
    if timeline in (None, []) and isinstance(reply, dict):
        raise NoData("gdelt knows no article in these days")
    details = reply.get("query_details") if isinstance(reply, dict) else None
    step = details.get("date_resolution") if isinstance(details, dict) else None
    if step != "day":
        raise SchemaDrift(f"gdelt needs a timeline by day, got one by {step!r}")
    points = pd.DataFrame(list(_points(timeline)), columns=["date", "value", "norm"])
    if points.empty:
        raise NoData("gdelt knows no day of these days")
    days = to_days(points["date"], source=SOURCE)
    counts = pd.DataFrame(
        {"period": days, "articles": points["value"], "monitored": points["norm"]}
    ).drop_duplicates()
    repeats = counts.duplicated("period")
    refuse_rows(counts, repeats, source=SOURCE, fault="two counts of a day")
    return counts.sort_values("period", ignore_index=True)


def _points(timeline: Any) -> Iterator[tuple[str, float, float]]:
    whole = isinstance(timeline, list) and len(timeline) == 1
    series = timeline[0] if whole and isinstance(timeline[0], dict) else {}
    data = series.get("data")
    if series.get("series") != _SERIES or not isinstance(data, list):
        raise SchemaDrift(
            f"gdelt needs one series {_SERIES!r} with a list of days, got "
            f"{str(timeline)[:120]}"
        )
    for point in data:
        own: Any = point if isinstance(point, dict) else {}
        date = _STAMP.fullmatch(str(own.get("date")))
        value, norm = own.get("value"), own.get("norm")
        if not date or not _is_count(value) or not _is_count(norm) or value > norm:
            raise SchemaDrift(
                "gdelt needs a date, a count and at least as many articles monitored "
                f"for each day, got {str(point)[:120]}"
            )
        yield "-".join(date.groups()), float(value), float(norm)


def _is_count(number: Any) -> bool:
    """A whole number; True is an int in Python, and not a count."""
    whole = type(number) is int or (type(number) is float and number.is_integer())
    return whole and 0 <= number < _MOST


def _json(raw: bytes) -> Any:
    """What was sent as JSON, with what JSON forbids taken out of its texts."""
    plain = unpacked(raw)[-1]
    text = plain.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[")):
        raise _said(text)
    for form in (text, _mended(text)):
        try:
            return json.loads(form, strict=False)
        except (ValueError, RecursionError):
            continue
    raise UnexpectedContent(
        f"gdelt needs JSON, got what begins with {text[:60]!r} and cannot be read: "
        "fetch it again"
    )


def _said(text: str) -> Exception:
    """The error that a sentence of GDELT's stands for."""
    if _LIMIT.search(text[:400]):
        return RateLimited(f"gdelt asks for patience: {text[:120].strip()!r}")
    if not text.strip() or text.startswith("<"):
        return UnexpectedContent(
            f"gdelt needs JSON, got {text[:60]!r}: try again later"
        )
    return CannotAsk(
        f"gdelt does not take the query and says {text[:200].strip()!r}: correct the "
        "app's identifiers at gdelt"
    )


def _mended(text: str) -> str:
    """Without the backslashes that escape nothing."""
    return _ESCAPE.sub(lambda found: found[0] if found[1] else "", text)
