"""Appfigures' ranks: one row a place, one column a chart, or the API's answer.

The API's ``data[].positions[]`` were seen in its documents, the CSV forms are recalled
and unverified. ``null`` and a blank are a place beyond the chart's end.
"""

import re
from typing import Any

import pandas as pd

from migration.errors import SchemaDrift
from migration.sources.own_csv.form import (
    Before,
    Form,
    blank_rows,
    has_columns,
    rows_of,
)
from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import Head, Sheet, as_text, fold

VENDOR = "Appfigures"
_CHART = re.compile(
    r"(?P<app>.+) - (?P<category>[^()]+?) \((?P<market>[^(),]+), (?P<device>[^()]+)\)"
)
_HEAD = ("date", "product", "country", "category", "subtype", "device", "rank")


def _is_wide(head: Head, _: Before) -> bool:
    charts = [_CHART.fullmatch(one) for one in head[1:]]
    return fold(head[0]) == "date" and len(charts) > 0 and all(charts)


def _wide(sheet: Sheet, _: Said) -> pd.DataFrame:
    days = [row[0] for row in sheet.rows]
    parts = []
    for place, title in enumerate(sheet.head[1:], start=1):
        found = _CHART.fullmatch(title)
        about = found.groupdict() if found else {}
        called = pd.Series([(about.pop("app"),)] * len(days), dtype=object)
        values = [row[place] for row in sheet.rows]
        part = blank_rows(len(days)).assign(names=called, metric="rank", **about)
        parts.append(part.assign(date=days, value=values))
    return pd.concat(parts, ignore_index=True)


def _long(sheet: Sheet, _: Said) -> pd.DataFrame:
    return rows_of(
        sheet,
        names=("product", "product id"),
        values={"rank": "rank"},
        also={"chart": "subtype", "category": "category", "device": "device"},
    )


def is_answer(value: Any) -> bool:
    """Whether JSON is an answer of the API: days, and places by product and chart."""
    return isinstance(value, dict) and {"dates", "data"} <= set(value)


def sheet_of_answer(value: dict[str, Any]) -> Sheet:
    """An answer of the API as the sheet of the long form.

    Raises
    ------
    SchemaDrift
        Another shape, or not one place a day.
    """
    dates, data = value["dates"], value["data"]
    if not (isinstance(dates, list) and isinstance(data, list) and dates and data):
        raise SchemaDrift("an answer of Appfigures needs lists of dates and of data")
    days = [as_text(day) for day in dates]
    rows = [
        [day, *about, as_text(place)]
        for about, places in (_series(one, len(days)) for one in data)
        for day, place in zip(days, places, strict=True)
    ]
    return Sheet(_HEAD, rows)


def _series(one: Any, count: int) -> tuple[list[str], list[Any]]:
    """Product, country, category, subtype and device of a series, and its places."""
    try:
        category, places = one["category"], one["positions"]
        about = [one["product_id"], one["country"], category["name"]]
        about += [category["subtype"], category["device"]]
    except (KeyError, TypeError, IndexError) as error:
        raise SchemaDrift(
            "a series of Appfigures needs product_id, country, category (name, subtype "
            f"and device) and positions; got {one!a:.120}"
        ) from error
    if not isinstance(places, list) or len(places) != count:
        raise SchemaDrift(f"a series of Appfigures needs {count} positions, one a date")
    return [as_text(part) for part in about], places


FORMS = (
    Form(
        name="appfigures-long",
        vendor=VENDOR,
        fits=has_columns("date", "product", "country", "category", "rank"),
        read=_long,
    ),
    Form(name="appfigures-wide", vendor=VENDOR, fits=_is_wide, read=_wide),
)
