"""Which titles a page is read under: its own, and every redirect that leads to it.

The pageview service counts each title for itself, so a page that was moved has its
views under several. MediaWiki's ``prop=redirects`` names them; ``redirects=1`` says
where a title leads today. Its answers are kept like any other.
"""

import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from migration.errors import RateLimited, SchemaDrift, Transient
from migration.sources.ask import Answer, Ask, file_name
from migration.sources.wikimedia.names import is_utf8, underscored
from migration.sources.wikimedia.replies import read_json

# {project} is en.wikipedia and the like. [Not verified here: `prop=redirects`,
# `pageprops` and the parameters of both; seen: `redirects=1` and what it answers.]
ADDRESS = "https://{project}.org/w/api.php"
PACE = 0.5
MOST_ANSWERS = 10  # of 500 redirects each
LIKELY = 12  # titles of a page, for a rehearsal
_QUERY = {
    "action": "query",
    "format": "json",
    "prop": "redirects|pageprops",
    "rdlimit": "max",
    "rdnamespace": "0",
    "ppprop": "disambiguation|wikibase_item",
    "redirects": "1",
}
_ITEM = re.compile(r"Q[1-9][0-9]{0,11}")
_LATER = ("maxlag", "readonly", "internal_api_error")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one title is called, now and otherwise.

    Attributes
    ----------
    asked : str
        The title asked about.
    current : str or None
        What the page is called today; None where there is no such page, where the
        title leads into a section of another, and where it lists several meanings.
    redirects : tuple of str
        Titles that lead to it.
    item : str or None
        The page's item at Wikidata, where the answer says it.
    note : str
        Why ``current`` is None.
    more : mapping
        What to add to the question for the rest of the redirects; empty at the end.
    """

    asked: str
    current: str | None
    redirects: tuple[str, ...] = ()
    item: str | None = None
    note: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """Every title, the one asked about first, each once."""
        own = [self.asked, *([self.current] if self.current else [])]
        return tuple(dict.fromkeys([*own, *self.redirects]))


def ask_about(
    address: str, project: str, title: str
) -> Generator[Ask, Answer | None, Page | None]:
    """Ask what a page is called, on until its last redirect; None if not to be had."""
    parts: list[Page] = []
    more: Mapping[str, str] = {}
    for number in range(MOST_ANSWERS):
        query = {**_QUERY, "titles": title, **more}
        # The fragment, which is not sent, says of which project the answer is.
        place = address.replace("{project}", project)
        answer = yield Ask(
            url=f"{place}?{urlencode(query, quote_via=quote)}#{project}",
            name=file_name(project, title, f"titles-{number}", suffix="json"),
            absence="json",
            pace=PACE,
            check=partial(_check, title),
            leads_to=LIKELY if number == 0 else 0,
            what=f"titles of {project}/{title}",
        )
        if answer is not None:
            parts.append(read_page(answer.content, title))
        more = parts[-1].more if answer is not None else {}
        if not more:
            break
    return join_pages(parts) if parts else None


def asked_about(url: str) -> tuple[str, str] | None:
    """Project and title that an address of :func:`ask_about` asks for, else None."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if query.get("prop") != _QUERY["prop"] or not parts.fragment:
        return None
    return parts.fragment, query.get("titles", "")


def join_pages(parts: Iterable[Page]) -> Page:
    """Several answers about one title as one; ``more`` is left where the last lacks."""
    known = list(parts)
    redirects = dict.fromkeys(title for page in known for title in page.redirects)
    ends = [page for page in known if not page.more]
    last = ends[-1] if ends else known[-1]
    return Page(
        asked=last.asked,
        current=last.current,
        redirects=tuple(redirects),
        item=next((page.item for page in reversed(known) if page.item), None),
        note=last.note,
        more=last.more,
    )


def read_page(content: bytes, title: str) -> Page:
    """Read one answer about one title.

    Raises
    ------
    UnexpectedContent
        Not JSON.
    SchemaDrift
        Another shape, or an answer about another title.
    Transient, RateLimited
        The wiki says that it cannot answer now.
    """
    what = f"titles of {title}"
    reply = read_json(content, what=what)
    if not isinstance(reply, dict):
        raise SchemaDrift(f"{what}: needs an object, got {reply!r:.120}")
    _refuse_error(reply.get("error"), what)
    query = reply.get("query")
    query = query if isinstance(query, dict) else {}
    pages = query.get("pages")
    found = list(pages.values()) if isinstance(pages, dict) else pages
    if not isinstance(found, list) or len(found) != 1 or not _is_page(found[0]):
        raise SchemaDrift(
            f"{what}: needs one page under 'query', 'pages', got {reply!r:.200}; "
            "compare it with the source's card"
        )
    steps = [*_steps(query, "normalized", what), *_steps(query, "redirects", what)]
    known = {underscored(title)}
    for step in steps:
        if underscored(step["from"]) in known:
            known.add(underscored(step["to"]))
    if underscored(found[0]["title"]) not in known:
        raise SchemaDrift(f"{what}: got an answer about {found[0]['title']!r}")
    section = any(step.get("tofragment") for step in steps)
    return _page(found[0], title, section, _more(reply.get("continue"), what))


def _page(
    found: dict[str, Any], title: str, section: bool, more: dict[str, str]
) -> Page:
    props = found.get("pageprops", {})
    props = props if isinstance(props, dict) else {}
    item = props.get("wikibase_item")
    asked, note = underscored(title), ""
    if "missing" in found or "invalid" in found:
        note = "there is no such page today"
    elif section:
        note = f"leads into a section of {found['title']}"
    elif "disambiguation" in props:
        note = "a page of several meanings"
    redirects = () if note else tuple(map(_title, found.get("redirects", [])))
    return Page(
        asked=asked,
        current=None if note else underscored(found["title"]),
        redirects=redirects,
        item=item if not note and _ITEM.fullmatch(str(item)) else None,
        note=note,
        more={} if note else more,
    )


def _steps(query: dict[str, Any], kind: str, what: str) -> list[dict[str, Any]]:
    """From which title to which one was led."""
    some = query.get(kind, [])
    if not isinstance(some, list) or not all(map(_is_step, some)):
        raise SchemaDrift(f"{what}: needs steps 'from' and 'to', got {some!r:.120}")
    return some


def _more(found: object, what: str) -> dict[str, str]:
    if found is None:
        return {}
    pairs = list(found.items()) if isinstance(found, dict) else [("", None)]
    keys = {key: x for key, x in pairs if isinstance(x, str) and is_utf8(key + x)}
    if len(keys) < len(pairs):
        raise SchemaDrift(f"{what}: needs keys under 'continue', got {found!r:.120}")
    return keys


def _refuse_error(error: object, what: str) -> None:
    if error is None:
        return
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    if code == "ratelimited":
        raise RateLimited(f"{what}: the wiki asks for patience: try again later")
    if code.startswith(_LATER):
        raise Transient(f"{what}: the wiki cannot answer now ({code}): try again later")
    raise SchemaDrift(f"{what}: the wiki refuses the question, {error!r:.200}")


def _check(title: str, answer: Answer) -> None:
    read_page(answer.content, title)


def _is_page(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    redirects = found.get("redirects", [])
    named = isinstance(redirects, list) and all(map(_is_named, redirects))
    return named and _is_named(found)


def _is_named(found: object) -> bool:
    title = found.get("title") if isinstance(found, dict) else None
    return isinstance(title, str) and bool(title.strip())


def _is_step(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(found.get(key), str) for key in ("from", "to")
    )


def _title(found: dict[str, Any]) -> str:
    return underscored(found["title"])
