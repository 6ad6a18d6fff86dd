"""data.ai, once App Annie: lines of metadata, then a table; recalled and unverified.

Rank history has one row a place or one column a category, of one app that the metadata
or the researcher names. A blank or ``n/a`` is a place beyond the chart's end.
"""

import pandas as pd

from migration.sources.own_csv.form import (
    Before,
    Form,
    blank_rows,
    has_columns,
    rows_of,
)
from migration.sources.own_csv.said import Said, need
from migration.sources.own_csv.sheet import Head, Sheet, fold

VENDOR = "data.ai"
_NAMES = ("app id", "app name", "app", "product name", "product")
_VALUES = ("downloads", "revenue")
_REPORT = "report name"


def _ranks(sheet: Sheet, said: Said) -> pd.DataFrame:
    return rows_of(
        _named(sheet, said),
        names=_NAMES,
        values={"rank": "rank"},
        also={"chart": "rank type", "category": "category", "device": "device"},
    )


def _is_wide(head: Head, before: Before) -> bool:
    report, known = before.get(_REPORT, "").casefold(), set(map(fold, head))
    is_long = known & {"country", "device", "rank type", "rank"}
    return "rank" in report and not is_long and fold(head[0]) == "date"


def _wide(sheet: Sheet, said: Said) -> pd.DataFrame:
    """One column a category, on one chart in one market."""
    places = {"market": "country", "chart": "rank type", "device": "device"}
    about = {text: sheet.before.get(name, "") for text, name in places.items()}
    named, count = _named(sheet, said), len(sheet.rows)
    called = pd.Series([(named.rows[0][-1],)] * count, dtype=object)
    parts = [
        blank_rows(count).assign(
            **about, names=called, metric="rank", category=category,
            date=[row[0] for row in sheet.rows],
            value=[row[place] for row in sheet.rows],
        )
        for place, category in enumerate(sheet.head[1:], start=1)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _named(sheet: Sheet, said: Said) -> Sheet:
    """The sheet with a column of the app, from the metadata where it has none."""
    if any(sheet.has(name) for name in _NAMES):
        return sheet
    told = next((sheet.before[name] for name in _NAMES if name in sheet.before), "")
    app = told or need(said, "app", "the file is of one app and names none", "Signal")
    rows = [[*row, app] for row in sheet.rows]
    return Sheet((*sheet.head, "app"), rows, sheet.before)


def _estimates(sheet: Sheet, _: Said) -> pd.DataFrame:
    return rows_of(
        sheet,
        names=_NAMES,
        values={one: one for one in _VALUES if sheet.has(one)},
        also={"device": "market"},  # their word for a store
    )


FORMS = (
    Form(
        name="data-ai-ranks",
        vendor=VENDOR,
        fits=has_columns("date", "country", "device", "category", "rank type", "rank"),
        read=_ranks,
    ),
    Form(
        name="data-ai-estimates",
        vendor=VENDOR,
        fits=has_columns(
            *("date", ("app name", "app id"), "publisher", "market", "country"),
            _VALUES,
        ),
        read=_estimates,
    ),
    Form(name="data-ai-ranks-wide", vendor=VENDOR, fits=_is_wide, read=_wide),
)
