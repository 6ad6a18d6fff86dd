"""The parts that the index pages share: a page, a table, a link, a status.

Pages are plain HTML with relative links. One script may stand in a page, named by its
hash in the page's policy; without it everything is still there and can be read.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from migration.report.style import style

Record = Mapping[str, Any]
MOST_PAGE_BYTES = 1_000_000  # of a page that opens at once and fits an e-mail
FEED = "feed.xml"
_BANNER = (
    '<p class="banner" role="region" aria-label="Simulated data"><strong>SIMULATED'
    "</strong> The numbers of this study come from invented data. None is an "
    "observation.</p>\n"
)
_FEED = (
    f'<link rel="alternate" type="application/atom+xml" href="{FEED}" '
    'title="What changed, run by run">\n'
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around the body of an index page."""

    title: str
    lead: str = ""
    simulated: bool = False
    sortable: bool = False
    feed: bool = False


@cache
def sort_script() -> str:
    """The one script: buttons in the heads of a table, and the age of a date."""
    folder = files("migration").joinpath("report", "template", "report")
    return folder.joinpath("sort.js").read_text(encoding="utf-8").strip()


def policy(*, scripted: bool) -> str:
    """What a page may load: nothing, but for the script whose hash it names."""
    allowed = ""
    if scripted:
        digest = hashlib.sha256(f"\n{sort_script()}\n".encode()).digest()
        allowed = f"script-src 'sha256-{base64.b64encode(digest).decode('ascii')}'; "
    return (
        f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def page(frame: Frame, body: str) -> str:
    """One index page around a body that is HTML already."""
    lead = f'<p class="question">{escape(frame.lead)}</p>\n' if frame.lead else ""
    script = f"<script>\n{sort_script()}\n</script>\n" if frame.sortable else ""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(scripted=frame.sortable)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(frame.title)}</title>
{_FEED if frame.feed else ""}<style>
{style()}
</style>
</head>
<body class="index">
<a class="skip" href="#index">Skip to the list</a>
{_BANNER if frame.simulated else ""}<main id="index">
<h1>{escape(frame.title)}</h1>
{lead}{body}
</main>
{script}</body>
</html>
"""


def table(
    caption: str,
    head: Iterable[str],
    rows: Iterable[Sequence[str]],
    *,
    sortable: bool = False,
) -> str:
    """A table of cells that are HTML already; heads are plain text.

    A cell that begins with ``<td`` or ``<th`` is whole; others are put in one.
    """
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    kind = "plain sortable" if sortable else "plain"
    return (
        f'<div class="table" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def address(path: object) -> str:
    """A relative path as the value of a link; no name in it is taken for a scheme."""
    return quote(str(path), safe="/")


def link(manifest: Record) -> str:
    """The report by its title."""
    place = address(manifest["report"])
    return f'<a href="{place}.html">{escape(str(manifest["title"]))}</a>'


def status(manifest: Record, failed: set[str]) -> str:
    """How the last run of a report in place went."""
    if manifest["report"] in failed:
        return '<span class="bad">last good; a later run failed</span>'
    good = "ok, SIMULATED" if manifest["simulated"] else "ok"
    return good + _too_large(manifest)


def _too_large(manifest: Record) -> str:
    """Says of a page that is larger than it should be how large it is."""
    name = f"{manifest['report']}.html"
    held = manifest["outputs"]
    size = max((o.get("bytes", 0) for o in held if o["path"] == name), default=0)
    if size <= MOST_PAGE_BYTES:
        return ""
    return f'; <span class="bad">{size / 1e6:.1f} MB, more than 1</span>'


def parameters(manifest: Record) -> str:
    """What was asked for, but for the market, which has its own place."""
    market = manifest.get("market")
    given = {
        name: value
        for name, value in manifest["given"].items()
        if not (name == "market" and value == market)
    }
    return escape(", ".join(f"{k}={v}" for k, v in given.items()) or "defaults")


def vintage(rows: Sequence[Record]) -> str:
    """Each source with the day it was retrieved, where that is known."""
    found = (f"{row.get('source', '?')} {_retrieved(row)}".strip() for row in rows)
    return ", ".join(dict.fromkeys(found))


def when(manifest: Record) -> str:
    """A cell with the time of a report, whose age the script tells."""
    finished = escape(str(manifest["timing"]["finished"]))
    iso = f"{finished.replace(' ', 'T')}Z" if finished[:4].isdigit() else finished
    return (
        f'<td data-sort="{finished}"><time datetime="{iso}">{finished[:16]}</time></td>'
    )


def run_files(manifest: Record) -> str:
    """Links to what a run left beside its page."""
    run, report = address(manifest["run"]), address(manifest["report"])
    kept = {str(one["path"]).rsplit("/", 1)[-1] for one in manifest["outputs"]}
    more = [("headline.csv", "numbers"), ("report.pdf", "PDF")]
    links = [f'<a href="{run}/report.ipynb">notebook</a>']
    links += [
        f'<a href="{run}/{name}">{text}</a>' for name, text in more if name in kept
    ]
    return ", ".join([*links, f'<a href="{report}.manifest.json">manifest</a>'])


def _cell(text: str) -> str:
    return text if text.startswith(("<td", "<th")) else f"<td>{text}</td>"


def _retrieved(row: Record) -> str:
    """The day of it; a clock's reading is cut, words stay whole."""
    text = str(row.get("retrieved") or row.get("retrieved_at") or "")
    return text[:10] if text[:4].isdigit() else f"({text})" if text else ""
