"""Keep the wanted rows of a day file of any size, and which countries are in it.

The file is read by blocks of whole lines, each looked at as an array of bytes, so that
a file of a gigabyte needs some megabytes of memory. What is kept is text:

- ``#extract``, version, day, columns, then each identifier that was looked for;
- the wanted rows, byte for byte, in the file's order;
- ``#country``, code, name, rows and smallest count, for each country in the file;
- ``#end`` and the number of rows, without which an extract is not whole.

Fields are separated by tabs. A country without a wanted row is thereby told from one
that is not in the file.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from migration.errors import NoData, UnexpectedContent
from migration.sources.wikipedia_countries.eras import Era
from migration.sources.wikipedia_countries.lines import Lines, Whole, odd, whole_lines
from migration.sources.wikipedia_countries.wanted import (
    CODE,
    COUNTRY,
    ITEM,
    PAGE,
    Wanted,
)

VERSION = "1"
_Q, _MARK = (ord(c) for c in "Q#")
_MANY = np.iinfo(np.int64).max
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sift:
    """Passes on the extract of one day's file as the file streams by."""

    wanted: Wanted
    era: Era
    day: dt.date

    def __call__(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the extract.

        Raises
        ------
        UnexpectedContent
            A page of HTML, or text that is not UTF-8.
        SchemaDrift
            A line of another shape.
        Transient
            The file ends within a line.
        NoData
            It is empty.
        """
        head = ("#extract", VERSION, f"{self.day}", str(self.era.columns))
        yield _line(*head, *self.wanted.names)
        seen = _Countries()
        for block in whole_lines(pieces):
            lines = Lines.of(block, self.era.columns)
            seen.add(lines)
            yield from self._kept(lines)
        if not seen.rows.any():
            raise NoData(f"the file of {self.day} is empty")
        yield from seen.summary()
        yield _line("#end", str(seen.rows.sum()))

    def _kept(self, lines: Lines) -> Iterator[bytes]:
        for number in np.flatnonzero(self._candidates(lines)):
            line = lines.line(int(number))
            if self.wanted.name_of(_text(line).rstrip("\n").split("\t")):
                yield line

    def _candidates(self, lines: Lines) -> Flags:
        """Rows with a wanted number or title; which project's is not looked at yet."""
        found = np.zeros(len(lines.ends), dtype=bool)
        items, pages = self.wanted.numbers("item"), self.wanted.numbers("page")
        if len(items) and self.era.columns == 7:
            found |= np.isin(_items(lines), items)
        if len(pages):
            found |= np.isin(lines.numbers(PAGE), pages)
        for title in self.wanted.titles():
            for place in lines.places(title):
                found[np.searchsorted(lines.ends[:, -1], place)] = True
        return found


def _items(lines: Lines) -> Whole:
    """Numbers of the Wikidata items; -1 where there is none."""
    marked = lines.bytes_[lines.starts(ITEM)] == _Q
    return np.where(marked, lines.numbers(ITEM, skip=1), -1)


@dataclass
class _Countries:
    """Rows and smallest count by code, two letters as one number."""

    rows: Whole = field(default_factory=lambda: np.zeros(1 << 16, np.int64))
    smallest: Whole = field(default_factory=lambda: np.full(1 << 16, _MANY))
    names: dict[int, bytes] = field(default_factory=dict)

    def add(self, lines: Lines) -> None:
        counts = lines.numbers(-1 % lines.ends.shape[1])
        marked = lines.bytes_[lines.starts(COUNTRY)] == _MARK
        wrong = np.flatnonzero((counts < 0) | marked)
        if len(wrong):
            raise odd(lines.line(int(wrong[0])), "a country first and a count last")
        start, end = lines.starts(CODE), lines.ends[:, CODE]
        letters = [lines.bytes_[np.minimum(start + n, end)] for n in (0, 1)]
        code = letters[0].astype(np.int64) * 256 + letters[1]
        code = np.where(end - start == 2, code, 0)
        here = np.bincount(code, minlength=1 << 16)
        self.rows += here
        np.minimum.at(self.smallest, code, counts)
        for new in np.flatnonzero(here):
            if int(new) not in self.names:
                line = lines.line(int(np.argmax(code == new)))
                self.names[int(new)] = line.split(b"\t")[COUNTRY]

    def summary(self) -> Iterator[bytes]:
        for code, name in sorted(self.names.items()):
            letters = chr(code // 256) + chr(code % 256) if code else ""
            counts = (str(self.rows[code]), str(self.smallest[code]))
            yield _line("#country", letters, _text(name), *counts)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnexpectedContent(
            f"wikipedia_countries: needs UTF-8, got {line[:200]!r} ({error})"
        ) from error


def _line(*fields: str) -> bytes:
    return ("\t".join(fields) + "\n").encode()
