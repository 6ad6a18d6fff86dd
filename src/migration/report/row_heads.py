"""Row heads of tables, tagged as what they are in a PDF that typst has made.

Typst tags the heads of columns. For those of rows it has ``pdf.header-cell``, behind a
feature that its Python wheel (0.15.2) gives no way to switch on: the function is not
there. So the tag is put in afterwards, into a file of unchanged length, whose offsets
hold: a head's list of column heads becomes its scope, the row. The cells of such a
table name no heads of theirs any more; readers go by the heads' scopes, of columns too.

A table that typst wrote otherwise than expected is left as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Heads = Sequence[Sequence[bool]]
"""Rows of a table's body: for each cell whether it is its row's head."""

_ELEMENT = re.compile(
    rb"(?m)^(\d+) 0 obj\n(<</Type/StructElem/S/(\w+)/P \d+ 0 R[^\n]*)\nendobj$"
)
_KIDS = re.compile(rb"/K\[([^\]]*)\]")
_KID = re.compile(rb"(\d+) 0 R")
_HEADERS = re.compile(rb"/Headers\[[^\]]*\]")
_SCOPE = b"/Scope/Row"


@dataclass(frozen=True)
class _Element:
    kind: bytes
    start: int
    text: bytes

    @property
    def kids(self) -> list[int]:
        found = _KIDS.search(self.text)
        return [int(one) for one in _KID.findall(found[1])] if found else []


def tag_row_heads(pdf: bytes, tables: Sequence[Heads]) -> bytes:
    """The same file with the row heads of its tables tagged, of the same length.

    Parameters
    ----------
    pdf : bytes
        As typst made it.
    tables : sequence
        One for each table of the file, in its order.
    """
    elements = {
        int(found[1]): _Element(found[3], found.start(2), found[2])
        for found in _ELEMENT.finditer(pdf)
    }
    inside = {kid for one in elements.values() for kid in one.kids}
    roots = [number for number in elements if number not in inside]
    found = [one for root in roots for one in _below(root, elements, b"Table")]
    if len(found) != len(tables):
        return pdf
    made = bytearray(pdf)
    for table, heads in zip(found, tables, strict=True):
        for cell, is_head in _cells(table, heads, elements):
            end = cell.start + len(cell.text)
            made[cell.start : end] = _tagged(cell.text, is_head=is_head)
    return bytes(made)


def _below(
    number: int, elements: Mapping[int, _Element], kind: bytes
) -> Iterator[_Element]:
    """Elements of a kind, in the file's order; one is not looked into."""
    one = elements.get(number)
    if one is None:
        return
    if one.kind == kind:
        yield one
        return
    for kid in one.kids:
        yield from _below(kid, elements, kind)


def _cells(
    table: _Element, heads: Heads, elements: Mapping[int, _Element]
) -> list[tuple[_Element, bool]]:
    """The cells of the body, and which are heads; none if they are not as expected."""
    rows = [
        row
        for part in table.kids
        if part in elements and elements[part].kind != b"THead"
        for row in _below(part, elements, b"TR")
    ]
    cells = [[elements[kid] for kid in row.kids if kid in elements] for row in rows]
    fit = [len(row) for row in cells] == [len(row) for row in heads]
    if not fit or not any(map(any, heads)):
        return []
    pairs = [
        pair
        for row, told in zip(cells, heads, strict=True)
        for pair in zip(row, told, strict=True)
    ]
    plain = all(cell.kind == b"TD" and _HEADERS.search(cell.text) for cell, _ in pairs)
    return pairs if plain else []


def _tagged(text: bytes, *, is_head: bool) -> bytes:
    """A cell's element, padded to the length it had."""
    if is_head:
        text = text.replace(b"/S/TD", b"/S/TH", 1)
    scope = _SCOPE if is_head else b""
    return _HEADERS.sub(lambda found: scope.ljust(len(found[0])), text, count=1)
