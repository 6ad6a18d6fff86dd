"""The commands of ``migration``: each parses, calls and prints."""

import sys
from typing import Any

import click

from migration.cli.exits import FAILED, FOOT, exit_code
from migration.cli.options import (
    STUDY,
    as_json,
    common,
    seconds,
    week_or_nothing,
    workspace,
)
from migration.cli.output import json_stream, print_frame, print_json
from migration.numerals import with_minus
from migration.workspace import init_workspace


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog=FOOT,
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

    found = [(name, title) for name, title, _ in list_studies(workspace())]
    if as_json:
        print_json([{"id": name, "title": title} for name, title in found])
        return
    width = max((len(name) for name, _ in found), default=0)
    for name, title in found:
        click.echo(f"{name:<{width}}  {title}")


@cli.command(epilog=STUDY)
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

    found = overview(load_study(study, workspace=workspace()))
    if as_json:
        print_json(found)
        return
    click.echo("\n".join(describe(found)))


_NEXT = """\
  migration report whatsapp-2021   renders the study that ships, from data that ship
  migration studies                lists every study there is
  migration new-study NAME         begins one of your own"""


@cli.command()
@click.argument("directory", metavar="DIR")
@click.option("--with-notebooks", is_flag=True, help="Copy the notebooks, to change.")
@common
def init(directory: str, *, with_notebooks: bool) -> None:
    """Make a folder to work in, or complete one; nothing there is changed.

    It says which command comes next.

    \b
    Example:
      migration init my-study && cd my-study && migration studies
    """  # noqa: D301 - click reads the escape
    from migration.report.lab import copy_notebooks

    made = init_workspace(directory)
    click.echo(f"workspace: {made.root}")
    for name in copy_notebooks(made) if with_notebooks else ():
        click.echo(f"copied: notebooks/{name}")
    click.echo(f"next, in {directory}:\n{_NEXT}", err=True)


@cli.command(epilog=STUDY)
@click.argument("study")
@common
@as_json
def status(study: str, *, as_json: bool) -> None:
    """Say which data of a study are here, and which reports are stale, and why.

    Starts no kernel and writes nothing.
    """
    from migration.report import overview
    from migration.study import load_study

    here = workspace()
    found = overview.status(load_study(study, workspace=here), here)
    if as_json:
        print_json(found)
        return
    click.echo("\n".join(overview.status_lines(found)))


@cli.command(epilog=STUDY)
@click.argument("study")
@click.option("--event", default=None, help="A focal event; by default the first.")
@click.option("--app", "apps", multiple=True, help="Only this app; may be repeated.")
@click.option("--source", default=None, help="By default the study's first.")
@common
@as_json
def power(study: str, *, as_json: bool, **asked: Any) -> None:
    """Say what could be found, from the days before an event alone.

    Gains and losses are in log points, the change of the log count: a gain of
    0.1 is 11%, a loss of 0.1 is 10%. Of ranks they are of the place itself, higher
    being better. The formula is a lower bound if its noise model is right; the
    blocks are those of the app's own baseline, drawn again.

    \b
    Example:
      migration power whatsapp-2021 --event notice --app signal
    """  # noqa: D301 - click reads the escape
    from migration.report.power import power_of, scale_of, why_lines
    from migration.study import load_study

    here = workspace()
    asked_of = load_study(study, workspace=here)
    found = power_of(asked_of, here, **asked)
    if as_json:
        print_json(found.to_dict())
        return
    print_frame(found.frame.drop(columns="why"))
    click.echo(with_minus(found.answer))
    click.echo(scale_of(asked_of, asked["source"]))
    for line in why_lines(found):
        click.echo(line)


@cli.command(epilog=STUDY)
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
@click.option(
    "--market", "markets", multiple=True, metavar="CODE",
    help="A report of this market, by the notebooks that take one; may be repeated.",
)  # fmt: skip
@click.option("--all-markets", is_flag=True, help="A report of each of its markets.")
@click.option("--pdf", is_flag=True, help="Set each on paper, too: tagged PDF.")
@click.option("--force", is_flag=True, help="Render what is fresh, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be rendered, why.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first that fails.")
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 256), metavar="N",
    help="Reports at once; by default as many as there are cores, at most 8.",
)  # fmt: skip
@click.option(
    "--isolation", type=click.Choice(["auto", "cold", "fork"]), default="auto",
    show_default=True, help="How kernels start: each by itself (cold), or forked from "
    "one process that imports once (Linux). auto forks for two reports and more.",
)  # fmt: skip
@click.option(
    "--cluster", metavar="ADDRESS",
    help="Have them made by the workers of this Dask scheduler.",
)  # fmt: skip
@click.option(
    "--wait", is_flag=True, callback=week_or_nothing,
    help="Wait for another run here to end, instead of ending with 75.",
)  # fmt: skip
@click.option(
    "--timeout", type=float, callback=seconds, default=600.0, metavar="SECONDS",
    show_default=True, help="The most a notebook may take.",
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
      migration report whatsapp-2021 --notebook 02_event_study -p event=delay
      migration report simulated-2021 --market IN --market BR
    """  # noqa: D301 - click reads the escape
    from migration.report.command import Asked, plan, render, telling
    from migration.study import load_study

    out = json_stream() if options["log"] == "json" else sys.stdout
    with telling(options["log"], out):
        here = workspace()
        asked = Asked(study=load_study(study, workspace=here), named=study, **options)
        if dry_run:
            plan(asked, here, out=out, err=sys.stderr)
            return 0
        done = render(asked, here, out=out, err=sys.stderr)
    for error in done.errors:
        click.echo(f"migration: {error}", err=True)
    codes = {exit_code(error) for error in done.errors} or {0}
    return codes.pop() if len(codes) == 1 else FAILED


@cli.command()
@common
@as_json
def verify(*, as_json: bool) -> int:
    """Prove that every stored file is, byte for byte, what was sent."""
    from migration.report.overview import verify_lines, verify_stores

    found = verify_stores(workspace())
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(verify_lines(found)))
    return FAILED if any(store["problems"] for store in found) else 0


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@common
def lab(arguments: tuple[str, ...]) -> int:
    """Open JupyterLab in the workspace; further ARGUMENTS go to it as they are."""
    from migration.report.lab import start_lab

    return start_lab(workspace(), arguments)
