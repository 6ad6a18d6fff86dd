"""The set-up installs when something changed, and only then."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
INSTALL_RUN = ["--require-hashes", "--requirement=requirements.lock"]
INSTALL_ALL = [*INSTALL_RUN, "--requirement=requirements-dev.lock"]
INSTALL_QUICK = ["--require-hashes", "--requirement=requirements-quick.lock"]
LOCKS = [f"requirements{kind}.lock" for kind in ("", "-dev", "-quick", "-peers")]
ABOVE = f"{sys.version_info.major}.{sys.version_info.minor + 1}"


@pytest.fixture
def dev(tmp_path, monkeypatch):
    """The set-up of a small project, with a pip that only writes down its words."""
    module = load("environments")
    for name in (*LOCKS, "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    module.said, module.compiled = [], []
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "pip", lambda _, *words: module.said.append([*words]))
    monkeypatch.setattr(module, "compile_bytecode", module.compiled.append)
    monkeypatch.setattr(module.subprocess, "run", run)
    return module


def load(name):
    """One of the tools, which are no part of a package."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(command, **_):
    """Stand in for ``python -m venv``, which takes seconds, and for asking for pip."""
    if "venv" in command:
        make_environment(Path(command[-1]))
        return subprocess.CompletedProcess(command, 0)
    assert command[1:] == ["-m", "pip", "--version"]
    if not command[0].exists():
        raise FileNotFoundError(command[0])
    return subprocess.CompletedProcess(command, int(command[0].read_bytes() != b"pip"))


def make_environment(venv):
    shutil.rmtree(venv, ignore_errors=True)
    for folder in ("bin", "Scripts"):
        (venv / folder).mkdir(parents=True)
    (venv / "bin" / "python").write_bytes(b"pip")
    (venv / "Scripts" / "python.exe").write_bytes(b"pip")
    write_version(venv, f"{sys.version_info.major}.{sys.version_info.minor}.1")


def write_version(venv, version):
    text = f"home = /usr/bin\nversion = {version}\n"
    (venv / "pyvenv.cfg").write_text(text, encoding="utf-8")


def installed(script, venv, **options):
    """What pip was told by one set-up, without the editable install."""
    script.said.clear()
    script.install(venv, **options)
    return [words for words in script.said if "--editable" not in words]


def test_a_second_set_up_calls_no_pip_at_all(dev, tmp_path):
    assert installed(dev, tmp_path / ".venv") == [INSTALL_RUN]
    assert len(dev.said) == 2
    installed(dev, tmp_path / ".venv")
    assert dev.said == []


def test_the_test_tools_add_to_the_run_and_stay(dev, tmp_path):
    venv = tmp_path / ".venv"
    installed(dev, venv)
    assert installed(dev, venv, dev=True) == [INSTALL_ALL]
    installed(dev, venv)
    assert dev.said == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_changed_lock_is_installed(dev, tmp_path, name):
    installed(dev, tmp_path / ".venv", dev=True)
    (tmp_path / name).write_text("newer", encoding="utf-8")
    assert installed(dev, tmp_path / ".venv") == [INSTALL_ALL]


def test_a_changed_project_is_linked_anew_without_its_packages(dev, tmp_path):
    installed(dev, tmp_path / ".venv")
    (tmp_path / "pyproject.toml").write_text("newer", encoding="utf-8")
    assert installed(dev, tmp_path / ".venv") == []
    assert len(dev.said) == 1


