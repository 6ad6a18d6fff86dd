"""Stored files as lines: which are draws of one request, and which are kept twice."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migration.errors import CannotAsk
from migration.sources.ask import Answer
from migration.sources.raw import Raw
from migration.sources.trends import topics
from migration.sources.trends.answers import read_answer
from migration.sources.trends.exports import (
    PREFIX,
    SOURCE,
    known_apps,
    read_export,
)
from migration.sources.trends.lines import Lines
from migration.sources.trends.questions import EXPLORE, question_of
from migration.sources.trends.said import KINDS
from migration.store import Entry

if TYPE_CHECKING:
    from migration.study import Study


@dataclass(kw_only=True)
class Read:
    """Lines of every draw, and what was passed over: a file or an app to why."""

    lines: list[Lines] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)


def read_all(raw: Raw, study: "Study") -> Read:
    """Every stored file as lines of the study's apps and controls.

    The same bytes of one request are one draw: a file that was downloaded twice, or
    an answer that the site repeated. Two draws that happen to be the same must be
    declared with a number each.

    Raises
    ------
    CannotAsk
        A file without a word on what it shows, or an option that is none.
    SourceError
        A file that cannot be read.
    """
    found, kept = Read(), set()
    apps, kind = _apps_by_keyword(raw, study), _kind(study)
    for entry, content in _data(raw, study, found):
        lines = _lines(entry, content, apps)
        lines = _only(lines, study, kind, found)
        mark = (*lines.request, hashlib.sha256(content).hexdigest(), _draw(entry))
        if mark in kept:
            found.passed_over[_name(entry)] = "the same bytes as another draw"
        elif lines.series:
            found.lines.append(lines)
        kept.add(mark)
    return found


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """What is read of all that was kept: of an added file, what was said of it last.

    Bytes that were declared as several draws are several; ``use=no`` takes all of
    them back. Of a live answer that was seen again the first is read.
    """
    held: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        said = {key for key in entry.headers if key.startswith(PREFIX)}
        if not said:
            held.setdefault(("", entry.name), entry)
        elif f"{PREFIX}use" in said:
            held = {key: one for key, one in held.items() if key[0] != entry.sha256}
        else:
            held[entry.sha256, _draw(entry)] = entry
    return list(held.values())


def _data(raw: Raw, study: "Study", found: Read) -> Iterator[tuple[Entry, bytes]]:
    """Files with data, without those that the study leaves out."""
    left_out = study.source(SOURCE).options.get("leave_out", [])
    if not isinstance(left_out, list):
        raise CannotAsk(
            f"the option leave_out needs a list of file names, got {left_out!r:.60}"
        )
    for entry in in_force(raw.entries):
        names = {entry.name, entry.name.rpartition("/")[2], _name(entry)}
        if names & set(left_out):
            found.passed_over[_name(entry)] = "left out by the study"
        elif topics.title_of(entry.url) is None:
            yield entry, raw.files[entry.name]


def _lines(entry: Entry, content: bytes, apps: dict[str, str]) -> Lines:
    """One file, by what was declared of it or by the question that it answers."""
    if EXPLORE not in entry.url:
        return read_export(content, entry.headers, name=_name(entry))
    answer = Answer(
        url=entry.url,
        status=entry.status,
        headers=entry.headers,
        content=content,
        retrieved_at=entry.retrieved_at,
    )
    return read_answer(answer, question_of(entry.url), apps)


def _only(lines: Lines, study: "Study", kind: str, found: Read) -> Lines:
    """The lines of the study's apps and controls, of the kind that is wanted."""
    known = known_apps(study)
    for one in lines.series:
        if one.app not in known:
            found.passed_over[one.app] = "no app or control of the study"
    kept = [
        at
        for at, one in enumerate(lines.series)
        if one.app in known and (not kind or one.thing.split()[0] == kind)
    ]
    return lines.take(kept)


def _apps_by_keyword(raw: Raw, study: "Study") -> dict[str, str]:
    """App or control of each keyword of a live request."""
    keywords = topics.fixed_keywords(study)
    answers = {topics.title_of(entry.url): content for entry, content in raw}
    for app, title in topics.titles(study).items():
        if title in answers:
            mid = topics.choose(topics.parse_topics(answers[title]), title)
            keywords |= {app: mid} if mid else {}
    return {keyword: app for app, keyword in keywords.items()}


def _kind(study: "Study") -> str:
    kind = study.source(SOURCE).options.get("kind", "")
    if kind not in ("", *KINDS):
        raise CannotAsk(
            f"the option kind needs one of {', '.join(KINDS)}, got {kind!r:.40}"
        )
    return str(kind)


def _name(entry: Entry) -> str:
    """What a person calls a file: its own name, else that in the store."""
    return entry.headers.get(f"{PREFIX}file", entry.name)


def _draw(entry: Entry) -> str:
    return entry.headers.get(f"{PREFIX}draw", "")
