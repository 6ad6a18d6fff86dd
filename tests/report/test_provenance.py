"""What a manifest says of code, lock, seed and inputs; and what the page says of it."""

import importlib
import json
import pkgutil
import shutil
import subprocess

import pytest

import migration.checks
import migration.inference
from migration.errors import ReportError
from migration.report import provenance
from migration.report.held import held
from migration.report.keys import Input
from migration.report.memory import peak_mb
from migration.report.outputs import to_node
from migration.report.provenance import (
    SEED,
    code_state,
    input_rows,
    lock_state,
    made_from,
)
from migration.store import Store

STUDY = "tiny-observed"
NOBODY = {
    **{f"GIT_{who}_NAME": "n" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "n@example.org" for who in ("AUTHOR", "COMMITTER")},
}
git = pytest.mark.skipif(not shutil.which("git"), reason="no git here")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit of a module."""
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    top = tmp_path / "top"
    (top / "src").mkdir(parents=True)
    (top / "src" / "one.py").write_text("1\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "One"]):
        subprocess.run(["git", *words], cwd=top, check=True, timeout=30)
    return top


@git
def test_the_commit_and_whether_anything_changed_since(checkout):
    told = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=checkout, capture_output=True, encoding="utf-8", check=True, timeout=30,
    )  # fmt: skip
    commit = told.stdout.strip()
    assert code_state(checkout) == {"git": commit, "dirty": False}
    (checkout / "reports").mkdir()
    (checkout / "reports" / "page.html").touch()
    assert code_state(checkout)["dirty"] is False
    (checkout / "src" / "two.py").touch()
    assert code_state(checkout) == {"git": commit, "dirty": True}


@pytest.mark.parametrize("top", [None, "empty"])
def test_no_git_is_started_where_there_is_no_checkout(tmp_path, monkeypatch, top):
    def never(*_, **__):
        raise AssertionError("git was started")

    monkeypatch.setattr(provenance.subprocess, "run", never)
    found = code_state(tmp_path if top else None)
    assert found == {"git": None, "dirty": None}


@git
def test_a_checkout_without_a_commit_and_a_broken_one_are_not_known(tmp_path):
    (tmp_path / ".git").mkdir()
    assert code_state(tmp_path) == {"git": None, "dirty": None}


@pytest.mark.parametrize(
    ("pins", "same"),
    [
        ("numpy==2.1 \\\n    --hash=x\npandas==3.0 ; python_version == '3.12'\n", True),
        ("numpy==2.0 ; python_full_version < '3.12'\nnumpy==2.1\n", True),
        ("numpy==2.2\n", False),
        ("", True),
    ],
)
def test_packages_are_held_against_the_lock(workspace, pins, same):
    (workspace.root / "requirements.lock").write_text(pins, encoding="utf-8")
    held = {"packages": {"numpy": "2.1", "pandas": "3.0", "platform-migration": "1"}}
    digest, found = lock_state(held, workspace)
    assert found is same
    assert len(digest) == 64


def test_without_a_lock_nothing_is_known(workspace, monkeypatch):
    monkeypatch.setattr(provenance, "checkout", lambda: None)
    assert lock_state({"packages": {}}, workspace) == (None, None)


def test_the_lock_of_a_checkout_stands_for_a_workspace_without_one(workspace):
    digest, _ = lock_state({"packages": {}}, workspace)
    assert len(digest) == 64


def test_inputs_have_their_rows_days_and_snapshot(workspace):
    store = Store(workspace.raw)
    table = store.put("flathub", "day.csv", b"a,b\n1,2\n3,4\n", url="https://e.org/d")
    other = store.put("flathub", "day.json", b"[1]", url="https://e.org/j")

    def one(entry):
        return Input(
            name=f"raw/{entry.name}", sha256=entry.sha256, bytes=entry.bytes,
            retrieved_at="2026-11-20T10:00:00Z",
        )  # fmt: skip

    vintage = [
        {"source": "flathub", "first_day": "2020-11-02", "last_day": "2021-01-31"},
        {"source": "flathub", "first_day": "2020-11-01", "last_day": "2021-01-30"},
        {"source": "flathub"},
    ]
    rows = input_rows([one(table), one(other)], vintage, workspace)
    assert [row["rows"] for row in rows] == [2, None]
    assert rows[0]["days"] == ["2020-11-01", "2021-01-31"]
    assert rows[0]["snapshot"] == "2026-11-20"
    assert input_rows([one(table)], [], workspace)[0]["days"] is None


def test_every_module_that_draws_has_the_seed_that_a_manifest_names():
    seeds = {}
    for room in (migration.checks, migration.inference):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            seed = getattr(importlib.import_module(found.name), "SEED", None)
            seeds |= {} if seed is None else {found.name: seed}
    assert len(seeds) > 3
    assert set(seeds.values()) == {SEED}


def test_the_index_says_what_the_reports_were_made_from(record):
    clean = {"code": {"git": "a" * 40, "dirty": False}, "env": {"as_locked": True}}
    one, two = record("one", **clean), record("two", **clean)
    said = f"commit {'a' * 12}, clean tree; packages as the lock pins them"
    assert made_from([one, two]) == f"<h2>Made from</h2><ul><li>{said}</li></ul>"
    other = record("two", code={"git": "b" * 40, "dirty": True}, env={})
    assert f"{said}: one</li>" in made_from([one, other])
    assert "with changes that are in no commit: two</li>" in made_from([one, other])
    assert made_from([record("old")]) == ""


def test_cells_out_of_order_are_no_report(notebook):
    book = to_node(notebook("1 + 1", "2 + 2"))
    job = type("Job", (), {"values": {"seed": 7}, "inputs": (1, 2)})
    for number, cell in enumerate(book.cells, start=1):
        cell["execution_count"] = number
    found = dict(held(book, job, ()))
    assert found["Cells ran in order"] == "all 3, each once"
    own = "7, a parameter of the notebook"
    assert found["Seed set"] == f"{own}; {SEED} in every draw of migration"
    assert found["Inputs as declared"] == "2 files in the key, no other data seen"
    book.cells[1]["execution_count"] = 9
    with pytest.raises(ReportError, match="out of order"):
        held(book, job, ())


def test_memory_of_a_process_that_is_gone_is_not_known():
    assert peak_mb(None) is None
    assert peak_mb(2**30) is None


def test_a_report_has_it_all_in_its_manifest_and_what_held_on_its_page(
    workspace, put, render, page_of
):
    put(workspace, "tiny", "# Title", "kept = bytearray(120_000_000); len(kept)")
    run = render(workspace, "tiny")
    path = run.index.parent / "tiny.manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["seed"] == SEED
    assert manifest["code"].keys() == {"git", "dirty", "package", "notebook"}
    assert manifest["peak_rss_mb"] is None or manifest["peak_rss_mb"] > 120
    assert len(manifest["env"]["lock"]) == 64
    assert manifest["inputs"][0].keys() >= {"rows", "days", "snapshot"}
    page = page_of(workspace)
    assert "Held before this page was published" in page
    assert "all 2, each once" in page
    if manifest["code"]["git"]:
        assert manifest["code"]["git"][:12] not in page
        assert manifest["code"]["git"][:12] in run.index.read_text(encoding="utf-8")
