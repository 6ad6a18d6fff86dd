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
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_LOCK, DEV_LOCK = "requirements.lock", "requirements-dev.lock"
PEERS_LOCK = "requirements-peers.lock"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
COMPILE = [
    *["pip", "compile", "--universal", "--python-version=3.11", "--generate-hashes"],
    *["--no-emit-index-url", "--no-header", "--quiet"],
]
LINTERS = {
    "ruff check": ["-m", "ruff", "check", "--quiet"],
    "ruff format": ["-m", "ruff", "format", "--check", "--quiet"],
    "mypy": ["-m", "mypy", "--no-error-summary"],
    "lint-imports": ["-c", "import importlinter.cli as c; c.lint_imports_command()"],
}
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


def setup(args: argparse.Namespace) -> None:
    """Create the environment and install what the locks say, if they changed."""
    install(args.venv, dev=args.dev)


def report(args: argparse.Namespace) -> int:
    """Render a study (whatsapp-2021) from the data at hand."""
    install(args.venv)
    return call(args.venv, "-m", "migration", "report", args.study, *args.rest)


def test(args: argparse.Namespace) -> int:
    """Run every check: linters, types, rooms and tests; --fast: quick tests alone."""
    install(args.venv, dev=True)
    if not args.fast:
        os.environ["MIGRATION_PEERS"] = str(install_peers(args.venv))
    failed = [] if args.fast else run_linters(args.venv)
    marks = ["-m", "not slow and not network"] if args.fast else []
    tests = call(args.venv, "-m", "pytest", "-n", "2", *marks, *args.rest)
    return tests or len(failed[:1])


def lint(args: argparse.Namespace) -> int:
    """Run the linters, the types and the contracts of the rooms, without tests."""
    install(args.venv, dev=True)
    return len(run_linters(args.venv)[:1])


def lock(args: argparse.Namespace) -> None:
    """Write the locks anew from pyproject.toml, with uv."""
    path = [str(args.venv.parent / ".venv-lock" / bin_folder()), os.environ["PATH"]]
    uv = shutil.which("uv", path=os.pathsep.join(path)) or install_uv(Path(path[0]))
    compiler = [uv, *COMPILE, *(["--upgrade"] if args.upgrade else [])]
    extras = ["--extra=reports", "--extra=lab", "--extra=pdf", "--group=build"]
    for words in (
        ["pyproject.toml", *extras, "--output-file", RUN_LOCK],
        ["--group=dev", "--constraint", RUN_LOCK, "--output-file", DEV_LOCK],
        ["--group=peers", "--output-file", PEERS_LOCK],
    ):
        subprocess.run([*compiler, *words], check=True)


def lab(args: argparse.Namespace) -> int:
    """Open JupyterLab in the workspace."""
    install(args.venv)
    return call(args.venv, "-m", "migration", "lab", *args.rest)


def clean(_: argparse.Namespace) -> None:
    """Remove caches and builds; data, reports and environments stay."""
    folders = [ROOT / name for name in CACHES]
    for top in ("src", "tests", "tools", "benchmarks"):
        folders += (ROOT / top).rglob("__pycache__")
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


COMMANDS = {run.__name__: run for run in (setup, report, test, lint, lock, lab, clean)}
OPTIONS = {
    "setup": [(["--dev"], {"action": "store_true", "help": "the test tools too"})],
    "report": [(["study"], {"nargs": "?", "default": "whatsapp-2021"})],
    "test": [(["--fast"], {"action": "store_true", "help": "not the slow ones"})],
    "lock": [(["--upgrade"], {"action": "store_true", "help": "to the newest"})],
}


