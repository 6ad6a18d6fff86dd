"""Faults from outside: a killed run, a read-only folder, a full disk.

CI runs as root, whom chmod does not stop: the folder is a read-only mount in a mount
namespace of its own, or the child gives up root. Each test first proves that a plain
write fails.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from hearing import HEARING

from migration.report.forking import CAN_FORK

STUDY = "tiny-observed"
pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="mounts and signals of POSIX"
)
REPORT = f'"{sys.executable}" -m migration report {STUDY} --notebook tiny'
FORKED = " --notebook other --jobs 2 --isolation fork"
WAYS = pytest.mark.parametrize("more", ["", FORKED] if CAN_FORK else [""])


def _cannot(reason):
    """Skip on a developer's machine; in CI a fault that cannot be made is a failure."""
    if os.environ.get("CI") and sys.platform == "linux":
        pytest.fail(f"in CI this must run: {reason}")
    pytest.skip(reason)


@pytest.mark.parametrize(("ci", "kind"), [("1", "Failed"), ("", "Skipped")])
def test_in_ci_a_fault_that_cannot_be_made_fails(monkeypatch, ci, kind):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(BaseException, match="no such tool") as caught:
        _cannot("no such tool")
    assert type(caught.value).__name__ == kind


@pytest.fixture
def isolated():
    """Run a shell script in a mount namespace of its own; nothing of it stays."""
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    probe = [*unshare, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if not shutil.which("unshare"):
        _cannot("no unshare here: no folder can be made read-only or full")
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        _cannot("this system lets no process mount: no such folder can be made")

    def run(script, workspace):
        return subprocess.run(
            [*unshare, "sh", "-c", script],
            cwd=workspace.root, capture_output=True, encoding="utf-8", timeout=120,
            check=False,
        )  # fmt: skip

    return run


def _pages(workspace):
    return {
        path.relative_to(workspace.reports).as_posix(): path.read_bytes()
        for path in workspace.reports.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@WAYS
def test_read_only_reports_are_said_and_left_alone(
    isolated, workspace, put, render, more
):
    put(workspace, "tiny", "# Title", "1")
    put(workspace, "other", "# Title", "1")
    render(workspace, "tiny")
    before = _pages(workspace)
    done = isolated(
        f"""mount --bind reports reports && mount -o remount,ro,bind reports || exit 99
        echo x > reports/probe && echo A PLAIN WRITE WORKS
        {REPORT} {more} --force""",
        workspace,
    )
    assert "A PLAIN WRITE WORKS" not in done.stdout
    assert "Read-only file system" in done.stderr
    assert done.returncode == 2, done.stderr
    assert "is not writable" in done.stderr
    assert "--workspace" in done.stderr
    assert "Traceback" not in done.stderr
    assert _pages(workspace) == before
    assert render(workspace, "tiny", force=True).outcomes[0].status == "ok"


def test_reports_without_permission_are_said(workspace, put):
    put(workspace, "tiny", "# Title", "1")
    workspace.reports.chmod(0o555)
    less = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    done = subprocess.run(
        [*(less if os.geteuid() == 0 else []), "sh", "-c",
         f"echo x > reports/probe && echo A PLAIN WRITE WORKS; {REPORT}"],
        cwd=workspace.root, capture_output=True, encoding="utf-8", check=False,
        timeout=60,
    )  # fmt: skip
    if "setpriv:" in done.stderr or "A PLAIN WRITE WORKS" in done.stdout:
        _cannot("root cannot be held to permissions here: " + done.stderr[:80])
    assert done.returncode == 2, done.stderr
    assert "is not writable (Permission denied)" in done.stderr
    assert list(workspace.reports.iterdir()) == []


@pytest.mark.slow
@WAYS
def test_a_full_disk_is_said_and_the_old_report_stays(isolated, workspace, put, more):
    put(workspace, "tiny", "# Old", "1")
    put(workspace, "other", "# Other", "1")
    new = put(workspace, "new", "# New", "'x' * 20000").rename(workspace.root / "new")
    done = isolated(
        f"""mount -t tmpfs -o size=512k tmpfs reports || exit 99
        {REPORT} {more} || exit 98
        cp {new} notebooks/tiny.ipynb
        sum() {{ sha256sum < reports/{STUDY}/tiny.html; }}
        before=$(sum)
        head -c 1000000 /dev/zero > reports/fill
        printf x > reports/probe && echo A PLAIN WRITE WORKS
        {REPORT} {more}; echo "code $?"
        [ "$before" = "$(sum)" ] && echo THE OLD PAGE STANDS
        find reports -name '.tmp-*' | sed 's/^/LEFT /'
        rm reports/fill
        {REPORT} {more}; echo "then $?"
        grep -c '<h1>New' reports/{STUDY}/tiny.html""",
        workspace,
    )
    assert "A PLAIN WRITE WORKS" not in done.stdout
    assert "code 1\n" in done.stdout, done.stdout + done.stderr
    assert "No space left on device; what was in place" in done.stderr
    assert "Traceback" not in done.stderr
    assert "THE OLD PAGE STANDS" in done.stdout
    assert "LEFT" not in done.stdout
    assert "then 0\n1\n" in done.stdout.replace("\nindex: ", "\n"), done.stdout


def _start(workspace, *more):
    named = ["--notebook", "tiny", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "migration", "report", STUDY, *named],
        cwd=workspace.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        **HEARING,
    )  # fmt: skip


def _wait_for_child(workspace, run, seconds=120.0):
    """Until the notebook has started its child; a loaded machine may take a minute."""
    deadline = time.monotonic() + seconds
    while not (workspace.root / "running").exists():
        assert run.poll() is None, "the run ended before its cell began"
        assert time.monotonic() < deadline, f"no cell began within {seconds:g} s"
        time.sleep(0.05)


def _gone(left_over, seconds=10.0):
    """Wait for every process of the run to go, and tell which are left."""
    deadline = time.monotonic() + seconds
    while left_over() and time.monotonic() < deadline:
        time.sleep(0.1)
    return left_over()


MOMENTS = 20


def _wait_for_writing(workspace, run):
    """Until the first hidden file of a run is there, or the run is over."""
    runs = workspace.reports / STUDY / "runs"
    while run.poll() is None:
        with os.scandir(runs) as entries:
            if any(entry.name.startswith(".tmp-") for entry in entries):
                return


def _trace(workspace):
    """What only a run that was stopped while it wrote leaves behind."""
    folder = workspace.reports / STUDY
    manifest = (folder / "tiny.manifest.json").read_bytes()
    return manifest, {path for path in folder.rglob("*") if path.is_dir()}


def _killed(workspace, number, moments):
    """Start a run, kill it, and say whether it was writing: half of them are aimed."""
    before, places = _trace(workspace)
    run = _start(workspace)
    if number % 2:
        _wait_for_writing(workspace, run)
        time.sleep(moments.uniform(0, 0.004))
    else:
        time.sleep(moments.uniform(0.2, 2.5))
    run.send_signal(signal.SIGKILL)
    run.wait(timeout=10)
    after, now = _trace(workspace)
    return after == before and bool(now - places)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_moment_the_page_is_old_or_new_and_nothing_is_left(
    workspace, put, render, left_over
):
    put(workspace, "tiny", "# Page 0", "1")
    render(workspace, "tiny")
    page = workspace.reports / STUDY / "tiny.html"
    moments = random.Random(20210115)
    writing = 0
    for number in range(1, MOMENTS + 1):
        old = page.read_bytes()
        put(workspace, "tiny", f"# Page {number}", "1")
        writing += _killed(workspace, number, moments)
        now = page.read_bytes()
        assert now == old or (
            f"<h1>Page {number}</h1>".encode() in now and now.endswith(b"</html>\n")
        )
        assert _gone(left_over) == []
    assert writing >= 1
    run = render(workspace, "tiny")
    assert run.outcomes[0].status in ("ok", "fresh")
    assert f"<h1>Page {MOMENTS}</h1>".encode() in page.read_bytes()
    assert list(workspace.reports.rglob(".tmp-*")) == []


def _titles(workspace, names):
    """What each page in place is called; a page that is no whole one has no title."""
    found = {}
    for name in names:
        page = (workspace.reports / STUDY / f"{name}.html").read_bytes()
        whole = re.search(rb"<h1>(.*?)</h1>.*</html>\n\Z", page, re.DOTALL)
        found[name] = whole.group(1).decode() if whole else None
    return found


@pytest.mark.skipif(not CAN_FORK, reason="forks on Linux alone")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_moment_two_forked_reports_are_each_old_or_new(
    workspace, put, render, left_over
):
    names = ("tiny", "other")
    for name in names:
        put(workspace, name, "# Page 0", "1")
    render(workspace, *names)
    moments = random.Random(20210116)
    more = ("--notebook", "other", "--jobs", "2", "--isolation", "fork")
    for number in range(1, MOMENTS + 1):
        old = _titles(workspace, names)
        for name in names:
            put(workspace, name, f"# Page {number}", "1")
        run = _start(workspace, *more)
        if number % 2:
            _wait_for_writing(workspace, run)
            time.sleep(moments.uniform(0, 0.05))
        else:
            time.sleep(moments.uniform(0.2, 8.0))
        run.send_signal(signal.SIGKILL)
        run.wait(timeout=10)
        for name, title in _titles(workspace, names).items():
            assert title in (old[name], f"Page {number}")
        assert _gone(left_over, 2.0) == []
    run = render(workspace, *names)
    assert {one.status for one in run.outcomes} <= {"ok", "fresh"}
    assert set(_titles(workspace, names).values()) == {f"Page {MOMENTS}"}
    assert list(workspace.reports.rglob(".tmp-*")) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_an_interrupted_run_in_a_long_call_with_a_child(
    workspace, put, left_over, number
):
    source = """\
import pathlib, subprocess
child = subprocess.Popen(["sleep", "300"])
pathlib.Path("running").touch()
sum(range(10**12))"""
    put(workspace, "tiny", "# Title", source)
    run = _start(workspace)
    try:
        _wait_for_child(workspace, run)
        assert len(left_over()) >= 2
    finally:  # a run that never got so far must not outlive this test
        run.send_signal(number)
        code = run.wait(timeout=120)
    assert code == (-9 if number == signal.SIGKILL else 130)
    assert _gone(left_over) == []
    assert not (workspace.reports / STUDY / "tiny.html").exists()
