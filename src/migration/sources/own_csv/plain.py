"""Any table with one figure a row: these columns mean that.

Columns are declared (``date_column=Day``), or have a plain name: ``date`` or ``day``,
``app``, ``market`` or ``country``, ``value``, ``lower`` and ``upper``. The metric is
declared, or is the name of the column that stands for ``value``.
"""

from collections.abc import Mapping

import pandas as pd

from migration.errors import SchemaDrift
from migration.sources.own_csv.form import Form, blank_rows
from migration.sources.own_csv.said import Said, need
from migration.sources.own_csv.sheet import Head, Sheet, fold

PLAIN = ("date", "app", "market", "value", "lower", "upper")
OTHER_NAMES = {"date": ("day",), "app": ("app name",), "market": ("country",)}
MEASURED = {  # a column of figures that says itself what they are
    "downloads": "downloads",
    "installs": "installs",
    "active users": "active_users",
    "active_users": "active_users",
    "revenue": "revenue",
    "visits": "visits",
    "views": "views",
    "rank": "rank",
}
_NEEDED = ("date", "value")


def columns_of(head: Head, said: Said) -> dict[str, str]:
    """Which column of a header holds what, as declared or by its plain name."""
    known = {fold(name): name for name in head}
    found = {one: _column(one, known, said) for one in PLAIN}
    if not found["value"] and found["app"] and "value_column" not in said:
        measured = [name for name in known if name in MEASURED]
        found["value"] = known[measured[0]] if len(measured) == 1 else ""
    return {one: name for one, name in found.items() if name}


def form_of(said: Said) -> Form:
    """The plain form with the columns that were declared."""

    def fits(head: Head, _: Mapping[str, str]) -> bool:
        found = columns_of(head, said)
        declared = [one for one in PLAIN if f"{one}_column" in said]
        return all(one in found for one in (*_NEEDED, *declared))

    return Form(name="plain", vendor="", fits=fits, read=_read)


def _column(what: str, known: Mapping[str, str], said: Said) -> str:
    """The column that holds something; empty where there is none."""
    declared = said.get(f"{what}_column")
    names = (declared,) if declared else (what, *OTHER_NAMES.get(what, ()))
    return next((known[fold(name)] for name in names if fold(name) in known), "")


def _read(sheet: Sheet, said: Said) -> pd.DataFrame:
    found = columns_of(sheet.head, said)
    if len(set(found.values())) < len(found):
        raise SchemaDrift(f"a column can mean one thing, got {found}")
    own = {one: sheet.column(name) for one, name in found.items() if one != "app"}
    count = len(sheet.rows)
    if "app" in found:
        called = sheet.column(found["app"])
    else:
        why = "the table has no column of apps: name the one it is of, or app_column"
        called = [need(said, "app", why, "Signal")] * count
    names = pd.Series([(name,) for name in called], dtype=object)
    measured = "" if "value_column" in said else fold(found["value"])
    metric = MEASURED.get(measured, "")
    return blank_rows(count).assign(**own, names=names, metric=metric)
