"""A large table of tabs as blocks of whole lines, each an array of bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from migration.errors import SchemaDrift, Transient, UnexpectedContent

BLOCK = 1 << 20
_LONGEST_LINE = 1 << 16
_BOM = b"\xef\xbb\xbf"
_TAB, _NEWLINE, _ZERO = (ord(c) for c in "\t\n0")
_DIGITS = 15
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """A block of whole lines: its bytes, and where each field ends, shape (N, K)."""

    block: bytes
    bytes_: NDArray[np.uint8]
    ends: Whole

    @classmethod
    def of(cls, block: bytes, columns: int) -> "Lines":
        """Find the fields.

        Raises
        ------
        SchemaDrift
            A line has not that many.
        """
        as_bytes = np.frombuffer(block, dtype=np.uint8)
        found = np.flatnonzero(as_bytes - np.uint8(_TAB) < 2)  # a tab or a line's end
        rows = block.count(b"\n")
        if len(found) == rows * columns:
            ends = found.reshape(rows, columns)
            if (as_bytes[ends[:, -1]] == _NEWLINE).all():
                return cls(block, as_bytes, ends)
        lines = block.split(b"\n")
        wrong = next(line for line in lines if line.count(b"\t") != columns - 1)
        raise odd(wrong, f"{columns} fields")

    def starts(self, column: int) -> Whole:
        """Where a field starts in each line."""
        if column:
            return self.ends[:, column - 1] + 1
        return np.concatenate([[0], self.ends[:-1, -1] + 1])

    def line(self, number: int) -> bytes:
        """One line with its end."""
        start = self.ends[number - 1, -1] + 1 if number else 0
        return self.block[start : self.ends[number, -1] + 1]

    def places(self, text: bytes) -> Iterator[int]:
        """Where a text stands in the block."""
        place = self.block.find(text)
        while place >= 0:
            yield place
            place = self.block.find(text, place + 1)

    def numbers(self, column: int, *, skip: int = 0) -> Whole:
        """Whole numbers of a field after ``skip`` bytes; -1 for what is none."""
        start, end = self.starts(column) + skip, self.ends[:, column]
        width = end - start
        number = np.where((width > 0) & (width <= _DIGITS), 0, -1)
        power = np.ones_like(number)
        for place in range(min(int(width.max(initial=0)), _DIGITS)):
            here = place < width
            digit = self.bytes_.take(end - 1 - place, mode="clip") - np.uint8(_ZERO)
            number = np.where(here & (digit > 9), -1, number)
            number += np.where(here & (number >= 0), digit * power, 0)
            power *= 10
        return number


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines, of about ``BLOCK`` bytes, from pieces of any length.

    Raises
    ------
    UnexpectedContent, SchemaDrift, Transient
        It begins as HTML does, a line has no end, or the last one has none.
    """
    waiting: list[bytes] = []
    size, first = 0, True
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size < BLOCK:
            continue
        block, _, rest = b"".join(waiting).rpartition(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise odd(rest, "lines that end")
        waiting, size = [rest], len(rest)
        yield _opening(block + b"\n") if first else block + b"\n"
        first = False
    last = b"".join(waiting)
    if last and not last.endswith(b"\n"):
        raise Transient(
            f"the file ends within the line {last[-60:]!r}: it was cut short, and "
            "nothing of the day is kept; fetch it again"
        )
    if last:
        yield _opening(last) if first else last


def _opening(block: bytes) -> bytes:
    """The first block without a byte order mark, if it is no page."""
    block = block.removeprefix(_BOM)
    if block.lstrip().startswith(b"<"):
        raise UnexpectedContent(
            f"needs a table of tabs, got HTML that begins with {block[:40]!r}"
        )
    return block


def odd(line: bytes, needed: str) -> SchemaDrift:
    """The refusal that shows a line."""
    return SchemaDrift(
        f"wikipedia_countries: needs lines with {needed}, got {line[:200]!r}; compare "
        "the file with the source's card"
    )
