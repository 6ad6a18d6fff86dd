"""The environments that the project works in, brought up to its locks by plain pip.

``.venv`` holds what reports need, and the tests' tools where they were asked for;
``.venv-peers`` the packages that the tests compare with, which therefore choose no
version of ours; a third kind what the quick tests need, on another Python. Each has a
stamp of the locks that it was made from: a set-up that finds nothing changed does
nothing. Standard library alone.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN_LOCK, DEV_LOCK = "requirements.lock", "requirements-dev.lock"
PEERS_LOCK, QUICK_LOCK = "requirements-peers.lock", "requirements-quick.lock"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
STAMP = "migration-setup.json"


def install(venv: Path, *, dev: bool = False) -> None:
    """Bring ``venv`` up to the locks; do nothing when it is.

    The stamp goes first and comes last, so an interrupted set-up starts again.
    """
    kept = dev or DEV_LOCK in read_stamp(venv / STAMP)
    fill(venv, [RUN_LOCK, DEV_LOCK] if kept else [RUN_LOCK])


def install_quick(venv: Path) -> None:
    """Bring ``venv`` up to what the quick tests need, unless it is there for more.

    Its modules are compiled as they are imported: most of them never are.
    """
    if RUN_LOCK in read_stamp(venv / STAMP):
        install(venv, dev=True)
    else:
        fill(venv, [QUICK_LOCK], compiled=False)


def install_peers(beside: Path) -> Path:
    """Bring the environment of peer packages up to their lock; give its place."""
    venv = beside.with_name(f"{beside.name}-peers")
    fill(venv, [PEERS_LOCK], compiled=False, project=False)
    return venv


def fill(
    venv: Path, locks: list[str], *, compiled: bool = True, project: bool = True
) -> None:
    """Install locks, and the project itself as it stands here, where they changed."""
    done = read_stamp(venv / STAMP)
    wanted = {"place": str(venv)} | {name: digest(name) for name in locks}
    wanted |= {"project": digest("pyproject.toml")} if project else {}
    if done == wanted and python_of(venv).exists() and not other_version(venv):
        return
    if create(venv, moved=done.get("place", str(venv)) != str(venv)):
        done = {}
    (venv / STAMP).unlink(missing_ok=True)
    if any(done.get(name) != wanted[name] for name in locks):
        print(f"installing {' and '.join(locks)} (a minute or two) ...", flush=True)
        pip(venv, "--require-hashes", *(f"--requirement={name}" for name in locks))
        if compiled:
            compile_bytecode(venv)
    if project:
        pip(venv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    (venv / STAMP).write_text(json.dumps(wanted), encoding="utf-8")


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


def python_of(venv: Path) -> Path:
    """Path of the interpreter in ``venv``."""
    return venv / bin_folder() / ("python.exe" if os.name == "nt" else "python")


def bin_folder() -> str:
    """Name of the folder with an environment's programs."""
    return "Scripts" if os.name == "nt" else "bin"
