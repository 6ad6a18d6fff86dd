"""A table with one column an app: ``date, Signal, Telegram, ...``.

It is taken for one only where every cell beside the dates and the markets is a figure
or blank: another table has texts somewhere, and its columns have to be declared.
"""

import pandas as pd

from migration.errors import SchemaDrift, SourceError
from migration.sources.own_csv.form import Form, blank_rows
from migration.sources.own_csv.hints import strange_cells
from migration.sources.own_csv.plain import columns_of
from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import Head, Sheet, find_sheet, repeated

NAME = "plain-wide"
_OF_ROWS = ("app", "value", "lower", "upper")


def find_wide(text: str, said: Said) -> tuple[Form, Sheet] | None:
    """The form and the sheet of a text with one column an app; None where it is none.

    Raises
    ------
    SourceError
        The form was said, and the text is no such table.
    """
    asked = said.get("form") == NAME
    form = Form(
        name=NAME, vendor="", fits=lambda head, _: _fits(head, said), read=_read
    )
    try:
        sheet = find_sheet(text, form.fits)
    except SourceError:
        if asked:
            raise
        return None
    strange = _no_figures(sheet, said)
    if strange and asked:
        raise SchemaDrift(
            "a table with one column an app needs figures and blanks in it, got "
            f"{'; '.join(strange[:3])}"
        )
    if strange:
        return None
    if fault := repeated(sheet.head):  # none can say which column is the app's
        raise SchemaDrift(fault)
    return form, sheet


def _fits(head: Head, said: Said) -> bool:
    found = columns_of(head, said)
    of_rows = [one for one in _OF_ROWS if one in found or f"{one}_column" in said]
    declared = [one for one in ("date", "market") if f"{one}_column" in said]
    is_whole = all(one in found for one in ("date", *declared))
    return is_whole and not of_rows and all(_apps(head, said))


def _apps(head: Head, said: Said) -> list[str]:
    """The columns of apps; a header without any names a blank one."""
    known = set(columns_of(head, said).values())
    return [name for name in head if name not in known] or [""]


def _no_figures(sheet: Sheet, said: Said) -> list[str]:
    return strange_cells(sheet.head, sheet.rows, _apps(sheet.head, said), said)


def _read(sheet: Sheet, said: Said) -> pd.DataFrame:
    found = columns_of(sheet.head, said)
    own = {one: sheet.column(name) for one, name in found.items()}
    count = len(sheet.rows)
    parts = [
        blank_rows(count).assign(
            **own,
            value=sheet.column(name),
            names=pd.Series([(name,)] * count, dtype=object),
        )
        for name in _apps(sheet.head, said)
    ]
    return pd.concat(parts, ignore_index=True)
