"""The checks of a page and its title; the card that a notebook hands over."""

import nbformat
import pytest

from migration.errors import ReportError
from migration.report import render
from migration.report.html import check_html, split_title
from migration.report.manifest import (
    REPORT_MIME,
    read_card,
    table_columns,
    table_text,
)
from migration.report.outputs import (
    problem,
    tidy,
    to_node,
    with_images,
    without_images,
)
from migration.report.style import style

PAGE = '<html lang="en"><body><main>{}</main></body></html>'


def _book(*cells):
    return nbformat.from_dict(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )


def _text(source):
    return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": source}


def _code(*outputs):
    return {
        "cell_type": "code", "id": "a", "metadata": {}, "source": "1",
        "execution_count": 1, "outputs": list(outputs),
    }  # fmt: skip


def _data(**data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.mark.parametrize(
    "body",
    [
        "<p>text</p>",
        '<p><a href="https://doi.org/10.1000/1">a citation</a></p>',
        '<img alt="a dot" src="data:image/png;base64,AA==">',
        "<style>b { background: url(data:image/png;base64,AA==) }</style>",
        "<style>b { color: red }</style><p>see url(http://example.org)</p>",
    ],
)
def test_a_page_that_is_whole_in_itself_passes(body):
    assert check_html(PAGE.format(body)) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<script>1</script>", "<script>"),
        ("<SCRIPT src=a></SCRIPT>", "<script>"),
        ('<iframe src="data:text/html,a"></iframe>', "<iframe>"),
        ('<link rel="stylesheet" href="a.css">', "<link>"),
        ('<img alt="a" src="https://example.org/a.png">', "loads"),
        ('<img alt="a" src="a.png">', "loads"),
        ('<img alt="a" srcset="//example.org/a.png 2x" src="data:,">', "srcset"),
        ('<img src="data:image/png;base64,AA==">', "alternative text"),
        ('<img alt=" " src="data:image/png;base64,AA==">', "alternative text"),
        ("<style>@import 'a.css'</style>", "style sheet loads"),
        ("<style>b { background: url(//example.org) }</style>", "style sheet loads"),
        ('<p style="background:url(http://example.org)">a</p>', "style> loads"),
        ('<p onclick="a()">a</p>', "runs a script"),
        ('<a href="javascript:a()">a</a>', "runs a script"),
        ('<meta http-equiv="refresh" content="0;url=//a">', "http-equiv"),
        ('<a href="java\tscript:a()">a</a>', "runs a script"),
        (r"<style>b { background: u\72l(//a) }</style>", "style sheet loads"),
        ("<main>two</main>", "found 2"),
        ("<p>/srv/me/work</p>", "path of this machine"),
    ],
)
def test_a_page_that_is_not_is_refused(body, problem):
    found = check_html(PAGE.format(body), private=["/srv/me/work"])
    assert problem in "; ".join(found)


@pytest.mark.parametrize("folder", ["/code", "/data", "/stats"])
def test_a_short_folder_is_not_found_in_tags_and_addresses(folder):
    body = "<code>a</code><p>https://example.org/stats and data/data/x</p>"
    assert check_html(PAGE.format(body), private=[folder]) == []
    found = check_html(PAGE.format(f"<p>see {folder}/x</p>"), private=[folder])
    assert "path of this machine" in "; ".join(found)


def test_a_page_names_its_language():
    assert check_html("<html><main></main></html>") == ["the page names no language"]


def test_the_first_heading_is_the_title_and_leaves_the_body():
    book = _book(_text("# Did *people* leave?\n\nThe question."), _text("## Data"))
    title, body = split_title(book, "fallback")
    assert title == "Did people leave?"
    assert [cell.source for cell in body.cells] == ["The question.", "## Data"]
    assert book.cells[0].source.startswith("# Did")


def test_without_a_heading_the_report_has_its_name():
    title, body = split_title(_book(_text("## Data")), "02_event_study")
    assert title == "02_event_study"
    assert len(body.cells) == 1


def test_cards_are_joined_and_repeats_left_out():
    one = {"vintage": [{"source": "a"}], "warnings": ["w"]}
    two = {"vintage": [{"source": "a"}, {"source": "b"}], "headline": [{"app": "x"}]}
    book = _book(
        _text("a"), _code(_data(**{REPORT_MIME: one}), _data(**{REPORT_MIME: two}))
    )
    card = read_card(book)
    assert card.vintage == ({"source": "a"}, {"source": "b"})
    assert card.headline == ({"app": "x"},)
    assert card.warnings == ("w",)


def test_each_line_of_an_answer_is_one():
    card = {"answer": "First.\nSecond."}
    assert read_card(_book(_code(_data(**{REPORT_MIME: card})))).answers == (
        "First.", "Second.",
    )  # fmt: skip


@pytest.mark.parametrize("card", [[], {"vintage": "a"}, {"headline": ["a"]}])
def test_a_malformed_card_is_refused(card):
    with pytest.raises(ReportError, match="report card needs"):
        read_card(_book(_code(_data(**{REPORT_MIME: card}))))


