"""The reference holds every public name, key, command and exit code, and no other."""

import importlib.util
import inspect
import re
import shlex
import sys
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path

import click
import pytest

import migration as mg
from migration.cli import exits
from migration.cli.commands import cli
from migration.report.events import Event
from migration.study import model

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
AUTO = re.compile(r"^\.\. auto(?:function|class|exception|data):: (\w+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def made_pages():
    """The extension that makes parts of pages; it asks for its neighbour by name."""
    pytest.importorskip("sphinx", reason="needs the packages of the group `site`")
    sys.path.insert(0, str(DOCS / "_ext"))
    path = DOCS / "_ext" / "made_pages.py"
    spec = importlib.util.spec_from_file_location("made_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(DOCS / "_ext"))


def test_every_public_name_is_documented_once():
    pages = sorted((DOCS / "reference").glob("*.rst"))
    named = Counter(
        name for page in pages for name in AUTO.findall(page.read_text("utf-8"))
    )
    assert {name for name, times in named.items() if times > 1} == set()
    assert {*named} == {*mg.__all__}


def test_the_gallery_draws_every_figure():
    page = (DOCS / "gallery.md").read_text("utf-8")
    figures = {name for name in mg.__all__ if name.startswith("plot_")}
    assert set(re.findall(r"^### .*`(plot_\w+)`$", page, re.MULTILINE)) == figures
    assert {name for name in figures if f"mg.{name}(" not in page} == set()


def library_pages():
    """The text of each page of the library, by its name."""
    pages = sorted((DOCS / "library").glob("*.md"))
    return {page.stem: page.read_text("utf-8") for page in pages}


def blocks_of(text):
    return "\n".join(
        re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    )


@pytest.mark.parametrize("room", ["estimators", "checks"])
def test_every_estimator_and_check_stands_on_a_page_of_the_library(room):
    public = AUTO.findall((DOCS / "reference" / f"{room}.rst").read_text("utf-8"))
    text = "\n".join(library_pages().values())
    assert len(public) > 20
    assert {one for one in public if f"`migration.{one}`" not in text} == set()


def test_every_estimator_of_a_frame_and_a_design_is_called_on_a_page():
    code = "\n".join(blocks_of(text) for text in library_pages().values())
    listed = AUTO.findall((DOCS / "reference" / "estimators.rst").read_text("utf-8"))
    takers = {name for name in listed if takes_design(getattr(mg, name))}
    assert {"bounded_effect", "clustered_paths", "diversion"} <= takers
    assert {
        name for name in takers if not re.search(rf"mg\.{name}[(),]", code)
    } == set()


def takes_design(call):
    """Whether a call's first words are a frame and a design, or several."""
    if not inspect.isfunction(call):
        return False
    words = [*inspect.signature(call).parameters][:2]
    return words in (["frame", "design"], ["frame", "designs"])


def test_the_index_of_the_library_lists_each_of_its_pages_twice():
    pages = library_pages()
    index = pages.pop("index")
    table, _, tree = index.partition("```{toctree}")
    assert set(re.findall(r"\(([\w-]+)\.md\)", table)) == {*pages}
    assert set(re.findall(r"^([\w-]+)$", tree, re.MULTILINE)) == {*pages}


def test_the_pages_link_to_names_that_there_are():
    role = re.compile(r"\{py:(?:func|class|data|exc)\}`migration\.(\w+)`")
    named = {
        name
        for page in DOCS.rglob("*.md")
        for name in role.findall(page.read_text("utf-8"))
    }
    assert len(named) > 20
    assert named <= {*mg.__all__}


def test_every_key_of_a_study_has_a_meaning_and_no_other_has():
    said = tomllib.loads((DOCS / "reference" / "study-keys.toml").read_text("utf-8"))
    kinds = ("Study", "Span", "Periods", "App", "Market", "Event", "SourceSpec")
    keys = {
        kind: {one.name for one in fields(getattr(model, kind))} - {"path", "sha256"}
        for kind in kinds
    }
    assert {kind: {*said[kind]} for kind in said} == keys
    assert all(words.endswith(".") for one in said.values() for words in one.values())


def test_the_page_of_keys_says_what_each_takes(made_pages):
    page = made_pages.study_keys()
    assert "| `markets` | a list of text | refused |" in page
    assert "| `apps` | a list of text | `all` |" in page
    assert "| `role` | `focal`, `confounder`, `placebo`, `positive control` |" in page
    assert "| `window` | a list of 2: a whole number each | none |" in page
    assert "| `baseline` | a table | refused |" in page


def test_the_page_of_commands_holds_every_command_and_option(made_pages):
    page = made_pages.commands()
    for name, command in cli.commands.items():
        assert f"## `migration {name}`" in page
        for option in (o for one in command.params for o in one.opts):
            assert option.startswith("-") is False or option in page


def test_the_page_of_exit_codes_holds_each():
    page = (DOCS / "reference" / "exit-codes.md").read_text("utf-8")
    codes = {exits.FAILED, exits.BAD_INPUT, exits.STALE, exits.LOCKED}
    codes |= {0, exits.TIMED_OUT, exits.INTERRUPTED}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == (
        codes
    )


def test_every_number_that_is_held_stands_on_the_page_of_validation(made_pages):
    page = made_pages.validation()
    ledger = tomllib.loads((ROOT / "tests/parity/ledger.toml").read_text("utf-8"))
    for key, test in ledger["asserted"].items():
        module, _, name = test.partition("::")
        words = f"`{module}`, {name.removeprefix('test_').replace('_', ' ')}"
        assert words in page, key
    assert page.count("\n| ") - page.count("\n| what |") == len(ledger["asserted"])
    assert "-15.6038279" in page


def test_the_page_of_the_log_holds_each_field_and_event():
    page = (DOCS / "reference" / "log.md").read_text("utf-8")
    named = {
        name
        for row in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    told = {"start", "cell", "done", "failed", "fresh"}
    told |= {"planned", "refused", "interrupted"}
    assert {"ts", *(one.name for one in fields(Event))} | told <= named
    commands = {name for name, one in cli.commands.items() if takes_json(one)}
    assert commands <= named
    assert (named - {"report"}) & {*cli.commands} == commands  # `report` is a field too
    assert all(word in (Event.__doc__ or "") for word in told)


def takes_json(command):
    return any("--json" in one.opts for one in command.params)


def test_the_words_of_troubleshooting_are_those_of_the_program():
    """Each message that is looked up by its words has them; ``...`` is anything."""
    sources = sorted((ROOT / "src" / "migration").rglob("*.py"))
    text = "".join(path.read_text("utf-8") for path in sources)
    # A message over several lines is one; so is what a name in it stands for.
    text = re.sub(r"\"\s*\n\s*[fr]?\"", "", text)
    text = re.sub(r"\{[^{}]*\}", "...", text)
    page = (DOCS / "how-to" / "troubleshooting.md").read_text("utf-8")
    words = re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)
    assert len(words) > 15
    for said in words:
        parts = [part.strip(" '") for part in re.split(r"\.\.\.|\d+", said)]
        assert all(part in text for part in parts if len(part) > 2), said


def commands_of(page):
    """Every line of a page's shell blocks that calls `migration`, as words."""
    text = page.read_text("utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            called = re.search(r"(?:^|[/ ])migration (.*?)(?: [|>&]|$)", line)
            if called:
                yield shlex.split(called[1], comments=True)


def test_every_command_on_a_page_is_one_that_there_is():
    pages = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    found = [(page, words) for page in pages for words in commands_of(page)]
    assert len(found) > 50
    for page, (name, *words) in found:
        assert name in cli.commands, (page.name, name)
        command = cli.commands[name]
        context = click.Context(command, info_name=name)
        command.make_parser(context).parse_args(words)


def test_the_map_of_rooms_holds_each_module_of_the_package():
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = page.partition("## The rooms")[2].partition("## Where")[0]
    named = set(re.findall(r"^\| `([\w.]+)/?` \|", table, re.MULTILINE))
    there = {
        path.name
        for path in (ROOT / "src" / "migration").iterdir()
        if path.suffix in {"", ".py"} and not path.name.startswith(("_", "."))
    }
    assert named == there - {"studies"}
    assert "`studies/`" in table
