"""The command as a person and a scheduler meet it: words, streams, exit codes."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from migration import errors
from migration.cli import cli, exit_code, main
from migration.cli.output import print_json
from migration.report.lock import reports_lock
from migration.report.overview import status_lines
from migration.workspace import init_workspace, study_files

HEAVY = (
    "pandas",
    "numpy",
    "papermill",
    "nbformat",
    "nbconvert",
    "matplotlib",
    "jinja2",
)
STUDY = "simulated-2021"
JSON_LOG = ("--log", "json")
PARAMETERS = (
    f'study: str = "{STUDY}"\napp: str = "signal"\nn: int = 3\nl: list[str] = []'
)
CARD = (
    "from IPython.display import display\n"
    'display({"application/vnd.migration.report+json": {"headline": '
    '[{"app": app, "estimate": 0.51, "identification": "bundle"}]}}, raw=True)'
)
LISTING = (
    "import sys\nfrom migration.cli import cli\n"
    "code = cli.main({arguments!r}, standalone_mode=False)\n"
    "found = [n for n in {heavy!r} if n in sys.modules]\n"
    "sys.exit(f'imported {{found}}' if found or code else 0)"
)


def _cell(source, *tags):
    return {
        "cell_type": "code", "id": f"c{len(source)}", "metadata": {"tags": list(tags)},
        "source": source, "outputs": [], "execution_count": None,
    }  # fmt: skip


def _put(workspace, name, *sources):
    cells = [_cell(PARAMETERS, "parameters"), *map(_cell, sources)]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = workspace.notebooks / f"{name}.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.delenv("MIGRATION_WORKSPACE", raising=False)
    made = init_workspace(tmp_path / "work")
    _put(made, "tiny", CARD)
    return made


@pytest.fixture
def run(workspace, monkeypatch, capsys):
    """Run the command in the workspace, inside this process: no second is imported.

    A few tests ask for a ``process``, which shows that streams and codes are the same.
    """
    monkeypatch.chdir(workspace.root)
    ends = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    before = {number: signal.getsignal(number) for number in ends if number}

    def start(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(arguments)
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(
            arguments, left.value.code, stdout=shown.out, stderr=shown.err
        )

    yield start
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def process(workspace):
    """Run the command in the workspace, as a process of its own."""

    def start(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "migration", *arguments],
            cwd=workspace.root, capture_output=True, encoding="utf-8", timeout=120,
            check=False, env={**os.environ, **variables},
        )  # fmt: skip

    return start


def _no_kernel(*command, **_):
    raise AssertionError(f"a process was started: {command}")


def _printed(script, workspace):
    """What a script says that a Python of its own runs to a good end."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=workspace.root, capture_output=True, encoding="utf-8", check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _one_line(text, *parts):
    """One plain message and no traceback."""
    assert "Traceback" not in text
    lines = text.strip().splitlines()
    assert lines[-1].startswith("migration: "), text
    for part in parts:
        assert part in lines[-1]


@pytest.mark.parametrize("command", [None, *sorted(cli.commands)])
def test_help_says_what_a_command_does(command):
    asked = ["--help"] if command is None else [command, "--help"]
    shown = CliRunner().invoke(cli, asked)
    assert shown.exit_code == 0
    assert "--workspace DIR" in shown.output
    assert "\\b" not in shown.output
    assert max(map(len, shown.output.splitlines())) <= 88
    assert shown.output.splitlines()[2].strip()


def test_the_first_page_lists_examples_and_exit_codes():
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert "  migration report whatsapp-2021 " in shown
    for code in ("0 done", "75 another run", "124 timed out", "130 interrupted"):
        assert code in " ".join(shown.split())
    assert "stale;" not in shown


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ParameterError("x"), 2),
        (errors.StudyError("x"), 2),
        (errors.WorkspaceError("x"), 2),
        (errors.DesignError("x"), 2),
        (errors.CannotAsk("x"), 2),
        (errors.Locked("x"), 75),
        (errors.ReportTimeout("x"), 124),
        (errors.ReportError("x"), 1),
        (errors.DamagedFile("x"), 1),
        (errors.Blocked("x"), 1),
        (KeyError("x"), 1),
    ],
)
def test_every_error_has_its_code(error, code):
    assert exit_code(error) == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["studies"],
        ["report", STUDY, "--notebook", "tiny", "--dry-run"],
        ["show", STUDY],
        ["verify"],
    ],
)
def test_what_starts_no_kernel_imports_nothing_heavy(workspace, arguments):
    script = LISTING.format(arguments=arguments, heavy=HEAVY)
    assert _printed(script, workspace)


