"""The commands for what a researcher brings, a study and files: parse, call, print."""

import datetime as dt
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from migration.cli.commands import cli
from migration.cli.exits import BAD_INPUT, FAILED
from migration.cli.options import STUDY, as_json, common, workspace
from migration.cli.output import print_json

if TYPE_CHECKING:
    from migration.sources import Added

ROLE = "What it is called in the table; may be repeated."


def _pairs(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read each ``KEY=VALUE``; a value may hold ``=`` itself."""
    said: dict[str, str] = {}
    for text in values:
        key, is_pair, value = text.partition("=")
        if not (is_pair and key.strip()):
            raise click.BadParameter(
                f"needs KEY=VALUE, such as exported=2021-07-02, got {text!r}"
            )
        if key.strip() in said:
            raise click.BadParameter(f"{key.strip()} is said twice: say it once")
        said[key.strip()] = value
    return said


@cli.command(epilog=STUDY)
@click.argument("study")
@click.argument("source")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--say", "said", multiple=True, metavar="KEY=VALUE", callback=_pairs,
    help="What the files do not say themselves, such as exported=2021-07-02; may be "
    "repeated. What is lacking is asked for, with an example.",
)  # fmt: skip
@common
@as_json
def add(
    study: str, source: str, files: tuple[str, ...], *, said: dict[str, str],
    as_json: bool,
) -> int:  # fmt: skip
    """Add your own files to data/raw/, byte for byte, with what you say of them.

    SOURCE takes files: own_csv takes exports of vendors and any other table. A file
    that cannot be read as said is not added, and told; the others are. Exit code 1
    where some were refused, 2 where all were.

    \b
    Examples:
      migration add whatsapp-2021 own_csv ranks.csv --say exported=2021-07-02
      migration build whatsapp-2021
    """  # noqa: D301 - click reads the escape
    from migration.report.controls import controls_hint
    from migration.sources.adding import add_each
    from migration.study import load_study

    here = workspace()
    asked = load_study(study, workspace=here)
    found = add_each(asked, files, source=source, said=said, workspace=here)
    if as_json:
        print_json(_plain(found))
    else:
        for line in [*_lines(found), *controls_hint(asked, here)]:
            click.echo(line)
    for path, why in found.refused.items():
        click.echo(f"migration: {path}: {why}", err=True)
    if not found.refused:
        return 0
    return FAILED if found.entries or found.kept else BAD_INPUT


def _lines(found: "Added") -> list[str]:
    added = [f"added: {path}: {e.name}" for path, e in found.entries.items()]
    kept = [f"there already: {path}: {e.name}" for path, e in found.kept.items()]
    return [*added, *kept, repr(found).strip("<>")]


def _plain(found: "Added") -> Mapping[str, Any]:
    def entries(known: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "file": path,
                "name": entry.name,
                "sha256": entry.sha256,
                "bytes": entry.bytes,
                "said": entry.declared,
            }
            for path, entry in known.items()
        ]

    return {
        "source": found.source,
        "added": entries(found.entries),
        "kept": entries(found.kept),
        "refused": [{"file": f, "why": why} for f, why in found.refused.items()],
    }


@cli.command("new-study")
@click.argument("name")
@click.option("--like", metavar="STUDY", help="A copy of this study, to change.")
@click.option("--from", "table", metavar="FILE", help="A table of yours: apps by name.")
@click.option("--origin", "origins", multiple=True, metavar="NAME", help=ROLE)
@click.option("--destination", "destinations", multiple=True, metavar="NAME", help=ROLE)
@click.option("--neighbour", "neighbours", multiple=True, metavar="NAME", help=ROLE)
@click.option(
    "--event",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Day of the event.",
)
@click.option(
    "--say", "said", multiple=True, metavar="KEY=VALUE", callback=_pairs,
    help="What the table does not say of its form, as `migration add` takes it.",
)  # fmt: skip
@common
def new(
    name: str, *, like: str | None, table: str | None, event: dt.datetime | None,
    said: dict[str, str], **named: tuple[str, ...],
) -> None:  # fmt: skip
    """Write a commented study file to fill in, studies/NAME.toml in the workspace.

    It loads as it stands, on invented names; with --from on those of a table, with
    --like as that study does. Nothing that is there is changed.

    \b
    Examples:
      migration new-study mastodon-2022 && migration show mastodon-2022
      migration new-study outage --from table.csv --origin WhatsApp \\
        --destination Telegram --event 2021-10-04
      migration new-study my-twitter --like twitter-2022
    """  # noqa: D301 - click reads the escape
    from migration.study import copy_study, new_study

    roles = _roles(named)
    _check_given(like, table, [*roles, *said, *([event] if event else [])])
    here = workspace()
    if like:
        path = copy_study(name, like, here)
    elif table:
        from migration.sources.drafting import draft_study

        day = event.date() if event else None
        draft = draft_study(table, roles=roles, event=day, said=said)
        path = new_study(name, here, draft=draft)
        for doubt in draft.doubts:
            click.echo(f"warning: {doubt}", err=True)
    else:
        path = new_study(name, here)
    click.echo(f"written: {path}")
    first = "change it" if like else "fill it in"
    click.echo(f"{first}, then: migration show {name}")
    words = [quote(table) if table else "FILE..."]
    words += [f"--say {quote(f'{key}={value}')}" for key, value in said.items()]
    click.echo(f"then: migration add {name} own_csv {' '.join(words)}")


def _roles(named: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The role of each name; an app that people leave is not the one they join."""
    roles: dict[str, str] = {}
    for kind, ones in named.items():
        role = kind[:-1]
        for one in ones:
            if roles.setdefault(one, role) != role:
                raise click.UsageError(
                    f"{one!r} is named as {roles[one]} and as {role}: an app has one "
                    "role, so leave one of them out"
                )
    return roles


def _check_given(like: str | None, table: str | None, more: Sequence[object]) -> None:
    if like and (table or more):
        raise click.UsageError("--like copies a study as it is: leave the others out")
    if more and not table:
        raise click.UsageError(
            "--origin, --destination, --neighbour, --event and --say are of a table: "
            "name it with --from"
        )


@cli.command(epilog=STUDY)
@click.argument("study")
@click.option("--source", default="own_csv", show_default=True, help="Whose files.")
@click.option(
    "--leave-out", "left_out", multiple=True, metavar="NAME",
    help="Not this series, which the event may touch; may be repeated.",
)  # fmt: skip
@click.option(
    "--market", metavar="CODE",
    help="For reports of this market; by default for those of the average over all.",
)  # fmt: skip
@click.option(
    "--write", is_flag=True,
    help="Write them into the study's file in the workspace; one that ships is copied "
    "there first.",
)  # fmt: skip
@common
@as_json
def controls(
    study: str, *, source: str, write: bool, as_json: bool, **chosen: Any
) -> None:
    """List the series of your files that could be controls, and the lines that say so.

    A control is a series that has nothing to do with the event: which of them are is
    yours to judge, before you look at any effect. Those that reports would leave out
    (they lack days of the baseline or of a window, in any market that is averaged, or
    never move) are listed with the reason and not proposed.

    \b
    Examples:
      migration controls twitter-2022
      migration controls twitter-2022 --leave-out "Koo" --write
    """  # noqa: D301 - click reads the escape
    from migration.report.controls import candidate_lines, propose
    from migration.study import load_study
    from migration.study.controls import write_controls

    here = workspace()
    asked = load_study(study, workspace=here)
    found = propose(asked, source, workspace=here, **chosen)
    if as_json:
        print_json(found.values)
    else:
        click.echo("\n".join(candidate_lines(found)))
    if write:
        path = write_controls(asked, found.names, here, source=source)
        click.echo(f"written: {path}", err=as_json)
        click.echo(f"then: migration report {asked.id}", err=as_json)
