"""Interest by region as the site exports it: ``geoMap.csv``.

One term: an index, 100 where its share of searches is highest. Several terms: the
percentages of each among them in one region, which add up to about 100 and cannot be
compared with the index.
"""

from dataclasses import dataclass

import numpy as np

from migration.errors import SchemaDrift
from migration.sources.trends.cells import (
    Array,
    as_number,
    is_percentage,
    read_cells,
)
from migration.sources.trends.table import Column, Table, read_places


@dataclass(frozen=True, kw_only=True, eq=False)
class Regions:
    """What one map shows over one window.

    Attributes
    ----------
    columns : tuple of Column
        (N,); the label is the window in the page's own way of writing dates.
    places : tuple of str
        (R,) names in the page's language.
    compared : bool
        Percentages of several terms, not the index of one.
    value, lower, upper : array
        (R, N), as of a timeline.
    """

    columns: tuple[Column, ...]
    places: tuple[str, ...]
    compared: bool
    value: Array
    lower: Array
    upper: Array
    preamble: str


def parse_regions(content: bytes, *, name: str = "a file") -> Regions:
    """Read one export of interest by region, in any language; pure.

    Raises
    ------
    UnexpectedContent
        Not a text of comma-separated values.
    NoData
        No row of a place and numbers.
    SchemaDrift
        Numbers and percentages mixed, an index of several terms, percentages that do
        not add up, or a place twice.
    """
    table = read_places(content, name=name)
    places = tuple(row[0].strip() for row in table.rows)
    if "" in places or len(set(places)) < len(places):
        raise SchemaDrift(f"{name} needs each place once and named: export it again")
    compared = _is_compared(table, name)
    cells = [as_number(cell) for row in table.rows for cell in row[1:]]
    value, lower, upper = read_cells(cells, width=len(table.columns), name=name)
    if compared:
        check_shares(lower, upper, name=name)
    return Regions(
        columns=table.columns,
        places=places,
        compared=compared,
        value=value,
        lower=lower,
        upper=upper,
        preamble=table.preamble,
    )


def check_shares(lower: Array, upper: Array, *, name: str) -> None:
    """Refuse rows of percentages that rounding cannot have made of a whole.

    Raises
    ------
    SchemaDrift
        Such a row; one without data in some column, or all zero, is passed over.
    """
    known = ~np.isnan(lower).any(axis=1) & (upper.sum(axis=1) > upper.shape[1] / 2)
    off = (lower.sum(axis=1) > 100) | (upper.sum(axis=1) < 100)
    if (known & off).any():
        row = int(np.argmax(known & off))
        raise SchemaDrift(
            f"{name}: the percentages of data row {row + 1} add up to between "
            f"{lower[row].sum():g} and {upper[row].sum():g} and need 100: export it "
            "again with all of its columns"
        )


def _is_compared(table: Table, name: str) -> bool:
    cells = [cell for row in table.rows for cell in row[1:] if cell.strip()]
    signs = {is_percentage(cell) for cell in cells}
    several = len(table.columns) > 1
    if len(signs) > 1 or (several and signs == {False}):
        raise SchemaDrift(
            f"{name} needs the numbers of one term or the percentages of several, got "
            f"{len(table.columns)} columns of {'both' if len(signs) > 1 else 'numbers'}"
            ": export it again"
        )
    return signs == {True} or (several and not signs)
