"""Whether what came is of the kind that was asked for, by its type and first bytes."""

from collections.abc import Callable

from migration.errors import UnexpectedContent
from migration.sources.ask import Kind
from migration.sources.client.unpacking import BLANK

_GUARDED = b")]}'"  # what some answers put before their JSON


def _is_page(start: bytes) -> bool:
    return start[:14].lower().startswith((b"<!doctype html", b"<html"))


_LOOKS: dict[Kind, Callable[[bytes], bool]] = {
    "json": lambda start: start[:1] in (b"{", b"[") or start.startswith(_GUARDED),
    "csv": lambda start: start[:1] not in (b"", b"<", b"{"),
    "text": lambda start: not _is_page(start),
    "html": lambda start: start[:1] == b"<",
    "xml": lambda start: start[:1] == b"<" and not _is_page(start),
    "zip": lambda start: start[:2] == b"PK",
    "bytes": lambda start: not _is_page(start),
    "any": lambda _: True,
}


def refuse_kind(first: bytes, declared: str, *, url: str, kind: Kind) -> None:
    """Refuse HTML where none was asked for, and what cannot be of its kind.

    Raises
    ------
    UnexpectedContent
        The declared type or the first bytes that are not blank belong to another.
    """
    start = first.lstrip(BLANK) if kind != "zip" else first
    page = kind not in ("html", "any") and "text/html" in declared.lower()
    if page or not _LOOKS[kind](start):
        raise UnexpectedContent(
            f"{url} needs {kind.upper()}, got {_line(declared)} that "
            f"begins with {first[:40]!r}: the address may have moved"
        )


def _line(declared: str) -> str:
    """A declared type on one line: a header may go on over several."""
    return " ".join(declared.split())[:100] or "no declared type"
