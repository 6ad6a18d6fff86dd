"""The commands that gather data: ask the sources, and make panels of what came."""

import datetime as dt
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from migration.cli.commands import cli
from migration.cli.exits import FAILED
from migration.cli.options import STUDY, as_json, common, workspace
from migration.cli.output import print_json
from migration.cli.progress import telling

if TYPE_CHECKING:
    from migration.study import Study
    from migration.workspace import Workspace

_DAY = click.DateTime(["%Y-%m-%d"])
_source = click.option(
    "--source", "sources", multiple=True, metavar="NAME",
    help="Only this source; may be repeated.",
)  # fmt: skip


@cli.command(epilog=STUDY)
@click.argument("study")
@_source
@click.option(
    "--since", type=_DAY, metavar="YYYY-MM-DD",
    help="First day wanted; by default the first of the study's baseline.",
)  # fmt: skip
@click.option(
    "--until", type=_DAY, metavar="YYYY-MM-DD",
    help="Last day wanted; by default the last that the study touches.",
)  # fmt: skip
@click.option(
    "-n", "--dry-run", is_flag=True,
    help="Say what would be asked, and about how long it takes.",
)  # fmt: skip
@click.option(
    "--offline", is_flag=True,
    help="Ask nobody: say what is here and what is not.",
)  # fmt: skip
@click.option(
    "--probe", is_flag=True,
    help="Ask each source its first question once, and write what was found, with "
    "what is still to be found out, to a file in data/probes/. Keeps no data.",
)  # fmt: skip
@common
@as_json
def fetch(study: str, *, as_json: bool, **asked: Any) -> int:
    """Fetch a study's series from its public sources into data/raw/.

    Asks only for what is not there, one source after the other; one that fails leaves
    the others, and the next fetch goes on from there. It needs the network, and a
    contact that the sources can write to: MIGRATION_CONTACT, else the study's.

    \b
    Examples:
      migration fetch whatsapp-2021 --dry-run
      migration fetch whatsapp-2021 --source flathub --until 2021-02-28
      migration fetch whatsapp-2021 --probe
    """  # noqa: D301 - click reads the escape
    from migration.study import load_study

    if sum(asked[mode] for mode in ("dry_run", "offline", "probe")) > 1:
        raise click.UsageError("choose one of --dry-run, --offline and --probe")
    here = workspace()
    found = load_study(study, workspace=here)
    if asked["probe"]:
        return _probe(found, here, asked["sources"] or None, as_json=as_json)
    days = {name: _day(asked[name]) for name in ("since", "until")}
    how = {"sources": asked["sources"] or None, "workspace": here, **days}
    if asked["dry_run"]:
        return _rehearse(found, how, as_json=as_json)
    return _fetch(found, how, offline=asked["offline"], as_json=as_json)


@cli.command(epilog=STUDY)
@click.argument("study")
@_source
@common
@as_json
def build(study: str, *, sources: tuple[str, ...], as_json: bool) -> int:
    """Make each source's panel from its raw files, in data/processed/ as Parquet.

    What has not changed is left alone, and a source of which nothing is here is told.
    """
    from migration.report.gathering import build_each, built_lines
    from migration.study import load_study

    here = workspace()
    found = load_study(study, workspace=here)
    enabled = [spec.id for spec in found.sources if spec.enabled]
    named = [found.source(source).id for source in sources]
    made = build_each(found, named or enabled, here)
    if as_json:
        print_json(made)
    else:
        click.echo("\n".join(built_lines(made)))
    return FAILED if any(one["problem"] for one in made) else 0


def _fetch(study: "Study", how: dict[str, Any], *, offline: bool, as_json: bool) -> int:
    from migration.report.gathering import (
        fetched_lines,
        fetched_values,
        rehearsal_lines,
    )
    from migration.sources import fetch as get
    from migration.sources import rehearse

    before = rehearse(study, **how)
    if not offline:
        # Why there is nothing to ask is told once, with what became of the fetch.
        brief = [replace(one, note="") for one in before]
        click.echo("\n".join(rehearsal_lines(brief)), err=True)
    with telling(sys.stderr, before) as progress:
        done = get(study, **how, offline=offline, progress=progress)
    if as_json:
        print_json(fetched_values(done))
    else:
        click.echo("\n".join(fetched_lines(done)))
    return FAILED if done.failed else 0


def _rehearse(study: "Study", how: dict[str, Any], *, as_json: bool) -> int:
    from migration.report.gathering import rehearsal_lines, values
    from migration.sources import rehearse

    before = rehearse(study, **how)
    if as_json:
        print_json(values(before))
    else:
        click.echo("\n".join(rehearsal_lines(before)))
    return FAILED if any(one.ended for one in before) else 0


def _probe(
    study: "Study",
    here: "Workspace",
    sources: tuple[str, ...] | None,
    *,
    as_json: bool,
) -> int:
    from migration.report.gathering import probe_lines, values
    from migration.sources import probe, write_probe

    found = probe(study, sources=sources)
    path = write_probe(found, study, here)
    if as_json:
        print_json({"written": str(path), "sources": values(found)})
    else:
        click.echo("\n".join([*probe_lines(found), f"written: {path}"]))
    return FAILED if any(one.failed for one in found) else 0


def _day(given: dt.datetime | None) -> dt.date | None:
    return given.date() if given else None
