"""The index pages, made from manifests alone: what is in place, and what failed.

A pure function of what it is given: the same manifests give the same bytes. Its pages
are plain HTML with relative links, and need no server and no script.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from migration.report.manifest import (
    SUFFIX,
    list_manifests,
    strangers,
    table_columns,
    table_text,
    write_whole,
)
from migration.report.neutral import neutral
from migration.report.publish import FAILED, list_failures
from migration.report.style import style

INDEX = "index.html"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_HEADLINE = (
    "What each report says first, with 95% intervals; the report says what it can and "
    "cannot mean"
)
# The change in words holds these; the manifest keeps them as numbers.
_FIRST = ("app", "change", "p_value")  # what a narrow screen shows of a row
_SAID_BY_CHANGE = {"estimate", "conf_low", "conf_high", "estimand"}
Record = Mapping[str, Any]


def write_indexes(reports: Path) -> None:
    """Make the index of every study, and the one above them, where they changed."""
    studies, strange = [], []
    for folder in sorted(path for path in reports.iterdir() if path.is_dir()):
        if folder.is_symlink():
            continue  # nothing is written through a link
        manifests, failures = list_manifests(folder), list_failures(folder)
        odd = strangers(folder)
        strange += [f"{folder.name}/{name}" for name in odd]
        if manifests or failures:
            _replace(folder / INDEX, study_index(manifests, failures, odd))
            studies.append((folder.name, manifests, failures))
    _replace(reports / INDEX, root_index(studies, strange))


def study_index(
    manifests: Sequence[Record],
    failures: Sequence[Record],
    strange: Sequence[str] = (),
) -> str:
    """The page of one study: failures first, then the numbers, then the reports.

    ``strange`` are files in the place of manifests that are not ones of ours.
    """
    first = [*manifests, *failures][0]
    failed = {str(failure["report"]) for failure in failures}
    parts = [
        _failures(failures, {str(m["report"]) for m in manifests}),
        _strange(strange),
        _headlines(manifests),
        _reports(manifests, failed),
        '<p class="provenance"><a href="../index.html">All studies</a></p>',
    ]
    return _page(
        title=str(first["study_title"]),
        lead=str(first["question"]),
        body="\n".join(part for part in parts if part),
        simulated=any(record["simulated"] for record in (first, *manifests)),
    )


def root_index(
    studies: Sequence[tuple[str, Sequence[Record], Sequence[Record]]],
    strange: Sequence[str] = (),
) -> str:
    """The page above all studies."""
    rows = [
        [
            f'<a href="{escape(name)}/{INDEX}">'
            f"{escape(str([*manifests, *failures][0]['study_title']))}</a>",
            "SIMULATED" if [*manifests, *failures][0]["simulated"] else "observed",
            str(len(manifests)),
            _count_failed(failures),
            max((str(m["timing"]["finished"]) for m in manifests), default=""),
        ]
        for name, manifests, failures in studies
    ]
    head = ["Study", "Data", "Reports", "Failed", "Last rendered (UTC)"]
    body = _table("Studies", head, rows) if rows else "<p>No report yet.</p>"
    body = _strange(strange) + body
    return _page(title="Reports", lead="", body=body, simulated=False)


def _failures(failures: Sequence[Record], placed: set[str]) -> str:
    """What failed, in view at the top, with where to read why."""
    items = "".join(
        f"<li><strong>{escape(str(one['report']))}</strong>"
        f"{_where(one)}: {escape(neutral(str(one['message'])))} "
        f'<a href="{FAILED}/{escape(str(one["report"]))}/traceback.txt">Traceback</a>, '
        f"{escape(str(one['timing']['finished']))} UTC. {_stands(one, placed)}</li>"
        for one in failures
    )
    return (
        '<aside class="warnings" aria-labelledby="failed"><h2 id="failed">Failed</h2>'
        f"<ul>{items}</ul></aside>"
        if items
        else ""
    )


def _strange(names: Sequence[str]) -> str:
    """Files that stand where a manifest does, and are none that reads here."""
    items = "".join(f"<li><code>{escape(name)}</code></li>" for name in names)
    return (
        '<aside class="warnings" aria-labelledby="strange"><h2 id="strange">Not read'
        "</h2><p>These are not manifests of this program, or are of an older version "
        "or damaged: render the reports again, or remove the files.</p>"
        f"<ul>{items}</ul></aside>"
        if items
        else ""
    )


def _where(failure: Record) -> str:
    return f", cell {failure['cell']}" if failure.get("cell") else ""


def _stands(failure: Record, placed: set[str]) -> str:
    if failure["report"] in placed:
        return "The report below is the last good one."
    return "There is no earlier good report."


def _headlines(manifests: Sequence[Record]) -> str:
    """All headline rows of the study, each with the report that it comes from."""
    rows = [(m, row) for m in manifests for row in m["headline"]]
    columns = table_columns(row for _, row in rows)
    if all(row.get("change") for _, row in rows):
        columns = [c for c in columns if c not in {*_SAID_BY_CHANGE, *_FIRST}]
        columns = [*_FIRST, *columns]
    said = "".join(_answers(m) for m in manifests)
    if not rows:
        return f"<h2>Answers</h2>{said}" if said else ""
    cells = [
        [*(escape(table_text(row.get(c))) for c in columns), _link(m)]
        for m, row in rows
    ]
    head = [*(column.replace("_", " ") for column in columns), "report"]
    return "<h2>Headline</h2>" + _table(_HEADLINE, head, cells) + said


def _answers(manifest: Record) -> str:
    """What a report answers, one finding a line where there are several."""
    texts = [escape(text) for text in manifest.get("answers", ())]
    if len(texts) > 1:
        items = "".join(f"<li>{text}</li>" for text in texts)
        return f'<p>{_link(manifest)}</p><ul class="answers">{items}</ul>'
    return "".join(f"<p>{_link(manifest)}: {text}</p>" for text in texts)


def _reports(manifests: Sequence[Record], failed: set[str]) -> str:
    if not manifests:
        return ""
    head = ["Report", "Status", "Parameters", "Data vintage", "Rendered (UTC)"]
    head += ["Took", "Files"]
    rows = [
        [
            _link(m),
            _status(m, failed),
            escape(", ".join(f"{k}={v}" for k, v in m["given"].items()) or "defaults"),
            escape(_vintage(m["vintage"])),
            escape(str(m["timing"]["finished"])),
            f"{m['timing']['seconds']:.0f} s",
            f'<a href="{escape(m["run"])}/report.ipynb">notebook</a>, '
            f'<a href="{escape(str(m["report"]))}{SUFFIX}">manifest</a>',
        ]
        for m in manifests
    ]
    return "<h2>Reports</h2>" + _table("Each with its last good run", head, rows)


def _status(manifest: Record, failed: set[str]) -> str:
    if manifest["report"] in failed:
        return '<span class="bad">last good; a later run failed</span>'
    return "ok, SIMULATED" if manifest["simulated"] else "ok"


def _count_failed(failures: Sequence[Record]) -> str:
    return f'<span class="bad">{len(failures)}</span>' if failures else "0"


def _link(manifest: Record) -> str:
    return (
        f'<a href="{escape(str(manifest["report"]))}.html">'
        f"{escape(str(manifest['title']))}</a>"
    )


def _vintage(rows: Sequence[Record]) -> str:
    """Each source with the day it was retrieved, where that is known."""
    found = (f"{row.get('source', '?')} {_retrieved(row)}".strip() for row in rows)
    return ", ".join(dict.fromkeys(found))


def _retrieved(row: Record) -> str:
    """The day of it; a clock's reading is cut, words stay whole."""
    text = str(row.get("retrieved") or row.get("retrieved_at") or "")
    return text[:10] if text[:4].isdigit() else f"({text})" if text else ""


def _table(caption: str, head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; heads are plain text."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="table" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f'<table class="plain"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _page(*, title: str, lead: str, body: str, simulated: bool) -> str:
    banner = (
        '<p class="banner"><strong>SIMULATED</strong> The numbers of this study come '
        "from invented data. None is an observation.</p>\n"
        if simulated
        else ""
    )
    question = f'<p class="question">{escape(lead)}</p>\n' if lead else ""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{style()}
</style>
</head>
<body class="index">
<a class="skip" href="#index">Skip to the list</a>
{banner}<main id="index">
<h1>{escape(title)}</h1>
{question}{body}
</main>
</body>
</html>
"""


def _replace(path: Path, text: str) -> None:
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
