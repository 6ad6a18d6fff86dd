"""The index pages, made from manifests alone: what is in place, and what failed.

A pure function of what it is given: the same manifests give the same bytes. Its pages
are plain HTML with relative links, need no server, and can be read without a script.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from migration.report import market_index, tiles
from migration.report.answers import headlines
from migration.report.changes import CHANGES, changes_section, last_changes
from migration.report.feed import study_feed
from migration.report.gone import LABEL, gone_section, load_gone, parted
from migration.report.manifest import (
    list_manifests,
    strangers,
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
from migration.report.provenance import made_from
from migration.report.publish import FAILED, list_failures
from migration.report.small_paths import paths_of, paths_section
from migration.report.thumbnails import load_thumbnails

INDEX = "index.html"
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
            images, gone = load_thumbnails(folder, manifests), load_gone(folder)
            text = study_index(manifests, failures, odd, thumbnails=images, gone=gone)
            _replace(folder / INDEX, text)
            _replace(folder / FEED, study_feed(manifests, failures, place=place))
            studies.append(Listed(folder.name, manifests, failures, gone))
    _replace(reports / INDEX, root_index(studies, strange))


def study_index(
    manifests: Sequence[Record],
    failures: Sequence[Record],
    strange: Sequence[str] = (),
    *,
    thumbnails: Mapping[str, bytes] | None = None,
    gone: Collection[str] = (),
) -> str:
    """The page of one study: failures first, then the numbers, then the reports.

    What nothing makes any more has a section of its own, and counts in no other.

    Parameters
    ----------
    manifests, failures : sequences of records
    strange : sequence of str
        Files in the place of manifests that are not ones of ours.
    thumbnails : mapping of str to bytes, optional
        Report to the PNG of the figure that it leads with.
    gone : collection of str
        Reports that nothing makes any more.
    """
    first = [*manifests, *failures][0]
    simulated = any(record["simulated"] for record in (first, *manifests))
    manifests, old = parted(manifests, gone)
    failures, lost = parted(failures, gone)
    left = gone_section(old, lost)
    told = last_changes(manifests)
    parts = [_failures(failures, _names(manifests)), _strange(strange)]
    if market_index.has_markets([*manifests, *failures]):
        parts += _by_market(manifests, failures, told, thumbnails or {}, left)
    else:
        parts += [market_index.figures_section(manifests, thumbnails or {})]
        parts += [headlines(manifests), _reports(manifests, _names(failures))]
        parts += [changes_section(told), left]
    frame = Frame(
        title=str(first["study_title"]),
        lead=str(first["question"]),
        simulated=simulated,
        sortable=bool(manifests),
        feed=True,
    )
    parts += [made_from(manifests), _LAST]
    return page(frame, "\n".join(part for part in parts if part))


@dataclass(frozen=True)
class Listed:
    """A study on the page above all: its folder, and what is in it."""

    name: str
    manifests: Sequence[Record]
    failures: Sequence[Record]
    gone: Collection[str] = ()


def root_index(studies: Sequence[Listed], strange: Sequence[str] = ()) -> str:
    """The page above all studies."""
    rows = [_study_row(one) for one in studies]
    head = ["Study", "Data", "Reports", "Failed", "Last rendered (UTC)"]
    body = table("Studies", head, rows) if rows else "<p>No report yet.</p>"
    return page(Frame(title="Reports"), _strange(strange) + body)


def _study_row(study: Listed) -> list[str]:
    """A study in a line; what nothing makes any more is not counted."""
    first = [*study.manifests, *study.failures][0]
    manifests, _ = parted(study.manifests, study.gone)
    failures, _ = parted(study.failures, study.gone)
    return [
        f'<a href="{address(study.name)}/{INDEX}">'
        f"{escape(str(first['study_title']))}</a>",
        "SIMULATED" if first["simulated"] else "observed",
        str(len(manifests)),
        _count_failed(failures),
        max((str(m["timing"]["finished"]) for m in manifests), default=""),
    ]


def _by_market(
    manifests: Sequence[Record],
    failures: Sequence[Record],
    changes: Sequence[Mapping[str, object]],
    thumbnails: Mapping[str, bytes],
    left: str,
) -> list[str]:
    """The parts of a page with many markets, with links to each at the top."""
    own, others = market_index.split_markets(manifests)
    failed = {str(failure["report"]) for failure in failures}
    lost, _ = market_index.split_markets(failures)
    # A market's small drawing says more than its figure made small.
    drawn = [*others, *(one for one in own if not paths_of(one))]
    parts = [
        ("changes", CHANGES, changes_section(changes)),
        ("headline", "Headline", headlines(others)),
        ("markets", "By market", tiles.tiles_section(own, lost)),
        ("reports", "Reports", market_index.reports_section(manifests, failed)),
        ("paths", "Day by day", paths_section(own)),
        (
            "figures",
            market_index.FIGURES,
            market_index.figures_section(drawn, thumbnails),
        ),
        ("gone", LABEL, left),
    ]
    return [market_index.contents(parts), *(part for _, _, part in parts)]


def _names(records: Sequence[Record]) -> set[str]:
    return {str(record["report"]) for record in records}


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
    if not failure["given"] and not failure.get("market"):
        return "There is no earlier good report."
    place = f"{FAILED}/{failure['report']}"
    return (
        "There is no earlier good report. Ask for it again, or delete the folder "
        f"<code>{escape(place)}</code> to forget it: the next run takes it off this "
        "page."
    )


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
