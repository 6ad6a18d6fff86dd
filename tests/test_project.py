"""The project keeps its own rules: sizes, names, and what is never committed."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import migration

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "migration"
CODE = [
    path
    for top in ("src", "tools", "benchmarks")
    for path in sorted((ROOT / top).rglob("*.py"))
]
MODULE_LINES, FUNCTION_LINES = 300, 30
# Written with a bracket each, so that this file does not name what it forbids.
UNWANTED = re.compile(
    r"py[p]i\.org|python[h]osted|registry\.npm[j]s|deb\.deb[i]an|--[f]ind-links"
    r"|/w[o]rk/|/r[o]ot/|/f[a]rm/|/h[o]me/\w|/U[s]ers/\w|[A-Z]:\\+U[s]ers"
)
HEAVY = {"numpy", "pandas", "matplotlib", "statsmodels", "pydantic", "papermill"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tracked():
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    names = listed.stdout.decode("utf-8").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def length(function):
    """Lines of code: what the docstring says about shapes and units is free."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    return lines - (function.body[0].end_lineno - function.body[0].lineno + 1)


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_module_and_no_function_is_too_long(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    sizes = {function.name: length(function) for function in functions(path)}
    assert lines <= MODULE_LINES
    assert {n: size for n, size in sizes.items() if size > FUNCTION_LINES} == {}


def test_a_long_function_is_counted_without_its_docstring(tmp_path):
    body = "    x = 1\n" * FUNCTION_LINES
    module = tmp_path / "module.py"
    module.write_text(f'def f():\n    """Two\n    lines."""\n{body}', encoding="utf-8")
    assert [length(function) for function in functions(module)] == [31]


def test_no_file_names_a_registry_or_a_machine():
    found = [
        f"{name_of(path)}:{number}"
        for path in tracked()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if UNWANTED.search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "url = 'https://py" + "pi.org/simple'",
        "cd /ro" + "ot/x",
        "cd /ho" + "me/ann",
        "cd /Us" + "ers/ann",
        r"cd C:\Us" + r"ers\ann",
        "--find" + "-links /opt",
    ],
)
def test_the_search_for_registries_and_machines_finds_them(line):
    assert UNWANTED.search(line)


def test_file_names_suit_every_system():
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert [name for name in names if len(name) > 100] == []
    assert len({name.lower() for name in names}) == len(names)
    shipped = [n for n in names if n.startswith(("data/", "notebooks/", "src/"))]
    odd = [n for n in shipped if not re.fullmatch(r"[a-z0-9._/-]+(README\.md)?", n)]
    assert odd == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=name_of
)
def test_notebooks_carry_no_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]]


def test_importing_the_package_loads_nothing_heavy():
    program = "import sys, migration; print(*sorted(sys.modules))"
    child = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    loaded = set(child.stdout.split())
    assert "migration" in loaded
    assert not loaded & HEAVY


def test_the_stub_lists_names_that_exist_and_only_those():
    for name in migration.__all__:
        first, second = getattr(migration, name), getattr(migration, name)
        assert first is second, f"{name} is one thing first and another later"
    assert {"MigrationError", "StudyError"} <= set(migration.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        migration.no_such_name  # noqa: B018 - the access is the test


def test_the_stub_is_ascii_because_the_loader_names_no_encoding():
    assert (SOURCE / "__init__.pyi").read_bytes().isascii()


def test_the_version_is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert migration.__version__ == project["project"]["version"]


def test_the_readers_are_told_the_right_distribution():
    """The registry's plain ``migration`` is another project."""
    wrong = re.compile(r"pip install migr[a]tion\b")
    prose = [path for path in tracked() if path.suffix in {".md", ".py", ".ipynb"}]
    said = [path for path in prose if wrong.search(path.read_text(encoding="utf-8"))]
    assert said == []


def test_an_older_python_is_told_what_to_do(tmp_path):
    """The first lines run on any Python 3: here one that calls itself 3.9."""
    source = (ROOT / "tools" / "dev.py").read_text(encoding="utf-8")
    older = tmp_path / "dev.py"
    older.write_text(
        "import sys\nsys.version_info = (3, 9, 2)\n" + source, encoding="utf-8"
    )
    child = subprocess.run(
        [sys.executable, older, "setup"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert child.returncode == 1
    assert "needs Python 3.11 or newer" in child.stderr
    assert not (tmp_path.parent / ".venv").exists()


def test_the_readmes_examples_run_one_after_the_other(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(compile("\n".join(examples), "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(examples) == 2
    assert all("of signal, 2021-01-06 to 2021-01-14" in line for line in printed)
    assert all("mean of outcome 1.28 [0.956, 1.6], p = 0.01" in p for p in printed)


@pytest.mark.skipif(
    not sys.flags.warn_default_encoding, reason="needs PYTHONWARNDEFAULTENCODING=1"
)
def test_a_text_file_opened_without_an_encoding_is_an_error():
    with pytest.raises(EncodingWarning):
        Path(__file__).read_text()
