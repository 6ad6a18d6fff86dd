"""A report's page as typst source: the same headings, texts, tables and figures.

Every text becomes a string of the language and no markup, so that nothing in it can be
read as anything else. Code is left out: it stands in the page and in the notebook.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

LEFT_OUT = {"style", "script", "nav", "details", "head", "link", "meta"}
LEFT_OUT |= {"figcaption"}  # stands with its figure
INLINE = {"strong": "strong", "b": "strong", "em": "emph", "i": "emph"}
INLINE |= {"sub": "sub", "sup": "super", "del": "strike"}
PAGE_WIDTH, MOST_HEIGHT = 6.5, 8.6  # inches that a figure may take
LEAD_HEIGHT = 4.4  # of the one on the first page, beside the answer
FEW_ROWS = 14  # of a table that is not broken between pages
WIDE, LONG = 92, 22  # letters of a row, and of a cell, that need care
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WEB = re.compile(r"(?:https?://|mailto:)[^\s]+\Z")


@dataclass
class Source:
    """Typst markup, the files that it names, and which cells are heads of rows."""

    markup: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    level: int = 0
    row_heads: list[list[list[bool]]] = field(default_factory=list)


def to_source(page: str) -> Source:
    """The body of a report's page as markup; its first heading is the title."""
    soup = BeautifulSoup(page, "html.parser")
    source = Source()
    body = soup.body
    if body is not None:
        source.markup = "\n".join(_blocks(body, source))
    return source


def text(value: str) -> str:
    """A string of the language, shown as it is."""
    return f"#{literal(value)}" if value else ""


def literal(value: str) -> str:
    """A quoted string: JSON's escapes are the language's, but for code points."""
    quoted = json.dumps(value, ensure_ascii=False)
    return re.sub(r"\\u([0-9a-f]{4})|\\[bf]", _code_point, quoted)


def _code_point(found: re.Match[str]) -> str:
    """A control character has no place on paper."""
    return "" if found[1] is None or int(found[1], 16) < 32 else f"\\u{{{found[1]}}}"


def _blocks(parent: Tag, source: Source) -> Iterator[str]:
    """Each child as a block; texts beside blocks are a paragraph of their own."""
    run: list[Any] = []
    for child in parent.children:
        if _is_inline(child):
            run.append(child)
            continue
        yield from _run(run)
        run = []
        if isinstance(child, Tag) and not _is_left_out(child):
            yield _block(child, source)
    yield from _run(run)


def _run(children: list[Any]) -> Iterator[str]:
    """Texts beside blocks; the space between two blocks is none."""
    if "".join(child.get_text() for child in children).strip():
        yield _paragraph("".join(map(_inline, children)))


def _is_inline(child: Any) -> bool:
    if isinstance(child, NavigableString):
        return type(child) is NavigableString
    return child.name in {*INLINE, "a", "code", "span", "br", "q", "small"}


def _is_left_out(tag: Tag) -> bool:
    return tag.name in LEFT_OUT or "skip" in _classes(tag)


def _block(tag: Tag, source: Source) -> str:
    kind = tag.name
    if kind in _HEADINGS:
        return _heading(tag, source)
    if kind == "p":
        inside = _paragraph(_inlines(tag))
        return f"#banner[{inside}]" if "banner" in _classes(tag) else inside
    if kind in ("ul", "ol"):
        return _list(tag, source)
    if kind == "pre":
        return f"#raw(block: true, {literal(tag.get_text().rstrip())})"
    if kind == "table":
        return _table(tag, source)
    if kind == "img":
        return _image(tag, source)
    inside = "\n".join(_blocks(tag, source))
    if kind in ("aside", "section", "blockquote") and _is_set_off(tag):
        return f"#set-off[\n{inside}\n]"
    return inside


def _is_set_off(tag: Tag) -> bool:
    return tag.name == "blockquote" or bool({"answer", "warnings"} & _classes(tag))


def _classes(tag: Tag) -> set[str]:
    return set(tag.get("class") or [])


def _heading(tag: Tag, source: Source) -> str:
    """A heading, never more than one level below the one before it."""
    level = min(_HEADINGS[tag.name], source.level + 1)
    source.level = level
    return f"#heading(level: {level})[{_inlines(tag)}]"


def _paragraph(markup: str) -> str:
    return f"#par[{markup}]" if markup.strip() else ""


def _list(tag: Tag, source: Source) -> str:
    kind = "enum" if tag.name == "ol" else "list"
    items = (
        "[\n" + "\n".join(_blocks(item, source)) + "\n]"
        for item in tag.find_all("li", recursive=False)
    )
    return f"#{kind}({', '.join(items)})"


def _inlines(tag: Tag) -> str:
    return "".join(map(_inline, tag.children))


