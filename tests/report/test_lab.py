"""The notebooks that ship, in JupyterLab as it is: opened and run by a browser."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec

import pytest
from browser import launched, program

from migration.workspace import shipped

WHY = (
    "needs JupyterLab, the package playwright, and chromium on the path or named by "
    "MIGRATION_CHROMIUM"
)
pytest.importorskip("playwright.sync_api", reason=WHY)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.skipif(program() is None, reason=WHY),
    pytest.mark.skipif(find_spec("jupyterlab") is None, reason=WHY),
]
SHIPPED = sorted(path.name for path in shipped("notebooks").glob("*.ipynb"))
START_SECONDS, OPEN_SECONDS, RUN_SECONDS = 90, 60, 240
# What concerns the test alone: no news from the network, nothing saved unasked, and
# cells beyond the window are in the page too.
SETTINGS = {
    "apputils-extension/notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
STATE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const notebook = panel?.content?.model?.toJSON?.();
  const kernel = panel?.sessionContext?.session?.kernel;
  if (!notebook || !kernel) return null;
  const cells = notebook.cells.filter(one => one.cell_type === 'code');
  return {
    path: panel.context.path, kernel: kernel.status, dirty: panel.context.model.dirty,
    waiting: cells.filter(one => one.execution_count === null).length,
    errors: cells.flatMap(one => one.outputs)
      .filter(one => one.output_type === 'error')
      .map(one => `${one.ename}: ${one.evalue}`),
    pictures: cells.flatMap(one => one.outputs)
      .filter(one => one.data && one.data['image/png']).length,
  };
}"""
READY = f"name => {{ const s = ({STATE})(); return s && s.path.endsWith(name) && "
READY += "s.kernel === 'idle'; }"
ENDED = f"() => {{ const s = ({STATE})(); return s.kernel === 'dead' || "
ENDED += "s.errors.length > 0 || (s.kernel === 'idle' && s.waiting === 0); }"
SAVED = f"() => !({STATE})().dirty"
SHUT = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
DRAWN = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
  .filter(one => one.complete && one.naturalWidth > 100).length"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A workspace as ``migration init --with-notebooks`` makes it."""
    place = tmp_path_factory.mktemp("lab") / "work"
    command = [sys.executable, "-m", "migration", "init", place, "--with-notebooks"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return place


@pytest.fixture(scope="module")
def server(work, tmp_path_factory):
    """Address and token of a JupyterLab that ``migration lab`` started in it."""
    home = tmp_path_factory.mktemp("home")
    with _lab(work, home) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with launched() as held:
        yield held


@contextmanager
def _lab(work, home):
    """JupyterLab with a home of its own; ended with all its kernels."""
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", "migration", "lab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.open_browser=0",
        f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    folders = {"SETTINGS": "settings", "WORKSPACES": "workspaces"}
    environment = {
        **os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        **{f"JUPYTERLAB_{k}_DIR": str(home / v) for k, v in folders.items()},
    }  # fmt: skip
    log = home / "log.txt"
    with log.open("w", encoding="utf-8") as stream:
        started = subprocess.Popen(
            command, cwd=work, env=environment, stdout=stream, stderr=stream
        )
    try:
        yield _address(started, home / "run", log), token
    finally:
        _end(started, home / "run")


def _address(started, folder, log):
    """The address in the file that a server writes once it listens."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and started.poll() is None:
        for path in folder.glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text(encoding="utf-8"))["url"]
            except (ValueError, KeyError):  # half written
                continue
        time.sleep(0.2)
    pytest.fail(f"no JupyterLab: {log.read_text(encoding='utf-8')[-2000:]}")


def _end(started, folder):
    """Ask the server, which ends its kernels, and then the command that waits for it.

    The command is ``migration lab``; the server is its child and has noted its id.
    """
    ids = [int(path.stem.partition("-")[2]) for path in folder.glob("jpserver-*.json")]
    for number in ids:
        os.kill(number, 15)
    if not ids:
        started.terminate()
    try:
        started.wait(30)
    except subprocess.TimeoutExpired:
        for number in ids:
            os.kill(number, 9)
        started.kill()
        started.wait(10)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_notebook_runs_in_jupyterlab_as_it_is(name, work, server, browser):
    file = work / "notebooks" / name
    before = file.read_bytes()
    address, token = server
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{address}lab/tree/notebooks/{name}?token={token}&reset")
    page.wait_for_function(READY, arg=name, timeout=OPEN_SECONDS * 1000)
    _choose(page, "Run", "Run All Cells")
    page.wait_for_function(ENDED, timeout=RUN_SECONDS * 1000, polling=250)
    state = page.evaluate(STATE)
    assert (state["errors"], state["kernel"], state["waiting"]) == ([], "idle", 0)
    assert state["pictures"] == page.evaluate(DRAWN) > 0
    assert file.read_bytes() == before
    _choose(page, "File", "Save Notebook")
    page.wait_for_function(SAVED, timeout=OPEN_SECONDS * 1000)
    assert _sources(file.read_bytes()) == _sources(before)
    here = (address, "data:", "blob:")
    assert [url for url in asked if not url.startswith(here)] == []
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
    )
    page.context.close()


def _choose(page, menu, entry):
    """Click an entry of the menu at the top."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=re.compile(rf"^{entry}(?! As)")).click()


def _sources(content):
    """What of a notebook is its author's."""
    cells = json.loads(content)["cells"]
    return [(one["id"], one["source"], one["metadata"].get("tags")) for one in cells]
