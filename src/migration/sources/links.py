"""Links as sources write them: followed on paper, or refused in words."""

from urllib.parse import parse_qs, urljoin, urlsplit

from migration.errors import UnexpectedContent


def absolute(link: str, *, base: str) -> str:
    """Where a link on a page leads.

    Raises
    ------
    UnexpectedContent
        It is no address, such as ``https://[``.
    """
    try:
        there = urljoin(base, link)
        urlsplit(there)
    except ValueError as error:
        raise UnexpectedContent(
            f"{base} leads to {link!r:.100}, which is no address ({error}): fetch it "
            "again"
        ) from error
    return there


def query_of(link: str, name: str) -> str:
    """The last value that a link's query has for a name; empty where it has none."""
    try:
        query = urlsplit(link).query
    except ValueError:
        return ""
    return "".join(parse_qs(query).get(name, [])[-1:])