def test_an_interrupted_set_up_starts_again(dev, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    venv, lock = tmp_path / ".venv", tmp_path / "requirements.lock"
    before = lock.read_bytes()
    installed(dev, venv)
    lock.write_text("newer", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(dev, "pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dev.install(venv)
    lock.write_bytes(before)  # half of the newer may be there all the same
    assert installed(dev, venv) == [INSTALL_RUN]


def test_an_environment_of_another_python_is_made_anew(dev, tmp_path):
    venv = tmp_path / ".venv"
    installed(dev, venv)
    write_version(venv, f"{ABOVE}.0")
    assert dev.other_version(venv)
    assert installed(dev, venv) == [INSTALL_RUN]
    assert not dev.other_version(venv)


def test_a_moved_environment_is_made_anew(dev, tmp_path):
    installed(dev, tmp_path / ".venv")
    moved = (tmp_path / ".venv").rename(tmp_path / ".venv-moved")
    (moved / "left-over").touch()
    assert installed(dev, moved) == [INSTALL_RUN]
    assert not (moved / "left-over").exists()


def test_an_environment_that_lost_its_python_is_made_anew(dev, tmp_path):
    installed(dev, tmp_path / ".venv")
    dev.python_of(tmp_path / ".venv").unlink()
    assert installed(dev, tmp_path / ".venv") == [INSTALL_RUN]


def test_an_environment_cut_short_before_pip_was_there_is_made_anew(dev, tmp_path):
    make_environment(tmp_path / ".venv")
    dev.python_of(tmp_path / ".venv").write_bytes(b"no pip")
    (tmp_path / ".venv" / "left-over").touch()
    assert installed(dev, tmp_path / ".venv") == [INSTALL_RUN]
    assert not (tmp_path / ".venv" / "left-over").exists()


def test_an_environment_made_by_hand_is_kept_and_completed(dev, tmp_path):
    make_environment(tmp_path / ".venv")
    (tmp_path / ".venv" / "kept").touch()
    assert installed(dev, tmp_path / ".venv") == [INSTALL_RUN]
    assert (tmp_path / ".venv" / "kept").exists()


def test_the_quick_tests_need_less_and_compile_nothing_beforehand(dev, tmp_path):
    venv = tmp_path / ".venv-3.12"
    dev.install_quick(venv)
    assert dev.said[0] == INSTALL_QUICK
    assert dev.said[1][-2:] == ["--editable", str(tmp_path)]
    assert dev.compiled == []
    dev.said.clear()
    dev.install_quick(venv)
    assert dev.said == []
    assert installed(dev, venv) == [INSTALL_RUN]
    assert dev.compiled == [venv]


def test_the_quick_tests_take_nothing_away_from_a_whole_environment(dev, tmp_path):
    venv = tmp_path / ".venv"
    installed(dev, venv)
    dev.said.clear()
    dev.install_quick(venv)
    assert dev.said[0] == INSTALL_ALL
    dev.said.clear()
    dev.install_quick(venv)
    installed(dev, venv, dev=True)
    assert dev.said == []


def pins(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^[\w.-]+==[^\s;]+", text, re.MULTILINE))


def test_the_quick_lock_holds_versions_of_the_others_alone():
    quick = pins("requirements-quick.lock")
    assert len(quick) > 50
    assert quick <= pins("requirements.lock") | pins("requirements-dev.lock")


def test_tests_run_strict_and_keep_what_their_children_compile(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    dev = load("dev")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    strict = dev.surroundings("-m", "pytest", "-q")
    assert strict["PYTHONWARNDEFAULTENCODING"] == "1"
    assert "PYTHONDONTWRITEBYTECODE" not in strict
    assert dev.surroundings("-m", "migration") == dict(os.environ)


def test_peers_stand_beside_ours_and_are_installed_once(dev, tmp_path):
    venv = tmp_path / ".venv"
    beside = dev.install_peers(venv)
    assert beside == tmp_path / ".venv-peers"
    assert dev.said == [["--require-hashes", "--requirement=requirements-peers.lock"]]
    dev.said.clear()
    assert dev.install_peers(venv) == beside
    assert dev.said == []
    (tmp_path / "requirements-peers.lock").write_text("newer", encoding="utf-8")
    dev.install_peers(venv)
    assert len(dev.said) == 1


def test_peers_whose_set_up_was_interrupted_start_again(dev, tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(dev, "pip", stopped)
        with pytest.raises(KeyboardInterrupt):
            dev.install_peers(tmp_path / ".venv")
    dev.install_peers(tmp_path / ".venv")
    assert len(dev.said) == 1


SAMPLE = """\
import pytest
from hypothesis import given, strategies

@pytest.mark.parametrize("n", [1, 2])
def test_cases(n): ...

class TestGroup:
    @pytest.mark.parametrize("n", [1, 2])
    def test_cases(self, n): ...

@pytest.mark.slow
def test_slow(): ...

@pytest.mark.once
def test_once(): ...

@given(strategies.integers())
def test_drawn(n): ...
"""


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--quick"], ["test_cases[1]", "TestGroup::test_cases[1]"]),
        ([], ["test_cases[1]", "test_cases[2]", "TestGroup::test_cases[1]",
              "TestGroup::test_cases[2]", "test_slow", "test_once", "test_drawn"]),
    ],
    ids=["quick", "whole"],
)  # fmt: skip
def test_quick_keeps_one_case_of_what_another_python_may_fail(tmp_path, options, kept):
    for name in ("conftest.py", "size/test_left_out.py", "test_sample.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    drawn = "def test_share(): ..."
    (tmp_path / "size" / "test_left_out.py").write_text(drawn, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]", encoding="utf-8")
    asked = [*options, "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    lines = [line for line in done.stdout.splitlines() if "::" in line]
    found = [line.partition("::")[2] for line in lines if "sample" in line]
    assert found == kept
    assert ("left_out" in done.stdout) == (not options)
