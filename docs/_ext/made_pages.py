"""Parts of pages that are made of the program itself, and so cannot go stale.

A line ``<!-- made: NAME -->`` in a page becomes the Markdown of one of ``MADE``.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import click
from episode import episode
from expected import validation
from sphinx.application import Sphinx

from migration.cli.commands import cli
from migration.study import model
from migration.study.fields import Code, Day, FolderName, Instant, Slug, StudyName, Zone

DOCS = Path(__file__).resolve().parents[1]
WIDTH = 88
HEADINGS = {
    "Study": "At the top",
    "Span": "`baseline`",
    "Periods": "`[by_hand]`",
    "App": "`[[apps]]`",
    "Market": "`[[markets]]`",
    "Event": "`[[events]]`",
    "SourceSpec": "`[[sources]]`",
}
NOT_WRITTEN = {"path", "sha256"}  # of the file itself
KINDS = [
    (Day, "a date"),
    (Instant, "an instant with a zone"),
    (Slug, "a name of a-z, 0-9, `.`, `_`, `-`"),
    (FolderName, "a source's name"),
    (StudyName, "a file's name"),
    (Code, "a code"),
    (Zone, "an IANA zone"),
]
PLAIN = {str: "text", bool: "`true` or `false`", int: "a whole number", Any: "anything"}
PAGES = (".md", ".rst")
MARK = re.compile(r"^<!-- made: (?P<name>[a-z-]+) -->$", re.MULTILINE)
# A link out of the pages: the site holds no copy of what it leads to.
LINK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<where>[^):#<\s]+)[^)]*\)")


def commands() -> str:
    """Every command's own help, as a terminal shows it."""
    parts = [help_of(cli, ("migration",))]
    for name, command in sorted(cli.commands.items()):
        parts.append(
            f"## `migration {name}`\n\n{help_of(command, ('migration', name))}"
        )
    return "\n\n".join(parts)


def help_of(command: click.Command, words: tuple[str, ...]) -> str:
    """Its help in a block of text."""
    settings = {**command.context_settings, "terminal_width": WIDTH}
    with click.Context(command, info_name=" ".join(words), **settings) as context:
        return f"```text\n{command.get_help(context)}\n```"


def study_keys() -> str:
    """A table for each kind of table in a study's file."""
    said = tomllib.loads(
        (DOCS / "reference" / "study-keys.toml").read_text(encoding="utf-8")
    )
    parts = []
    for kind, heading in HEADINGS.items():
        rows = "\n".join(key_rows(getattr(model, kind), said[kind]))
        head = "| key | takes | without it | means |\n|---|---|---|---|"
        parts.append(f"## {heading}\n\n{head}\n{rows}")
    return "\n\n".join(parts)


def key_rows(kind: type, said: dict[str, str]) -> Iterator[str]:
    """A row for each key that a file may hold."""
    hints = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        if one.name in NOT_WRITTEN:
            continue
        takes, lacking = takes_of(hints[one.name]), without(one)
        yield f"| `{one.name}` | {takes} | {lacking} | {said[one.name]} |"


def without(one: Any) -> str:
    """What a key is where the file does not have it."""
    if one.default_factory is not MISSING:
        return "empty"
    if one.default is MISSING:
        return "refused"
    if isinstance(one.default, bool):
        return f"`{str(one.default).lower()}`"
    if one.default == (model.ALL,):
        return f"`{model.ALL}`"
    return "empty" if one.default in ("", ()) else "none"


def takes_of(hint: Any) -> str:
    """A type in words."""
    for kind, words in KINDS:
        if hint == kind:
            return words
    if hint in PLAIN:
        return PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return takes_of(parts[0])
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in parts)
    if origin is dict:
        return f"a table of {takes_of(parts[1])}"
    if origin is tuple:
        return tuple_of(parts)
    known = [takes_of(part) for part in parts if part is not type(None)]
    return known[0] if known else "a table"


def tuple_of(parts: tuple[Any, ...]) -> str:
    """A list of any length, or of a set one."""
    if parts[-1] is Ellipsis:
        return f"a list of {takes_of(parts[0]).removeprefix('a ')}s".replace("ts", "t")
    return f"a list of {len(parts)}: {takes_of(parts[0])} each"


MADE = {
    "commands": commands,
    "episode": episode,
    "study-keys": study_keys,
    "validation": validation,
}


def fill(_: Sphinx, page: str, source: list[str]) -> None:
    """Put what is made in its place, and name what lies outside the site."""
    folder = (DOCS / page).parent
    source[0] = MARK.sub(lambda found: MADE[found["name"]](), source[0])
    source[0] = LINK.sub(lambda found: named(found, folder), source[0])


def named(found: re.Match[str], folder: Path) -> str:
    """A link within the site as it is; any other as a place in the repository."""
    target = (folder / found["where"]).resolve()
    within = target.is_relative_to(DOCS) and target.suffix in PAGES
    if within or not target.is_relative_to(DOCS.parent):
        return found[0]
    place, words = target.relative_to(DOCS.parent).as_posix(), found["words"]
    return f"`{place}`" if words.strip("`") in place else f"{words} (`{place}`)"


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill in pages as they are read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
