"""A study file to begin with: commented, and one that loads as it stands."""

from importlib.resources import files
from pathlib import Path
from string import Template

from migration.errors import StudyError
from migration.study.fields import MOST
from migration.study.names import name_fault
from migration.workspace import Workspace, study_files


def new_study(name: str, workspace: Workspace) -> Path:
    """Write ``studies/NAME.toml`` in a workspace, and give its path.

    Raises
    ------
    StudyError
        If no study can have that name, or one has it already, or the file cannot be
        written; nothing that is there is changed.
    """
    if fault := name_fault(name, most=MOST):
        raise StudyError(f"a study's name needs {fault}; got {name!r:.120}")
    if name in study_files(workspace):
        raise StudyError(
            f"there is a study {name!r} already: {study_files(workspace)[name]}; "
            "choose another name, or edit that file"
        )
    path = workspace.studies / f"{name}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(_template().substitute(id=name))
    except OSError as error:
        raise StudyError(
            f"{path}: needs to be written, and cannot be: {error.strerror or error}"
        ) from error
    return path


def _template() -> Template:
    found = files("migration").joinpath("study", "template.toml")
    return Template(found.read_text(encoding="utf-8"))
