"""Any table: these columns mean that.

Columns are declared (``date_column=Day``), or have the plain names ``date``, ``app``,
``market``, ``value``, ``lower`` and ``upper``. The metric is declared, too.
"""

from collections.abc import Mapping

import pandas as pd

from migration.errors import SchemaDrift
from migration.sources.own_csv.form import Form, blank_rows
from migration.sources.own_csv.said import Said, need
from migration.sources.own_csv.sheet import Head, Sheet, fold

PLAIN = ("date", "app", "market", "value", "lower", "upper")
_NEEDED = ("date", "value")


def columns_of(head: Head, said: Said) -> dict[str, str]:
    """Which column of a header holds what, as declared or by its plain name."""
    known = {fold(name): name for name in head}
    asked = {one: said.get(f"{one}_column", one) for one in PLAIN}
    return {
        one: known[fold(name)] for one, name in asked.items() if fold(name) in known
    }


def form_of(said: Said) -> Form:
    """The plain form with the columns that were declared."""

    def fits(head: Head, _: Mapping[str, str]) -> bool:
        found = columns_of(head, said)
        declared = [one for one in PLAIN if f"{one}_column" in said]
        return all(one in found for one in (*_NEEDED, *declared))

    return Form(name="plain", vendor="", fits=fits, read=_read)


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
    return blank_rows(count).assign(**own, names=names)
