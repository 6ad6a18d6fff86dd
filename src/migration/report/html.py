"""A judged notebook into one HTML file, and the checks such a file must pass.

The page is made by nbconvert with the template folder beside this module: one file,
no script, nothing loaded from elsewhere, readable on a phone and on paper.
"""

import html
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import as_file, files
from threading import Lock
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from migration.report.citation import Cited, bibtex, in_words
from migration.report.lead import Lead, take_lead
from migration.report.manifest import REPORT_MIME, table_columns, table_text
from migration.report.outputs import to_node
from migration.report.sources_line import data_line
from migration.report.style import style

_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
# nbconvert links each heading to itself: a stop for the keyboard that leads nowhere.
_ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>', re.DOTALL)
_TITLE = re.compile(r"\A\s*# +(.+?)\s*(?:\n|\Z)")
_LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction"}
_FORBIDDEN = {"script", "iframe", "object", "embed", "base", "form", "link"}
_REMOTE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_CSS_LOAD = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Page:
    """What stands around a notebook on its page; it holds no clock and no path."""

    study: str
    question: str
    simulated: bool
    version: str
    fallback_title: str
    parameters: Sequence[tuple[str, str]]
    asked: bool
    vintage: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]
    answers: Sequence[str]
    versions: Sequence[tuple[str, str]]
    inputs_hash: str
    n_inputs: int
    observed: Sequence[tuple[str, str]] = ()
    checks: Sequence[tuple[str, str]] = ()


_NOTHING = Page(
    study="",
    question="",
    simulated=False,
    version="",
    fallback_title="",
    parameters=(),
    asked=False,
    vintage=(),
    warnings=(),
    answers=(),
    versions=(),
    inputs_hash="",
    n_inputs=0,
)
_EXPORTING = Lock()  # an exporter keeps what it is told of one page while it makes it
_TEMPLATES = ExitStack()  # held open as long as the process: templates load late
_EQUIV = ("", "content-security-policy")
_CSS_ESCAPE = re.compile(r"\\[0-9a-fA-F]")  # could spell url( or @import


@dataclass
class _Found:
    problems: list[str] = field(default_factory=list)
    mains: int = 0


def to_html(notebook: NotebookNode, page: Page) -> str:
    """The page, byte for byte the same for the same notebook and page."""
    title, body = split_title(notebook, page.fallback_title)
    for cell in body.cells:
        if cell.cell_type == "code":
            cell["outputs"] = [out for out in cell.outputs if _is_shown(out)]
    lead = take_lead(body)
    with _EXPORTING:
        text, _ = _exporter().from_notebook_node(
            body, resources={"report": _context(page, title, lead)}
        )
    text = _ANCHOR.sub("", text)
    return text.replace("<!--contents-->", _contents(text))


def compile_templates() -> None:
    """Make a page of nothing: what the first page takes beyond the others is then done.

    For the time in which kernels start, and this process has nothing to do.
    """
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "## A step\n\nWords."},
        {
            "cell_type": "code",
            "metadata": {},
            "source": "1",
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}],
        },
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    to_html(to_node(notebook), _NOTHING)


@cache
def _exporter() -> HTMLExporter:
    """The one exporter: its templates take ten times a page's time to compile."""
    template = files("migration").joinpath("report", "template")
    folder = _TEMPLATES.enter_context(as_file(template))
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="report",
        extra_template_basedirs=[str(folder)],
    )


def split_title(notebook: NotebookNode, fallback: str) -> tuple[str, NotebookNode]:
    """The first heading, which the page shows itself, and the notebook without it."""
    body = to_node(notebook)
    for number, cell in enumerate(body.cells):
        if cell.cell_type == "markdown" and (found := _TITLE.match(cell.source)):
            rest = cell.source[found.end() :].strip()
            kept = [to_node({**cell, "source": rest})] if rest else []
            body.cells = [*body.cells[:number], *kept, *body.cells[number + 1 :]]
            return in_plain(found.group(1)), body
    return fallback, body


def in_plain(line: str) -> str:
    """A line of Markdown as it reads: marks that mark go, a sign that is one stays."""
    whole = _ANCHOR.sub("", markdown2html(f"# {line}"))
    return html.unescape(re.sub(r"<[^>]*>", "", whole)).strip()


