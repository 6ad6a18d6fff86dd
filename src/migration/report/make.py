"""One job into files in memory: run its notebook, judge it, make and check its page.

The only door to the notebook libraries; imported when a report must be rendered.
"""

import json
import re
import warnings as python_warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migration.report.spared import spared

with python_warnings.catch_warnings():
    # What the notebook libraries say of one another at import concerns no report.
    python_warnings.simplefilter("ignore")
    with spared():
        import nbformat
        import papermill  # noqa: F401 - by the modules below
        from nbformat import NotebookNode

    from migration.report.held import held
    from migration.report.html import Page, check_html, split_title, to_html
    from migration.report.outputs import (
        figures,
        tidy,
        with_images,
        without_images,
    )
    from migration.report.pdf import to_pdf
    from migration.report.render import Execution, Failure, execute

from migration.errors import ReportError
from migration.report.declared import undeclared, undeclared_programs
from migration.report.extras import PDF
from migration.report.keys import inputs_digest
from migration.report.manifest import Card, read_card
from migration.report.neutral import machine_folders
from migration.report.observed import Places, Read, read_log, started
from migration.report.parameters import Value
from migration.report.plan import Job
from migration.report.publish import NOTEBOOK, PAGE
from migration.report.workshop import Workshop
from migration.workspace import Workspace

_MARKS = re.compile(r"([\\`*_\[\]<&])")  # of Markdown; a name is none


@dataclass(frozen=True, kw_only=True)
class Made:
    """Files of a report, or of a failed one, by name, and what its notebook said."""

    files: Mapping[str, bytes]
    title: str
    card: Card
    figures: tuple[Mapping[str, str], ...]
    seconds: float
    cells: tuple[float, ...]
    observed: tuple[Read, ...]
    outside: Mapping[str, str]
    failure: Failure | None
    peak_rss_mb: int | None = None


def make(
    job: Job,
    workspace: Workspace,
    shop: Workshop,
    *,
    timeout: float,
    on_cell: Callable[[int, int], None],
) -> Made:
    """Run the notebook of a job and build its files; nothing is written."""
    values = {**job.values, "study": job.argument}
    with shop.session() as session:
        ran = execute(job.content, values, session, timeout=timeout, on_cell=on_cell)
        declared = frozenset(one.name for one in job.inputs)
        places = Places(job.study, workspace)
        observed, outside = read_log(session.opened, places, declared)
        programs = started(session.opened)
    shop.done(session)
    return _built(job, ran, _Observed(observed, outside, programs), workspace.root)


@dataclass(frozen=True)
class _Observed:
    """What the kernel read and started, and where the files outside lie."""

    reads: tuple[Read, ...]
    outside: Mapping[str, str]
    programs: tuple[str, ...]


def _built(job: Job, ran: Execution, seen: _Observed, root: Path) -> Made:
    """The files of a report, or of a failed one."""
    notebook = _placed(tidy(ran.notebook, shown=job.study.id), job)
    files = {NOTEBOOK: _notebook_bytes(notebook)}
    title, _ = split_title(notebook, job.name)
    card, failure = Card(), ran.failure or _untold(job, seen)
    if failure is None:
        try:
            card = read_card(notebook)
            told = tuple(one for one in seen.reads if _is_told(one))
            page = _page(job, card, told, held(notebook, job, told))
            light, images = without_images(notebook)
            text = _checked(to_html(light, page), job, root)
            whole = with_images(text, images)
            files[PAGE] = whole.encode()
            if job.pdf:
                files[PDF] = to_pdf(notebook, page, html=whole)
        except ReportError as error:
            failure = Failure(message=str(error))
    return Made(
        files=files,
        title=title,
        card=card,
        figures=figures(notebook),
        seconds=ran.seconds,
        cells=ran.cells,
        observed=seen.reads,
        outside=seen.outside,
        failure=failure,
        peak_rss_mb=ran.peak_rss_mb,
    )


def _placed(notebook: NotebookNode, job: Job) -> NotebookNode:
    """The notebook with its market's name before its title: many have that one."""
    if job.market is None:
        return notebook
    name = _MARKS.sub(r"\\\1", job.study.market(job.market).name)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            cell["source"] = f"# {name}: {cell.source.removeprefix('# ').lstrip()}"
            break
    return notebook


def _untold(job: Job, seen: _Observed) -> Failure | None:
    """A notebook that ran, and read or started what it does not say, has failed."""
    message = undeclared(seen.reads, job.values)
    message = message or undeclared_programs(seen.programs, job.values)
    return Failure(message=message) if message else None


def _notebook_bytes(notebook: NotebookNode) -> bytes:
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return f"{text}\n".encode()


def _page(
    job: Job,
    card: Card,
    observed: tuple[Read, ...],
    checks: tuple[tuple[str, str], ...],
) -> Page:
    environment = job.parts["environment"]
    versions = {"Python": environment["python"], **environment["packages"]}
    return Page(
        study=job.study.title,
        question=job.study.question,
        simulated=job.study.simulated or card.simulated,
        version=environment["packages"].get("platform-migration", ""),
        fallback_title=job.name,
        parameters=[(k, _shown(v)) for k, v in job.values.items()],
        asked=bool(job.given or job.market),
        vintage=card.vintage,
        warnings=card.warnings,
        answers=card.answers,
        versions=[*versions.items(), ("source of migration", job.parts["package"])],
        inputs_hash=inputs_digest(job.inputs),
        n_inputs=len(job.inputs),
        observed=[(one.name, one.sha256) for one in observed],
        checks=checks,
    )


def _is_told(one: Read) -> bool:
    """Whether the page names it: a panel is there or not as it was built before."""
    return bool(one.sha256) and not one.name.startswith("workspace:data/processed/")


def _checked(text: str, job: Job, root: Path) -> str:
    """The page, checked; its figures are not in it yet.

    Raises
    ------
    ReportError
        If the page would load something, lack a text, or name this machine's folders.
    """
    private = machine_folders(root, [job.study.path.parent])
    if problems := check_html(text, private=list(private)):
        raise ReportError(
            "its page is not fit to publish: " + "; ".join(dict.fromkeys(problems))
        )
    return text


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
