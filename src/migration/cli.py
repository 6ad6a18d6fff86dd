"""The command ``migration``: parses, calls, prints; holds no logic."""

import datetime as dt
import json
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from migration.errors import (
    ClockError,
    DesignError,
    Locked,
    MigrationError,
    ParameterError,
    ReportTimeout,
    StudyError,
    WorkspaceError,
)
from migration.workspace import Workspace, find_workspace, init_workspace

FAILED, BAD_INPUT, LOCKED, TIMED_OUT, INTERRUPTED = 1, 2, 75, 124, 130
_CODES: tuple[tuple[tuple[type[MigrationError], ...], int], ...] = (
    ((ParameterError, StudyError, WorkspaceError, ClockError, DesignError), BAD_INPUT),
    ((Locked,), LOCKED),
    ((ReportTimeout,), TIMED_OUT),
)
_Command = TypeVar("_Command", bound=Callable[..., Any])
_STUDY = "STUDY is the name of a study (see `migration studies`) or a TOML file."


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(given, prog_name="migration", standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("migration: interrupted; what was in place before stands", err=True)
        code = INTERRUPTED
    except Exception as error:  # one line; --debug shows where it arose
        code = _complain(error, debug="--debug" in given)
    sys.exit(code if isinstance(code, int) else 0)


def exit_code(error: BaseException) -> int:
    """The code that stands for an error: see the foot of ``migration --help``."""
    found = (code for kinds, code in _CODES if isinstance(error, kinds))
    return next(found, FAILED)


def _complain(error: Exception, *, debug: bool) -> int:
    """Say one line; where it arose only if asked."""
    if debug:
        traceback.print_exception(error)
    fault = f"a fault of this program: {type(error).__name__}: {error}; run it again "
    fault += "with --debug and report what it prints"
    said = str(error) if isinstance(error, MigrationError) else fault
    click.echo(f"migration: {said}", err=True)
    return exit_code(error)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _keep_workspace(context: click.Context, _: click.Parameter, value: str) -> None:
    if value:
        context.find_root().meta["workspace"] = value


def _workspace() -> Workspace:
    root = click.get_current_context().find_root()
    return find_workspace(root.meta.get("workspace"))


def common(command: _Command) -> _Command:
    """Options that every command takes, before its name or after it."""
    where = click.option(
        "--workspace", metavar="DIR", expose_value=False, callback=_keep_workspace,
        help="The folder to work in. Else the variable MIGRATION_WORKSPACE, else the "
        "nearest folder above that holds data/raw/, else this one.",
    )  # fmt: skip
    debug = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show where an error arose."
    )
    return where(debug(command))


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog="Exit codes: 0 done; 1 a report, a source or a check of the store failed; "
    "2 bad input; 4 stale; 75 another run holds the lock; 124 timed out; "
    "130 interrupted.",
)
@common
@click.version_option(package_name="platform-migration", prog_name="migration")
def cli() -> None:
    """Measure whether users of one app moved to another around a dated event.

    \b
    Examples:
      migration studies                  which studies there are
      migration report whatsapp-2021     render its reports from the data here
      migration status whatsapp-2021     what is in place, what is stale and why
    """  # noqa: D301 - click reads the escape


@cli.command()
@common
@as_json
def studies(*, as_json: bool) -> None:
    """List the studies that ship and those of this workspace."""
    from migration.study import list_studies

    found = [(name, title) for name, title, _ in list_studies(_workspace())]
    if as_json:
        _print_json([{"id": name, "title": title} for name, title in found])
        return
    width = max((len(name) for name, _ in found), default=0)
    for name, title in found:
        click.echo(f"{name:<{width}}  {title}")


@cli.command(epilog=_STUDY)
@click.argument("study")
@common
@as_json
def show(study: str, *, as_json: bool) -> None:
    """Show what a study asks: apps, events, sources and markets.

    \b
    Example:
      migration show whatsapp-2021
    """  # noqa: D301 - click reads the escape
    from migration.report.overview import describe, overview
    from migration.study import load_study

    found = overview(load_study(study, workspace=_workspace()))
    if as_json:
        _print_json(found)
        return
    click.echo("\n".join(describe(found)))