def check_html(
    text: str, *, private: Sequence[str] = (), scripts: Sequence[str] = ()
) -> list[str]:
    """What is wrong with a page: loads, scripts, images without text, machine paths.

    ``private`` are texts, such as the workspace's folder, that must not stand in it;
    ``scripts`` those that may: a report has none, an index one.
    """
    parser = _Checker(scripts)
    parser.feed(text)
    problems = parser.found.problems
    if parser.found.mains != 1:
        problems.append(f"needed one main landmark, found {parser.found.mains}")
    if '<html lang="' not in text:
        problems.append("the page names no language")
    hidden = (word for word in private if _names_path(word, text))
    return problems + [f"a path of this machine is in it: {word}" for word in hidden]


def _names_path(folder: str, text: str) -> bool:
    """Whether a folder stands in a text as a path, and not inside an address or tag."""
    whole = rf"(?<![\w./<:-]){re.escape(folder)}(?=[/\\\"'\s<&]|$)"
    return len(folder) > 3 and re.search(whole, text) is not None


class _Checker(HTMLParser):
    """Collects every tag and attribute that a report must not hold."""

    def __init__(self, scripts: Sequence[str]) -> None:
        super().__init__()
        self.found = _Found()
        self._in_style = self._in_script = False
        self._scripts = {script.strip() for script in scripts}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self._in_script = tag == "script" and bool(self._scripts) and not attrs
        known = self._in_script or _is_alternate(tag, values)
        self.found.mains += tag == "main"
        if tag in _FORBIDDEN and not known:
            self.found.problems.append(f"<{tag}> is not allowed")
        if tag == "meta" and values.get("http-equiv", "").lower() not in _EQUIV:
            self.found.problems.append(f"<meta http-equiv> is not allowed: {values}")
        if tag == "img" and not values.get("alt", "").strip():
            self.found.problems.append("an image has no alternative text")
        for name, value in values.items():
            self._attribute(tag, name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip() not in self._scripts:
            self.found.problems.append("<script> is not the one that is allowed")
        if self._in_style and (_CSS_LOAD.search(data) or _CSS_ESCAPE.search(data)):
            self.found.problems.append("a style sheet loads something")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        bare = "".join(c for c in value if c > " ").lower()  # browsers drop the rest
        if name.startswith("on") or bare.startswith("javascript:"):
            self.found.problems.append(f"<{tag} {name}> runs a script")
        if name in _LOADING and not value.startswith("data:"):
            self.found.problems.append(f"<{tag} {name}> loads {value[:60]!r}")
        if name == "style" and _CSS_LOAD.search(value):
            self.found.problems.append(f"<{tag} style> loads something")
        if name == "href" and tag != "a" and _REMOTE.match(value):
            self.found.problems.append(f"<{tag} href> loads {value[:60]!r}")


def _is_alternate(tag: str, values: Mapping[str, str]) -> bool:
    """Whether a tag names another form of the page, which no browser loads."""
    return tag == "link" and values.get("rel") == "alternate"


def _is_shown(output: NotebookNode) -> bool:
    """Whether a reader sees it: a report card has its place elsewhere on the page."""
    return "data" not in output or any(kind != REPORT_MIME for kind in output.data)


def _context(page: Page, title: str, lead: Lead | None) -> dict[str, Any]:
    columns = table_columns(page.vintage)
    cited = cited_as(page, title)
    return {
        **vars(page),
        "title": title,
        "style": style(),
        "data_line": data_line(page.vintage, simulated=page.simulated),
        "lead": lead,
        "cite": {"words": in_words(cited), "bibtex": bibtex(cited)},
        "vintage": {
            "columns": columns,
            "rows": [[table_text(row.get(c)) for c in columns] for row in page.vintage],
        },
    }


def cited_as(page: Page, title: str) -> Cited:
    """What of a page is cited."""
    return Cited(
        title=title,
        study=page.study,
        study_id=dict(page.parameters).get("study", ""),
        report=page.fallback_title,
        version=page.version,
        simulated=page.simulated,
        vintage=page.vintage,
        inputs_hash=page.inputs_hash,
    )


def _contents(text: str) -> str:
    """Links to the sections, where there are enough to need them."""
    main = text[text.find("<main") : text.find("</main>")]
    found = _HEADING.findall(main)
    if len(found) < 3:
        return ""
    items = "".join(
        f'<li><a href="#{html.escape(anchor)}">{_plain(label)}</a></li>'
        for anchor, label in found
    )
    return f'<nav class="contents" aria-label="Contents"><ol>{items}</ol></nav>'


def _plain(label: str) -> str:
    return re.sub(r"<[^>]+>", "", label).strip()
