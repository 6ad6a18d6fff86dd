"""Forms with a header of their own and no more to them; recalled and unverified."""

import pandas as pd

from migration.sources.own_csv.form import Form, has_columns, rows_of
from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import Sheet

_CATEGORIES = ("cat_key", "genre_id", "primarygenrename", "category")
_PACKAGES = ("package_name", "trackid", "app_id", "trackcensoredname", "title")


def _visits(sheet: Sheet, _: Said) -> pd.DataFrame:
    return rows_of(sheet, names=("domain",), values={"visits": "visits"})


def _charts(sheet: Sheet, _: Said) -> pd.DataFrame:
    category = next((one for one in _CATEGORIES if sheet.has(one)), "category")
    return rows_of(
        sheet,
        names=_PACKAGES,
        values={"rank": "rank"},
        also={"chart": "list_name", "category": category, "device": "device_type"},
    )


FORMS = (
    Form(
        name="similarweb-visits",
        vendor="Similarweb",
        fits=has_columns("date", "domain", "visits"),
        read=_visits,
    ),
    Form(
        name="42matters-charts",
        vendor="42matters",
        fits=has_columns("date", "country", "list_name", "rank", _PACKAGES),
        read=_charts,
        lists=True,
    ),
)