@cli.command()
@click.argument("directory", metavar="DIR")
@click.option("--with-notebooks", is_flag=True, help="Copy the notebooks, to change.")
@common
def init(directory: str, *, with_notebooks: bool) -> None:
    """Make a folder to work in, or complete one; nothing there is changed.

    \b
    Example:
      migration init my-study && cd my-study && migration studies
    """  # noqa: D301 - click reads the escape
    from migration.report.lab import copy_notebooks

    workspace = init_workspace(Path(directory))
    click.echo(f"workspace: {workspace.root}")
    for name in copy_notebooks(workspace) if with_notebooks else ():
        click.echo(f"copied: notebooks/{name}")


@cli.command(epilog=_STUDY)
@click.argument("study")
@common
@as_json
def status(study: str, *, as_json: bool) -> None:
    """Say which data of a study are here, and which reports are stale, and why.

    Starts no kernel and writes nothing.
    """
    from migration.report import overview
    from migration.study import load_study

    workspace = _workspace()
    found = overview.status(load_study(study, workspace=workspace), workspace)
    if as_json:
        _print_json(found)
        return
    click.echo("\n".join(overview.status_lines(found)))


@cli.command(epilog=_STUDY)
@click.argument("study")
@click.option(
    "--notebook", "notebooks", multiple=True, metavar="NAME",
    help="Only this notebook; may be repeated.",
)  # fmt: skip
@click.option(
    "-p", "parameters", multiple=True, metavar="NAME=VALUE",
    help="Set a parameter of the notebook. The report gets a name of its own and "
    "leaves the one with defaults alone. May be repeated.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Render what is fresh, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be rendered, why.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first that fails.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=600.0,
    metavar="SECONDS", show_default=True, help="The most a notebook may take.",
)  # fmt: skip
@click.option(
    "--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="json: one object an event on standard output, nothing else.",
)  # fmt: skip
@common
def report(study: str, *, dry_run: bool, **options: Any) -> int:
    """Render the reports of a study that are stale, and their index.

    A report in place stays until the new one is whole. One that fails is kept with its
    traceback and named in the index; the others go on.

    \b
    Examples:
      migration report whatsapp-2021
      migration report whatsapp-2021 --dry-run
      migration report whatsapp-2021 --notebook 02_event_study -p app=telegram
    """  # noqa: D301 - click reads the escape
    from migration.report.command import Asked, plan_lines, render
    from migration.study import load_study

    workspace = _workspace()
    asked = Asked(study=load_study(study, workspace=workspace), named=study, **options)
    if dry_run:
        click.echo("\n".join(plan_lines(asked, workspace)))
        return 0
    done = render(asked, workspace, out=sys.stdout, err=sys.stderr)
    for error in done.errors:
        click.echo(f"migration: {error}", err=True)
    codes = {exit_code(error) for error in done.errors} or {0}
    return codes.pop() if len(codes) == 1 else FAILED


@cli.command(epilog=_STUDY)
@click.argument("study")
@click.option("--source", default="flathub", show_default=True, help="Ask this source.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Last day wanted; by default the last that the study touches.",
)  # fmt: skip
@common
def fetch(study: str, *, source: str, until: dt.datetime | None) -> None:
    """Fetch a study's series from a public source into data/raw/.

    Asks only for what is not there. It needs the network, and a contact that the
    source can write to: MIGRATION_CONTACT, else the study's.
    """
    from migration.sources import fetch as get
    from migration.study import load_study

    workspace, day = _workspace(), until.date() if until else None
    asked = load_study(study, workspace=workspace)
    found = get(asked, source=source, until=day, workspace=workspace)
    click.echo(repr(found).strip("<>"))
    for name, why in found.absent.items():
        click.echo(f"absent: {name}: {why}")


@cli.command()
@common
@as_json
def verify(*, as_json: bool) -> int:
    """Prove that every stored file is, byte for byte, what was sent."""
    from migration.report.overview import verify_lines, verify_stores

    found = verify_stores(_workspace())
    if as_json:
        _print_json(found)
    else:
        click.echo("\n".join(verify_lines(found)))
    return FAILED if any(store["problems"] for store in found) else 0


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@common
def lab(arguments: tuple[str, ...]) -> int:
    """Open JupyterLab in the workspace; further ARGUMENTS go to it as they are."""
    from migration.report.lab import start_lab

    return start_lab(_workspace(), arguments)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, default=str))
