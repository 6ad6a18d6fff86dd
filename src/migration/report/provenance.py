"""What a manifest says of a report's origins beside its key: code, lock, seed, inputs.

Looked up when a report is made, never while one is planned. What depends on a
checkout's state, or on whether there is a lock, stands in the manifest and the index
alone: a page has the same bytes wherever it is made.
"""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from migration.report.keys import LOCK_FILE, Input
from migration.store import Store, shipped_store
from migration.workspace import Workspace, checkout

SEED = 20210106  # of every draw in this package; a test holds its modules to it
_GIT = ("git", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch")
_CODE = ("src", "notebooks", "data/raw/embedded", "pyproject.toml", LOCK_FILE)
_SECONDS = 10.0
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_TABLE, _MOST = (".csv", ".tsv"), 20_000_000  # bytes of a table whose rows are counted
_FIRST, _LAST = "first_day", "last_day"
Code = Mapping[str, str | bool | None]


def code_state(top: Path | None) -> Code:
    """The commit of a checkout, and whether its code differs from that.

    Nulls from a wheel, and where there is no git; then no process is started.
    """
    unknown: Code = {"git": None, "dirty": None}
    if top is None or not (top / ".git").exists():
        return unknown
    try:
        told = subprocess.run(
            [*_GIT, "--", *_CODE],
            cwd=top,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=True,
        ).stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return unknown
    commit = next(
        (one.split()[2] for one in told if one.startswith("# branch.oid")), ""
    )
    changed = any(not one.startswith("#") for one in told)
    return {"git": commit if commit.isalnum() else None, "dirty": changed}


def lock_state(
    environment: Mapping[str, Any], workspace: Workspace
) -> tuple[str | None, bool | None]:
    """The hash of the lock, and whether the packages are those that it pins.

    The lock is the workspace's, else the checkout's; nulls where there is none.
    """
    tops = (top for top in (workspace.root, checkout()) if top is not None)
    path = next((p for p in (top / LOCK_FILE for top in tops) if p.is_file()), None)
    if path is None:
        return None, None
    content = path.read_bytes()
    pinned = set(_PIN.findall(content.decode("utf-8", errors="replace")))
    names = {name for name, _ in pinned}
    held = environment["packages"].items()
    same = all((name, version) in pinned for name, version in held if name in names)
    return hashlib.sha256(content).hexdigest(), same


def input_rows(
    inputs: Iterable[Input], vintage: Iterable[Mapping[str, Any]], workspace: Workspace
) -> list[dict[str, Any]]:
    """Each input with its rows, days and day of retrieval, null where not known.

    Rows are those of a plain table, its head left out; days are the first and the last
    that the report used of the input's source.
    """
    known = [row for row in vintage if row.get(_FIRST) and row.get(_LAST)]
    return [
        {
            **asdict(one),
            "rows": _n_rows(one, workspace),
            "days": _days(known, _source(one)),
            "snapshot": one.retrieved_at[:10] or None,
        }
        for one in inputs
    ]


def made_from(manifests: Iterable[Mapping[str, Any]]) -> str:
    """A paragraph of the index: which code and packages the reports were made from."""
    said: dict[str, list[str]] = {}
    for manifest in manifests:
        if text := _in_words(manifest.get("code", {}), manifest.get("env", {})):
            said.setdefault(text, []).append(str(manifest["report"]))
    items = "".join(
        f"<li>{escape(text)}" + _told(names, of=len(said))
        for text, names in said.items()
    )
    return f"<h2>Made from</h2><ul>{items}</ul>" if items else ""


def _told(names: Iterable[str], *, of: int) -> str:
    return f": {escape(', '.join(names))}</li>" if of > 1 else "</li>"


def _in_words(code: Code, env: Mapping[str, Any]) -> str:
    parts = []
    if code.get("git"):
        tree = "with changes that are in no commit" if code["dirty"] else "clean tree"
        parts.append(f"commit {str(code['git'])[:12]}, {tree}")
    if env.get("as_locked") is not None:
        kept = "as the lock pins them" if env["as_locked"] else "not those of the lock"
        parts.append(f"packages {kept}")
    return "; ".join(parts)


def _days(vintage: Iterable[Mapping[str, Any]], source: str) -> list[str] | None:
    own = [row for row in vintage if row.get("source") == source]
    if not own:
        return None
    return [min(str(r[_FIRST]) for r in own), max(str(r[_LAST]) for r in own)]


def _source(one: Input) -> str:
    parts = one.name.split("/")
    return parts[1] if parts[0] in ("embedded", "raw") else ""


def _n_rows(one: Input, workspace: Workspace) -> int | None:
    where, _, below = one.name.partition("/")
    roots = {"raw": Store(workspace.raw).root, "workspace": workspace.root}
    roots["embedded"] = shipped_store().root
    if where not in roots or not below.endswith(_TABLE) or one.bytes > _MOST:
        return None
    with suppress(OSError):
        content = (roots[where] / below).read_bytes()
        if hashlib.sha256(content).hexdigest() == one.sha256:
            return max(len(content.splitlines()) - 1, 0)
    return None
