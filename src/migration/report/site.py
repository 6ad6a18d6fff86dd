"""The index pages, made from manifests alone: what is in place, and what failed.

A pure function of what it is given: the same manifests give the same bytes. Its pages
are plain HTML with relative links, need no server, and can be read without a script.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from migration.report import market_index, tiles
from migration.report.changes import CHANGES, changes_section, last_changes
from migration.report.feed import study_feed
from migration.report.manifest import (
    list_manifests,
    strangers,
    table_columns,
    table_text,
    write_whole,
)
from migration.report.neutral import neutral
from migration.report.owner import place_of
from migration.report.pages import (
    FEED,
    Frame,
    Record,
    address,
    link,
    page,
    parameters,
    run_files,
    status,
    table,
    vintage,
    when,
)
from migration.report.publish import FAILED, list_failures
from migration.report.small_paths import paths_of, paths_section
from migration.report.thumbnails import load_thumbnails

INDEX = "index.html"
_HEADLINE = (
    "What each report says first, with 95% intervals; the report says what it can and "
    "cannot mean"
)
# The change in words holds these; the manifest keeps them as numbers.
_FIRST = ("app", "change", "p_value")  # what a narrow screen shows of a row
_IN_ONE_LINE = {"change", "days"}
_SAID_BY_CHANGE = {"estimate", "conf_low", "conf_high", "estimand"}
_LAST = (
    f'<p class="provenance"><a href="../{INDEX}">All studies</a> · '
    f'<a href="{FEED}">What changed, run by run</a> (Atom feed)</p>'
)


def write_indexes(reports: Path) -> None:
    """Make every study's index and feed, and the index above, where they changed."""
    place, studies, strange = place_of(reports), [], []
    for folder in sorted(path for path in reports.iterdir() if path.is_dir()):
        if folder.is_symlink():
            continue  # nothing is written through a link
        manifests, failures = list_manifests(folder), list_failures(folder)
        odd = strangers(folder)
        strange += [f"{folder.name}/{name}" for name in odd]
        if manifests or failures:
            images = load_thumbnails(folder, manifests)
            text = study_index(manifests, failures, odd, thumbnails=images)
            _replace(folder / INDEX, text)
            _replace(folder / FEED, study_feed(manifests, failures, place=place))
            studies.append((folder.name, manifests, failures))
    _replace(reports / INDEX, root_index(studies, strange))


def study_index(
    manifests: Sequence[Record],
    failures: Sequence[Record],
    strange: Sequence[str] = (),
    *,
    changes: Sequence[Mapping[str, object]] | None = None,
    thumbnails: Mapping[str, bytes] | None = None,
) -> str:
    """The page of one study: failures first, then the numbers, then the reports.

    Parameters
    ----------
    manifests, failures : sequences of records
    strange : sequence of str
        Files in the place of manifests that are not ones of ours.
    changes : sequence of mappings, optional
        What changed most recently: ``report, title, what, before, after, why`` each;
        by default what the manifests' own histories say.
    thumbnails : mapping of str to bytes, optional
        Report to the PNG of the figure that it leads with.
    """
    first = [*manifests, *failures][0]
    failed = {str(failure["report"]) for failure in failures}
    told = last_changes(manifests) if changes is None else changes
    parts = [
        _failures(failures, {str(m["report"]) for m in manifests}),
        _strange(strange),
    ]
    many = market_index.has_markets([*manifests, *failures])
    if many:
        parts += _by_market(manifests, failures, told, thumbnails or {})
    else:
        parts += [market_index.figures_section(manifests, thumbnails or {})]
        parts += [_headlines(manifests), _reports(manifests, failed)]
        parts += [changes_section(told)]
    frame = Frame(
        title=str(first["study_title"]),
        lead=str(first["question"]),
        simulated=any(record["simulated"] for record in (first, *manifests)),
        sortable=bool(manifests),
        feed=True,
    )
    return page(frame, "\n".join(part for part in (*parts, _LAST) if part))


