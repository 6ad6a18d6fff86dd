"""Build a release and check it: what it says, what it holds, and that it runs alone.

``python3 tools/release.py`` prints a line a check and leaves what was built in
``dist/``. Where the project is not, the wheel is installed with its base packages
alone and runs the pages on library use; pip needs the network for it, and
``--offline`` leaves that out and says so.
Standard library alone; the programs that check are in the environment of ``dev.py``.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dev
from archives import check_sdist, check_wheel, digest_of
from environments import ROOT, RUN_LOCK, bin_folder, create, python_of

HEADING = re.compile(r"^## \[(\d[^\]]*)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
EXTRAS = ("IPython", "ipykernel", "jupyterlab", "nbclient", "papermill", "typst")
PROBE = """\
import importlib.util, pathlib, sys
import migration as mg
place = pathlib.Path(mg.__file__).resolve()
assert place.is_relative_to(pathlib.Path(sys.prefix).resolve()), place
assert mg.__version__ == sys.argv[1], mg.__version__
here = [name for name in sys.argv[2:] if importlib.util.find_spec(name)]
assert not here, f"the base installation has {here}"
study = mg.load_study("whatsapp-2021")
panel = mg.load_panel(study, source="flathub", metric="new_installs")
frame = mg.to_outcome(panel, "log_count")
design = mg.design_for(study, frame, app="signal", event="notice")
print(mg.abnormal_interest(frame, design))
"""


class CheckError(Exception):
    """A check does not hold; the message says what came."""


@dataclass(frozen=True)
class Release:
    """What is checked: an interpreter with the tools, a folder, and a version."""

    python: Path
    work: Path
    version: str

    @property
    def wheel(self) -> Path:
        """The wheel that was made from the source distribution."""
        return one_file(self.work / "dist", "*.whl")

    @property
    def sdist(self) -> Path:
        """The source distribution."""
        return one_file(self.work / "dist", "*.tar.gz")


def main() -> int:
    """Run every check; 0 if all hold."""
    parser = argparse.ArgumentParser(prog="tools/release.py", description=__doc__)
    parser.add_argument("--venv", default=".venv", help="environment (%(default)s)")
    parser.add_argument("--offline", action="store_true", help="install nothing")
    args = parser.parse_args()
    os.chdir(ROOT)
    venv = ROOT / args.venv
    dev.install(venv, dev=True)
    with tempfile.TemporaryDirectory() as folder:
        release = Release(python_of(venv), Path(folder), version_of_project())
        left_out = (alone, pages) if args.offline else ()
        checks = [one for one in CHECKS if one not in left_out]
        failed = run_checks(release, checks)
        if args.offline:
            print("skipped alone and pages: --offline")
        if not failed:
            shutil.copytree(release.work / "dist", ROOT / "dist", dirs_exist_ok=True)
    return min(failed, 1)


def run_checks(release: Release, checks: Sequence[Callable[[Release], str]]) -> int:
    """Print a line a check; without a build the rest cannot be asked."""
    failed = 0
    for check in checks:
        try:
            print(f"ok      {check.__name__}: {check(release)}", flush=True)
        except (CheckError, ValueError) as error:
            failed += 1
            print(f"FAILED  {check.__name__}: {error}", flush=True)
            if check is build:
                break
    return failed


def versions(release: Release) -> str:
    """One version, and one day, wherever they stand."""
    return check_versions(
        release.version,
        (ROOT / "CITATION.cff").read_text(encoding="utf-8"),
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
    )


def check_versions(version: str, citation: str, changelog: str) -> str:
    """Compare the project's version with those of its citation and its changelog."""
    cited = dict(re.findall(r"^(version|date-released): \W?([\w.-]+)", citation, re.M))
    newest = HEADING.search(changelog)
    noted = newest.groups() if newest else ("none", "none")
    if (cited.get("version"), cited.get("date-released")) != noted or (
        version != noted[0]
    ):
        raise CheckError(
            f"pyproject.toml has {version}, CITATION.cff {cited.get('version')} of "
            f"{cited.get('date-released')}, CHANGELOG.md {noted[0]} of {noted[1]}: "
            "they need to be the same"
        )
    return f"{version} of {noted[1]} in pyproject.toml, CITATION.cff and CHANGELOG.md"


