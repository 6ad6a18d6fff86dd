"""What a form of file is: how its header is known, and how its rows are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import Head, Sheet, fold

TEXTS = (
    *("date", "market", "names", "metric", "value", "lower", "upper"),
    *("chart", "category", "device"),
)
Before = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of file.

    Attributes
    ----------
    name, vendor : str
        ``vendor`` is empty where the form does not tell.
    fits : callable
        Whether a header is of this form, given the metadata before it.
    read : callable
        A sheet and what was said into rows of text, the columns ``TEXTS``: ``names``
        holds everything that an app is called there, ``market`` is empty where the
        file does not say, ``metric`` where it has to be said.
    lists : bool
        Each day and market is a list from first place down: an app that a whole list
        lacks is off the chart.
    """

    name: str
    vendor: str
    fits: Callable[[Head, Before], bool]
    read: Callable[[Sheet, Said], pd.DataFrame]
    lists: bool = False


def has_columns(*groups: str | tuple[str, ...]) -> Callable[[Head, Before], bool]:
    """Whether a header has each of some columns, or one of several."""
    wanted = [(g,) if isinstance(g, str) else g for g in groups]

    def fits(head: Head, _: Before) -> bool:
        known = set(map(fold, head))
        return all(known & set(names) for names in wanted)

    return fits


def rows_of(
    sheet: Sheet,
    *,
    names: Sequence[str],
    values: Mapping[str, str],
    also: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Rows of text of a sheet with one row an app and day.

    Parameters
    ----------
    names : sequence of str
        Columns of what an app is called, the surest first.
    values : mapping
        Metric to its column; each becomes rows of its own.
    also : mapping, optional
        Any of ``TEXTS`` to its column; ``date`` and ``market`` by their own names.
    """
    places = {"date": "date", "market": "country"} | dict(also or {})
    own = {text: sheet.column(one) for text, one in places.items() if sheet.has(one)}
    called = [sheet.column(name) for name in names if sheet.has(name)]
    shared = blank_rows(len(sheet.rows)).assign(
        **own, names=pd.Series(list(zip(*called, strict=True)), dtype=object)
    )
    return pd.concat(
        [
            shared.assign(metric=metric, value=sheet.column(column))
            for metric, column in values.items()
        ],
        ignore_index=True,
    )


def blank_rows(count: int) -> pd.DataFrame:
    """Rows of text with nothing in them."""
    return pd.DataFrame("", index=range(count), columns=list(TEXTS), dtype=object)
