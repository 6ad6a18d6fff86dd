"""The options and arguments that several commands take."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from migration.workspace import Workspace, find_workspace

STUDY = "STUDY is the name of a study (see `migration studies`) or a TOML file."
WEEK = 7 * 24 * 3600.0
_Command = TypeVar("_Command", bound=Callable[..., Any])


def seconds(_: click.Context, __: click.Parameter, value: float) -> float:
    """Refuse a time that no run can take; nan and inf are numbers to click."""
    if not 0 < value <= WEEK:
        raise click.BadParameter(
            f"needs seconds, more than 0 and at most {WEEK:.0f} (a week), got {value:g}"
        )
    return value


def week_or_nothing(_: click.Context, __: click.Parameter, value: bool) -> float:
    """Seconds to wait: a week is as long as a run may take."""
    return WEEK if value else 0.0


def _keep_workspace(
    context: click.Context, _: click.Parameter, value: str | None
) -> None:
    if value is not None:
        context.find_root().meta["workspace"] = value


def workspace() -> Workspace:
    """Find the workspace that the command line means."""
    root = click.get_current_context().find_root()
    return find_workspace(root.meta.get("workspace"))


def common(command: _Command) -> _Command:
    """Options that every command takes, before its name or after it."""
    where = click.option(
        "--workspace", metavar="DIR", expose_value=False, callback=_keep_workspace,
        help="The folder to work in. Else the variable MIGRATION_WORKSPACE (empty is "
        "as unset), else the nearest folder above that holds data/raw/, else this one.",
    )  # fmt: skip
    debug = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show where an error arose."
    )
    return where(debug(command))


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
