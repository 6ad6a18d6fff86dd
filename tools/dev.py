"""Set the project up and run it: what the Makefile calls, and Windows users too.

Needs Python 3.11 or newer and nothing else. ``python3 tools/dev.py --help``
lists the commands. All share one environment, ``.venv``: the locked packages are
installed once and again only when a lock or ``pyproject.toml`` changes.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - read by the Python that is too old
    sys.exit(
        f"migration needs Python 3.11 or newer, and {sys.executable} is "
        f"{sys.version.split()[0]}; name another: make PYTHON=python3.12 ... "
        "or python3.12 tools/dev.py ..."
    )

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from environments import (
    DEV_LOCK,
    PEERS_LOCK,
    QUICK_LOCK,
    ROOT,
    RUN_LOCK,
    bin_folder,
    install,
    install_peers,
    install_quick,
    install_uv,
    python_of,
)

COMPILE = [
    *["pip", "compile", "--universal", "--python-version=3.11", "--generate-hashes"],
    *["--no-emit-index-url", "--no-header", "--quiet"],
]
QUICK = ["pyproject.toml", "--extra=reports", "--group=build", "--group=quick"]
TESTS = ["-m", "pytest", "-n", "2", "--dist", "worksteal"]
LINTERS = {
    "ruff check": ["-m", "ruff", "check", "--quiet"],
    "ruff format": ["-m", "ruff", "format", "--check", "--quiet"],
    "mypy": ["-m", "mypy", "--no-error-summary"],
    "lint-imports": ["-c", "import importlinter.cli as c; c.lint_imports_command()"],
}
STRICT = ["-W", "--keep-going", "-n", "-q", "-d", "build/doctrees"]
CACHES = [
    *[".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"],
    *[".hypothesis", "build", "dist"],
]


def main() -> int:
    """Run the command asked for; its exit code is ours."""
    args = read_arguments()
    os.chdir(ROOT)
    try:
        return int(args.run(args) or 0)
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        step = " ".join(map(str, error.cmd[1:4]))
        print(f"failed: {step} ... (exit {error.returncode})", file=sys.stderr)
        return 1


def read_arguments() -> argparse.Namespace:
    """Read the command line; what follows the command is the command's own."""
    parser = argparse.ArgumentParser(prog="tools/dev.py", description=__doc__)
    parser.add_argument("--venv", default=".venv", help="environment (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        command = commands.add_parser(name, help=run.__doc__.splitlines()[0])
        command.set_defaults(run=run)
        for flags, settings in OPTIONS.get(name, ()):
            command.add_argument(*flags, **settings)
    args, rest = parser.parse_known_args()
    if rest and args.command not in ("report", "test", "lab"):
        parser.error("unknown arguments: " + " ".join(rest))
    args.rest = [word for word in rest if word != "--"]
    args.venv = ROOT / args.venv
    return args


def option(flag: str, told: str) -> tuple[list[str], dict[str, str]]:
    """A switch of a command, with its line of help."""
    return [flag], {"action": "store_true", "help": told}


def setup(args: argparse.Namespace) -> None:
    """Create the environment and install what the locks say, if they changed."""
    if args.quick:
        install_quick(args.venv)
        return
    install(args.venv, dev=args.dev or args.peers)
    if args.peers:
        install_peers(args.venv)


def report(args: argparse.Namespace) -> int:
    """Render a study (whatsapp-2021) from the data at hand."""
    install(args.venv)
    return call(args.venv, "-m", "migration", "report", args.study, *args.rest)


def test(args: argparse.Namespace) -> int:
    """Run every check: linters, types, rooms and tests; or some, by an option."""
    if args.quick:
        install_quick(args.venv)
        return call(args.venv, *TESTS, "--quick", *args.rest)
    install(args.venv, dev=True)
    if args.fast:
        return call(args.venv, *TESTS, "-m", "not slow and not network", *args.rest)
    os.environ["MIGRATION_PEERS"] = str(install_peers(args.venv))
    failed = run_linters(args.venv)
    return call(args.venv, *TESTS, *args.rest) or len(failed[:1])


def lint(args: argparse.Namespace) -> int:
    """Run the linters, the types and the contracts of the rooms, without tests."""
    install(args.venv, dev=True)
    return len(run_linters(args.venv)[:1])


def lock(args: argparse.Namespace) -> None:
    """Write the locks anew from pyproject.toml, with uv."""
    path = [str(args.venv.parent / ".venv-lock" / bin_folder()), os.environ["PATH"]]
    uv = shutil.which("uv", path=os.pathsep.join(path)) or install_uv(Path(path[0]))
    compiler = [uv, *COMPILE, *(["--upgrade"] if args.upgrade else [])]
    both = ["--constraint", RUN_LOCK, "--constraint", DEV_LOCK]
    extras = ["--extra=reports", "--extra=lab", "--extra=pdf", "--group=build"]
    for words in (
        ["pyproject.toml", *extras, "--output-file", RUN_LOCK],
        ["--group=dev", "--constraint", RUN_LOCK, "--output-file", DEV_LOCK],
        [*QUICK, *both, "--output-file", QUICK_LOCK],
        ["--group=peers", "--output-file", PEERS_LOCK],
    ):
        subprocess.run([*compiler, *words], check=True)


def lab(args: argparse.Namespace) -> int:
    """Open JupyterLab in the workspace."""
    install(args.venv)
    return call(args.venv, "-m", "migration", "lab", *args.rest)


def docs(args: argparse.Namespace) -> int:
    """Build the documentation into build/docs; any warning fails it."""
    install(args.venv, dev=True)
    code = call(args.venv, "-m", "sphinx", *STRICT, "docs", "build/docs")
    if code == 0:
        print("build/docs/index.html")
    return code


def clean(_: argparse.Namespace) -> None:
    """Remove caches and builds; data, reports and environments stay."""
    folders = [ROOT / name for name in CACHES]
    for top in ("src", "tests", "tools", "benchmarks"):
        folders += (ROOT / top).rglob("__pycache__")
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


COMMANDS = {
    run.__name__: run for run in (setup, report, test, lint, lock, lab, docs, clean)
}
OPTIONS = {
    "setup": [
        option("--dev", "the test tools too"),
        option("--peers", "and the packages that the tests compare with"),
        option("--quick", "only what the quick tests need"),
    ],
    "report": [(["study"], {"nargs": "?", "default": "whatsapp-2021"})],
    "test": [
        option("--fast", "tests alone, and not the slow ones"),
        option("--quick", "one case of each test, for another Python"),
    ],
    "lock": [option("--upgrade", "to the newest")],
}


def run_linters(venv: Path) -> list[str]:
    """Run them all, so that one run shows every complaint; name those that fail."""
    failed = [name for name, words in LINTERS.items() if call(venv, *words)]
    if failed:
        print("FAILED: " + ", ".join(failed), flush=True)
    return failed


def call(venv: Path, *words: str) -> int:
    """Run Python in ``venv`` and give its exit code, 128 + n for a signal n."""
    child = subprocess.Popen([python_of(venv), *words], env=surroundings(*words))
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue  # the child was interrupted too, and cleans up
        return code if code >= 0 else 128 - code


def surroundings(*words: str) -> dict[str, str]:
    """The variables that a command starts with; stricter ones for tests."""
    given = {**os.environ}
    if "pytest" in words:
        # An unnamed encoding is reported as a Windows machine would stumble over it.
        given["PYTHONWARNDEFAULTENCODING"] = "1"
        # Tests start hundreds of children: each would compile the package anew.
        given.pop("PYTHONDONTWRITEBYTECODE", None)
    return given


if __name__ == "__main__":
    sys.exit(main())
