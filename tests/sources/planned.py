"""A plan run against answers by path, without a network: what would be kept of them."""

from migration.errors import NoData
from migration.sources.ask import Answer
from migration.sources.raw import Raw
from migration.store import Entry

BASE = "http://127.0.0.1:1"


def run(plan, answers, *, retrieved_at="2026-11-25T10:00:00+00:00"):
    """Drive a plan; return what it asked, and the ``Raw`` of what came.

    ``answers`` has a path with query for a key, as a protocol's have; what is not there
    is not answered.
    """
    asks, entries, files, sent = [], [], {}, None
    while True:
        try:
            ask = plan.send(sent)
        except StopIteration:
            return asks, Raw(origin="fetched", entries=tuple(entries), files=files)
        asks.append(ask)
        sent = _answer(ask, answers, retrieved_at)
        if sent is not None:
            entries.append(_entry(ask, sent))
            files[ask.name] = sent.content


def _answer(ask, answers, retrieved_at):
    path = ask.url.removeprefix(BASE).partition("#")[0]
    status, headers, body = answers.get(path, (503, {}, b""))
    if status not in ask.accept:
        return None
    if ask.sift is not None:
        body = b"".join(ask.sift(iter([body])))
    answer = Answer(
        url=ask.url,
        status=status,
        headers=headers,
        content=body,
        retrieved_at=retrieved_at,
    )
    try:
        if ask.check is not None:
            ask.check(answer)
    except NoData:
        return None
    return answer


def _entry(ask, sent):
    return Entry(
        source="s", name=ask.name, url=ask.url, retrieved_at=sent.retrieved_at,
        status=sent.status, headers={}, sha256="0" * 64, bytes=len(sent.content),
        card="s",
    )  # fmt: skip
