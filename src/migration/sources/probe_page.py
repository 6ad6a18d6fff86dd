"""The page of a probe: what each source answered, and what is still to be found out."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from migration.errors import StoreError
from migration.sources.probing import Probed
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

_ASKED = ("source", "question", "address", "status", "type", "bytes", "parses", "said")
_OPEN = ("sources", "question", "answer")
_PAGE = """\
# Probe of `{study}`, {when} UTC

Each source was asked its first question once; nothing was kept.

{asked}

## Open questions

Write the answer into its row, and what holds for good into the source's card.

{unknown}
"""


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """What is not known of some sources until they are asked."""

    sources: tuple[str, ...]
    ask: str


def open_questions() -> tuple[OpenQuestion, ...]:
    """What has to be found out of the sources the first time they are asked."""
    text = files(__package__).joinpath("open_questions.toml").read_text("utf-8")
    return tuple(
        OpenQuestion(sources=tuple(one["sources"]), ask=one["ask"])
        for one in tomllib.loads(text)["questions"]
    )


def write_probe(found: Iterable[Probed], study: "Study", workspace: Workspace) -> Path:
    """Write what was found, and the open questions as rows to be answered.

    Each probe is a file of its own in ``data/probes/``: answers written into an
    earlier one stay.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    now = dt.datetime.now(dt.UTC)
    path = workspace.probes / f"{study.id}-{now:%Y%m%dt%H%M%S.%f}z.md"
    asked = [_answered(one) for one in found]
    unknown = [(", ".join(one.sources), one.ask, "") for one in open_questions()]
    page = _PAGE.format(
        study=study.id,
        when=f"{now:%Y-%m-%d %H:%M}",
        asked=_table(_ASKED, asked),
        unknown=_table(_OPEN, unknown),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(page)
    except OSError as error:
        raise StoreError(
            f"the probe cannot be written ({error.strerror or error}): the workspace "
            "needs a folder that can be written"
        ) from error
    return path


def _answered(one: Probed) -> Sequence[str]:
    """A row of ``_ASKED``; what never came is blank."""
    came = (str(one.status), one.type, str(one.bytes)) if one.status else ("", "", "")
    parses = "yes" if one.parses else "no"
    return (one.source, one.question, one.url, *came, parses, one.said)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