def test_tables_hold_every_column_and_read_well():
    assert table_columns([{"a": 1}, {"b": 2, "a": 3}]) == ["a", "b"]
    values = [None, float("nan"), 1.23456, 12, "x", ["a", 0.5], True]
    assert [table_text(value) for value in values] == [
        "", "", "1.23", "12", "x", "a, 0.5", "True",
    ]  # fmt: skip


def test_what_differs_between_runs_is_tidied_away():
    rich = _data(**{"text/html": "<b>1</b>", "text/plain": "<object at 0x7f00aa11bb>"})
    axes = _data(**{"text/plain": "<Axes: xlabel='day'>"})
    cache = {
        "output_type": "stream",
        "name": "stderr",
        "text": "Matplotlib is building the font cache; this may take a moment.\n",
    }
    cell = _code(rich, axes, cache)
    cell["metadata"] = {"papermill": {"duration": 1.5}, "tags": ["keep"]}
    book = _book(cell)
    book.metadata["papermill"] = {"start_time": "now"}
    clean = tidy(book)
    assert "papermill" not in str(clean)
    assert clean.cells[0].metadata.tags == ["keep"]
    assert clean.cells[0].id == "cell-0"
    assert [out.data for out in clean.cells[0].outputs] == [{"text/html": "<b>1</b>"}]


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("<thing at 0x7f00aa11bb>", True),
        ("colour 0xFFF", False),
        ("a+0xabcdef99", False),
        ("<img src='data:image/png;base64,+a/ 0'>", False),
    ],
)
def test_an_address_is_found_and_nothing_else_is_taken_for_one(text, fails):
    output = _book(_code(_data(**{"text/html": text}))).cells[0].outputs[0]
    assert bool(problem(output)) is fails


def _luminance(colour):
    parts = colour.lstrip("#")
    parts = "".join(2 * c for c in parts) if len(parts) == 3 else parts
    channels = [int(parts[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in channels]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _palettes():
    """The colours of light and of dark."""
    blocks = [part.split("}")[0] for part in style().split("{")]
    light, dark = (
        block for block in blocks if "--ink: #1" in block or "--ink: #e" in block
    )
    return [dict(_pairs(block)) for block in (light, dark)]


def _pairs(block):
    for line in block.replace("\n", " ").split(";"):
        name, _, value = line.partition(":")
        if value.strip().startswith("#"):
            yield name.strip(), value.strip()


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("--ink", "--paper"),
        ("--soft", "--paper"),
        ("--link", "--paper"),
        ("--warn", "--paper"),
        ("--ink", "--warn-wash"),
        ("--warn", "--warn-wash"),
        ("--link", "--warn-wash"),
        ("--sim-ink", "--sim"),
        *((name, "--wash") for name in ("--code", "--key", "--str", "--num", "--note")),
    ],
)
def test_text_stands_out_by_four_and_a_half(scheme, text, ground):
    palette = _palettes()[scheme]
    a, b = sorted((_luminance(palette[text]), _luminance(palette[ground])))
    assert (b + 0.05) / (a + 0.05) >= 4.5


def test_a_notebook_cut_short_without_an_error_is_no_report():
    """As a runner leaves it that calls an early exit a success."""
    ran = _book(_code(), {**_code(), "execution_count": None})
    progress = render._Progress(on_cell=lambda *_: None)
    failure = render._judge(ran, progress, session=None)
    assert failure.cell == 2
    assert "never ran" in failure.message
    ran.cells[1].execution_count = 2
    assert render._judge(ran, progress, session=None) is None


def test_a_figure_left_out_while_a_page_is_made_comes_back_as_it_was():
    image = "iVBORw0KGgo+/aZ=="
    shown = {"output_type": "display_data", "metadata": {}}
    outputs = [shown | {"data": {"image/png": f"{image}\n"}}, shown | {"data": {}}]
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs}
    notebook = to_node({"cells": [cell], "metadata": {}, "nbformat": 4})
    light, images = without_images(notebook)
    mark = light.cells[0].outputs[0].data["image/png"]
    assert images == {mark: image}
    assert mark.isalnum()
    assert notebook.cells[0].outputs[0].data["image/png"] == f"{image}\n"
    page = f'<img src="data:image/png;base64,{mark}"><p>{mark}</p>'
    whole = f'<img src="data:image/png;base64,{image}"><p>{mark}</p>'
    assert with_images(page, images) == whole


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("The `n_users` of *all* **apps**", "The n_users of all apps"),
        ("snake_case and 2 * 3 * 4", "snake_case and 2 * 3 * 4"),
        (r"a \* b and \`c", "a * b and `c"),
        ("1. First & A < B", "1. First & A < B"),
        ("Notes on C#", "Notes on C#"),
        ("[A link](https://example.org/a_b)", "A link"),
    ],
)
def test_a_title_reads_as_its_heading_does(written, read):
    title, _ = split_title(_book(_text(f"# {written}\n\nMore.")), "fallback")
    assert title == read
