"""What a run says of itself: the card its notebook hands over, and its manifest.

A notebook hands over its headline, warnings and the vintage of its data as an output of
type ``application/vnd.migration.report+json``. The manifest holds these, the key and
its components, the files with their hashes, and the times, which stand nowhere else.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration.errors import ReportError
from migration.numerals import p_value, with_minus

if TYPE_CHECKING:
    from nbformat import NotebookNode

SCHEMA = 1
REPORT_MIME = "application/vnd.migration.report+json"
SUFFIX = ".manifest.json"
TEMPORARY = ".tmp-"
_LISTS = ("vintage", "headline", "warnings")
# What readers of a record rest on; one without is of another program or version.
_RECORD: dict[str, Any] = {
    **dict.fromkeys(("study", "study_title", "question", "report", "title"), str),
    **{"simulated": bool, "key": str, "components": dict, "given": dict},
    **{"answers": [str], "headline": [dict], "vintage": [dict], "warnings": [str]},
    "inputs": [{"name": str}],
    "observed": [{"name": str, "sha256": str}],
    "timing": {"finished": str, "seconds": int | float},
}
_NEEDED = {**_RECORD, "run": str, "outputs": [{"path": str, "sha256": str}]}
_NEEDED_OF_FAILURE = {**_RECORD, "message": str}


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a notebook says of its own report, all cards of it joined.

    ``simulated`` is true where any of its data are, whatever the study says.
    """

    vintage: tuple[dict[str, Any], ...] = ()
    headline: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    paths: tuple[dict[str, Any], ...] = ()
    simulated: bool = False


def read_card(notebook: "NotebookNode") -> Card:
    """Join every card among a notebook's outputs, in order, repeats left out.

    Raises
    ------
    ReportError
        If a card is not an object of lists named vintage, headline and warnings.
    """
    found: dict[str, list[Any]] = {name: [] for name in _LISTS}
    answers, paths, simulated = [], [], False
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if REPORT_MIME in data:
                card = json.loads(json.dumps(data[REPORT_MIME]))
                _add(found, card)
                answers += str(card.get("answer") or "").splitlines()
                paths += [one for one in card.get("paths") or [] if one not in paths]
                simulated = simulated or bool(card.get("simulated"))
    return Card(
        vintage=tuple(found["vintage"]),
        headline=tuple(found["headline"]),
        warnings=tuple(found["warnings"]),
        answers=tuple(answers),
        paths=tuple(paths),
        simulated=simulated,
    )


def load_manifest(path: Path) -> dict[str, Any] | None:
    """A whole manifest of this schema, or None where there is none that reads."""
    return _ours(path, path.name.removesuffix(SUFFIX), _NEEDED)


def list_manifests(folder: Path) -> list[dict[str, Any]]:
    """Every manifest of a study's folder, by report name."""
    found = (load_manifest(path) for path in sorted(folder.glob("*" + SUFFIX)))
    return [manifest for manifest in found if manifest is not None]


def load_run(run: Path) -> dict[str, Any] | None:
    """The manifest in a run's own folder, whichever report it is of."""
    return _ours(run / "manifest.json", None, _NEEDED)


def load_error(path: Path) -> dict[str, Any] | None:
    """What a run failed with, of this schema, or None where there is none."""
    return _ours(path, path.parent.name, _NEEDED_OF_FAILURE)


def strangers(folder: Path) -> list[str]:
    """Manifests and failures in a study's folder that are not ones of ours, by name."""
    placed = (p for p in folder.glob(f"*{SUFFIX}") if load_manifest(p) is None)
    failed = (p for p in folder.glob("failed/*/error.json") if load_error(p) is None)
    return sorted(p.relative_to(folder).as_posix() for p in (*placed, *failed))


def _ours(
    path: Path, report: str | None, needed: Mapping[str, Any]
) -> dict[str, Any] | None:
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(held, dict) and held.get("schema") == SCHEMA
    fits = known and _fits(held, needed) and report in (None, held["report"])
    return held if fits else None


def _fits(value: Any, needed: Any) -> bool:
    """Whether a value has the shape: a type, a list's item, or a mapping's keys."""
    if isinstance(needed, Mapping):
        return isinstance(value, dict) and all(
            name in value and _fits(value[name], kind) for name, kind in needed.items()
        )
    if isinstance(needed, list):
        return isinstance(value, list) and all(_fits(one, needed[0]) for one in value)
    return isinstance(value, needed)


def damaged_output(folder: Path, manifest: Mapping[str, Any]) -> str | None:
    """The first file of a manifest that is gone or changed; None if all are whole."""
    for output in manifest["outputs"]:
        path = folder / output["path"]
        if not path.is_file() or sha256(path.read_bytes()) != output["sha256"]:
            return str(output["path"])
    return None


def table_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every key of any row, in the order first met."""
    return list(dict.fromkeys(key for row in rows for key in row))


def table_text(value: object) -> str:
    """A cell as people read it: three digits or so, nothing for what is missing."""
    if value is None or value != value:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(table_text, value))
    return with_minus(f"{value:.3g}") if isinstance(value, float) else str(value)


def headline_text(row: Mapping[str, Any], column: str) -> str:
    """A cell of a headline as people read it; p by the rule of all tables."""
    value = row.get(column)
    if column == "p_value" and isinstance(value, float):
        return p_value(value)
    return table_text(value)


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: Any) -> bytes:
    """Readable JSON that ends in a line feed."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target, flush to the disk, then replace it by one rename."""
    temporary = temporary_name(path.parent)
    try:
        write_flushed(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_flushed(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def temporary_name(folder: Path) -> Path:
    """A name in ``folder`` that the next run sweeps away if this one is killed."""
    return folder / f"{TEMPORARY}{secrets.token_hex(8)}"


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _add(found: dict[str, list[Any]], card: Any) -> None:
    for name, items in found.items():
        new = card.get(name, []) if isinstance(card, dict) else None
        kind = str if name == "warnings" else dict
        if not isinstance(new, list) or not all(isinstance(one, kind) for one in new):
            raise ReportError(
                f"a report card needs {name} to be a list of {kind.__name__}, "
                f"got {new!r}; make it with display.report_card"
            )
        items.extend(one for one in new if one not in items)