def test_a_check_of_reports_and_of_fetches_imports_nothing_heavy(workspace):
    """Nor the network's library; there is nothing yet, so it ends with 4."""
    arguments = ["check", "whatsapp-2021", "--max-age", "8d", "--max-fetch-age", "8d"]
    script = LISTING.format(arguments=arguments, heavy=(*HEAVY, "requests"))
    script = script.replace("found or code else", "found or code != 4 else")
    printed = _printed(script, workspace)
    assert "whatsapp-2021, flathub: no whole fetch is noted here" in printed


def test_a_fresh_report_imports_nothing_heavy(run, workspace):
    assert run("report", STUDY, "--notebook", "tiny").returncode == 0
    test_what_starts_no_kernel_imports_nothing_heavy(
        workspace, ["report", STUDY, "--notebook", "tiny"]
    )


def test_a_report_on_paper_is_made_where_it_is_asked_for(run, workspace, monkeypatch):
    pytest.importorskip("typst", reason="needs the extra pdf")
    asked = ("report", STUDY, "--notebook", "tiny")
    assert run(*asked).returncode == 0
    assert "a PDF is asked for" in run(*asked, "--pdf", "--dry-run").stdout
    assert run(*asked, "--pdf").returncode == 0
    (made,) = (workspace.reports / STUDY).glob("runs/*/report.pdf")
    assert made.read_bytes().startswith(b"%PDF-")
    assert "fresh" in run(*asked, "--pdf", "--dry-run").stdout
    assert "fresh" in run(*asked, "--dry-run").stdout
    monkeypatch.setitem(sys.modules, "typst", None)
    refused = run(*asked, "--pdf")
    assert refused.returncode == 2
    assert "platform-migration[reports,pdf]" in refused.stderr
    assert "in a clone python -m pip install '.[reports,pdf]'" in refused.stderr


def test_studies_and_show_speak_json(run):
    listed = json.loads(run("studies", "--json").stdout)
    assert STUDY in [one["id"] for one in listed]
    shown = json.loads(run("show", STUDY, "--json").stdout)
    assert shown["id"] == STUDY
    assert shown["data"] == "SIMULATED"
    assert shown["apps"]
    assert "SIMULATED" in run("show", STUDY).stdout


def test_a_report_ends_with_its_headline_and_the_index(process, workspace):
    done = process("report", STUDY, "--notebook", "tiny")
    index = workspace.reports / STUDY / "index.html"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "SIMULATED",
        "app     estimate  identification",
        "signal  0.51      bundle",
        f"index: {index}",
    ]
    assert index.is_file()
    told = done.stderr.splitlines()
    assert told[0] == "[1/1] tiny: rendering (never rendered)"
    assert told[1].startswith("[1/1] tiny: done in ")
    assert len(told) == 2
    again = process("report", STUDY, "--notebook", "tiny")
    assert again.stdout == done.stdout
    assert again.stderr == "[1/1] tiny: fresh, nothing changed\n"


def test_the_log_is_json_and_nothing_else(run):
    done = run("report", STUDY, "--notebook", "tiny", "--log", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        "start",
        "cell",
        "cell",
        "cell",
        "done",
    ]
    assert {tuple(line) for line in lines} == {tuple(lines[0])}
    assert len({line["run_id"] for line in lines}) == 1


