"""A report on paper: tagged, with bookmarks, page numbers and real tables."""

import base64
import io
import sys

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("typst", reason="needs the extra pdf")
pypdf = pytest.importorskip("pypdf", reason="needs the package pypdf")

from migration.errors import ReportError, WorkspaceError  # noqa: E402
from migration.report.html import Page  # noqa: E402
from migration.report.pdf import NO_SIGN, _signs, compiled, shown, to_pdf  # noqa: E402
from migration.report.row_heads import tag_row_heads  # noqa: E402
from migration.report.typst_source import literal, text, to_source  # noqa: E402

TABLE = """\
<table><caption>Effects</caption><thead><tr><th scope="col">App</th><th>Size</th></tr>
</thead><tbody><tr><th scope="row">Signal</th><td class="gt_right">+5%</td></tr>{}
</tbody><tfoot><tr><td colspan="2">A note.</td></tr></tfoot></table>"""
PAYLOADS = (
    '#panic("x") $a$ *b* _c_ @d <e> \\u{41} // f',
    '"]) #read("/etc/passwd")',
    "= no heading\n- no list\n`code`",
)


def _png(width=72, height=36):
    content = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(content, format="PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")


def _output(**data):
    about = {"image/png": {"alt": "A falling line & its end", "width": 36}}
    kinds = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": about, "data": kinds}


def _book(*outputs, title="Did people leave?"):
    words = {"id": "a", "metadata": {}, "cell_type": "markdown"}
    cells = [words | {"source": f"# {title}"}, words | {"source": "## Data\n\n*Some*"}]
    code = {"cell_type": "code", "id": "b", "metadata": {}, "source": "secret()"}
    cells += [code | {"execution_count": 1, "outputs": list(outputs)}]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(book)


def _page(**more):
    told = {
        "study": "A study", "question": "Who?", "simulated": False, "version": "1",
        "fallback_title": "tiny", "parameters": [("study", "tiny")], "asked": False,
        "vintage": [{"source": "flathub"}], "warnings": ["Be careful."],
        "answers": ["Yes.", "No."], "versions": [("Python", "3")],
        "inputs_hash": "ab" * 32, "n_inputs": 1,
    }  # fmt: skip
    return Page(**told | more)


def _read(content):
    return pypdf.PdfReader(io.BytesIO(content))


def _words(content):
    """What is on the pages, whatever the lines."""
    return " ".join("".join(p.extract_text() for p in _read(content).pages).split())


@pytest.fixture(scope="module")
def made():
    book = _book(_output(text_html=TABLE.format("")), _output(image_png=_png()))
    return to_pdf(book, _page())


def test_it_is_tagged_and_names_its_language_and_title(made):
    root = _read(made).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value
    assert str(root["/Lang"]).startswith("en")
    assert _read(made).metadata.title == "Did people leave? · A study"


def _tags(node, found=None):
    """Kinds of the elements of the tree, and their alternative texts."""
    found = [] if found is None else found
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, pypdf.generic.DictionaryObject):
        if "/S" in node:
            found.append((str(node["/S"]), str(node.get("/Alt", ""))))
        _tags(node.get("/K", []), found)
    elif isinstance(node, pypdf.generic.ArrayObject):
        for one in node:
            _tags(one, found)
    return found


def test_tables_headings_lists_and_figures_are_what_they_are(made):
    tags = _tags(_read(made).trailer["/Root"]["/StructTreeRoot"])
    kinds = {kind for kind, _ in tags}
    assert {"/Table", "/TH", "/TD", "/H1", "/H2", "/L", "/Figure"} <= kinds
    assert ("/Figure", "A falling line & its end") in tags


PLAIN = "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"
SPANS = """\
<table><thead><tr><th>App</th><th colspan="2">Days</th></tr></thead><tbody>
<tr><th rowspan="2">Signal</th><td></td><td>1</td></tr><tr><td>2</td><td>3</td></tr>
<tr><th></th><td><b>bold</b></td><td>4</td></tr></tbody></table>"""


def _table_cells(content):
    """Of each table: kind, scope and heads of its cells, in the file's order."""

    def below(node, kind):
        node = node.get_object()
        if node.get("/S") == kind:
            return [node]
        kids = node.get("/K", [])
        kids = kids if isinstance(kids, list) else [kids]
        held = [kid.get_object() for kid in kids]
        dictionaries = [k for k in held if isinstance(k, dict)]
        return [one for kid in dictionaries for one in below(kid, kind)]

    def told(cell):
        about = {k: v for part in cell["/A"] for k, v in part.items()}
        named = tuple(map(str, about.get("/Headers", ())))
        return str(cell["/S"]), str(about.get("/Scope", "")), named

    root = _read(content).trailer["/Root"]["/StructTreeRoot"]
    return [
        [told(kid.get_object()) for row in below(table, "/TR") for kid in row["/K"]]
        for table in below(root, "/Table")
    ]


def test_the_head_of_a_row_is_tagged_as_one():
    """A cell goes by the scopes of its heads: a list of heads would leave it out."""
    made = to_pdf(_book(_output(text_html=TABLE.format(""))), _page())
    column, row = ("/TH", "/Column", ()), ("/TH", "/Row", ())
    assert [column, column, row, ("/TD", "", ())] in _table_cells(made)


def test_only_row_heads_are_tagged_whatever_stands_beside_them():
    """Cells in bold, empty ones, and those over two rows; a table without any is whole.

    So it was before: a cell names its column's head.
    """
    outputs = [_output(text_html=html) for html in (PLAIN, SPANS, PLAIN)]
    tables = _table_cells(to_pdf(_book(*outputs), _page()))
    body = [kind for kind, scope, _ in next(t for t in tables if len(t) == 10)[2:]]
    assert body == ["/TH", "/TD", "/TD", "/TD", "/TD", "/TH", "/TD", "/TD"]
    assert tables.count([("/TD", "", ())] * 2) == 2