def install(venv: Path, *, dev: bool = False) -> None:
    """Bring ``venv`` up to the locks; do nothing when it is.

    The stamp goes first and comes last, so an interrupted set-up starts again.
    """
    stamp = venv / "migration-setup.json"
    done = read_stamp(stamp)
    wanted = {"place": str(venv), "project": digest("pyproject.toml")}
    locks = [RUN_LOCK, DEV_LOCK] if dev or DEV_LOCK in done else [RUN_LOCK]
    wanted |= {name: digest(name) for name in locks}
    if done == wanted and python_of(venv).exists() and not other_version(venv):
        return
    if create(venv, moved=done.get("place", str(venv)) != str(venv)):
        done = {}
    stamp.unlink(missing_ok=True)
    if any(done.get(name) != wanted[name] for name in locks):
        print(f"installing {' and '.join(locks)} (a minute or two) ...", flush=True)
        pip(venv, "--require-hashes", *(f"--requirement={name}" for name in locks))
        compile_bytecode(venv)
    pip(venv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def install_peers(beside: Path) -> Path:
    """Bring the environment of peer packages up to their lock; give its place.

    It stands beside ours, which therefore never takes a version that a peer asks for.
    """
    venv = beside.with_name(f"{beside.name}-peers")
    stamp = venv / "migration-setup.json"
    wanted = {"place": str(venv), PEERS_LOCK: digest(PEERS_LOCK)}
    done = read_stamp(stamp)
    if done == wanted and python_of(venv).exists() and not other_version(venv):
        return venv
    create(venv, moved=done.get("place", str(venv)) != str(venv))
    stamp.unlink(missing_ok=True)
    print(f"installing {PEERS_LOCK} (a minute or two) ...", flush=True)
    pip(venv, "--require-hashes", f"--requirement={PEERS_LOCK}")
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return venv


def read_stamp(stamp: Path) -> dict:
    """Tell what was installed; nothing, where no set-up ended well."""
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def digest(name: str) -> str:
    """Hash one file of the project."""
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def create(venv: Path, *, moved: bool) -> bool:
    """Make the environment, and anew when it is of another Python or was moved.

    Returns whether it is new, and so empty.
    """
    if not moved and not other_version(venv) and has_pip(venv):
        return False
    base = getattr(sys, "_base_executable", sys.executable)  # outside of ``venv``
    print(f"creating {venv.name} with Python {PYTHON} ...", flush=True)
    made = subprocess.run([base, "-m", "venv", "--clear", str(venv)], check=False)
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        sys.exit(
            f"{base} could not make {venv}: on Debian and Ubuntu install "
            f"python{PYTHON}-venv, or name another Python: make PYTHON=python3.12 ..."
        )
    return True


def has_pip(venv: Path) -> bool:
    """Whether pip runs there: not where making the environment was cut short."""
    command = [python_of(venv), "-m", "pip", "--version"]
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return False


def other_version(venv: Path) -> bool:
    """Whether ``venv`` was made by another Python than the one that runs this."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    settings = [[part.strip() for part in line.split("=", 1)] for line in lines]
    return not any(
        key in ("version", "version_info") and f"{value}.".startswith(f"{PYTHON}.")
        for key, value in filter(lambda pair: len(pair) == 2, settings)
    )


def pip(venv: Path, *words: str) -> None:
    """Install and say only what failed; bytecode comes later, on all cores."""
    command = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([python_of(venv), *command, "--no-compile", *words], check=True)


def compile_bytecode(venv: Path) -> None:
    """Compile what was installed, or every kernel would (1 to 3 s each).

    Some packages ship files that no Python can read: they are no failure here.
    """
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [python_of(venv), "-m", "compileall", "-qq", "-j", "0", str(venv)]
    subprocess.run(command, env=environment, check=False)


def install_uv(folder: Path) -> str:
    """Install uv, which only locking needs, into an environment of its own."""
    create(folder.parent, moved=False)
    pip(folder.parent, "uv")
    return shutil.which("uv", path=str(folder))


def run_linters(venv: Path) -> list[str]:
    """Run them all, so that one run shows every complaint; name those that fail."""
    failed = [name for name, words in LINTERS.items() if call(venv, *words)]
    if failed:
        print("FAILED: " + ", ".join(failed), flush=True)
    return failed


def call(venv: Path, *words: str) -> int:
    """Run Python in ``venv`` and give its exit code, 128 + n for a signal n."""
    # An unnamed encoding is reported as a Windows machine would stumble over it.
    strict = {"PYTHONWARNDEFAULTENCODING": "1"} if "pytest" in words else {}
    child = subprocess.Popen([python_of(venv), *words], env={**os.environ, **strict})
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue  # the child was interrupted too, and cleans up
        return code if code >= 0 else 128 - code


def python_of(venv: Path) -> Path:
    """Path of the interpreter in ``venv``."""
    return venv / bin_folder() / ("python.exe" if os.name == "nt" else "python")


def bin_folder() -> str:
    """Name of the folder with an environment's programs."""
    return "Scripts" if os.name == "nt" else "bin"


if __name__ == "__main__":
    sys.exit(main())
