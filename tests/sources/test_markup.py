"""What no parser of HTML can read is told as such."""

from html.parser import HTMLParser

import pytest

from migration.errors import UnexpectedContent
from migration.sources.markup import read_markup


class Titles(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found.append(data)


def test_a_page_is_read_to_its_end():
    page = Titles()
    read_markup(page, "<html><b>one</b>two")
    assert page.found == ["one", "two"]


class Fussy(Titles):
    """As the standard parser of some Pythons is on ``<![if``-like declarations."""

    def unknown_decl(self, data):
        raise AssertionError(f"unknown status keyword {data!r} in marked section")


def test_a_declaration_that_the_parser_gives_up_on_is_no_page():
    with pytest.raises(UnexpectedContent, match="no HTML: unknown status keyword"):
        read_markup(Fussy(), "<html><![CDATA[x]]></html>")
