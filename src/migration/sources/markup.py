"""Pages of HTML, put through a parser of the standard library."""

from html.parser import HTMLParser

from migration.errors import UnexpectedContent


def read_markup(parser: HTMLParser, text: str) -> None:
    """Feed a whole page to a parser.

    Raises
    ------
    UnexpectedContent
        A declaration that is none of HTML, on which the parser gives up.
    """
    try:
        parser.feed(text)
        parser.close()
    except AssertionError as error:
        raise UnexpectedContent(f"a page that is no HTML: {error}") from error
