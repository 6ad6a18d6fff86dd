"""Interest over time as the site exports it, in both of its forms.

``multiTimeline.csv`` of about 2016 to 2025, and ``time_series_<GEO>_<start>_<end>.csv``
of the newer page.
"""

from dataclasses import dataclass

from migration.sources.trends.cells import Array, read_cells
from migration.sources.trends.dates import Periods, frequency_of, read_periods
from migration.sources.trends.table import Column, read_dated


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """What one export shows, on the scale of that export alone.

    Attributes
    ----------
    columns : tuple of Column
        (N,) series in the order of the file.
    frequency : str
        ``minute``, ``hour``, ``day``, ``week`` or ``month``; a period is named by its
        start.
    periods : array of datetime64[s]
        (T,), rising.
    value, lower, upper : array
        (T, N). The value is the whole number written, NaN for "<1" and for no data;
        the bounds hold what was rounded to it, NaN for no data.
    preamble : str
        What stood above the header: the category, in the language of the page.
    """

    columns: tuple[Column, ...]
    frequency: str
    periods: Periods
    value: Array
    lower: Array
    upper: Array
    preamble: str


def parse_timeline(
    content: bytes, *, name: str = "a file", date_order: str | None = None
) -> Timeline:
    """Read one export of interest over time, of either form and any language; pure.

    Parameters
    ----------
    content : bytes
    name : str
        For the words of a refusal.
    date_order : {"ymd", "mdy", "dmy"}, optional
        What dates of three numbers mean, where the file leaves it open.

    Raises
    ------
    UnexpectedContent
        Not a text of comma-separated values.
    NoData
        No row begins with a date.
    SchemaDrift
        Rows, cells or dates of a shape that is not known.
    CannotAsk
        Dates that may be read in two ways.
    """
    table = read_dated(content, name=name)
    first, *rest = zip(*table.rows, strict=True)
    texts = [text.strip() for text in first]
    periods = read_periods(texts, name=name, date_order=date_order)
    frequency = frequency_of(periods, name=name)
    if len(texts[0]) == len("2021-01"):
        frequency = "month"
    width = len(rest)
    cells = [cell for row in table.rows for cell in row[1:]]
    value, lower, upper = read_cells(cells, width=width, name=name)
    order = periods.argsort(kind="stable")
    return Timeline(
        columns=table.columns,
        frequency=frequency,
        periods=periods[order],
        value=value[order],
        lower=lower[order],
        upper=upper[order],
        preamble=table.preamble,
    )