def test_row_heads_change_no_length_and_a_table_of_another_shape_is_left_alone():
    markup = '#set document(title: "a")\n#table(columns: 2, [a], [b])'
    made = compiled(markup, {})
    tagged = tag_row_heads(made, [[[True, False]]])
    assert len(tagged) == len(made)
    assert tagged != made
    for other in ([], [[[True]]], [[[True, False]] * 2], [[[True, False]]] * 2):
        assert tag_row_heads(made, other) == made


def test_bookmarks_are_the_headings_and_pages_are_numbered(made):
    title, below = _read(made).outline
    assert title.title == "Did people leave?"
    names = [one.title for one in below]
    finding = "Each finding; intervals are of 95%"
    assert names[:4] == ["Answer", "Read with care", finding, "Data"]
    assert names[-1] == "Cite this report"
    assert _read(made).page_labels[0] == "1"
    assert "1 / " in _read(made).pages[0].extract_text()


def test_the_words_are_those_of_the_page_and_the_code_is_left_out(made):
    said = _words(made)
    for words in ("Be careful.", "Signal +5%", "A note.", "@misc{tiny", "Yes."):
        assert words in said
    assert "secret" not in said


def test_the_same_page_gives_the_same_bytes(made):
    book = _book(_output(text_html=TABLE.format("")), _output(image_png=_png()))
    assert to_pdf(book, _page()) == made


def test_what_is_simulated_says_so_on_every_page():
    rows = "<tr><td>a</td><td>b</td></tr>" * 120
    made = to_pdf(_book(_output(text_html=TABLE.format(rows))), _page(simulated=True))
    pages = _read(made).pages
    assert len(pages) > 1
    assert all("SIMULATED" in page.extract_text() for page in pages)
    assert all("App Size" in page.extract_text() for page in pages[1:2])


def test_the_caption_of_the_leading_figure_is_set_with_it():
    figure = f'<img alt="a" src="data:image/png;base64,{_png()}">'
    said = "<figcaption>Told <em>twice</em>, #not</figcaption>"
    made = to_source(
        f'<body><figure class="figure lead">{figure}{said}</figure></body>'
    )
    assert made.markup.count("caption:") == 1
    assert made.markup.count("Told ") == 1


def test_a_figure_taller_than_a_page_fits_on_one():
    made = to_pdf(_book(_output(image_png=_png(72, 720))), _page())
    assert len(_read(made).pages) <= 3


def test_a_sign_of_no_font_is_never_shown_as_another():
    made = to_pdf(_book(title="Left 日本 → or ≤ не"), _page(study="आप"))
    assert _read(made).metadata.title == "Left 日本 → or ≤ не · आप"
    assert f"Left {NO_SIGN}{NO_SIGN} → or ≤ не" in _words(made)
    assert "Signs of scripts that its fonts lack" in _words(made)
    assert "fonts lack" not in _words(to_pdf(_book(), _page()))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_is_read_as_markup(payload):
    page = _page(study=payload, answers=[payload], warnings=[payload, "b"])
    said = _words(to_pdf(_book(title="A title"), page)).replace(" ", "")
    assert said.count("".join(payload.split())) >= 2


@pytest.mark.parametrize("look", ["strong", "emph", "par", "strong[#emph"])
def test_every_sign_that_is_taken_for_known_is_shown_in_every_look(look):
    signs = "".join(map(chr, sorted(_signs())))
    inside = f"#{look}[{text(shown(signs))}]" + ("]" if "[" in look else "")
    head = '#set text(font: ("Libertinus Serif", "DejaVu Sans"), fallback: false)\n'
    assert compiled(f'#set document(title: "a")\n{head}{inside}', {})


@settings(max_examples=8)
@given(value=st.text(min_size=1))
def test_any_label_makes_a_pdf(value):
    made = to_pdf(_book(), _page(study=value, answers=[value], warnings=[value]))
    assert _read(made).outline


@given(value=st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x17F)))
def test_any_string_is_one_string(value):
    """Between its quotes no quote and no backslash stands alone."""
    inside = literal(value)[1:-1]
    for known in ("\\\\", '\\"', "\\n", "\\r", "\\t"):
        inside = inside.replace(known, "")
    assert '"' not in inside.replace("\\u{", "")
    assert "\\" not in inside.replace("\\u{", "")
    assert text("") == ""


@pytest.mark.parametrize(
    ("page", "markup"),
    [
        ("<h1>A</h1><h4>B</h4>", '#heading(level: 2)[#"B"]'),
        ('<p><a href="https://x.org/a">b</a></p>', '#link("https://x.org/a")[#"b"]'),
        ('<p><a href="javascript:x">b</a></p>', '#par[#"b"]'),
        ('<p><a href="#a">b</a></p>', '#par[#"b"]'),
        ("<ol><li>a</li><li><b>c</b></li></ol>", '#enum([\n#par[#"a"]\n], ['),
        ("<details><p>code</p></details>", ""),
        ("<pre>a  b\n</pre>", '#raw(block: true, "a  b")'),
    ],
)
def test_a_page_becomes_markup(page, markup):
    made = to_source(f"<html><body><main>{page}</main></body></html>").markup
    assert markup in made if markup else made.strip() == ""


def test_what_cannot_be_set_is_said_in_the_words_of_typst():
    with pytest.raises(
        ReportError, match=r"could not set this report.*unknown variable"
    ):
        compiled("#nothing-of-this-name", {})


def test_without_typst_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(WorkspaceError, match=r"reports,pdf"):
        compiled("a", {})