def _inline(child: Any) -> str:
    if isinstance(child, NavigableString):
        plain = type(child) is NavigableString
        return text(_SPACE.sub(" ", str(child))) if plain else ""
    if _is_left_out(child):
        return ""
    if child.name == "br":
        return "#linebreak()"
    if child.name == "code":
        return f"#raw({literal(child.get_text())})"
    inside = _inlines(child)
    if child.name in INLINE:
        return f"#{INLINE[child.name]}[{inside}]"
    target = str(child.get("href") or "")
    if child.name == "a" and _WEB.match(target):
        return f"#link({literal(target)})[{inside}]"
    return inside


def _image(tag: Tag, source: Source) -> str:
    """A figure with its alternative text, as wide as the page or as high."""
    head, _, data = str(tag.get("src") or "").partition("base64,")
    if "image/png" not in head:
        return _paragraph(text(str(tag.get("alt") or "")))
    content = base64.b64decode(data)
    name = f"figure-{len(source.files)}.png"
    source.files[name] = content
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    tall = LEAD_HEIGHT if _is_lead(tag) else MOST_HEIGHT
    inches = min(PAGE_WIDTH, tall * width / max(height, 1))
    alt = literal(_SPACE.sub(" ", str(tag.get("alt") or "")))
    drawn = f"image({literal(name)}, alt: {alt}, width: {inches:.2f}in)"
    return f"#figure({drawn}{_caption(tag)})"


def _caption(image: Tag) -> str:
    """The caption of the figure that holds an image, where it has one."""
    figure = image.find_parent("figure")
    caption = figure.find("figcaption") if isinstance(figure, Tag) else None
    if not isinstance(caption, Tag):
        return ""
    return f", caption: text(weight: {literal('regular')})[{_inlines(caption)}]"


def _is_lead(image: Tag) -> bool:
    figure = image.find_parent("figure")
    return figure is not None and "lead" in _classes(figure)


def _table(tag: Tag, source: Source) -> str:
    """A table with its caption above, its head repeated, its notes below."""
    head = [_cells(row) for row in _rows(tag, "thead")]
    body = [_cells(row) for row in _rows(tag, "tbody")]
    notes = [_inlines(cell) for row in _rows(tag, "tfoot") for cell in _of(row)]
    count = max((sum(c.span for c in row) for row in head + body), default=0)
    if not count:
        return ""
    source.row_heads.append([[cell.is_head for cell in row] for row in body])
    top = ", ".join(cell.markup for row in head for cell in row)
    rest = ",\n".join(", ".join(cell.markup for cell in row) for row in body)
    header = f"table.header({top}),\n" if top else ""
    widths = _widths(head + body, count)
    made = f"table(columns: ({', '.join(widths)},),\n{header}{rest})"
    caption = tag.find("caption")
    said = f", caption: [{_inlines(caption)}]" if isinstance(caption, Tag) else ""
    below = "\n".join(f"#note[{note}]" for note in notes if note.strip())
    whole = f"#figure(kind: table{said}, {made})\n{below}"
    return f"#whole[\n{whole}\n]" if len(body) <= FEW_ROWS else whole


@dataclass(frozen=True)
class _Cell:
    markup: str
    span: int
    letters: int
    is_head: bool


def _rows(table: Tag, part: str) -> list[Tag]:
    return [row for held in table.find_all(part) for row in held.find_all("tr")]


def _of(row: Tag) -> list[Tag]:
    return row.find_all(["td", "th"], recursive=False)


def _cells(row: Tag) -> list[_Cell]:
    return [_cell(cell) for cell in _of(row)]


def _cell(cell: Tag) -> _Cell:
    inside = _inlines(cell)
    if cell.name == "th":
        inside = f"#strong[{inside}]"
    spans = {name: int(str(cell.get(name) or 1)) for name in ("colspan", "rowspan")}
    more = [f"{name}: {span}" for name, span in spans.items() if span > 1]
    if "gt_right" in _classes(cell):
        more.append("align: right")
    words = cell.get_text(" ", strip=True)
    markup = f"table.cell({', '.join(more)})[{inside}]" if more else f"[{inside}]"
    return _Cell(markup, spans["colspan"], len(words), cell.name == "th")


def _widths(rows: list[list[_Cell]], count: int) -> list[str]:
    """As wide as their words; where a row is too long, the long ones share the rest."""
    longest = [0] * count
    for row in rows:
        at = 0
        for cell in row:
            if cell.span == 1 and at < count:
                longest[at] = max(longest[at], cell.letters)
            at += cell.span
    if sum(longest) <= WIDE:
        return ["auto"] * count
    return [f"{min(n, 160) ** 0.5:.2f}fr" if n > LONG else "auto" for n in longest]
