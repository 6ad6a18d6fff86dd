"""Tables of text as sources ship them: read strictly, or refused with the row."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd

from migration.errors import SchemaDrift, UnexpectedContent

ISO = "%Y-%m-%d"


def read_text(raw: bytes, *, source: str, kind: str) -> str:
    """Text that is not a page of HTML.

    Raises
    ------
    UnexpectedContent
        Bytes that are no UTF-8, or begin as HTML does.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnexpectedContent(
            f"{source} needs {kind} in UTF-8 ({error}): fetch it again"
        ) from error
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise UnexpectedContent(f"{source} needs {kind}, got HTML: fetch it again")
    return text


def read_table(raw: bytes, *, source: str, head: Sequence[str]) -> pd.DataFrame:
    """CSV with exactly these columns, every cell as text; "NA" stays Namibia.

    Raises
    ------
    UnexpectedContent
        Not text, or HTML or JSON.
    SchemaDrift
        Other columns, a row of another length, or no row.
    """
    text = read_text(raw, source=source, kind="a CSV table")
    if text.lstrip().startswith("{"):
        raise UnexpectedContent(f"{source} needs a CSV table, got JSON")
    try:
        table = pd.read_csv(
            io.StringIO(text), dtype=str, keep_default_na=False, index_col=False
        )
    except (
        ValueError,
        pd.errors.ParserWarning,
    ) as error:  # ParserError is a ValueError
        raise SchemaDrift(f"{source}: not to be read as CSV ({error})") from error
    if list(table.columns) != list(head) or table.empty:
        raise SchemaDrift(
            f"{source} needs rows of {', '.join(head)}, got {len(table)} rows of "
            f"{', '.join(map(str, table.columns))}"
        )
    short = table.isna().any(axis=1)
    refuse_rows(table, short, source=source, fault="fewer cells than columns")
    return table


def to_days(
    texts: "pd.Series[str]", *, source: str, form: str = ISO
) -> "pd.Series[pd.Timestamp]":
    """Days written with four, two and two digits; anything else is refused."""
    days = pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[us]")
    width = len("2021-01-06")  # strptime alone would take 2021-1-6
    wrong = days.isna() | (texts.str.len() != width)
    fault = f"a date that is not {form}"
    refuse_rows(texts.to_frame("date"), wrong, source=source, fault=fault)
    return days


def refuse_rows(
    table: pd.DataFrame, wrong: "pd.Series[bool]", *, source: str, fault: str
) -> None:
    """Raise :class:`SchemaDrift` that shows the first offending row."""
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        first = {str(name): str(cell) for name, cell in table.iloc[row].items()}
        raise SchemaDrift(
            f"{source}: {fault} in {int(wrong.sum())} rows, the first is row "
            f"{row + 1}: {str(first)[:300]}; compare the file with the source's card"
        )