def _events(done):
    """Every line of standard output as an event, all with the same fields."""
    assert done.stdout.endswith("\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({tuple(line) for line in lines}) == 1
    return lines


def test_the_log_of_a_dry_run_is_json(run):
    (planned,) = _events(run("report", STUDY, "--notebook", "tiny", "-n", *JSON_LOG))
    told = [planned[name] for name in ("event", "report", "reason", "status")]
    assert told == ["planned", "tiny", "never rendered", "stale"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nope"], "no study 'nope'"), ([STUDY, "-p", "n=x"], "unknown parameter 'n'")],
)
def test_the_log_of_bad_input_is_json(process, arguments, said):
    done = process("report", *arguments, *JSON_LOG)
    (refused,) = _events(done)
    assert done.returncode == 2
    assert refused["event"] == refused["status"] == "refused"
    assert said in refused["error"]
    _one_line(done.stderr, said)


@pytest.mark.parametrize(
    ("error", "event", "code"),
    [(KeyboardInterrupt(), "interrupted", 130), (OSError(28, "full"), "refused", 1)],
)
def test_the_last_line_of_the_log_says_what_ended_it(
    run, monkeypatch, error, event, code
):
    """A log that only stops would look like a run that is still at work."""

    def ended(*_, **__):
        raise error

    monkeypatch.setattr("migration.report.command.plan_reports", ended)
    done = run("report", STUDY, "-n", *JSON_LOG)
    (told,) = _events(done)
    assert (told["event"], told["status"], done.returncode) == (event, event, code)
    assert told["error"]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
@pytest.mark.parametrize("ignored", [False, True], ids=["plain", "nohup"])
def test_a_hang_up_ends_in_order_unless_it_is_ignored(run, ignored):
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        run("studies")
        handler = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (handler is signal.SIG_IGN) is ignored
    if not ignored:
        with pytest.raises(KeyboardInterrupt):
            handler()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_log_on_a_full_disk_is_not_called_a_fault_of_the_reports(workspace):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "migration", "report", STUDY, "-n", *JSON_LOG],
            cwd=workspace.root, stdout=full, stderr=subprocess.PIPE, timeout=120,
            check=False, encoding="utf-8",
        )  # fmt: skip
    assert done.returncode == 1
    assert "what the run says could not be written (No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_says_why_and_writes_nothing(run, workspace):
    done = run("report", STUDY, "--notebook", "tiny", "-n")
    assert done.stdout == "render  tiny: never rendered\n"
    assert list(workspace.reports.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["report", STUDY, "-p", "ap=x"], ["unknown parameter 'ap'", "'app'?"]),
        (["report", STUDY, "-p", "n=abc"], ["n is int, got 'abc'"]),
        (["report", STUDY, "-p", "app"], ["name=value"]),
        (["report", STUDY, "-p", "study=x"], ["argument of the command"]),
        (["report", "simulatd-2021"], ["'simulated-2021'?"]),
        (["show", "no.toml"], ["no.toml is not there"]),
        (["--workspace", "absent", "studies"], ["absent", "migration init"]),
        (["--workspace", "", "studies"], ["--workspace", "empty"]),
        (["studies", "--workspace", ""], ["--workspace", "empty"]),
        (["--workspace", "~nobody-of-this-name", "studies"], ["leads nowhere"]),
        (["init", ""], ["empty"]),
        (["show", "~nobody-of-this-name/a.toml"], ["leads nowhere"]),
        (["report", STUDY, "-p", "app="], ["app is str, got ''", "not empty"]),
        (["report", STUDY, "-p", "n="], ["n is int, got ''"]),
        (["report", STUDY, "-p", "n=" + "9" * 6000], ["n is int", "18 digits"]),
        (["report", STUDY, "-p", f"n={2**63}"], ["n is int", "18 digits"]),
        (
            ["report", STUDY, "-p", "n=1", "-p", "n=2"],
            ["needs one value", "'1'", "'2'"],
        ),
        (["report", STUDY, "-p", "l=" + "[" * 9000], ["l is list[str]", "JSON list"]),
        (["report", STUDY, "-p", 'l=["\\ud800"]'], ["l is list[str]"]),
        (["fetch", STUDY], ["nothing to fetch for 'simulated-2021'"]),
        (["fetch", "whatsapp-2021"], ["contact", "MIGRATION_CONTACT"]),
        (["fetch", STUDY, "--source", "published"], ["'published' cannot be fetched"]),
        (["fetch", STUDY, "--source", "nope"], ["no source 'nope' in study"]),
        (["fetch", "whatsapp-2021", "--until", "9999-12-31"], ["until needs a day"]),
        (["fetch", "whatsapp-2021", "--until", "2020-10-31"], ["until needs a day"]),
    ],
)
def test_bad_input_exits_2_with_one_line_before_any_kernel(
    run, workspace, monkeypatch, arguments, parts
):
    monkeypatch.setattr(subprocess, "Popen", _no_kernel)
    chosen = ["--notebook", "tiny"] if arguments[0] == "report" else []
    done = run(*arguments, *chosen)
    assert done.returncode == 2, done.stderr
    _one_line(done.stderr, *parts)
    assert list(workspace.reports.iterdir()) == []


