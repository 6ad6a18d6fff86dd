"""Read back what was kept of a day file; see :mod:`sifting` for its form."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migration.errors import SchemaDrift
from migration.sources.tables import read_text
from migration.sources.wikipedia_countries.eras import era_of
from migration.sources.wikipedia_countries.sifting import VERSION
from migration.sources.wikipedia_countries.wanted import CODE, PAGE, PROJECT, Wanted

_KIND = "an extract of a day file"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One released count: of what, where, in which project, on which page."""

    name: str
    country: str
    project: str
    page: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One day: the wanted rows, and every country of the file by its code.

    ``names`` are the identifiers that were looked for; ``bounds`` says for each
    country the most that a count which was not released can have been.
    """

    day: dt.date
    names: frozenset[str]
    rows: tuple[Row, ...]
    bounds: dict[str, int]
    countries: dict[str, str]


def read_extract(content: bytes) -> Extract:
    """Read one extract, whole.

    Raises
    ------
    UnexpectedContent
        Not text.
    SchemaDrift
        Not of the form of :mod:`sifting`, cut short, or a row twice with two counts.
    """
    text = read_text(content, source="wikipedia_countries", kind=_KIND)
    lines = [line.split("\t") for line in text.split("\n")[:-1]]
    head = lines[0] if lines else []
    day = _head(head)
    era = era_of(day)
    about = [line for line in lines if line[0] == "#country"]
    kept = [line for line in lines[1:-1] if not line[0].startswith("#")]
    if era is None or lines[1:] != [*kept, *about, lines[-1]]:
        raise _odd(head, "the wanted rows, then the countries, then an end")
    rows = list(_rows(kept, Wanted(tuple(head[4:])), columns=int(head[3])))
    found = [_country(line) for line in about]
    _check_end(lines[-1], found)
    return Extract(
        day=day,
        names=frozenset(head[4:]),
        rows=tuple(_once(rows)),
        bounds={code: era.bound(smallest) for code, _, _, smallest in found},
        countries={code: name for code, name, _, _ in found},
    )


def _head(head: Sequence[str]) -> dt.date:
    right = len(head) > 4 and head[:2] == ["#extract", VERSION]
    if not right or head[3] not in ("6", "7"):
        raise _odd(head, f"'#extract', {VERSION}, a day, 6 or 7 and identifiers first")
    try:
        return dt.date.fromisoformat(head[2])
    except ValueError as error:
        raise _odd(head, "a day such as 2021-01-10") from error


def _rows(kept: Sequence[list[str]], wanted: Wanted, *, columns: int) -> Iterator[Row]:
    for line in kept:
        name = wanted.name_of(line) if len(line) == columns else None
        if name is None:
            raise _odd(line, f"{columns} fields of a wanted row")
        yield Row(
            name=name,
            country=line[CODE],
            project=line[PROJECT],
            page=line[PAGE] or line[PAGE + 1],
            count=_count(line[-1], line),
        )


def _country(line: Sequence[str]) -> tuple[str, str, int, int]:
    if len(line) != 5:
        raise _odd(line, "'#country', code, name, rows and smallest count")
    return line[1], line[2], _count(line[3], line), _count(line[4], line)


def _check_end(line: Sequence[str], found: Sequence[tuple[str, str, int, int]]) -> None:
    rows = sum(count for _, _, count, _ in found)
    if list(line) != ["#end", str(rows)] or len({x[0] for x in found}) < len(found):
        raise _odd(line, f"'#end' and {rows}, the rows of each country once")


def _once(rows: Sequence[Row]) -> Iterator[Row]:
    """Each row once; the same with another count is refused."""
    known: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row.name, row.country, row.project, row.page)
        if known.setdefault(key, row) != row:
            raise _odd(key, f"one count a page, got {known[key].count} and {row.count}")
    yield from known.values()


def _count(text: str, line: Sequence[str]) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise _odd(line, "whole counts")
    return int(text)


def _odd(line: Sequence[str], needed: str) -> SchemaDrift:
    return SchemaDrift(
        f"wikipedia_countries: an extract needs {needed}, got {list(line)!r:.200}; "
        "fetch the day again"
    )
