"""Tiny notebooks and workspaces; each takes the place of real data by its size only."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from migration.report.events import Options, Run
from migration.report.manifest import SCHEMA
from migration.report.plan import Choice
from migration.report.run import run_reports
from migration.study import load_study
from migration.workspace import VARIABLE, Workspace, init_workspace

HOW = (*("timeout", "on_event", "jobs", "isolation", "fail_fast", "wait", "cluster"),)
OBSERVED, SIMULATED = "tiny-observed", "tiny-simulated"
STUDY = """\
id = "{id}"
title = "A tiny study"
question = "Did people leave?"
simulated = {simulated}
baseline = {{ start = 2020-11-01, end = 2021-01-03 }}

[[apps]]
id = "signal"
name = "Signal"
role = "destination"
ids = {{ flathub = ["org.signal.Signal"] }}

[[markets]]
code = "WW"
name = "World"
zone = "UTC"

[[events]]
id = "notice"
label = "The notice"
role = "focal"
instant = 2021-01-05T12:00:00Z
precision = "hour"
severity = "high"
markets = ["all"]
window = [0, 8]
citation = "An example"

[[sources]]
id = "flathub"
metrics = ["new_installs"]
zone = "UTC"
"""
PARAMETERS = f'study: str = "{OBSERVED}"\napp: str = "signal"\nn: int = 3'


def _cell(source: str, *tags: str) -> dict:
    kind = "markdown" if source.startswith("#") else "code"
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {
        "cell_type": kind, "id": f"c{abs(hash(source)) % 10**6}", "source": source,
        "metadata": {"tags": list(tags)}, **code,
    }  # fmt: skip


@pytest.fixture(scope="session")
def record() -> Callable[..., dict]:
    """A whole manifest but for its outputs: ``record(report, **changed)``."""

    def make(report: str = "tiny", **more) -> dict:
        return {
            "schema": SCHEMA, "study": OBSERVED, "study_title": "People & apps",
            "question": "Who left?", "report": report, "simulated": False,
            "title": f"The {report} <report>", "key": "sha256:abc", "status": "ok",
            "headline": [{"app": "signal", "estimate": 5.2034, "p_value": 0.01}],
            "vintage": [{"source": "flathub", "retrieved_at": "2026-01-01T00:00:00Z"}],
            "warnings": [], "answers": ["Yes & no."], "given": {}, "params": {},
            "inputs": [], "observed": [], "components": {}, "run": "runs/abc",
            "timing": {"finished": "2026-11-23 20:00:00", "seconds": 3.2},
            "outputs": [], **more,
        }  # fmt: skip

    return make


def _row(app: str, estimate: float | None, half: float) -> dict:
    """A headline row as a card hands it over."""
    about = {"app": app, "source": "simulated", "event": "notice", "days": "6–14 Jan"}
    kind = {"identification": "bundle", "estimand": "mean of log count"}
    if estimate is None:
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"))
        return {**about, **nothing, "change": "not an effect: sign changes", **kind}
    low, high = estimate - half, estimate + half
    numbers = {"estimate": estimate, "conf_low": low, "conf_high": high}
    size, *ends = (100 * math.expm1(value) for value in (estimate, low, high))
    change = f"{size:+.0f}% ({ends[0]:.0f}% to {ends[1]:.0f}%)".replace("-", "−")
    p = 0.01 if low > 0 or high < 0 else 0.4
    return {**about, **numbers, "p_value": p, "change": change, **kind}


@pytest.fixture(scope="session")
def of_market(record) -> Callable[..., dict]:
    """A manifest of one market: ``of_market("IN", whatsapp=(0.2, 0.1))``.

    A size of None is an effect that has no defensible number.
    """

    def make(code: str, *, more: dict | None = None, **sizes) -> dict:
        headline = [_row(app, *size) for app, size in sizes.items()]
        given = {"title": f"Did people move in {code}?", "market": code}
        given |= {"given": {"market": code}, "run_id": "r1", "headline": headline}
        name = f"05_market--{code.lower()}"
        return record(name, **{**given, "run": f"runs/{code.lower()}", **(more or {})})

    return make


@pytest.fixture(scope="session")
def sixty(of_market) -> list[dict]:
    """Sixty markets of two apps: found, muted and without a number."""
    codes = "IN ID BR MX AR CL CO PE US CA GB CH NO AT BE BG CY CZ DE DK EE ES FI FR GR"
    codes += " HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK TR RU IR IL AE SA LB EG NG"
    codes += " KE ZA NA PK BD MY SG HK CN JP AU"
    made = []
    for at, code in enumerate(codes.split()):
        app = None if at % 17 == 3 else 0.02 * (at - 30)
        sizes = {"whatsapp": (app, 0.25), "signal": (0.03 * at, 0.4)}
        made.append(of_market(code, **sizes))
    return made


@pytest.fixture
def failure(record) -> dict:
    """What is kept of a report that failed in its fourth cell."""
    return record("broken", message="ZeroDivisionError: <b>", cell=4, status="failed")


@pytest.fixture(scope="session")
def page_of() -> Callable[..., str]:
    """Text of a page in place."""

    def read(workspace: Workspace, name: str = "tiny", study: str = OBSERVED) -> str:
        path = workspace.reports / study / f"{name}.html"
        return path.read_text(encoding="utf-8")

    return read


@pytest.fixture(autouse=True)
def _no_other_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="session")
def notebook() -> Callable[..., dict]:
    """A notebook of code cells (markdown where a source starts with ``#``)."""

    def make(*sources: str, parameters: str = PARAMETERS) -> dict:
        cells = [_cell(parameters, "parameters"), *map(_cell, sources)]
        return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    return make


@pytest.fixture(scope="session")
def put(notebook) -> Callable[..., Path]:
    """Write a notebook into a workspace: ``put(workspace, name, *sources)``."""

    def write(workspace: Workspace, name: str, *sources: str, **more: str) -> Path:
        path = workspace.notebooks / f"{name}.ipynb"
        path.write_text(json.dumps(notebook(*sources, **more)), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def new_workspace() -> Callable[[Path], Workspace]:
    """A workspace with two tiny studies: an observed and a simulated one."""

    def make(folder: Path) -> Workspace:
        made = init_workspace(folder)
        for name, simulated in ((OBSERVED, "false"), (SIMULATED, "true")):
            text = STUDY.format(id=name, simulated=simulated)
            (made.studies / f"{name}.toml").write_text(text, encoding="utf-8")
        return made

    return make


@pytest.fixture
def workspace(tmp_path: Path, new_workspace) -> Workspace:
    return new_workspace(tmp_path / "work")


@pytest.fixture(scope="session")
def render() -> Callable[..., Run]:
    """Render notebooks of a workspace in this process."""

    def run(workspace: Workspace, *names: str, **more) -> Run:
        study = load_study(more.pop("study", OBSERVED), workspace=workspace)
        how = {name: more.pop(name) for name in HOW if name in more}
        options = Options(**{"timeout": 60.0, **how})
        return run_reports(study, workspace, Choice(notebooks=names, **more), options)

    return run


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``migration`` as a process of its own; never longer than two minutes."""

    def run(*arguments: str, **more) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "migration", *arguments],
            capture_output=True, encoding="utf-8", timeout=120, check=False, **more,
        )  # fmt: skip

    return run


@pytest.fixture
def left_over(tmp_path: Path) -> Callable[[], list[str]]:
    """Processes that work for a workspace below this test's folder."""
    psutil = pytest.importorskip("psutil")

    def find() -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                where = process.environ().get(VARIABLE, "")
                if where.startswith(str(tmp_path)) and process.pid != os.getpid():
                    found.append(" ".join(process.cmdline())[:200])
            except (psutil.Error, OSError):
                continue
        return found

    return find
