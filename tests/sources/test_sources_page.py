"""The page on gathering: its commands are commands, and no source is left out."""

import re
import shlex
from pathlib import Path

import pytest

from migration.cli import cli
from migration.sources.registry import MODULES, can_be_fetched
from migration.study import load_study

PAGE = Path(__file__).parents[2].joinpath("docs", "sources.md")
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)
LINES = [line for b in BLOCKS for line in b.replace("\\\n", " ").splitlines()]
STUDY = load_study("whatsapp-2021")


@pytest.mark.parametrize("line", LINES)
def test_each_command_is_one_that_can_be_given(line):
    program, name, *arguments = shlex.split(line)
    assert program == "migration"
    given = cli.commands[name].make_context(name, arguments).params
    if "study" in given:
        assert given["study"] == STUDY.id
    for source in given.get("sources") or ():
        assert STUDY.source(source).enabled
        assert name != "fetch" or can_be_fetched(source)


@pytest.mark.parametrize("source", sorted(MODULES))
def test_each_source_is_told_of(source):
    assert f"`{source}`" in TEXT or f"--source {source}" in TEXT


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w.-]+)\)", TEXT))
def test_its_links_lead_somewhere(link):
    assert PAGE.with_name(link).is_file()
