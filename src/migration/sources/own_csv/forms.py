"""The forms that are known, and which of them a file has."""

from collections.abc import Mapping

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.own_csv import (
    appfigures,
    data_ai,
    others,
    plain,
    sensor_tower,
    wide,
)
from migration.sources.own_csv.coded import read_text
from migration.sources.own_csv.form import Form
from migration.sources.own_csv.hints import advice
from migration.sources.own_csv.said import Said
from migration.sources.own_csv.sheet import (
    NO_HEADER,
    Head,
    Sheet,
    find_sheet,
    read_json,
)

FORMS = (*sensor_tower.FORMS, *appfigures.FORMS, *data_ai.FORMS, *others.FORMS)
NAMES = (*(form.name for form in FORMS), "plain", wide.NAME)


def recognise(content: bytes, said: Said) -> tuple[Form, Sheet]:
    """The form of a file, and its table.

    Where a column of the values is declared, it is read as plain; else a vendor's form
    goes before the plain ones, of which that with one column an app comes last.

    Raises
    ------
    SourceError
        It is no table, or of no form that is known.
    """
    text = read_text(content, said)
    allowed = _allowed(said)
    if text.lstrip().startswith("{"):
        answer = read_json(text)
        if appfigures.is_answer(answer) and appfigures.FORMS[0] in allowed:
            return appfigures.FORMS[0], appfigures.sheet_of_answer(answer)
    found: list[Form] = []

    def fits(head: Head, before: Mapping[str, str]) -> bool:
        found[:] = [form for form in allowed if form.fits(head, before)]
        return bool(found)

    try:
        sheet = find_sheet(text, fits)
    except SchemaDrift as error:
        other = wide.find_wide(text, said) if _may_be_wide(error, said) else None
        if other is None:
            raise _unknown(error, text, said) from error
        return other
    return found[0], sheet


def _may_be_wide(error: SchemaDrift, said: Said) -> bool:
    """Whether no other form fits: a fault in one that does is told as it is."""
    is_allowed = said.get("form", wide.NAME) == wide.NAME
    return is_allowed and str(error).startswith(NO_HEADER)


def _allowed(said: Said) -> tuple[Form, ...]:
    own = plain.form_of(said)
    every = (own,) if "value_column" in said else (*FORMS, own)
    name = said.get("form")
    if name and name not in NAMES:
        raise CannotAsk(f"form needs one of {', '.join(NAMES)}, got {name!r:.60}")
    return tuple(form for form in every if name in (None, form.name))


def _unknown(error: SchemaDrift, text: str, said: Said) -> SchemaDrift:
    """Say how to have the columns of any table read."""
    if not str(error).startswith(NO_HEADER):
        return error
    if "value_column" in said:
        declared = [name for key, name in said.items() if key.endswith("_column")]
        return SchemaDrift(
            f"{error}; a line needs all columns that --say named: "
            f"{', '.join(map(repr, declared))}. Write them as the file does"
        )
    return SchemaDrift(f"{error}; {advice(text, said)}")
