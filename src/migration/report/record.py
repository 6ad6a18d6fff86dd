"""What is written of a run: its manifest but for the outputs, or its failure.

The only place where times stand. A failure is kept without paths of this machine, for
it is shown in the index; the screen is told the whole text.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from migration.report.manifest import SCHEMA
from migration.report.neutral import neutral, neutral_all
from migration.report.observed import as_rows
from migration.report.plan import Job
from migration.report.provenance import SEED, Code, input_rows, lock_state
from migration.report.publish import NOTEBOOK
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.report.make import Made
    from migration.report.render import Failure

_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Which run made a report, where, of which code, and when it was started."""

    run_id: str
    started: dt.datetime
    workspace: Workspace
    code: Code


def run_record(job: Job, made: "Made", timed: Timed) -> dict[str, Any]:
    """The manifest, but for its outputs."""
    return {
        "schema": SCHEMA,
        "study": job.study.id,
        "study_title": job.study.title,
        "question": job.study.question,
        "simulated": job.study.simulated or made.card.simulated,
        "report": job.name,
        "title": made.title,
        "notebook": job.notebook.name,
        "run_id": timed.run_id,
        "key": job.key,
        "status": "ok",
        "why": list(job.why),
        "given": dict(job.given),
        "market": job.market,
        "market_name": job.study.market(job.market).name if job.market else None,
        "params": dict(job.values),
        "answers": list(made.card.answers),
        "headline": list(made.card.headline),
        "paths": [dict(one) for one in made.card.paths],
        "vintage": list(made.card.vintage),
        "warnings": list(made.card.warnings),
        "figures": [dict(one) for one in made.figures],
        "observed": as_rows(made.observed),
        "components": dict(job.parts),
        **_origins(job, made, timed),
        "timing": _timing(made, timed.started),
    }


def _origins(job: Job, made: "Made", timed: Timed) -> dict[str, Any]:
    """What it was made from, beside the key's components."""
    parts = job.parts
    lock, as_locked = lock_state(parts["environment"], timed.workspace)
    return {
        "inputs": input_rows(job.inputs, made.card.vintage, timed.workspace),
        "seed": _seed(job),
        "code": {
            **timed.code,
            "package": parts["package"],
            "notebook": parts["notebook"],
        },
        "env": {**parts["environment"], "lock": lock, "as_locked": as_locked},
        "peak_rss_mb": made.peak_rss_mb,
    }


def _seed(job: Job) -> int:
    """The notebook's own, where it takes one, else that of this package's draws."""
    own = job.values.get("seed")
    return own if isinstance(own, int) else SEED


def _timing(made: "Made", started: dt.datetime) -> dict[str, Any]:
    return {
        "started": f"{started:{_CLOCK}}",
        "finished": f"{dt.datetime.now(dt.UTC):{_CLOCK}}",
        "seconds": made.seconds,
        "cells": list(made.cells),
    }


def failure_record(
    record: Mapping[str, Any], failure: "Failure", folders: Mapping[str, str]
) -> dict[str, Any]:
    """What the index shows of a failed run; ``folders`` are not to be named in it."""
    said = {k: v for k, v in asdict(failure).items() if k != "timed_out"}
    status = "timeout" if failure.timed_out else "failed"
    for name in ("message", "traceback"):
        said[name] = neutral(said[name], folders)
    return {**record, "status": status, **said}


def failure_files(
    files: Mapping[str, bytes], error: Mapping[str, Any], folders: Mapping[str, str]
) -> dict[str, bytes]:
    """The executed notebook and the traceback of a failed run, without paths."""
    trace = error["traceback"] or error["message"]
    kept = {name: files[name] for name in files if name != NOTEBOOK}
    if NOTEBOOK in files:
        kept[NOTEBOOK] = _without_paths(files[NOTEBOOK], folders)
    return {**kept, "traceback.txt": f"{trace}\n".encode()}


def _without_paths(content: bytes, folders: Mapping[str, str]) -> bytes:
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            _clean(output, folders)
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _clean(output: dict[str, Any], folders: Mapping[str, str]) -> None:
    """Make what an output says neutral; a figure's bytes are no text."""
    for name in ("evalue", "traceback", "text"):
        if name in output:
            output[name] = neutral_all(output[name], folders)
    for kind, value in output.get("data", {}).items():
        if kind in ("text/plain", "text/markdown"):
            output["data"][kind] = neutral_all(value, folders)
