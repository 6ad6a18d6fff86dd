"""The table inside an exported file, found by its structure and not by its words.

A preamble of any length and language may stand before it, or have been cut off; the
delimiter may be a comma, a semicolon or a tab.
"""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from migration.errors import NoData, SchemaDrift, UnexpectedContent
from migration.sources.trends.cells import is_cell
from migration.sources.trends.dates import WRITTEN

DELIMITERS = ",;\t"
_DATED = re.compile(rf'\s*"?{WRITTEN}"?\s*([{DELIMITERS}])', re.ASCII)
_ALMOST = re.compile(
    rf'\s*"?([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{1,2}}:[^{DELIMITERS}"]*)',
    re.ASCII,
)
_LABELLED = re.compile(r"\s*[:：]\s*[(（]")
_WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One series of an export, by its header.

    ``term`` is what was typed, or a topic's title: the file never says which.
    ``label`` is the place or the window in brackets after it; None in the new form.
    """

    cell: str
    term: str
    label: str | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Header and rows of an export, all as text; ``preamble`` is what stood before."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    preamble: str


def read_dated(content: bytes, *, name: str) -> Table:
    """The table whose rows begin with a date.

    Raises
    ------
    UnexpectedContent
        Not a text of comma-separated values.
    NoData
        No row begins with a date.
    SchemaDrift
        No header above the first, rows of another length, or times written otherwise.
    """
    lines = _lines(decode(content, name=name))
    for at, line in enumerate(lines):
        if found := _DATED.match(line):
            return _table(lines, at, found.group(1), name)
    for line in lines:
        if found := _ALMOST.match(line):
            raise SchemaDrift(
                f"{name} holds a row that begins with {found.group(1).strip()!r:.40}, "
                "and what is read is 2021-01-31 or 2021-01-31T00:00:00, without a "
                "zone or a blank: export it again, or as multiTimeline.csv"
            )
    raise NoData(
        f"{name} holds no row that begins with a date: export interest over time "
        "again, as multiTimeline.csv or time_series_….csv"
    )


def read_places(content: bytes, *, name: str) -> Table:
    """The table whose rows are a place and numbers or percentages.

    Raises
    ------
    UnexpectedContent, NoData, SchemaDrift
        As :func:`read_dated`.
    """
    lines = _lines(decode(content, name=name))
    for at, delimiter in ((a, d) for a in range(1, len(lines)) for d in DELIMITERS):
        above, here = (_cells(line, delimiter) for line in lines[at - 1 : at + 1])
        if _is_place(here) and len(above) == len(here) and not _is_place(above):
            return _table(lines, at, delimiter, name)
    raise NoData(
        f"{name} holds no row of a place and its numbers: export interest by region "
        "again, as geoMap.csv"
    )


def decode(content: bytes, *, name: str) -> str:
    """Text in UTF-8 or, with its mark, UTF-16.

    Raises
    ------
    NoData
        Nothing in it.
    UnexpectedContent
        Bytes of another kind, a page of HTML, or JSON.
    """
    encoding = _WIDE.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnexpectedContent(
            f"{name} needs text in UTF-8 ({error}): export it again"
        ) from error
    if not text.strip():
        raise NoData(f"{name} is empty: export it again")
    start = text.lstrip()[:2]
    if "\0" in text or start[0] in "{[" or re.match(r"<[a-zA-Z!?]|\)\]", start):
        raise UnexpectedContent(
            f"{name} needs comma-separated text, got what begins with {start!r}: "
            "export it again"
        )
    return text


def _lines(text: str) -> list[str]:
    """Lines, but not where ``str.splitlines`` sees one inside a term."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _table(lines: Sequence[str], first: int, delimiter: str, name: str) -> Table:
    above = [at for at in range(first) if lines[at].strip()]
    if not above:
        raise SchemaDrift(
            f"{name} begins with a row of data and needs the header above it, which "
            "says what each column is: export it again"
        )
    head, *rows = _split([lines[above[-1]], *lines[first:]], delimiter, name)
    rows = [row for row in rows if row and any(map(str.strip, row))]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(head):
            raise SchemaDrift(
                f"{name}: data row {number} needs {len(head)} cells as the header, got "
                f"{len(row)}: {str(row)[:80]}; export it again"
            )
    if len(head) < 2:
        raise SchemaDrift(f"{name} needs a column of data beside the first, got none")
    return Table(
        columns=_columns(head[1:], name),
        rows=tuple(map(tuple, rows)),
        preamble="\n".join(lines[at] for at in above[:-1])[:500],
    )


def _columns(cells: Sequence[str], name: str) -> tuple[Column, ...]:
    columns = tuple(map(_column, cells))
    if not all(column.term for column in columns):
        raise SchemaDrift(f"{name} has a column without a name: export it again")
    labelled = {column.label is not None for column in columns}
    if len(labelled) > 1 or len(set(cells)) < len(cells):
        raise SchemaDrift(
            f"{name} needs columns of one form and each once, got "
            f"{', '.join(cells)[:120]}: export it again"
        )
    return columns


def _column(cell: str) -> Column:
    """Split at the last ``": ("``: a term may hold anything, a place may hold ( )."""
    cell = cell.strip()
    marks = list(_LABELLED.finditer(cell))
    if not marks or cell[-1] not in ")）":
        return Column(cell=cell, term=cell, label=None)
    at = marks[-1]
    term, label = cell[: at.start()], cell[at.end() : -1].strip()
    return Column(cell=cell, term=term.strip(), label=label)


def _split(lines: Sequence[str], delimiter: str, name: str) -> list[list[str]]:
    """Rows of cells; a line that cannot be split is refused."""
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SchemaDrift(f"{name} is not to be read as CSV ({error})") from error


def _cells(line: str, delimiter: str) -> list[str]:
    """One line split; nothing where it is not a row of its own."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _is_place(row: Sequence[str]) -> bool:
    """A name, then only cells: numbers, percentages or blanks."""
    cells = row[1:]
    named = bool(row) and bool(row[0].strip()) and not is_cell(row[0])
    return named and bool(cells) and all(map(is_cell, cells))
