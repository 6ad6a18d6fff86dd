"""What a report says first: question, one answer, its figure, its data; once each."""

import base64
import io
from importlib.util import find_spec

import nbformat
import pytest
from PIL import Image

from migration.report.html import Page, check_html, to_html
from migration.report.lead import lead_place
from migration.report.sources_line import data_line
from migration.report.thumbnails import lead_figure

FLATHUB = {
    "source": "flathub", "first_day": "2020-11-01", "last_day": "2021-02-28",
    "retrieved": "not recorded",
}  # fmt: skip


def _png(width, height):
    content = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(content, format="PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")


def _cell(alt, image, *tags):
    about = {"image/png": {"alt": alt, "width": 30, "height": 20}}
    shown = {"output_type": "display_data", "metadata": about}
    return {
        "cell_type": "code", "id": alt, "metadata": {"tags": list(tags)},
        "source": "draw()", "execution_count": 1,
        "outputs": [{**shown, "data": {"image/png": image}}],
    }  # fmt: skip


def _book(*cells):
    words = {"cell_type": "markdown", "id": "w", "metadata": {}, "source": "# Moved?"}
    held = {"cells": [words, *cells], "metadata": {}}
    return nbformat.from_dict({**held, "nbformat": 4, "nbformat_minor": 5})


def _page(**more):
    told = {
        "study": "A study", "question": "Who?", "simulated": False, "version": "1",
        "fallback_title": "tiny", "parameters": [("study", "tiny")], "asked": True,
        "vintage": [FLATHUB], "warnings": ["Be careful."],
        "answers": ["All of it.", "This one.", "That one."],
        "versions": [("Python", "3")], "inputs_hash": "ab" * 32, "n_inputs": 1,
    }  # fmt: skip
    return Page(**told | more)


FIRST, SECOND = _png(60, 40), _png(60, 42)


@pytest.fixture
def book():
    return _book(_cell("series", FIRST), _cell("effect", SECOND, "lead"))


def test_the_tagged_figure_stands_above_everything_but_the_answer_once(book):
    page = to_html(book, _page())
    assert check_html(page) == []
    head, _, body = page.partition("<main")
    order = ["<h1>Moved?", "Who?", "All of it.", "days 2020-11-01", SECOND]
    order += ["Be careful.", "<caption>Parameters", "This one.", "That one."]
    places = [head.index(text) for text in order]
    assert places == sorted(places)
    assert page.count(SECOND) == page.count(FIRST) == 1
    assert '<img alt="effect" height="20"' in head
    assert 'width="30"' in head
    assert 'alt="series"' in body
    assert body.count('<a href="#lead">The figure of this step') == 1
    assert 'id="lead"' in head


def test_the_leading_figure_has_its_caption_below_it(book):
    output = book.cells[2].outputs[0]
    output.metadata["image/png"]["caption"] = "Filled: told <from> zero. Source: A."
    page = to_html(book, _page())
    assert check_html(page) == []
    below = page.partition(SECOND)[2].partition("</figure>")[0]
    said = "<figcaption>Filled: told &lt;from&gt; zero. Source: A.</figcaption>"
    assert said in below
    assert page.count("<figcaption>") == 1


def test_a_figure_without_a_caption_has_none(book):
    assert "<figcaption>" not in to_html(book, _page())


def test_without_a_tag_the_first_figure_leads_and_without_figures_none_does():
    plain = _book(_cell("series", FIRST), _cell("effect", SECOND))
    head = to_html(plain, _page()).partition("<main")[0]
    assert FIRST in head
    none = to_html(_book(), _page())
    assert "<img" not in none
    assert "#lead" not in none
    assert lead_place([]) is None


def test_one_answer_alone_has_no_list_and_the_notebook_stays_as_it_was(book):
    before = nbformat.writes(book)
    page = to_html(book, _page(answers=["All of it."]))
    assert "Each finding" not in page
    assert nbformat.writes(book) == before
    image, alt = lead_figure(before.encode())
    assert (base64.b64encode(image).decode("ascii"), alt) == (SECOND, "effect")


@pytest.mark.skipif(find_spec("typst") is None, reason="the extra is not installed")
def test_the_figure_is_on_the_first_page_of_the_pdf(book):
    import pypdf

    from migration.report.pdf import to_pdf

    tall = _book(_cell("effect", _png(400, 900), "lead"))
    for one in (book, tall):
        first = pypdf.PdfReader(io.BytesIO(to_pdf(one, _page()))).pages[0]
        words = " ".join(first.extract_text().split())
        assert len(first.images) >= 1
        assert "Observed data: flathub, days 2020-11-01 to 2021-02-28" in words
        assert "All of it." in words


@pytest.mark.parametrize(
    ("rows", "simulated", "said"),
    [
        ([], False, "Observed data."),
        ([{"source": ""}], True, "SIMULATED data."),
        (
            [FLATHUB, FLATHUB],
            False,
            "Observed data: flathub, days 2020-11-01 to 2021-02-28, "
            "day of retrieval not recorded.",
        ),
        (
            [
                {"source": "a", "retrieved_at": "2026-11-02T01:02:03Z"},
                {"source": "a", "retrieved_at": "2026-11-01T01:02:03Z"},
                {"source": "b", "retrieved": "2026-11-05"},
                {"source": "b", "retrieved": "not recorded"},
            ],
            False,
            "Observed data: a, retrieved 2026-11-01 to 2026-11-02; "
            "b, retrieved 2026-11-05, some not recorded.",
        ),
        (
            [
                {
                    "source": "simulated",
                    "first_day": "2021-01-01",
                    "last_day": "2021-01-9",
                }
            ],
            True,
            "SIMULATED data: simulated, days 2021-01-01 to 2021-01-9.",
        ),
    ],
)
def test_one_line_says_which_data_and_what_nobody_noted(rows, simulated, said):
    assert data_line(rows, simulated=simulated) == said
