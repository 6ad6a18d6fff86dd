"""What held of a report before its page was published, in words for the page.

Each is the same wherever the report is made. What depends on a checkout or a lock is
told by the manifest and the index: see ``provenance``.
"""

from nbformat import NotebookNode

from migration.errors import ReportError
from migration.report.observed import Read
from migration.report.outputs import INJECTED, figures
from migration.report.plan import Job
from migration.report.provenance import SEED


def held(
    notebook: NotebookNode, job: Job, reads: tuple[Read, ...]
) -> tuple[tuple[str, str], ...]:
    """Name and finding of each check, for a notebook that ran whole.

    Raises
    ------
    ReportError
        If a cell did not run in its order, or a figure says nothing in words.
    """
    counts = [
        cell.execution_count
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.source.strip()
        and INJECTED not in cell.metadata.get("tags", [])
    ]
    if counts != sorted(set(counts)):
        raise ReportError(f"its cells ran out of order, or twice: {counts}")
    drawn = figures(notebook)
    if bare := sum(not one["alt"] for one in drawn):
        raise ReportError(f"{bare} of its {len(drawn)} figures have no description")
    own = job.values.get("seed")
    seed = f"{own}, a parameter of the notebook; " if isinstance(own, int) else ""
    return (
        ("Cells ran in order", f"all {len(counts)}, each once"),
        ("Inputs as declared", _inputs(len(job.inputs), len(reads))),
        ("Seed set", f"{seed}{SEED} in every draw of migration"),
        ("Figures described", f"all {len(drawn)}" if drawn else "there is none"),
    )


def _inputs(declared: int, beside: int) -> str:
    noted = f", {beside} noted as they were read" if beside else ""
    return f"{declared} files in the key{noted}, no other data seen"
