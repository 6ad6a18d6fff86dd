"""What a kernel started ends with it, in whatever session it runs."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hearing import HEARING

from migration.errors import ReportTimeout
from migration.report.strays import end_all, strays

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="by Linux's /proc")
PYTHON = sys.executable
SLEEPER = ["sleep", "300"]
# A grandchild in a session of its own, whose parent has gone: nobody's child.
ASIDE = (
    "import subprocess, sys; "
    "subprocess.Popen(['sleep', '300'], start_new_session=True); print(1, flush=True)"
)
CELL = f"""\
import subprocess, sys
subprocess.run([sys.executable, "-c", {ASIDE!r}], check=True, stdout=subprocess.DEVNULL)
own = subprocess.Popen(["sleep", "300"], start_new_session=True, env={{}})
open("running", "w").close()"""


@pytest.fixture
def sleeper():
    """A process in a session of its own, with some variables; ended in the end."""
    begun = []

    def begin(command=SLEEPER, **variables):
        env = {"PATH": os.environ["PATH"], **variables}
        begun.append(subprocess.Popen(command, start_new_session=True, env=env))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.wait()


def test_a_process_is_found_by_the_folder_in_its_variables(sleeper, tmp_path):
    mine, other = sleeper(WHERE=f"{tmp_path}/ipython"), sleeper(WHERE="/elsewhere")
    found = strays(0, str(tmp_path))
    assert mine.pid in found
    assert other.pid not in found
    assert os.getpid() not in found


def test_a_process_is_found_by_its_parents(sleeper, tmp_path):
    child = "import subprocess, time; subprocess.Popen(['sleep', '300'], env={})"
    above = sleeper([PYTHON, "-c", f"{child}; time.sleep(300)"])
    deadline = time.monotonic() + 30
    while len(strays(above.pid, str(tmp_path))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    end_all(0, str(tmp_path))
    assert above.poll() is None  # it names no such folder
    end_all(above.pid, str(tmp_path))
    assert above.wait(timeout=10) == -signal.SIGKILL
    assert strays(above.pid, str(tmp_path)) == set()


def test_nobody_is_ended_for_a_group_that_is_gone(sleeper, tmp_path):
    gone = sleeper(["true"])
    gone.wait()
    end_all(gone.pid, str(tmp_path))


def _sleeping():
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cmdline").read_bytes() == b"sleep\x00300\x00":
                found.add(process.name)
    return found


@pytest.mark.slow
def test_a_run_that_is_too_long_ends_what_left_its_group(workspace, put, render):
    before = _sleeping()
    put(workspace, "slow", "# Title", CELL, "sum(range(10**12))")
    run = render(workspace, "slow", timeout=8.0)
    assert isinstance(run.errors[0], ReportTimeout)
    assert (workspace.root / "running").exists()
    assert _sleeping() - before == set()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_command_ends_what_left_its_group(
    workspace, put, left_over, number
):
    put(
        workspace, "tiny", "# Title", CELL.replace(", env={}", ""), "sum(range(10**12))"
    )
    run = subprocess.Popen(
        [PYTHON, "-m", "migration", "report", "tiny-observed", "--notebook", "tiny"],
        cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        **HEARING,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    try:
        while not (workspace.root / "running").exists():
            assert run.poll() is None, "the run ended before its cell began"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(left_over()) >= 3  # the kernel and two who sleep
    finally:
        run.send_signal(number)
        run.wait(timeout=60)
    deadline = time.monotonic() + 5
    while left_over() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_over() == []
