"""Which notebooks are reports of a study, and what their reports are called."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migration.errors import (
    MigrationError,
    ParameterError,
    ReportError,
    StudyError,
    WorkspaceError,
)
from migration.report.by_market import Taker, taker
from migration.report.parameters import (
    Parameter,
    Value,
    read_notebook,
    read_parameters,
)
from migration.study import Study
from migration.study.names import name_fault
from migration.workspace import (
    Workspace,
    find_notebook,
    list_notebooks,
    shipped,
    ships,
)

OF_MARKET = "05_market"  # the shipped notebook of one market
_LONGEST = 76  # with "--", 8 letters and ".manifest.json" a file's name has 100
_MARKET = 4  # letters of "--in"
_SIDE_NAME = re.compile(r"--([0-9a-f]{8}|[a-z]{2})$")


@dataclass(frozen=True)
class Chosen:
    """A notebook that is to make reports, with its parameters."""

    path: Path
    content: Mapping[str, Any]
    parameters: tuple[Parameter, ...]

    @property
    def market(self) -> Taker:
        """Whether it takes, or needs, a market."""
        return taker(self.parameters)


def refuse_strange(study: Study, workspace: Workspace) -> None:
    """Refuse notebooks of the workspace that a study file from elsewhere names.

    They run as whoever runs the command, and a study file may be a stranger's.

    Raises
    ------
    StudyError
        With the option that runs them all the same.
    """
    if strange := _strange(study, workspace):
        asked = " ".join(f"--notebook {name}" for name in strange)
        raise StudyError(
            f"{study.path}: notebooks: a study file from outside the workspace may "
            f"name notebooks that ship, got {', '.join(strange)}: no file chooses what "
            f"is run here; ask for it yourself with {asked}, or move the study into "
            f"{workspace.studies}"
        )


def own_names(study: Study, workspace: Workspace) -> tuple[str, ...]:
    """The notebooks that a study names and may name."""
    strange = _strange(study, workspace)
    return tuple(name for name in study.notebooks if name not in strange)


def _strange(study: Study, workspace: Workspace) -> tuple[str, ...]:
    folder = study.path.parent.resolve()
    if folder == workspace.studies.resolve():
        return ()
    return tuple(name for name in study.notebooks if not _is_ours(name))


def _is_ours(name: str) -> bool:
    try:
        return shipped(f"notebooks/{name}.ipynb").is_file()
    except WorkspaceError:
        return False


def left_out(workspace: Workspace) -> dict[str, MigrationError]:
    """Notebooks of the workspace that nobody named and that cannot be read, and why.

    They are no reports, so that one of them does not keep all others from being made.
    """
    found = {p: _read(p) for p in list_notebooks(workspace) if not ships(p)}
    return {p.name: e for p, e in found.items() if isinstance(e, MigrationError)}


def _read(path: Path) -> Chosen | MigrationError:
    try:
        content = read_notebook(path)
        return Chosen(path, content, read_parameters(content, path.name))
    except MigrationError as error:
        return error


def takers(workspace: Workspace, names: tuple[str, ...]) -> list[Chosen]:
    """The notebooks asked for, or all whose parameters cell has ``study``.

    Of all, those that :func:`left_out` tells of are none.

    Raises
    ------
    ParameterError
        If one asked for takes no study, or has a name that no report can have.
    ReportError
        If there is none.
    """
    paths = (
        [find_notebook(name, workspace) for name in names]
        if names
        else list_notebooks(workspace)
    )
    found = []
    for path in paths:
        one = _read(path)
        if isinstance(one, MigrationError):
            if names or ships(path):
                raise one
            continue
        takes = any(p.name == "study" and p.kind == "str" for p in one.parameters)
        if names and not takes:
            raise ParameterError(
                f"{path.name}: needed a parameter study: str to be a report, found "
                f"{[p.name for p in one.parameters]}; add it to its parameters cell"
            )
        if takes:
            _check_name(one)
            found.append(one)
    if not found:
        raise ReportError(
            "no notebook here takes a study: needed one with a cell tagged "
            '"parameters" that holds study: str = "..."; see migration init --help'
        )
    return found


def for_markets(
    found: Sequence[Chosen], markets: Sequence[str], *, named: bool
) -> list[Chosen]:
    """Those that fit what was asked of markets; ``named`` ones are never left out.

    Raises
    ------
    ParameterError
        If markets were asked of a notebook that takes none, or none of one that
        needs one.
    """
    kept = [one for one in found if _fits(one, markets)]
    if kept and not (named and len(kept) < len(found)):
        return kept
    unfit = ", ".join(one.path.name for one in found if not _fits(one, markets))
    if markets:
        where = "with --notebook" if named else "in the study's `notebooks`"
        raise ParameterError(
            f"{unfit}: no parameter market: str, so no report of one market; name one "
            f"that has it, such as {OF_MARKET}, {where}"
        )
    raise ParameterError(
        f"{unfit} answers for one market at a time and needs to be told which: "
        "--market IN, say, or --all-markets"
    )


def _fits(one: Chosen, markets: Sequence[str]) -> bool:
    return one.market.takes if markets else not one.market.needs


def check_given(found: Sequence[Chosen], given: Mapping[str, Value]) -> None:
    """Refuse the study as a parameter, and what only some of the notebooks take.

    Raises
    ------
    ParameterError
        With the option that asks for those notebooks alone.
    """
    if "study" in given:
        raise ParameterError(
            "the study is the argument of the command, not -p study=...; "
            "write migration report STUDY"
        )
    for name in given:
        able = [
            one.path.stem for one in found if name in {p.name for p in one.parameters}
        ]
        others = [one.path.name for one in found if one.path.stem not in able]
        if able and others:
            asked = " ".join(f"--notebook {stem}" for stem in able)
            raise ParameterError(
                f"{', '.join(others)}: no parameter {name!r:.80}, which {asked} would "
                "take; ask for that alone"
            )


def report_name(
    one: Chosen,
    given: Mapping[str, Value],
    values: Mapping[str, Value],
    market: str | None,
) -> str:
    """The notebook's name and the market's; with parameters given, one of its own."""
    stem = f"{one.path.stem}--{market.lower()}" if market else one.path.stem
    if not given:
        return stem
    chosen = {p.name: values[p.name] for p in one.parameters if p.name in given}
    text = json.dumps(chosen, sort_keys=True)
    return f"{stem}--{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _check_name(one: Chosen) -> None:
    """Refuse a notebook that no report can be named after.

    Raises
    ------
    ParameterError
        With what the name needs to be.
    """
    path = one.path
    most = _LONGEST - _MARKET if one.market.takes else _LONGEST
    fault = name_fault(path.stem, most=most)
    if not fault and _SIDE_NAME.search(path.stem):
        fault = "another end, for reports with given parameters are named so"
    if fault:
        raise ParameterError(
            f"{path}: a notebook's name becomes its report's and needs {fault}, got "
            f"{path.stem!r}; rename the notebook, or take the parameter study out of it"
        )