def root_index(
    studies: Sequence[tuple[str, Sequence[Record], Sequence[Record]]],
    strange: Sequence[str] = (),
) -> str:
    """The page above all studies."""
    rows = [
        [
            f'<a href="{address(name)}/{INDEX}">'
            f"{escape(str([*manifests, *failures][0]['study_title']))}</a>",
            "SIMULATED" if [*manifests, *failures][0]["simulated"] else "observed",
            str(len(manifests)),
            _count_failed(failures),
            max((str(m["timing"]["finished"]) for m in manifests), default=""),
        ]
        for name, manifests, failures in studies
    ]
    head = ["Study", "Data", "Reports", "Failed", "Last rendered (UTC)"]
    body = table("Studies", head, rows) if rows else "<p>No report yet.</p>"
    return page(Frame(title="Reports"), _strange(strange) + body)


def _by_market(
    manifests: Sequence[Record],
    failures: Sequence[Record],
    changes: Sequence[Mapping[str, object]],
    thumbnails: Mapping[str, bytes],
) -> list[str]:
    """The parts of a page with many markets, with links to each at the top."""
    own, others = market_index.split_markets(manifests)
    failed = {str(failure["report"]) for failure in failures}
    lost, _ = market_index.split_markets(failures)
    # A market's small drawing says more than its figure made small.
    drawn = [*others, *(one for one in own if not paths_of(one))]
    parts = [
        ("changes", CHANGES, changes_section(changes)),
        ("headline", "Headline", _headlines(others)),
        ("markets", "By market", tiles.tiles_section(own, lost)),
        ("reports", "Reports", market_index.reports_section(manifests, failed)),
        ("paths", "Day by day", paths_section(own)),
        (
            "figures",
            market_index.FIGURES,
            market_index.figures_section(drawn, thumbnails),
        ),
    ]
    return [market_index.contents(parts), *(part for _, _, part in parts)]


def _failures(failures: Sequence[Record], placed: set[str]) -> str:
    """What failed, in view at the top, with where to read why."""
    items = "".join(
        f"<li><strong>{escape(str(one['report']))}</strong>"
        f"{_where(one)}: {escape(neutral(str(one['message'])))} "
        f'<a href="{FAILED}/{address(one["report"])}/traceback.txt">Traceback</a>, '
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
        return f'<h2 id="headline">Answers</h2>{said}' if said else ""
    cells = [[*(_headline_cell(row, c) for c in columns), link(m)] for m, row in rows]
    head = [*(_heading(column) for column in columns), "Report"]
    return '<h2 id="headline">Headline</h2>' + table(_HEADLINE, head, cells) + said


def _headline_cell(row: Record, column: str) -> str:
    """A cell; an interval or some days in one line, or rows are tall on a telephone."""
    text = escape(table_text(row.get(column)))
    return f'<td class="short">{text}</td>' if column in _IN_ONE_LINE else text


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


def _reports(manifests: Sequence[Record], failed: set[str]) -> str:
    if not manifests:
        return ""
    head = ["Report", "Status", "Parameters", "Data vintage", "Rendered (UTC)"]
    head += ["Took", "Files"]
    rows = [
        [
            link(m),
            status(m, failed),
            parameters(m),
            escape(vintage(m["vintage"])),
            when(m),
            _took(m["timing"]["seconds"]),
            run_files(m),
        ]
        for m in manifests
    ]
    caption = "Each with its last good run"
    return "<h2>Reports</h2>" + table(caption, head, rows, sortable=True)


def _took(seconds: float) -> str:
    return f'<td class="short" data-sort="{seconds}">{seconds:.0f} s</td>'


def _count_failed(failures: Sequence[Record]) -> str:
    return f'<span class="bad">{len(failures)}</span>' if failures else "0"


def _replace(path: Path, text: str) -> None:
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
