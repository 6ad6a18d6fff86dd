"""Which files a notebook declares, and which of those it read it must declare."""

import subprocess
import sys

import pytest

from migration.errors import ParameterError
from migration.report.declared import declared_inputs, undeclared, undeclared_programs
from migration.report.manifest import sha256
from migration.report.observed import ABSENT, UNSTEADY, Read, started
from migration.report.parameters import read_parameters, resolve


@pytest.fixture
def declare(workspace, notebook):
    """Inputs of a notebook whose parameters cell holds one line."""
    (workspace.root / "extra" / "deep" / ".cache").mkdir(parents=True)
    for name in ("a.csv", "deep/b.csv", "deep/.cache/c.csv", ".hidden"):
        (workspace.root / "extra" / name).write_text(name, encoding="utf-8")

    def make(line, **given):
        parameters = read_parameters(notebook(parameters=line), "tiny")
        values = resolve(parameters, given, "tiny")
        return declared_inputs(parameters, values, workspace, "tiny")

    return make


def test_without_the_parameter_nothing_is_declared(declare):
    assert declare("study: str = 'a'") == ()


def test_a_folder_stands_for_what_lies_below_it_and_each_file_counts_once(declare):
    found = declare('inputs: list[str] = ["extra", "extra/a.csv", "extra//a.csv"]')
    assert [(one.name, one.sha256, one.bytes) for one in found] == [
        ("workspace/extra/a.csv", sha256(b"a.csv"), 5),
        ("workspace/extra/deep/b.csv", sha256(b"deep/b.csv"), 10),
    ]


def test_a_hidden_file_counts_where_it_is_named(declare):
    (found,) = declare('inputs: list[str] = ["extra/.hidden"]')
    assert found.name == "workspace/extra/.hidden"


def test_what_is_given_from_outside_takes_the_place_of_the_default(declare):
    (found,) = declare('inputs: list[str] = ["gone"]', inputs="extra/a.csv")
    assert found.name == "workspace/extra/a.csv"


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a/../../b", "", "a\\\\b"])
def test_a_path_that_leads_out_of_the_workspace_is_refused(declare, path):
    with pytest.raises(ParameterError, match="inputs needs paths below the workspace"):
        declare(f'inputs: list[str] = ["{path}"]')


@pytest.mark.parametrize("path", ["gone.csv", "extra/deep/.cache/.x", "reports"])
def test_a_path_with_nothing_there_is_refused(declare, path):
    with pytest.raises(ParameterError, match=f"names '{path}', and there is no such"):
        declare(f'inputs: list[str] = ["{path}"]')


@pytest.mark.parametrize(
    "line", ["inputs: str = 'a'", "inputs: list[str] | None = None"]
)
def test_another_type_is_refused(declare, line):
    with pytest.raises(ParameterError, match=r"inputs names the files.*list\[str\]"):
        declare(line)


def _read(name, digest="ab"):
    return Read(name=name, sha256=digest, bytes=1)


@pytest.mark.parametrize(
    "name",
    [
        "workspace:helper.py", "workspace:fast.cpython-311-x86_64-linux-gnu.so",
        "workspace:data/processed/panel.parquet", "workspace:studies/other.toml",
        "workspace:.git/HEAD", "workspace:a/.cache/x", "outside:font.ttf",
        "shipped:README.md", "studies:simulated-2021.toml",
    ],
)  # fmt: skip
def test_modules_studies_panels_and_what_lies_elsewhere_need_no_line(name):
    if name.endswith(".so"):
        from importlib.machinery import EXTENSION_SUFFIXES

        name = f"workspace:fast{EXTENSION_SUFFIXES[0]}"
    assert undeclared([_read(name)], {}) == ""


def test_what_was_looked_for_and_absent_needs_no_line():
    assert undeclared([_read("workspace:a.csv", ABSENT)], {}) == ""


@pytest.mark.parametrize("name", ["workspace:a.csv", "study:a.csv"])
@pytest.mark.parametrize("digest", ["ab", UNSTEADY])
def test_data_of_the_workspace_need_one_that_keeps_those_before(name, digest):
    said = undeclared([_read(name, digest)], {"inputs": ["z.csv"]})
    assert said.startswith("it read a.csv, which it does not declare")
    assert said.endswith('inputs: list[str] = ["z.csv", "a.csv"]')


def test_raw_files_of_a_source_that_is_not_the_studys_are_data():
    assert "data/raw/x/y.json" in undeclared([_read("workspace:data/raw/x/y.json")], {})


@pytest.mark.parametrize(
    ("started", "said", "missing"),
    [
        ((), None, ""),
        (("uname", "fc-list", "ldconfig"), None, ""),
        (("cat",), None, 'programs: list[str] = ["cat"]'),
        (("cat", "git"), ["git"], 'programs: list[str] = ["git", "cat"]'),
        (("git.exe",), ["git"], ""),
        (("python3.12", "python"), None, 'programs: list[str] = ["python"]'),
        (("sh",), "sh", 'programs: list[str] = ["sh"]'),
    ],
)
def test_a_program_that_is_started_is_declared(started, said, missing):
    found = undeclared_programs(started, {"programs": said})
    assert found == "" if not missing else missing in found


@pytest.mark.parametrize(
    ("cell", "program"),
    [
        ("import subprocess; subprocess.run(['cat', 'x.csv'])", "cat"),
        ("import os; os.system('cat x.csv > y.txt')", "sh"),
        ("import subprocess; subprocess.run('cat x.csv', shell=True)", "sh"),
        (
            "import os; p = os.posix_spawn('/bin/cat', ['cat', 'x.csv'], {}); "
            "os.waitpid(p, 0)",
            "cat",
        ),
    ],
)
def test_the_log_tells_of_every_program(tmp_path, cell, program):
    (tmp_path / "x.csv").write_text("1", encoding="utf-8")
    log = tmp_path / "log"
    code = f"from migration.report.opened import watch\nwatch({str(log)!r})\n{cell}"
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert started(log) == (program,)


@pytest.mark.slow
def test_a_report_that_starts_a_program_says_so_or_fails(workspace, put, render):
    cell = "import subprocess; subprocess.run(['true'], check=True); 0"
    put(workspace, "tiny", "# Title", cell)
    run = render(workspace, "tiny")
    assert "it started true, which it does not declare" in str(run.errors[0])
    line = 'study: str = "tiny-observed"\nprograms: list[str] = ["true"]'
    put(workspace, "tiny", "# Title", cell, parameters=line)
    assert render(workspace, "tiny").outcomes[0].status == "ok"
