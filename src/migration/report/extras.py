"""What a run's folder holds beside the page and the notebook, made from these two."""

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from migration.errors import WorkspaceError
from migration.plain import cell_text
from migration.report.manifest import table_columns
from migration.report.thumbnails import THUMBNAIL, lead_figure, thumbnail

HEADLINE, PDF = "headline.csv", "report.pdf"
NOTEBOOK = "report.ipynb"


def with_extras(
    files: Mapping[str, bytes], manifest: Mapping[str, Any]
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files with those made from them, and the manifest with what they are.

    The headline as CSV and the lead figure, small; each where there is one.
    """
    made, told = dict(files), dict(manifest)
    if manifest["headline"]:
        kind = "SIMULATED" if manifest["simulated"] else "observed"
        rows = [{**row, "data": kind} for row in manifest["headline"]]
        made[HEADLINE] = headline_csv(rows)
    with suppress(OSError, ValueError):  # a figure that is no image has no small one
        if figure := lead_figure(files.get(NOTEBOOK, b"{}")):
            made[THUMBNAIL] = thumbnail(figure[0])
            told["figure"] = {"alt": figure[1]}
    return made, told


def how_to_install(extra: str) -> str:
    """What to do where the packages of an extra are not here."""
    return (
        f"install the extra: python -m pip install 'platform-migration[{extra}]', or "
        f"in a clone python -m pip install '.[{extra}]'"
    )


def check_pdf() -> None:
    """Refuse to set anything on paper where what sets it is not installed.

    Raises
    ------
    WorkspaceError
        With what to install.
    """
    if find_spec("typst") is None:
        raise WorkspaceError(
            "a PDF needs typst, which is not installed here; "
            f"{how_to_install('reports,pdf')}"
        )


def headline_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The headline with all its digits; a number that is not known is empty.

    No text in it is a formula to a spreadsheet.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = table_columns(rows)
    writer.writerow(map(cell_text, columns))
    writer.writerows([_plain(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return cell_text(value)
    return "" if value is None else repr(value) if isinstance(value, float) else value