def test_a_notebook_of_another_name_is_refused(run):
    done = run("report", STUDY, "--notebook", "tinny")
    assert done.returncode == 2
    _one_line(done.stderr, "did you mean 'tiny'?")


def test_unknown_options_and_commands_exit_2_and_the_nearest_is_named(run):
    done = run("reprot")
    assert done.returncode == 2
    assert "Did you mean 'report'?" in done.stderr
    done = run("report", STUDY, "--notebok", "tiny")
    assert done.returncode == 2
    assert "--notebook" in done.stderr


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "-1", "0", "1e999", "1e7"])
def test_a_time_that_no_run_can_take_is_refused(workspace, text):
    asked = ["report", STUDY, "--timeout", text, "--workspace", str(workspace.root)]
    shown = CliRunner().invoke(cli, asked)
    assert shown.exit_code == 2
    assert "needs seconds, more than 0" in shown.output
    assert list(workspace.reports.iterdir()) == []


def test_a_notebook_named_twice_is_rendered_once(run):
    twice = ("--notebook", "tiny", "--notebook", "tiny.ipynb")
    done = run("report", STUDY, *twice, "-n")
    assert done.stdout == "render  tiny: never rendered\n"


def test_a_shipped_notebook_that_is_none_of_the_studys_is_refused(run):
    done = run("report", STUDY, "--notebook", "01_record", "-n")
    assert done.returncode == 2
    _one_line(done.stderr, "01_record is no report of simulated-2021", "02_event_study")


def test_an_empty_variable_is_as_unset(process):
    done = process("studies", MIGRATION_WORKSPACE="")
    assert done.returncode == 0, done.stderr


def test_a_folder_of_odd_files_is_listed_whole(run, workspace):
    (workspace.studies / "deep.toml").write_text(
        "a" + ".a" * 3000 + " = 1", encoding="utf-8"
    )
    (workspace.studies / "folder.toml").mkdir()
    listed = run("studies")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines()[0].startswith("deep            (cannot be read: ")
    assert "folder" in listed.stdout
    assert STUDY in listed.stdout
    found = json.loads(run("studies", "--json").stdout)
    assert len(found) == 6
    done = run("show", "deep")
    assert done.returncode == 2
    _one_line(done.stderr, "32 levels deep")


def test_a_failed_report_exits_1_and_names_the_cell(process, run, workspace):
    _put(workspace, "tiny", "1 / 0")
    done = process("report", STUDY, "--notebook", "tiny")
    assert done.returncode == 1
    _one_line(done.stderr, "tiny, cell 2: ZeroDivisionError")
    status = run("status", STUDY, "--json")
    found = {one["report"]: one for one in json.loads(status.stdout)["reports"]}
    assert "ZeroDivisionError" in found["tiny"]["failed"]


def test_a_report_that_takes_too_long_exits_124(process, workspace):
    _put(workspace, "tiny", "import time; time.sleep(60)")
    done = process("report", STUDY, "--notebook", "tiny", "--timeout", "3")
    assert done.returncode == 124
    _one_line(done.stderr, "stopped after 3 s", "--timeout")


