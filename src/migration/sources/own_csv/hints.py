"""What a table of no known form seems to be: advice for who brings it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migration.sources.own_csv.days import looks_like_day
from migration.sources.own_csv.figures import is_figure
from migration.sources.own_csv.said import Said, as_option
from migration.sources.own_csv.sheet import (
    DELIMITERS,
    Head,
    first_rows,
    fold,
    repeated,
)

SEEN = 20  # rows that are looked at
PLACES = ("country", "market", "region", "territory", "store")  # and no app
EXAMPLE = {"date_column": "Day", "app_column": "App", "value_column": "Installs"}


@dataclass(frozen=True)
class _Table:
    """The first line that may be a header, and rows below it."""

    head: Head
    rows: Sequence[Head]

    @property
    def names(self) -> list[str]:
        """What a column can be called by: no blank, and no name of two columns."""
        count = Counter(map(fold, self.head))
        return [name for name in self.head if name and count[fold(name)] == 1]

    def where(self, fits: Callable[[str], bool]) -> list[str]:
        """Columns all of whose cells fit, by name."""
        return [name for name in self.names if all(map(fits, self.cells(name)))]

    def cells(self, name: str) -> list[str]:
        """The cells of the first column of this name."""
        place = self.head.index(name)
        return [row[place] for row in self.rows]


def advice(text: str, said: Said) -> str:
    """What to do for a table to be read: in the names that it has, where they tell."""
    table = _likely(text)
    if table is None:
        return _say(EXAMPLE)
    if sum(map(looks_like_day, table.head)) > 1:
        return (
            "its days stand side by side in the header, and a row needs to be a day: "
            "turn the table (transpose it), or give one figure a row"
        )
    return _by_columns(table, said)


def _by_columns(table: _Table, said: Said) -> str:
    """Which columns seem to be the days, the apps and the figures."""
    figures = table.where(lambda cell: is_figure(cell, said))
    day = next(iter(table.where(looks_like_day)), "") or _first_of_dates(table, figures)
    values = [name for name in figures if name != day]
    texts = [name for name in table.names if name not in (day, *values)]
    apps = [name for name in texts if fold(name) not in PLACES]
    if not (day and apps and values) and (fault := _misnamed(table)):
        return fault
    if not day:
        return _say(EXAMPLE)
    if not texts:
        return _say({"date_column": day}) + ", and each other column is an app"
    if len(texts) < len(values) and (spoilt := _spoilt(table, texts, said)):
        return spoilt
    found = zip(EXAMPLE, [day, (apps or texts)[0], *values[:1]], strict=False)
    return _say(EXAMPLE | dict(found))


def _misnamed(table: _Table) -> str:
    """What is wrong with a header that calls a column by nothing, or two alike."""
    if "" not in table.head:
        return repeated(table.head)
    if all(map(looks_like_day, table.cells(""))):
        return (
            "the column of its days has no name: name it date (pandas: "
            'to_csv(index_label="date"))'
        )
    return (
        "a column has no name: name it, or leave it out (pandas: to_csv(index=False))"
    )


def _first_of_dates(table: _Table, figures: list[str]) -> str:
    """The first column where all others are of figures: of weeks, say, or of months."""
    has_digits = table.where(lambda cell: any(map(str.isdigit, cell)))
    first = table.head[0]
    rest = [name for name in table.head[1:] if name not in figures]
    return first if first in has_digits and first not in figures and not rest else ""


def strange_cells(
    head: Head, rows: Sequence[Sequence[str]], names: Sequence[str], said: Said
) -> list[str]:
    """Cells of these columns that are neither a figure nor blank, each with its place.

    A row is called by what stands first in it, as a rule its day.
    """
    places = [place for place, name in enumerate(head) if name in names]
    return [
        f"{row[place]!r:.40} under {head[place]!r:.40} in the row of {row[0]!r:.30}"
        for row in rows
        for place in places
        if not is_figure(row[place], said)
    ]


def _spoilt(table: _Table, texts: list[str], said: Said) -> str:
    """Where nearly every column is of figures, the cells that are none."""
    if not all(any(is_figure(c, said) for c in table.cells(name)) for name in texts):
        return ""  # a column of texts alone
    strange = strange_cells(table.head, table.rows, texts, said)
    if not strange:
        return ""
    return (
        "with one column an app, every cell needs to be a figure or blank, got "
        f"{'; '.join(strange[:3])}: correct or empty it"
    )


def _say(columns: dict[str, str]) -> str:
    options = " ".join(as_option(key, value) for key, value in columns.items())
    return f"say what its columns mean, such as {options}"


def _likely(text: str) -> _Table | None:
    """The first line as long as those below it, by the mark that parts most."""
    found: list[_Table] = []
    for mark in DELIMITERS:
        lines = [tuple(cell.strip() for cell in row) for row in first_rows(text, mark)]
        for at, head in enumerate(lines[:-1]):
            below = lines[at + 1 : at + 1 + SEEN]
            if len(head) > 1 and all(len(row) == len(head) for row in below):
                found.append(_without_margin(head, below))
                break
    return max(found, key=lambda one: len(one.head), default=None)


def _without_margin(head: Head, rows: Sequence[Head]) -> _Table:
    """The table without the columns at its end that are blank in every line."""
    width = max(
        (place for row in (head, *rows) for place, cell in enumerate(row, 1) if cell),
        default=1,
    )
    return _Table(head[:width], [row[:width] for row in rows])
