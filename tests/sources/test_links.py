"""Links of other people's pages: followed, or refused in words."""

import pytest

from migration.errors import UnexpectedContent
from migration.sources.links import absolute, query_of


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("/b?c=1", "https://one.example/b?c=1"),
        ("b", "https://one.example/b"),
        ("//two.example/", "https://two.example/"),
        ("http://two.example/é", "http://two.example/é"),
        ("", "https://one.example/a"),
    ],
)
def test_a_link_leads_where_a_browser_would_go(link, there):
    assert absolute(link, base="https://one.example/a") == there


@pytest.mark.parametrize("link", ["https://[", "//[::1", "https://a]b/"])
def test_what_is_no_address_is_refused_in_words(link):
    with pytest.raises(UnexpectedContent, match="which is no address"):
        absolute(link, base="https://one.example/a")


def test_a_query_is_read_whatever_the_link():
    assert query_of("/x?page=2&page=3", "page") == "3"
    assert query_of("/x", "page") == ""
    assert query_of("https://[?page=2", "page") == ""
