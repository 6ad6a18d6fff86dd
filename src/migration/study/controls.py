"""Controls written into a study file, and nothing else of it changed."""

import json
import re
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from migration.errors import StudyError
from migration.study.file import read_bytes
from migration.study.model import Study
from migration.workspace import Workspace

_TABLE = re.compile(r"^[ \t]*\[.*$", re.MULTILINE)
_SOURCES = re.compile(r"[ \t]*\[\[[ \t]*sources[ \t]*\]\]")
_KEY = re.compile(r"^[ \t]*controls[ \t]*=[ \t]*", re.MULTILINE)
_ID = re.compile(r"^[ \t]*id[ \t]*=.*\n?", re.MULTILINE)


def controls_block(names: Iterable[str]) -> str:
    """Controls as a study file has them.

    Examples
    --------
    >>> print(controls_block(["gimp", "inkscape"]))
    controls = [
      "gimp", "inkscape",
    ]
    """
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]
    if not quoted:
        return "controls = []"
    whole = [one.replace(" ", "\0") for one in quoted]  # no line ends within a name
    lines = textwrap.wrap(
        ", ".join(whole) + ",",
        width=88,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(["controls = [", *lines, "]"]).replace("\0", " ")


def write_controls(
    study: Study, names: Iterable[str], workspace: Workspace, *, source: str
) -> Path:
    """Write the controls of a source into a study's file in the workspace.

    A study that ships, or lies elsewhere, is copied to ``studies/`` of the workspace
    first, where it wins over the one that ships.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StudyError
        The study has no such source, its file states its sources in another way than
        under ``[[sources]]``, or the file cannot be written.
    """
    study.source(source)
    path = workspace.studies / f"{study.id}.toml"
    origin = path if path.exists() else study.path
    old = read_bytes(origin).decode("utf-8-sig")
    chosen = list(names)
    text = _with_controls(old, chosen, source)
    if text is None or not _differs_only_there(old, text, chosen, source):
        raise StudyError(
            f"{origin}: the controls of {source} need to be written by hand, because "
            f"its sources are not under [[sources]] in the usual form:\n"
            f"{controls_block(chosen)}"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StudyError(
            f"{path}: needs to be written, and cannot be: {error.strerror or error}"
        ) from error
    return path


def _with_controls(text: str, names: list[str], source: str) -> str | None:
    """The text with these controls at a source; None where that is not found."""
    for start, end in _tables(text):
        table = text[start:end]
        if _SOURCES.match(table) and _values(table).get("id") == source:
            return text[:start] + _changed(table, controls_block(names)) + text[end:]
    return None


def _tables(text: str) -> Iterator[tuple[int, int]]:
    """Where each table of a file begins and ends: up to the next line with a ``[``."""
    starts = [one.start() for one in _TABLE.finditer(text)]
    heads = [at for at in starts if re.match(r"[ \t]*\[{1,2}[ \t]*[a-z]", text[at:])]
    return zip(heads, [*heads[1:], len(text)], strict=True)


def _values(table: str) -> Mapping[str, Any]:
    try:
        found = tomllib.loads(table)
    except tomllib.TOMLDecodeError:
        return {}
    one: Mapping[str, Any] = found["sources"][0]
    return one


def _changed(table: str, block: str) -> str:
    """A table with the block in place of its controls, or below its id."""
    if key := _KEY.search(table):
        end = _end_of_value(table, key.end())
        return table[: key.start()] + block + table[end:]
    line = _ID.search(table)
    at = line.end() if line else len(table)
    return table[:at] + block + "\n" + table[at:]


def _end_of_value(table: str, start: int) -> int:
    """Where a list ends: at the first bracket up to which it reads as TOML."""
    for bracket in re.finditer(r"\]", table[start:]):
        end = start + bracket.end()
        try:
            tomllib.loads("controls = " + table[start:end])
        except tomllib.TOMLDecodeError:
            continue
        return end
    return start


def _differs_only_there(old: str, new: str, names: list[str], source: str) -> bool:
    try:
        before, after = tomllib.loads(old), tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        return False
    for one in before.get("sources", []):
        if one.get("id") == source:
            one["controls"] = names
    return before == after
