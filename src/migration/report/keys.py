"""The content key of a report: what it was made from, and so whether it is stale.

A key is the SHA-256 of its components, each itself a hash or a small mapping: the
notebook's sources and tags, the parameters, the input files, this package's source,
the environment and the page template. What a notebook printed last, and its metadata,
are no part of it.
"""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib import metadata
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from migration.report.parameters import Value, cell_tags
from migration.store import Entry, Store, shipped_store
from migration.store.hashes import NOTE, Hashes
from migration.study import Study
from migration.workspace import Workspace

LOCK_FILE = "requirements.lock"
PACKAGES = (
    "platform-migration",
    *("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "great-tables"),
    *("pyarrow", "pydantic", "ipykernel", "nbclient", "nbconvert", "papermill"),
)
REASONS = {
    "notebook": "the notebook's cells changed",
    "parameters": "parameters changed",
    "data": "input files changed",
    "package": "the source of migration changed",
    "environment": "the environment changed",
    "template": "the page template changed",
}
_VERSION_LINE = re.compile(r"^Version:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_NOT_SOURCE = {"__pycache__", "_shipped", "studies", "template"}


@dataclass(frozen=True, kw_only=True)
class Input:
    """A file that a report rests on; ``name`` holds no machine's path.

    ``said`` is what was declared of it, which decides how it is read.
    """

    name: str
    sha256: str
    bytes: int
    retrieved_at: str
    said: str = ""


_OF_INPUT = tuple(one.name for one in fields(Input))


def study_inputs(
    study: Study, workspace: Workspace, *, note: bool = False
) -> tuple[Input, ...]:
    """The study file, every embedded file, and raw files of the study's sources.

    Not those that were noted for another study: it does not read them.

    ``note`` writes down the files' hashes, so that the next call is quick.
    """
    own = study.path.read_bytes()
    found = [
        Input(
            name=f"studies/{study.path.name}",
            sha256=hashlib.sha256(own).hexdigest(),
            bytes=len(own),
            retrieved_at="",
        )
    ]
    embedded = shipped_store()
    hashes = Hashes(workspace.reports / NOTE, also=workspace.processed / NOTE)
    found += [
        _input("embedded", embedded, entry, hashes) for entry in embedded.entries()
    ]
    raw = Store(workspace.raw)
    entries = [e for source in study.sources for e in raw.entries(source.id)]
    found += [
        _input("raw", raw, entry, hashes) for entry in entries if entry.is_of(study.id)
    ]
    if note:
        hashes.save()
    return tuple(found)


def standing(workspace: Workspace) -> dict[str, Any]:
    """The components that all reports of a run share: computed once a plan."""
    return {
        "package": package_digest(),
        "environment": environment(workspace.root / LOCK_FILE),
        "template": _tree_digest(_package().joinpath("report", "template")),
    }


def components(
    notebook: Mapping[str, Any],
    values: Mapping[str, Value],
    inputs: tuple[Input, ...],
    shared: Mapping[str, Any],
) -> dict[str, Any]:
    """What the key is made of, by name; the names are those of ``REASONS``."""
    return {
        "notebook": _notebook_digest(notebook),
        "parameters": dict(values),
        "data": inputs_digest(inputs),
        **shared,
    }


def content_key(parts: Mapping[str, Any]) -> str:
    """``sha256:...`` of the components."""
    return "sha256:" + _digest(parts)


@lru_cache(maxsize=16)  # all markets' reports rest on the same files
def inputs_digest(inputs: tuple[Input, ...]) -> str:
    """One hash of all input files, the same from any folder."""
    return _digest([asdict(one) for one in inputs])


def package_digest() -> str:
    """Hash of this package's own source, without studies and shipped data."""
    return _tree_digest(_package())


def environment(lock: Path) -> dict[str, Any]:
    """Python, the versions of the main packages, and the lock's hash if there is one.

    Read from the installed metadata: nothing is imported.
    """
    held = hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None
    return {
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "lock": held,
    }


def why_stale(
    old: Mapping[str, Any], parts: Mapping[str, Any], inputs: tuple[Input, ...]
) -> tuple[str, ...]:
    """Which components changed since the manifest ``old``, in words."""
    was = old.get("components", {})
    return tuple(
        text + _detail(name, old, parts, inputs)
        for name, text in REASONS.items()
        if was.get(name) != parts[name]
    )


def _detail(
    name: str,
    old: Mapping[str, Any],
    parts: Mapping[str, Any],
    inputs: tuple[Input, ...],
) -> str:
    if name == "data":
        held = old.get("inputs", [])  # a manifest says more of each
        was = {one["name"]: {k: one.get(k) for k in _OF_INPUT} for one in held}
        now = {one.name: asdict(one) for one in inputs}
    elif name in ("parameters", "environment"):
        was, now = _flat(old["components"].get(name, {})), _flat(parts[name])
    else:
        return ""
    changed = sorted(k for k in was.keys() | now.keys() if was.get(k) != now.get(k))
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return ": " + ", ".join(changed[:3]) + more if changed else ""


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, **values.get("packages", {}), "packages": None}


def _input(where: str, store: Store, entry: Entry, hashes: Hashes) -> Input:
    """The file as it lies on the disk, not as the manifest says it should be."""
    name = f"{where}/{entry.name}"
    sha256, size = hashes.of(name, store.root / entry.name)
    return Input(
        name=name,
        sha256=sha256,
        bytes=size,
        retrieved_at=entry.retrieved_at,
        said="; ".join(f"{key}={text}" for key, text in sorted(entry.declared.items())),
    )


def _notebook_digest(notebook: Mapping[str, Any]) -> str:
    return _digest(
        [
            [cell["cell_type"], cell["source"], cell_tags(cell)]
            for cell in notebook["cells"]
        ]
    )


def _package() -> Traversable:
    return files("migration")


def _tree_digest(root: Traversable) -> str:
    with as_file(root) as folder:
        return _digest([[name, sha] for name, sha in _walk(str(folder), "")])


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Each file below a folder by its name there, and its hash."""
    with os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        name = f"{prefix}{item.name}"
        if item.is_dir():
            if item.name not in _NOT_SOURCE:
                yield from _walk(item.path, f"{name}/")
        elif not item.name.endswith((".pyc", ".pyo")):
            with open(item.path, "rb", buffering=0) as file:  # noqa: PTH123 - 450 files
                yield name, hashlib.sha256(file.read()).hexdigest()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _version(name: str) -> str | None:
    """The version of an installed package; None where it is not installed.

    Of its metadata that line alone is read: the rest, a whole page, takes ten times as
    long to parse.
    """
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    head = (found.read_text("METADATA") or "").split("\n\n", 1)[0]
    said = _VERSION_LINE.search(head)
    return said.group(1) if said else found.version
