"""The files beside its sources that a notebook says it reads, and those it hides.

A notebook declares them in its parameters cell: ``inputs: list[str] = ["table.csv"]``,
files or folders of the workspace. They are part of the report's key, and stand in its
manifest. What it reads of the workspace without saying so fails the report: its numbers
would rest on what nobody was told of. Modules, study files and built panels need no
line: the first two are noted as they are read, and a panel is made of raw files that
the key holds.

What another program reads is not seen. So the programs that a notebook starts are
declared, too: ``programs: list[str] = ["git"]``.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import all_suffixes
from pathlib import Path, PurePosixPath

from migration.errors import ParameterError
from migration.report.keys import Input
from migration.report.observed import ABSENT, Read
from migration.report.parameters import Parameter, Value
from migration.workspace import Workspace

NAME, PROGRAMS = "inputs", "programs"
WHERE = "workspace/"
_LABELS = ("workspace:", "study:")
_FREE = ("data/processed/", "studies/")
# What Python's library and the plotting one ask of the system by themselves.
_ASKED = {"uname", "ldconfig", "gcc", "cc", "ld", "objdump", "fc-list", "lscpu"}
_PYTHON = re.compile(r"python[0-9.]*w?")


def declared_inputs(
    parameters: Iterable[Parameter],
    values: Mapping[str, Value],
    workspace: Workspace,
    notebook: str,
) -> tuple[Input, ...]:
    """The files that a notebook declares, each once, in the order of their names.

    Raises
    ------
    ParameterError
        If the parameter is no list of paths, or one leads out of the workspace or to
        nothing.
    """
    kinds = {one.name: one.annotation for one in parameters}
    if NAME not in kinds:
        return ()
    named = values[NAME]
    if not isinstance(named, list):
        raise ParameterError(
            f"{notebook}: {NAME} names the files that the notebook reads and needs "
            f"list[str], got {kinds[NAME]}; change its annotation, or call it otherwise"
        )
    found = {path for text in named for path in _files(text, workspace, notebook)}
    return tuple(_input(path, workspace.root) for path in sorted(found))


def undeclared(reads: Iterable[Read], values: Mapping[str, Value]) -> str:
    """What a notebook read without saying so, with the line to add; else nothing."""
    names = [name for one in reads if (name := _data_name(one))]
    if not names:
        return ""
    before = values.get(NAME)
    line = json.dumps([*(before if isinstance(before, list) else ()), *names])
    return (
        f"it read {', '.join(names)}, which it does not declare: a report is made from "
        f"what it says alone; add to its parameters cell, or change there, {NAME}: "
        f"list[str] = {line}"
    )


def undeclared_programs(started: Iterable[str], values: Mapping[str, Value]) -> str:
    """What a notebook started without saying so, with the line to add; else nothing."""
    before = values.get(PROGRAMS)
    said = before if isinstance(before, list) else []
    ran = dict.fromkeys(_program(name) for name in started)
    names = [name for name in ran if name not in _ASKED and name not in said]
    if not names:
        return ""
    line = json.dumps([*said, *names])
    return (
        f"it started {', '.join(names)}, which it does not declare: what another "
        "program reads is not seen; read it in Python, or add to its parameters cell, "
        f"or change there, {PROGRAMS}: list[str] = {line}, and declare by {NAME} what "
        "that reads"
    )


def _program(name: str) -> str:
    """A program's name without what differs between systems."""
    bare = name.removesuffix(".exe")
    return "python" if _PYTHON.fullmatch(bare) else bare


def _files(text: str, workspace: Workspace, notebook: str) -> Iterator[Path]:
    """A file, or all files below a folder; hidden ones are nobody's data."""
    inside = PurePosixPath(text)
    if not text or inside.is_absolute() or ".." in inside.parts or "\\" in text:
        raise ParameterError(
            f"{notebook}: {NAME} needs paths below the workspace, written with /, got "
            f"{text!r:.80}; copy the file into the workspace and name it from there"
        )
    path = workspace.root / inside
    if path.is_file():
        yield path
        return
    below = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else []
    kept = [one for one in below if not _is_hidden(one.relative_to(path).parts)]
    if not kept:
        raise ParameterError(
            f"{notebook}: {NAME} names {text!r:.80}, and there is no such file or "
            "folder with files in the workspace; put it there, or take it out of "
            f"{NAME}"
        )
    yield from kept


def _input(path: Path, root: Path) -> Input:
    content = path.read_bytes()
    return Input(
        name=f"{WHERE}{path.relative_to(root).as_posix()}",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        retrieved_at="",
    )


def _data_name(one: Read) -> str:
    """The path to declare; empty for what was absent, or needs no declaration."""
    label = next((label for label in _LABELS if one.name.startswith(label)), None)
    if label is None or one.sha256 == ABSENT:
        return ""
    below = one.name.removeprefix(label)
    code = below.endswith(tuple(all_suffixes()))
    hidden = _is_hidden(PurePosixPath(below).parts)
    return "" if code or hidden or below.startswith(_FREE) else below


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") for part in parts)
