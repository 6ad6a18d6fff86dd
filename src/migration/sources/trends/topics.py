"""What stands for an app in a request: a topic's id, or a term as typed; pure."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from migration.errors import CannotAsk, SchemaDrift
from migration.sources.trends.exports import SOURCE
from migration.sources.trends.widgets import unguard

if TYPE_CHECKING:
    from migration.study import Study

PATH = "/trends/api/autocomplete/"
# Words in a topic's type that mark an app; recalled, not checked.
TYPES = ("software", "app", "messag", "messenger")
_MID = re.compile(r"/[mg]/[a-z0-9_]+")


def is_topic(keyword: str) -> bool:
    """Whether a keyword is a topic's id."""
    return _MID.fullmatch(keyword) is not None


def thing_of(keyword: str) -> str:
    """What stands for the app, in the words of a series."""
    return (
        "topic" if is_topic(keyword) else f"term {' '.join(keyword.casefold().split())}"
    )


def fixed_keywords(study: "Study") -> dict[str, str]:
    """Keyword of each app that names its own, and of each control.

    Raises
    ------
    CannotAsk
        An app names several: their shares of searches cannot be added up.
    """
    found = {app.id: app.ids[SOURCE] for app in study.apps if SOURCE in app.ids}
    for app, names in found.items():
        if len(names) > 1:
            raise CannotAsk(
                f"trends needs one keyword for {app!r}, got {', '.join(names)}: keep "
                "one, or join terms in one as 'signal app + signal messenger'"
            )
    own = {app: names[0] for app, names in found.items()}
    return own | {name: name for name in study.source(SOURCE).controls}


def titles(study: "Study") -> dict[str, str]:
    """Title by which an app's topic is looked up, by app: the option ``topics``.

    Raises
    ------
    CannotAsk
        Not a table of titles.
    """
    found = study.source(SOURCE).options.get("topics", {})
    if not isinstance(found, dict) or not all(
        isinstance(title, str) and title for title in found.values()
    ):
        raise CannotAsk(
            "the option topics needs the title of each app's topic, such as "
            f"signal = 'Signal', got {found!r:.80}"
        )
    fixed = fixed_keywords(study)
    return {app: title for app, title in found.items() if app not in fixed}


def check_titles(study: "Study") -> None:
    """Refuse a title of what is no app, before anything is asked for it.

    Raises
    ------
    CannotAsk
        It is not in the study.
    """
    for app in titles(study):
        if app not in {one.id for one in study.apps}:
            raise CannotAsk(
                f"the option topics names {app!r}, which is no app of {study.id!r}: "
                "correct it"
            )


def lookup(base: str, title: str) -> str:
    """The address that suggests topics for a title."""
    return f"{base}{PATH}{quote(title, safe='')}?hl=en-US"


def title_of(url: str) -> str | None:
    """The title that an address asked for; None of another address."""
    path = urlsplit(url).path
    return unquote(path.partition(PATH)[2]) if PATH in path else None


def parse_topics(content: bytes) -> list[Mapping[str, str]]:
    """Suggested topics, each with ``mid``, ``title`` and ``type``.

    Raises
    ------
    UnexpectedContent, SchemaDrift
        Not JSON, or another shape.
    """
    answer: Any = unguard(content, name="trends' autocomplete")
    inside = answer.get("default") if isinstance(answer, dict) else None
    listed = inside.get("topics") if isinstance(inside, dict) else None
    if not isinstance(listed, list) or not all(map(_is_suggestion, listed)):
        raise SchemaDrift(
            "trends' autocomplete needs topics of mid, title and type and is of "
            "another shape: the protocol is not an offered one and may have changed"
        )
    return listed


def choose(suggested: Iterable[Mapping[str, str]], title: str) -> str | None:
    """The one topic of that very title which is an app; None where there is not one."""
    fits = {
        one["mid"]
        for one in suggested
        if one["title"].casefold() == title.casefold()
        and is_topic(one["mid"])
        and any(word in one["type"].casefold() for word in TYPES)
    }
    return fits.pop() if len(fits) == 1 else None


def _is_suggestion(one: Any) -> bool:
    return isinstance(one, dict) and all(
        isinstance(one.get(key), str) for key in ("mid", "title", "type")
    )
