"""JupyterLab in the workspace, with this interpreter's kernel."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

from migration.errors import WorkspaceError
from migration.report.extras import how_to_install
from migration.workspace import VARIABLE, Workspace, list_notebooks, refuse_anothers


def copy_notebooks(workspace: Workspace) -> list[str]:
    """Copy the notebooks that ship into the workspace, to be changed there.

    One that is there already is left alone. Returns the names of those copied.
    """
    workspace.notebooks.mkdir(parents=True, exist_ok=True)
    copied = []
    for path in list_notebooks(workspace):
        target = workspace.notebooks / path.name
        if not target.exists():
            shutil.copyfile(path, target)
            copied.append(path.name)
    return copied


def start_lab(workspace: Workspace, arguments: tuple[str, ...] = ()) -> int:
    """Run JupyterLab until it is closed; returns its exit code.

    Raises
    ------
    WorkspaceError
        If JupyterLab is not installed, or the workspace is another user's and was not
        named.
    """
    refuse_anothers(workspace)
    if find_spec("jupyterlab") is None:
        raise WorkspaceError(
            "migration lab needs JupyterLab, which is not installed here; "
            f"{how_to_install('lab')}"
        )
    command = [
        sys.executable, "-m", "jupyterlab",
        f"--ServerApp.root_dir={workspace.root}", *arguments,
    ]  # fmt: skip
    environment = {**os.environ, VARIABLE: str(workspace.root)}
    return subprocess.run(
        command, cwd=workspace.root, env=environment, check=False
    ).returncode
