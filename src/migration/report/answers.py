"""What reports say first, on the index: a table of numbers, then answers in words."""

from collections.abc import Sequence
from html import escape

from migration.report.manifest import headline_text, table_columns
from migration.report.pages import Record, link, table

_HEADLINE = (
    "What each report says first, with 95% intervals; the report says what it can and "
    "cannot mean"
)
# The change in words holds these; the manifest keeps them as numbers.
_FIRST = ("app", "change", "p_value")  # what a narrow screen shows of a row
_IN_ONE_LINE = {"change", "days"}
_SAID_BY_CHANGE = {"estimate", "conf_low", "conf_high", "estimand"}


def headlines(manifests: Sequence[Record]) -> str:
    """All headline rows of the study, each with the report that it comes from."""
    rows = [(m, row) for m in manifests for row in m["headline"]]
    columns = table_columns(row for _, row in rows)
    if all(row.get("change") for _, row in rows):
        columns = [c for c in columns if c not in {*_SAID_BY_CHANGE, *_FIRST}]
        columns = [*_FIRST, *columns]
    said = "".join(_answers(m) for m in manifests)
    if not rows:
        return f'<h2 id="headline">Answers</h2>{said}' if said else ""
    cells = [
        [*(_headline_cell(row, c) for c in columns), _titled(m)] for m, row in rows
    ]
    head = [*(_heading(column) for column in columns), "Report"]
    return '<h2 id="headline">Headline</h2>' + table(_HEADLINE, head, cells) + said


def _headline_cell(row: Record, column: str) -> str:
    """A cell; an interval or some days in one line, or rows are tall on a telephone."""
    text = escape(headline_text(row, column))
    return f'<td class="short">{text}</td>' if column in _IN_ONE_LINE else text


def _titled(manifest: Record) -> str:
    """Its report, in a cell that a narrow screen does not make tall."""
    return f'<td class="title">{link(manifest)}</td>'


def _heading(column: str) -> str:
    words = column.replace("_", " ")
    return "p" if column == "p_value" else f"{words[:1].upper()}{words[1:]}"


def _answers(manifest: Record) -> str:
    """What a report answers first, and folded below it each finding by itself."""
    texts = [escape(text) for text in manifest.get("answers", ())]
    if not texts:
        return ""
    first = f"<p>{link(manifest)}: {texts[0]}</p>"
    if len(texts) == 1:
        return first
    items = "".join(f"<li>{text}</li>" for text in texts[1:])
    more = (
        f"Each of {len(texts) - 1} findings" if len(texts) > 2 else "One finding more"
    )
    folded = f'<summary>{more}</summary><ul class="answers">{items}</ul>'
    return f'{first}<details class="findings">{folded}</details>'