def test_fail_fast_stops_at_the_first(run, workspace):
    _put(workspace, "a", "1 / 0")
    _put(workspace, "b", "1")
    chosen = ("report", STUDY, "--notebook", "a", "--notebook", "b")
    assert run(*chosen, "--fail-fast", "--jobs", "1").returncode == 1
    assert not (workspace.reports / STUDY / "b.html").exists()
    assert run(*chosen).returncode == 1
    assert (workspace.reports / STUDY / "b.html").exists()


def test_a_second_run_exits_75_at_once(process, workspace):
    with reports_lock(workspace.reports):  # held until after the second has ended
        done = process("report", STUDY, "--notebook", "tiny")
    assert done.returncode == 75
    _one_line(done.stderr, f"process {os.getpid()} on ")


def test_a_second_run_says_so_in_json_where_that_is_asked(run, workspace):
    with reports_lock(workspace.reports):
        done = run("report", STUDY, "--notebook", "tiny", *JSON_LOG)
    assert done.returncode == 75
    (refused,) = _events(done)
    assert f"process {os.getpid()} on " in refused["error"]


def test_debug_shows_where_an_error_arose(run):
    done = run("report", "none", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_a_study_file_elsewhere_is_loaded_by_its_path_and_shown_by_its_name(
    run, workspace, tmp_path
):
    far = tmp_path / "far" / "mine.toml"
    far.parent.mkdir()
    far.write_bytes(study_files(workspace)[STUDY].read_bytes())
    _put(workspace, "tiny", "import pathlib\nprint(pathlib.Path(study).is_file())")
    done = run("report", str(far), "--notebook", "tiny")
    assert done.returncode == 0, done.stderr
    page = (workspace.reports / STUDY / "tiny.html").read_text(encoding="utf-8")
    assert "True" in page
    assert str(tmp_path) not in page


def test_init_makes_a_workspace_that_can_be_used(run, tmp_path):
    done = run("init", str(tmp_path / "new"), "--with-notebooks")
    assert done.returncode == 0, done.stderr
    made = tmp_path / "new"
    assert (made / "data" / "raw").is_dir()
    assert "copied: notebooks/01_record.ipynb" in done.stdout
    told = done.stderr.splitlines()
    assert told[0] == f"next, in {tmp_path / 'new'}:"
    assert told[1].split()[:3] == ["migration", "report", "whatsapp-2021"]
    assert {line.split()[1] for line in told[1:]} <= set(cli.commands)
    own = made / "notebooks" / "01_record.ipynb"
    own.write_text("mine", encoding="utf-8")
    assert "copied" not in run("init", str(made), "--with-notebooks").stdout
    assert own.read_text(encoding="utf-8") == "mine"


def test_verify_exits_1_on_a_damaged_file(run, workspace):
    assert run("verify").returncode == 0
    from migration.store import Store

    store = Store(workspace.raw)
    entry = store.put("flathub", "day.json", b"[1]", url="https://example.org/day")
    assert run("verify").returncode == 0
    (workspace.raw / entry.name).write_bytes(b"[2]")
    done = run("verify")
    assert done.returncode == 1
    assert "damaged: flathub/day.json" in done.stdout
    found = json.loads(run("verify", "--json").stdout)
    assert [len(one["problems"]) for one in found] == [0, 1]


def test_verify_prints_json_when_a_manifest_does_not_read(run, workspace):
    (workspace.raw / "manifest.jsonl").write_bytes(b"{\n")
    (workspace.raw / "loose.csv").write_bytes(b"1")
    done = run("verify", "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    embedded, own = json.loads(done.stdout)
    assert (embedded["problems"], own["files"]) == ([], 0)
    assert "line 1, is not a manifest line" in own["problems"][0]
    assert "loose.csv" in own["problems"][1]


def test_json_is_utf_8_and_holds_finite_numbers_or_null(capsys):
    import numpy as np

    value = {
        "a": [math.nan, math.inf, 1.5, np.float64("nan"), np.int64(3)],
        "b": "ü\udcff",
    }
    print_json(value)
    printed = capsys.readouterr().out
    assert printed.endswith("}\n")
    assert json.loads(printed) == {"a": [None, None, 1.5, None, 3], "b": "ü\udcff"}


def test_json_is_utf_8_where_the_terminal_is_not(process, workspace):
    (workspace.studies / "odd.toml").write_text('title = "σ"', encoding="utf-8")
    done = process("studies", "--json", PYTHONIOENCODING="cp1252")
    assert {"id": "odd", "title": "σ"} in json.loads(done.stdout)
    plain = process("studies", PYTHONIOENCODING="cp1252")
    assert plain.returncode == 0, plain.stderr
    assert "\\u03c3" in plain.stdout


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise elsewhere")
@pytest.mark.parametrize(
    "arguments", [["studies"], ["studies", "--json"], ["report", STUDY, "-n"]]
)
def test_a_closed_pipe_ends_the_command_quietly(workspace, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:  # noqa: PTH123 - a descriptor is no path
        done = subprocess.run(
            [sys.executable, "-m", "migration", *arguments],
            cwd=workspace.root, stdout=pipe, stderr=subprocess.PIPE, timeout=60,
            check=False,
        )  # fmt: skip
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk")
def test_a_full_disk_is_no_fault_of_the_program(workspace):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "migration", "studies"],
            cwd=workspace.root, stdout=full, stderr=subprocess.PIPE, timeout=60,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().startswith("migration: the system refused: ")
    assert b"Traceback" not in done.stderr


def test_status_says_what_is_here_and_what_is_stale(run):
    done = run("status", STUDY)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "SIMULATED"
    assert "  stale  02_event_study: never rendered" in lines
    assert not any("tiny" in line for line in lines)
    assert any(" observed" in line for line in lines)


def test_power_says_what_could_be_found_in_words_and_in_json(run):
    words = run("power", STUDY, "--app", "signal")
    assert words.returncode == 0, words.stderr
    assert "net of unrelated series" in words.stdout
    assert "at 80% power, from days up to" in words.stdout
    last = words.stdout.splitlines()[-1]
    assert last.startswith(
        "sizes are in log points, the change of the log count: a gain"
    )
    told = json.loads(run("power", STUDY, "--app", "signal", "--json").stdout)
    assert told["simulated"]
    assert [row["design"] for row in told["frame"]][1] == "alone"
    assert told["frame"][0]["gain"] > 0
    wrong = run("power", STUDY, "--event", "notcie")
    assert wrong.returncode == 2
    _one_line(wrong.stderr, "notcie")


def test_lab_without_jupyterlab_says_how_to_get_it(workspace, monkeypatch):
    monkeypatch.setattr("migration.report.lab.find_spec", lambda _: None)
    shown = CliRunner().invoke(cli, ["lab", "--workspace", str(workspace.root)])
    assert isinstance(shown.exception, errors.WorkspaceError)
    assert "platform-migration[lab]" in str(shown.exception)


def test_lab_starts_in_the_workspace(workspace, monkeypatch):
    began = {}
    monkeypatch.setattr("migration.report.lab.find_spec", lambda _: "found")

    def start(command, **options):
        began.update(options, command=command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("migration.report.lab.subprocess.run", start)
    root = str(workspace.root)
    CliRunner().invoke(cli, ["lab", "--workspace", root, "--no-browser"])
    assert began["command"][1:] == [
        "-m", "jupyterlab", f"--ServerApp.root_dir={root}", "--no-browser",
    ]  # fmt: skip
    assert began["cwd"] == workspace.root
    assert began["env"]["MIGRATION_WORKSPACE"] == root


def test_status_joins_the_unrelated_series_of_a_source():
    found = {
        "data": [
            {
                "source": "s", "metric": "m", "app": name, "problem": "",
                "first": "2021-01-01", "last": last, "observed": 9.0,
                "censored": 1.0, "partial": 0.0, "missing": 0.0, "control": control,
            }
            for name, last, control in [
                ("a", "2021-01-10", True),
                ("hit", "2021-01-09", False),
                ("b", "2021-01-11", True),
            ]
        ],
        "reports": [],
    }  # fmt: skip
    assert status_lines(found) == [
        "data:",
        "  s m hit: 2021-01-01 to 2021-01-09, 9 observed, 1 censored",
        "  s m 2 unrelated series: 2021-01-01 to 2021-01-11, 18 observed, 2 censored",
        "reports:",
    ]
