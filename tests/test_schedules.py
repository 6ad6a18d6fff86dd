"""The recipes for schedulers: each is read, and its commands are the program's own."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from migration.cli import exits
from migration.cli.door import cli
from migration.study import load_study

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "schedules"
PAGE = ROOT / "docs" / "schedules.md"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
CALL = re.compile(r"(?:^|[\s/])migration ((?:report|check|fetch) [^\n|>;)`#]*)")
STUDY = "whatsapp-2021"


def _text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def _calls(text):
    """Commands of ours in a recipe, without its comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [found.strip() for line in lines for found in CALL.findall(line)]


def _check(call):
    """Read a call as the program would, as far as its options."""
    name, *words = shlex.split(call.replace("$STUDY", STUDY).replace("STUDY", STUDY))
    command = cli.get_command(click.Context(cli), name)
    if command is None and name == "check":
        pytest.skip("this version has no command check")
    assert command is not None, name
    context = click.Context(command, info_name=name)
    values, rest, _ = command.make_parser(context).parse_args(args=words)
    assert (values["study"], rest) == (STUDY, [])
    return values


RECIPES = sorted(path.name for path in FOLDER.iterdir())
CALLING = [name for name in RECIPES if "failed" not in name and ".timer" not in name]


def test_every_recipe_is_told_of_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    links = re.findall(r"\]\((schedules/[^)]*)\)", page)
    assert {link.removeprefix("schedules/") for link in links} >= {
        name for name in RECIPES if not name.endswith(".timer")
    }
    assert all((ROOT / "docs" / link).exists() for link in links)


@pytest.mark.parametrize("name", [n for n in CALLING if not n.endswith(".ipynb")])
def test_the_commands_of_a_recipe_are_the_programs_own(name):
    calls = _calls(_text(name))
    assert calls
    for call in sorted(calls, reverse=True):  # report first: check may be skipped
        values = _check(call)
        if call.startswith("report"):
            assert values["log"] == "json"
        elif call.startswith("check"):
            assert values["max_age"] == values["max_fetch_age"] == "8d"


def test_the_commands_of_the_page_are_too():
    for call in sorted(set(_calls(PAGE.read_text(encoding="utf-8"))), reverse=True):
        _check(call)


def test_the_study_of_the_recipes_ships():
    assert load_study(STUDY).id == STUDY


def test_the_exit_codes_of_the_page_are_the_programs():
    page = PAGE.read_text(encoding="utf-8")
    for code in (exits.FAILED, exits.BAD_INPUT, exits.LOCKED, exits.TIMED_OUT):
        assert re.search(rf"^\| (?:\d+, )?{code}\b", page, re.MULTILINE)
    assert f"SuccessExitStatus={exits.LOCKED}" in _text("migration-report.service")


def _cron_field(field, low, high):
    """The values of one field; ranges, steps and lists."""
    found = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        bounds = (low, high) if span == "*" else (int(first), int(last or first))
        assert low <= bounds[0] <= bounds[1] <= high, field
        found |= set(range(bounds[0], bounds[1] + 1, int(step or 1)))
    return found


def test_the_crontab_is_one():
    lines = [line for line in _text("crontab").splitlines() if line]
    jobs = [line for line in lines if not re.match(r"#|[A-Z_]+=", line)]
    assert len(jobs) == 3
    for job in jobs:
        *fields, command = job.split(maxsplit=5)
        values = [
            _cron_field(field, *span)
            for field, span in zip(fields, FIELDS, strict=True)
        ]
        assert not values[0] & {0, 30}  # when everybody's jobs start
        assert "%" not in command  # cron would end the command there
    assert _text("crontab").endswith("\n")


@pytest.mark.parametrize(
    ("field", "values"),
    [("*/20", {0, 20, 40}), ("1-3,5", {1, 2, 3, 5}), ("7", {7})],
)
def test_fields_of_a_crontab_are_read(field, values):
    assert _cron_field(field, 0, 59) == values


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_the_lines_of_the_crontab_are_shell():
    jobs = [line.split(maxsplit=5)[5] for line in _text("crontab").splitlines()
            if line[:1].isdigit()]  # fmt: skip
    for job in jobs:
        subprocess.run(["sh", "-n", "-c", job], check=True, timeout=20)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"
)
def test_systemd_reads_the_units(tmp_path):
    for name in RECIPES:
        if not name.startswith("migration-"):
            continue
        text = _text(name)
        for program in re.findall(r"ExecStart=(/srv\S+)", text):
            text = text.replace(program, sys.executable)
        (tmp_path / name).write_text(text, encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir() if "@" not in path.name)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    about_ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    if done.returncode and not about_ours:
        pytest.skip(f"systemd-analyze cannot verify here: {done.stderr[:200]}")
    assert (done.returncode, about_ours) == (0, [])
    for name in ("report", "check"):
        when = re.search(r"OnCalendar=(.*)", _text(f"migration-{name}.timer"))[1]
        subprocess.run(
            ["systemd-analyze", "calendar", when],
            check=True, timeout=20, capture_output=True,
        )  # fmt: skip


