"""Read a study file, and say everything that is wrong with it at once."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from migration.errors import StudyError, WorkspaceError
from migration.study.file import parse_toml, read_bytes
from migration.study.model import App, Event, Market, Periods, SourceSpec, Span, Study
from migration.study.rules import Parts, mistakes
from migration.study.wording import sentences
from migration.workspace import Workspace, absolute, study_files

_T = TypeVar("_T")
_TABLES: Mapping[str, type] = {
    "apps": App,
    "markets": Market,
    "events": Event,
    "sources": SourceSpec,
}
_SINGLE: Mapping[str, type] = {"baseline": Span, "by_hand": Periods}
_OURS = {"path", "sha256"}  # the reader sets them
_MOST_TOLD = 20  # more mistakes than these have one cause
_MOST_FOUND = 500  # of one kind; a file of a megabyte may hold any number


def load_study(
    name_or_path: str | PathLike[str], *, workspace: Workspace | None = None
) -> Study:
    """Read a study by its name, or from a path that ends in ``.toml``.

    Parameters
    ----------
    name_or_path : str or path
        A name is looked up among the workspace's own studies, then the shipped ones.
    workspace : Workspace, optional
        By default the one that :func:`migration.workspace.find_workspace` finds.

    Raises
    ------
    StudyError
        If there is no such file, or it is not UTF-8 or not TOML, exceeds the limits of
        :mod:`migration.study.file`, or says what a study cannot mean; every mistake
        is named with the file and the key.
    """
    path = _locate(str(name_or_path), workspace)
    content = read_bytes(path)
    study = _study(parse_toml(content, path), path, hashlib.sha256(content).hexdigest())
    by_name = path.stem == str(name_or_path)
    if by_name and study.id != path.stem:
        raise StudyError(
            f"{path}: id: needs to be the file's name, {path.stem!r}, for a study that "
            f"is asked for by name, got {study.id!r}"
        )
    return study


def list_studies(workspace: Workspace | None = None) -> list[tuple[str, str, Path]]:
    """List each study that there is: its name, its title and its file.

    A file that cannot be read is listed with the reason for a title.
    """
    return [(name, _title(path), path) for name, path in study_files(workspace).items()]


def _title(path: Path) -> str:
    """One line, whatever the file holds."""
    try:
        title = parse_toml(read_bytes(path), path).get("title")
        said = title if isinstance(title, str) else "(no title)"
    except StudyError as error:
        said = f"(cannot be read: {error})"
    return " ".join(said.split())


def _locate(name: str, workspace: Workspace | None) -> Path:
    if name.endswith(".toml"):
        return _named_file(name, workspace)
    known = study_files(workspace)
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise StudyError(
        f"no study {name!r}: {hint}{_choices(workspace)}, or give the path of a "
        ".toml file"
    )


def _named_file(name: str, workspace: Workspace | None) -> Path:
    try:
        path = absolute(name)
    except WorkspaceError as error:
        raise StudyError(f"a study is a file; {error}") from error
    if path.exists() and not path.is_dir():
        return path
    came = "a folder" if path.is_dir() else "not there"
    raise StudyError(f"a study is a file, but {name} is {came}; {_choices(workspace)}")


def _choices(workspace: Workspace | None) -> str:
    return f"the studies are {', '.join(study_files(workspace)) or 'none'}"


def _study(raw: Mapping[str, Any], path: Path, sha256: str) -> Study:
    """Build every part, then try every rule, so that all mistakes are told at once."""
    wrong: list[str] = []
    top = {key: value for key, value in raw.items() if key not in _OURS}
    wrong += [f"{key}: no such key; leave it out" for key in raw if key in _OURS]
    named = {kind: _names(top.get(kind)) for kind in _TABLES}
    told = set()
    for kind in (k for k in (*_TABLES, *_SINGLE) if k in top):
        before = len(wrong)
        top[kind] = _part(kind, top[kind], wrong)
        told |= {kind} if len(wrong) > before else set()
    study = _whole({**top, "path": path, "sha256": sha256}, told, wrong)
    wrong += islice(mistakes(_parts(top, named)), _MOST_FOUND)
    if wrong or study is None:
        raise StudyError(_report(path, wrong))
    return study


def _part(kind: str, written: object, wrong: list[str]) -> object:
    if cls := _SINGLE.get(kind):
        table = written if isinstance(written, dict) else None
        return written if table is None else _built(cls, kind, table, wrong)
    return tuple(_all_built(kind, _TABLES[kind], written, wrong))


def _whole(top: dict[str, Any], told: set[str], wrong: list[str]) -> Study | None:
    """Build the study itself; that a part told of already is not there is no news."""
    try:
        return Study(**top)
    except ValidationError as error:
        news = [e for e in error.errors() if e["loc"][0] not in told]
        wrong += islice(sentences("", news, _keys(Study)), _MOST_FOUND)
        return None


def _all_built(
    kind: str, cls: type[_T], written: object, wrong: list[str]
) -> Iterator[_T]:
    if not isinstance(written, tuple):
        wrong.append(f"{kind}: needs a list of tables, each under [[{kind}]]")
        return
    for number, table in enumerate(written, start=1):
        name = _name(table)
        where = f"{kind} {name!r}" if name else f"{kind} no. {number}"
        if not isinstance(table, dict):
            wrong.append(f"{where}: needs a table, under [[{kind}]], got {table!r}")
        elif (built := _built(cls, where, table, wrong)) is not None:
            yield built


def _built(
    cls: type[_T], where: str, table: dict[str, Any], wrong: list[str]
) -> _T | None:
    try:
        return cls(**table)
    except ValidationError as error:
        wrong += islice(sentences(where, error.errors(), _keys(cls)), _MOST_FOUND)
        return None


def _parts(top: Mapping[str, Any], named: dict[str, tuple[str, ...]]) -> Parts:
    groups = top.get("groups")
    baseline, by_hand = top.get("baseline"), top.get("by_hand")
    return Parts(
        **{kind: top.get(kind, ()) for kind in _TABLES},
        groups=_readable_groups(groups if isinstance(groups, dict) else {}),
        baseline=baseline if isinstance(baseline, Span) else None,
        by_hand=by_hand if isinstance(by_hand, Periods) else None,
        named=named,
    )


def _readable_groups(groups: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Keep every group's name; members that are no list were told of already."""
    return {
        name: tuple(m for m in members if isinstance(m, str))
        if isinstance(members, tuple)
        else ()
        for name, members in groups.items()
    }


def _names(written: object) -> tuple[str, ...]:
    tables = written if isinstance(written, tuple) else ()
    return tuple(name for name in map(_name, tables) if name)


def _name(table: object) -> str:
    """Give the id or code that a table says it has, empty where it has none."""
    if not isinstance(table, dict):
        return ""
    found = table.get("id", table.get("code"))
    return found if isinstance(found, str) else ""


def _keys(cls: type) -> list[str]:
    return [f.name for f in fields(cls) if f.name not in _OURS]


def _report(path: Path, wrong: list[str]) -> str:
    if len(wrong) == 1:
        return f"{path}: {wrong[0]}"
    told, rest = wrong[:_MOST_TOLD], len(wrong) - _MOST_TOLD
    least = "at least " if rest > _MOST_FOUND - _MOST_TOLD else ""
    more = [f"and {least}{rest} more; mend these first"] if rest > 0 else []
    return "\n  ".join([f"{path} has {len(wrong)} mistakes:", *told, *more])
