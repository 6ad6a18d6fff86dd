"""Bytes into text.

What coded the text is told by its first bytes, then by its form: Sensor Tower writes
UTF-16 with tabs, others UTF-8 with commas.
"""

import re

from migration.errors import NoData, UnexpectedContent
from migration.sources.own_csv.said import Said, Unsaid

MARKS = (  # longer ones first: UTF-32 begins as UTF-16 does
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
OTHERS = (
    (b"PK\x03\x04", "a workbook or an archive: save its sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old workbook: save its sheet as CSV"),
    (b"\x1f\x8b", "compressed: unpack it"),
    (b"%PDF", "a PDF: export the table as CSV"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LOOKED_AT = 4000  # characters


def read_text(content: bytes, said: Said) -> str:
    """The text of a file, whatever it is coded in.

    Raises
    ------
    UnexpectedContent
        A page of HTML, a workbook, an archive: no text.
    Unsaid
        Text in a code that its bytes do not tell.
    NoData
        Nothing in it.
    """
    if not content.strip(b" \t\r\n\x00"):
        raise NoData("the file needs rows, and is empty: export it again")
    for mark, what in OTHERS:
        if content.startswith(mark):
            raise UnexpectedContent(f"a file needs to be text, and this is {what}")
    text = _decoded(content, said)
    if text.lstrip().startswith("<"):
        raise UnexpectedContent("a file needs to be a table, and this is HTML or XML")
    return text


def _decoded(content: bytes, said: Said) -> str:
    marked = next((code for mark, code in MARKS if content.startswith(mark)), "")
    encoding = marked or said.get("encoding") or _without_mark(content)
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as error:
        if not marked:
            _refuse_no_text(content[:_LOOKED_AT].decode("latin-1"))
        if marked or said.get("encoding"):
            raise UnexpectedContent(
                f"the file is not whole, or not {encoding}: {error!s:.80}"
            ) from error
        why = "the text is not UTF-8"
        raise Unsaid("encoding", why, "cp1252") from error
    _refuse_no_text(text[:_LOOKED_AT])
    return text


def _refuse_no_text(start: str) -> None:
    """Refuse what is full of control characters: no code makes a table of it."""
    if len(_CONTROL.findall(start)) * 50 > len(start):
        raise UnexpectedContent(
            f"a file needs to be a table of text, and this is none: it begins "
            f"{start[:12]!r}. Export the table as CSV"
        )


def _without_mark(content: bytes) -> str:
    """UTF-16 has a zero in every other byte of Latin text."""
    start = content[:400]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[offset::2].count(0) > len(start) // 4:
            return encoding
    return "utf-8"
