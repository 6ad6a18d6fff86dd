"""Text into a table whose header was found.

Tabs, commas or other marks part the cells, and lines of metadata may stand before the
header.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from migration.errors import NoData, SchemaDrift

if TYPE_CHECKING:
    import _csv

DELIMITERS = (",", "\t", ";", "|")
BEFORE = 40  # lines in which the header is looked for
MOST_COLUMNS = 16_384  # as many as a spreadsheet has
NO_HEADER = "no header of a known form"
Head = tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table of text.

    Attributes
    ----------
    head : tuple of str
        As written; columns are found by :func:`fold` of it.
    rows : list of list of str
        Each as long as the head.
    before : mapping
        Metadata lines: what stands first, folded, to what stands next.
    """

    head: Head
    rows: list[list[str]]
    before: Mapping[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return fold(name) in map(fold, self.head)

    def column(self, name: str) -> list[str]:
        """The cells of a column.

        Raises
        ------
        SchemaDrift
            There is no such column, or there are two.
        """
        places = [i for i, one in enumerate(self.head) if fold(one) == fold(name)]
        if len(places) != 1:
            raise SchemaDrift(
                f"the header needs one column {name!r}, got {len(places)} in "
                f"{', '.join(self.head)[:200]}"
            )
        return [row[places[0]] for row in self.rows]


def fold(name: str) -> str:
    """One way of writing for the header of a column."""
    return " ".join(name.split()).casefold()


def repeated(head: Head) -> str:
    """What is wrong where a header names two columns alike; empty where none is."""
    count = Counter(fold(name) for name in head if name)
    twice = next((name for name in head if count[fold(name)] > 1), "")
    if not twice:
        return ""
    return (
        f"the column {twice!r:.80} stands {count[fold(twice)]} times in the header, "
        "and each needs a name of its own: take one of them out, or name them apart"
    )


def find_sheet(text: str, fits: Callable[[Head, Mapping[str, str]], bool]) -> Sheet:
    """The table in a text whose header fits.

    Parameters
    ----------
    text : str
        With a delimiter, or JSON: a list of records.
    fits : callable
        Of a header as written, and of the metadata before it.

    Raises
    ------
    SchemaDrift
        No header fits, or a row is not as long as the header.
    """
    if text.lstrip().startswith(("[", "{")):
        return _of_records(read_json(text), fits)
    for mark in DELIMITERS:
        before: dict[str, str] = {}
        for number, row in enumerate(_rows(text, mark)):
            head = _named(tuple(cell.strip() for cell in row))
            if len(head) > 1 and fits(head, before):
                return _sheet(text, mark, number, before)
            before |= _metadata(head)
    first = next(iter(text.strip().splitlines()), "")
    raise SchemaDrift(
        f"{NO_HEADER} is in the first {BEFORE} lines, which begin {first[:120]!r}"
    )


def first_rows(text: str, mark: str) -> list[list[str]]:
    """The lines in which a header is looked for, as this mark parts them."""
    return list(_rows(text, mark))


def read_json(text: str) -> Any:
    """JSON with its numbers as they are written.

    Raises
    ------
    SchemaDrift
        Not to be read as JSON.
    """
    as_text: dict[str, Any] = dict.fromkeys(
        ("parse_float", "parse_int", "parse_constant"), str
    )
    try:
        return json.loads(text, **as_text)
    except (ValueError, RecursionError) as error:
        raise SchemaDrift(
            f"the file is not to be read as JSON: {error!s:.80}"
        ) from error


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    """The first rows; quotation marks that do not close end them.

    Raises
    ------
    SchemaDrift
        A row has more cells than a table has columns: looking at each takes minutes.
    """
    try:
        for number, row in enumerate(islice(_reader(text, mark), BEFORE), start=1):
            if len(row) > MOST_COLUMNS:
                raise SchemaDrift(
                    f"line {number} has {len(row):,} cells, and a table needs at most "
                    f"{MOST_COLUMNS:,} columns: give one figure a row, or part the file"
                )
            yield row
    except csv.Error:
        return


def _reader(text: str, mark: str) -> "_csv.Reader":
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)


def _metadata(head: Head) -> dict[str, str]:
    """``Report Name,Store Rank History`` or ``Report Name: Store Rank History``."""
    filled = [cell for cell in head if cell]
    if len(filled) == 1:
        key, _, value = filled[0].partition(":")
        filled = [key, value.strip()]
    return {fold(filled[0]): filled[1]} if len(filled) > 1 and filled[1] else {}


def _sheet(text: str, mark: str, number: int, before: Mapping[str, str]) -> Sheet:
    """All rows below the header, which is row ``number``."""
    reader = _reader(text, mark)
    try:
        found = list(reader)
    except csv.Error as error:
        raise SchemaDrift(
            f"line {reader.line_num} cannot be read as CSV ({error}): export it again"
        ) from error
    head = _named(tuple(cell.strip() for cell in found[number]))
    rows = [
        _fitted(row, head, at)
        for at, row in enumerate(found[number + 1 :], number + 2)
        if any(cell.strip() for cell in row)
    ]
    return _filled(Sheet(head, rows, before))


def _named(head: Head) -> Head:
    """A header without the blanks at its end, which marks at a line's end leave."""
    while head and not head[-1]:
        head = head[:-1]
    return head


def _fitted(row: list[str], head: Head, at: int) -> list[str]:
    """A row as long as the header, empty cells at its end cut off."""
    extra = row[len(head) :]
    if len(row) < len(head) or any(cell.strip() for cell in extra):
        raise SchemaDrift(
            f"row {at} needs {len(head)} cells as the header has, got {len(row)}: "
            f"{str(row)[:120]}; take notes below the table away"
        )
    return [cell.strip() for cell in row[: len(head)]]


def _filled(sheet: Sheet) -> Sheet:
    if not sheet.rows:
        raise NoData("the file has a header and no row: export it again")
    return sheet


def _of_records(value: Any, fits: Callable[[Head, Mapping[str, str]], bool]) -> Sheet:
    """A list of records, each with the same keys and plain values."""
    records = value if isinstance(value, list) else []
    if not records or not all(isinstance(one, dict) and one for one in records):
        raise SchemaDrift(
            "JSON needs to be a list of records, or an answer of Appfigures' ranks; "
            f"got {type(value).__name__}"
        )
    head = tuple(as_text(key) for key in records[0])
    for number, one in enumerate(records, start=1):
        if set(one) != set(records[0]):
            raise SchemaDrift(
                f"record {number} needs the keys {', '.join(head)[:120]}, got "
                f"{', '.join(one)!a:.120}"
            )
    if not fits(head, {}):
        raise SchemaDrift(
            f"records of a known form are needed, got {list(head)!s:.200}"
        )
    return Sheet(head, [[as_text(one[key]) for key in records[0]] for one in records])


def as_text(value: Any) -> str:
    """A plain value of JSON as a cell; null is blank.

    Raises
    ------
    SchemaDrift
        A list, a record, true or false.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or not _is_unicode(value):
        raise SchemaDrift(f"a cell needs a text or a number, got {value!a:.60}")
    return value.strip()


def _is_unicode(text: str) -> bool:
    """JSON can escape half a character, which no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