def test_what_renders_reaches_no_network_and_writes_in_its_workspace_alone():
    for name in ("report", "check"):
        unit = _text(f"migration-{name}.service")
        kept = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
        assert kept["PrivateNetwork"] == kept["NoNewPrivileges"] == "yes"
        assert (kept["ProtectSystem"], kept["ProtectHome"]) == ("strict", "yes")
        assert kept["ReadWritePaths"] == kept["WorkingDirectory"]
    assert "UMask=0027" in _text("migration-report.service")


def test_the_fetch_has_the_network_and_comes_before_the_reports():
    """It is wanted and not required: a failed fetch keeps no report from being made."""
    fetch, report = (_text(f"migration-{name}.service") for name in ("fetch", "report"))
    assert "PrivateNetwork" not in fetch
    assert "After=network-online.target" in fetch
    assert "Environment=MIGRATION_CONTACT=" in fetch
    for line in ("ProtectSystem=strict", "NoNewPrivileges=yes", "UMask=0027"):
        assert line in fetch
    assert "ReadWritePaths=/srv/migration\n" in fetch
    assert "SuccessExitStatus=75" in fetch
    assert {"Wants=migration-fetch.service", "After=migration-fetch.service"} <= set(
        report.splitlines()
    )
    assert "Requires=" not in report


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize("number", [0, 1, 2], ids=["fetch", "report", "check"])
@pytest.mark.parametrize(("code", "silent"), [(0, {0, 1, 2}), (1, set()), (75, {0, 1})])
def test_cron_has_nothing_to_mail_unless_something_is_wrong(
    tmp_path, number, code, silent
):
    """Whatever the program prints on either stream; check never ends with 75."""
    jobs = [line.split(maxsplit=5)[5] for line in _text("crontab").splitlines()
            if line[:1].isdigit()]  # fmt: skip
    program = tmp_path / "migration"
    program.write_text(f"#!/bin/sh\necho out\necho said >&2\nexit {code}\n", "utf-8")
    program.chmod(0o755)
    job = jobs[number].replace("/srv/migration", shlex.quote(str(tmp_path)))
    done = subprocess.run(
        ["sh", "-c", job], capture_output=True, encoding="utf-8", timeout=20,
        check=False, env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    assert ("said" in done.stdout) is (number not in silent)
    assert (done.stdout + done.stderr == "") is (number in silent)


def test_no_log_lies_among_the_pages():
    """Its messages hold paths of the machine."""
    assert "reports/log" not in _text("crontab") + PAGE.read_text(encoding="utf-8")


def _tool(name):
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


@pytest.mark.parametrize(
    "call",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["zizmor", "--offline", "--no-progress", "--persona", "pedantic"],
    ],
    ids=lambda call: call[0],
)
def test_the_workflow_is_valid_and_safe(call):
    program = _tool(call[0])
    if program is None:
        pytest.skip(f"needs the package {call[0]}")
    done = subprocess.run(
        [program, *call[1:], str(FOLDER / "github-actions.yml")],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_by_their_hash_with_the_version_beside():
    uses = re.findall(r"uses: (\S+)(.*)", _text("github-actions.yml"))
    assert len(uses) == 5
    for action, comment in uses:
        assert re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def _steps():
    text = _text("github-actions.yml")
    parts = re.split(r"\n      - name: ", text.split("    steps:\n")[1])
    return {part.partition("\n")[0].removeprefix("      - name: "): part
            for part in parts}  # fmt: skip


def test_the_workflow_fetches_before_it_renders_and_goes_on_where_that_fails():
    """What came is kept whatever fails: a cache keeps by itself on success alone."""
    steps = _steps()
    names = list(steps)
    fetch = steps["Fetch what is new"]
    assert names.index("Fetch what is new") < names.index("Render")
    assert "continue-on-error: true" in fetch
    assert "MIGRATION_CONTACT:" in _text("github-actions.yml")
    kept = steps["Keep reports and raw data for next time"]
    assert "if: always()" in kept
    paths = re.findall(r"(?m)^            (\S+)$", kept)
    assert paths == ["reports", "data/raw"]
    assert "continue-on-error" not in steps["Render"] + steps["Check"]


def test_the_notebook_is_whole_has_no_outputs_and_calls_the_two_commands(monkeypatch):
    book = json.loads(_text("jupyter-scheduler.ipynb"))
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(book)
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in code)
    called = []
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: called.append((a[0], k)))
    values = {}
    for cell in code:
        exec("".join(cell["source"]), values)
    assert [words[3] for words, _ in called] == ["report", "check"]
    for words, how in called:
        assert words[:3] == [sys.executable, "-m", "migration"]
        assert how == {"check": True}
    given = _check(shlex.join(called[0][0][3:]))
    assert (given["log"], given["workspace"]) == ("json", "/srv/migration")
