"""The commands that follow reports over time: parse, call, print."""

import datetime as dt
import re

import click

from migration.cli.commands import cli
from migration.cli.exits import FAILED as SOME_FAILED
from migration.cli.exits import STALE as SOME_STALE
from migration.cli.options import STUDY, as_json, common, workspace
from migration.cli.output import print_json

_AGE = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _age(
    _: click.Context, __: click.Parameter, value: str | None
) -> dt.timedelta | None:
    """Read an age such as 8d."""
    if value is None:
        return None
    found = _AGE.fullmatch(value.strip())
    if found is None:
        raise click.BadParameter(
            f"needs a whole number and m, h, d or w, such as 8d or 36h, got {value!r}"
        )
    return dt.timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})


@cli.command(epilog=STUDY)
@click.argument("study", required=False)
@click.option(
    "--max-age", callback=_age, metavar="AGE",
    help="The longest ago that a run may have rendered a report or found it fresh: "
    "8d, 36h.",
)  # fmt: skip
@click.option(
    "--max-fetch-age", callback=_age, metavar="AGE",
    help="The longest ago that each source may have been fetched whole: reports are "
    "fresh for old data, too.",
)  # fmt: skip
@common
@as_json
def check(
    study: str | None,
    *,
    max_age: dt.timedelta | None,
    max_fetch_age: dt.timedelta | None,
    as_json: bool,
) -> int:
    """Say whether all reports are fresh and young; starts no kernel, writes nothing.

    Without STUDY, those of every study that has reports here. Exit code 0 if all are,
    4 if one is stale, made by nothing any more, or there is none, or a source was not
    fetched in time, 1 if the last run of one failed: for a scheduler, beside the one
    that renders.

    \b
    Example:
      migration check --max-age 8d --max-fetch-age 15d || mail -s "stale" ...
    """  # noqa: D301 - click reads the escape
    from migration.report import checking, fetches
    from migration.study import load_study

    here = workspace()
    plan = None if study is None else load_study(study, workspace=here)
    found = (
        checking.check_all(here, max_age=max_age)
        if plan is None
        else checking.check_study(plan, here, max_age=max_age)
    )
    asked = fetches.ages(plan, here, max_fetch_age)
    if as_json:
        print_json([*checking.standing_values(found), *fetches.fetch_values(asked)])
    else:
        lines = [*checking.standing_lines(found), *fetches.fetch_lines(asked)]
        click.echo("\n".join(lines))
    states = {one.state for one in found} | {one.state for one in asked}
    if checking.FAILED in states:
        return SOME_FAILED
    return 0 if found and states == {checking.FRESH} else SOME_STALE


@cli.command(epilog=STUDY)
@click.argument("study")
@click.option(
    "--tol", type=click.FloatRange(0, 1), default=1e-6, show_default=True,
    metavar="SHARE", help="A number has moved if it differs by more than this share.",
)  # fmt: skip
@common
@as_json
def diff(study: str, *, tol: float, as_json: bool) -> int:
    """Say what a study's reports say else than in the run before.

    Headline numbers that moved, answers and figures that changed, reports that are
    new or gone. Exit code 0 whatever it finds, 1 if something cannot be read.
    """
    from migration.report import comparison
    from migration.study import load_study

    here = workspace()
    folder = here.reports / load_study(study, workspace=here).id
    found = comparison.changes_since(folder, tolerance=tol)
    if as_json:
        print_json(comparison.changes_values(found))
    else:
        click.echo("\n".join(comparison.changes_lines(found)))
    return SOME_FAILED if found.unread else 0
