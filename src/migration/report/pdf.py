"""A judged notebook into a PDF: tagged, with bookmarks, page numbers and real tables.

Made by typst from the page itself, so that both say the same. It needs no browser and
no network; same page, same bytes, for its fonts are those that come with the libraries
and its one date is fixed.
"""

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from nbformat import NotebookNode

from migration.errors import ReportError
from migration.report.extras import check_pdf
from migration.report.html import Page, split_title, to_html
from migration.report.row_heads import tag_row_heads
from migration.report.typst_source import Source, literal, text, to_source

NO_SIGN = "\ufffd"
FORBIDDEN = {0x0, 0xFEFF, 0xFFFE}  # by the standard, in any text
FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
STANDARD = "ua-1"  # PDF/UA-1, for readers who listen
_SET = """\
#set document(title: {title}, date: none)
#set text(font: ("Libertinus Serif", "DejaVu Sans"), size: 10pt, lang: "en",
  fallback: false)
#set par(leading: .62em, spacing: .9em)
#set page(paper: "a4", margin: (x: 2.2cm, top: 2.4cm, bottom: 2.2cm), numbering: "1",
  header: context if counter(page).get().first() > 1 {{
    text(8pt, luma(35%))[{running}] }},
  footer: context align(right, text(8pt, luma(35%),
    counter(page).display("1 / 1", both: true))))
#show heading: set block(above: 1.5em, below: .7em)
#show heading.where(level: 1): set text(20pt)
#show heading.where(level: 2): set text(13pt)
#show heading.where(level: 3): set text(11pt)
#show figure: set block(breakable: true, above: 1.1em, below: 1.1em)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set align(left)
#show figure.caption: it => block(sticky: true, width: 100%,
  align(left, text(9pt, weight: "bold", it.body)))
#show raw: set text(font: ("DejaVu Sans Mono", "DejaVu Sans"), size: 7.5pt)
#show raw.where(block: true): set par(leading: .5em)
#show link: set text(rgb("#1a4f8b"))
#set table(stroke: (x, y) => (bottom: .4pt + luma(75%)), inset: (x: 3pt, y: 2.6pt),
  align: left + top)
#show table: set text(7.8pt)
#show table: set par(leading: .45em)
#let note(body) = text(7.5pt, luma(25%), par(body))
#let banner(body) = block(width: 100%, inset: 6pt, stroke: 1.2pt, align(center, body))
#let whole(body) = block(breakable: false, width: 100%, body)
#let set-off(body) = block(width: 100%, inset: (left: 9pt, y: 3pt), above: 1.4em,
  stroke: (left: 2pt + luma(60%)), body)
"""
_LOST = (
    f"Signs of scripts that its fonts lack are shown as {NO_SIGN}; the page has them."
)
_CODE = (
    "The code of each step stands in this report's page and in its notebook; the "
    "figures' descriptions are in this file."
)


def to_pdf(notebook: NotebookNode, page: Page, *, html: str | None = None) -> bytes:
    """The report on paper, byte for byte the same for the same notebook and page.

    ``html`` is its page, where that has been made.

    Raises
    ------
    WorkspaceError
        If typst is not installed.
    ReportError
        If the document cannot be set, with typst's own words.
    """
    title, _ = split_title(notebook, page.fallback_title)
    source = to_source(to_html(notebook, page) if html is None else html)
    made = compiled(_document(source, title, page), source.files)
    return tag_row_heads(made, source.row_heads)


def compiled(markup: str, files: dict[str, bytes]) -> bytes:
    """Typst markup as a tagged PDF.

    Raises
    ------
    WorkspaceError, ReportError
        As :func:`to_pdf`.
    """
    typst = _typst()
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        main = Path(folder) / "main.typ"
        main.write_text(markup, encoding="utf-8")
        try:
            made: bytes = typst.compile(
                main,
                format="pdf",
                font_paths=[_fonts_in(Path(folder))],
                ignore_system_fonts=True,
                pdf_standards=[STANDARD],
                timestamp=0,
            )
        except typst.TypstError as error:
            raise ReportError(f"typst could not set this report: {error}") from error
    return made


def _document(source: Source, title: str, page: Page) -> str:
    mark = "SIMULATED  " if page.simulated else ""
    running = f"#strong[{text(mark)}]{text(f'{title} · {page.study}')}"
    whole = f"{title} · {page.study}"
    head = _SET.format(title=literal(whole), running=shown(running))
    body = shown(source.markup)
    lost = f" {_LOST}" if body != source.markup else ""
    return f"{head}\n{body}\n#par[#emph[{text(_CODE + lost)}]]\n"


def shown(markup: str) -> str:
    """The markup with each sign that no font here has replaced by one that says so."""
    known = _signs()
    return "".join(c if ord(c) in known or c == "\n" else NO_SIGN for c in markup)


@cache
def _signs() -> frozenset[int]:
    """The code points that the fallback font has, upright as bold."""
    from fontTools.ttLib import TTFont

    found = []
    for name in FONTS[:2]:
        with TTFont(_fonts() / name) as font:
            found.append(frozenset(font.getBestCmap()))
    return (found[0] & found[1]) - FORBIDDEN


def _fonts_in(folder: Path) -> Path:
    """The fonts of the fallback, alone: its slanted ones lack whole scripts."""
    place = folder / "fonts"
    place.mkdir()
    for name in FONTS:
        shutil.copyfile(_fonts() / name, place / name)
    return place


def _fonts() -> Path:
    """The folder of the fonts that come with matplotlib, which is not imported."""
    spec = find_spec("matplotlib")
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places or ["."]))) / "mpl-data" / "fonts" / "ttf"


def _typst() -> ModuleType:
    check_pdf()
    import typst

    return typst