def citation(release: Release) -> str:
    """CITATION.cff is of the format's schema."""
    schema = ["--builtin-schema", "vendor.citation-file-format", "CITATION.cff"]
    run(release.python, "-m", "check_jsonschema", *schema)
    return "CITATION.cff is valid"


def build(release: Release) -> str:
    """Build the source distribution, and from it the wheel."""
    run(
        release.python,
        "-m",
        "build",
        "--no-isolation",
        "-o",
        release.work / "dist",
        ".",
    )
    return f"{release.sdist.name} and {release.wheel.name}"


def metadata(release: Release) -> str:
    """The description and the fields are such as an index takes."""
    run(
        release.python, "-m", "twine", "check", "--strict", release.sdist, release.wheel
    )
    return "twine check --strict"


def linted(release: Release) -> str:
    """The wheel has none of the usual mistakes."""
    run(release.python, "-m", "check_wheel_contents", release.wheel)
    return "check-wheel-contents"


def wheel(release: Release) -> str:
    """The wheel holds the package, notebooks, embedded data and licence, no more."""
    return f"{check_wheel(release.wheel, ROOT)} files"


def sdist(release: Release) -> str:
    """The source distribution holds what is tracked, tests and docs among it."""
    return f"{check_sdist(release.sdist, ROOT)} files"


def same(release: Release) -> str:
    """The project itself gives the same wheel as its source distribution, twice."""
    again = release.work / "again"
    run(release.python, "-m", "build", "--no-isolation", "--wheel", "-o", again, ".")
    first, second = digest_of(release.wheel), digest_of(one_file(again, "*.whl"))
    if first != second:
        raise CheckError(
            f"the wheel from the source distribution is {first}, got {second}"
        )
    return f"SHA-256 {first[:12]} both times"


def alone_in(release: Release) -> Path:
    """An environment of its own with the wheel and its base packages, made once."""
    venv = release.work / "alone"
    if venv.exists():
        return venv
    create(venv, moved=False)
    limits = release.work / "constraints.txt"
    limits.write_text(constraints((ROOT / RUN_LOCK).read_text("utf-8")), "utf-8")
    install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    run(python_of(venv), *install, f"--constraint={limits}", release.wheel)
    return venv


def alone(release: Release) -> str:
    """Where the project is not, the base installation works and asks for its extra."""
    venv = alone_in(release)
    said = run(python_of(venv), "-c", PROBE, release.version, *EXTRAS, cwd=release.work)
    command = venv / bin_folder() / "migration"
    if "whatsapp-2021" not in run(command, "studies", cwd=release.work):
        raise CheckError("`migration studies` does not list whatsapp-2021")
    try:
        run(command, "report", "whatsapp-2021", cwd=release.work)
    except CheckError as told:
        if "platform-migration[reports]" not in str(told):
            raise
    else:
        raise CheckError("a report was made without the packages of its extra")
    return said.strip()


def pages(release: Release) -> str:
    """Every page on library use prints there what it says."""
    shown = sorted((ROOT / "docs" / "library").glob("*.md"))
    runner = ROOT / "tools" / "run_pages.py"
    python = python_of(alone_in(release))
    return run(python, runner, *shown, cwd=release.work).strip()


def constraints(lock: str) -> str:
    """A lock's versions without its hashes, which a wheel of ours has not."""
    pins = re.findall(r"^([A-Za-z0-9][^\\\n]*?==[^\\\n]*?)[ \\]*$", lock, re.MULTILINE)
    return "\n".join(pins) + "\n"


def run(*words: object, cwd: Path = ROOT) -> str:
    """Run a program and give what it printed; a fault is told by its last lines."""
    child = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=clean(),
    )
    if child.returncode:
        last = (child.stdout + child.stderr).strip().splitlines()[-5:]
        raise CheckError(f"exit {child.returncode}: " + " / ".join(last))
    return child.stdout


def clean() -> dict[str, str]:
    """The surroundings without what would find the project from elsewhere."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return kept | {"PYTHONWARNINGS": "ignore"}


def one_file(folder: Path, pattern: str) -> Path:
    """The one file that was made."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise CheckError(f"needed one {pattern}, got {[path.name for path in found]}")
    return found[0]


def version_of_project() -> str:
    """The one place of truth."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


CHECKS = (versions, citation, build, metadata, linted, wheel, sdist, same, alone, pages)

if __name__ == "__main__":
    sys.exit(main())
