"""Sensor Tower's exports: UTF-16 with tabs, as their command-line documents say.

Estimates have a row an app and day and no market where the file is of one: the file's
name then has it. Category rankings are whole charts. An older form of the estimates,
with ``Country / Region`` and ``Downloads``, was seen in a public script.
"""

import re

import pandas as pd

from migration.sources.own_csv.form import Form, has_columns, rows_of
from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import Sheet
from migration.sources.places import market_of

VENDOR = "Sensor Tower"
_VALUES = {  # metric: the columns that hold it, one a form
    "downloads": ("downloads (absolute)", "downloads"),
    "revenue": ("revenue (absolute)", "revenue ($)"),
    "active_users": ("dau (absolute)",),
}
_NAMES = ("app id", "unified id", "app name", "unified name")
_MARKETS = ("country / region", "country")
_UNIFIED = re.compile(r"Unified Top Apps.*\(.+ - .+, (?P<market>[A-Z]{2})\).*")
_RANKINGS = re.compile(
    r"Sensor_Tower_Category_Rankings_(?P<device>[A-Za-z]+)_(?P<market>[A-Z]{2})_.+"
)


def _estimates(sheet: Sheet, _: Said) -> pd.DataFrame:
    values = {
        metric: next((one for one in columns if sheet.has(one)), "")
        for metric, columns in _VALUES.items()
    }
    market = next((one for one in _MARKETS if sheet.has(one)), "country")
    return rows_of(
        sheet,
        names=_NAMES,
        values={metric: column for metric, column in values.items() if column},
        also={"market": market, "device": "platform"},
    )


def _rankings(sheet: Sheet, _: Said) -> pd.DataFrame:
    return rows_of(
        sheet,
        names=("app id", "app name"),
        values={"rank": "ranking"},
        also={"chart": "chart", "category": "category"},
    )


def said_by_name(name: str) -> dict[str, str]:
    """Market and device that the name of a file tells, where it is Sensor Tower's."""
    found = _UNIFIED.fullmatch(name) or _RANKINGS.fullmatch(name)
    told = found.groupdict() if found else {}
    return told if market_of(told.get("market", "")) else {}


FORMS = (
    Form(
        name="sensor-tower-rankings",
        vendor=VENDOR,
        fits=has_columns("country", "category", "chart", "date", "ranking", "app id"),
        read=_rankings,
        lists=True,
    ),
    Form(
        name="sensor-tower-estimates",
        vendor=VENDOR,
        fits=has_columns(
            "date",
            ("unified name", "unified id"),
            tuple(column for columns in _VALUES.values() for column in columns),
        ),
        read=_estimates,
    ),
)
