"""Run a source's plan against answers by address, as its driver would, in memory."""

from dataclasses import replace

from raw_files import raw_of

from migration.errors import NoData
from migration.sources.ask import Answer

MOST = 2000  # questions, so that no plan runs for ever
NOW = "2026-01-01T00:00:00+00:00"


def serve(plan, answers, *, retrieved_at=NOW):
    """Send each question its answer; return the questions and what would be kept.

    ``answers``: address, without what follows ``#``, to bytes or to ``(status,
    headers, bytes)``; an address without an answer is absent.
    """
    asked, kept, answer = [], {}, None
    for _ in range(MOST):
        try:
            ask = plan.send(answer)
        except StopIteration:
            return asked, raw_from(kept)
        asked.append(ask)
        answer = _answer(ask, answers, retrieved_at)
        if answer is not None and ask.keep and answer.status == 200:
            assert kept.setdefault(ask.name, answer) is answer, ask.name
    raise AssertionError(f"the plan asked {MOST} questions")


def raw_from(kept):
    """Make ``Raw`` of answers by name, each with its own address and headers."""
    raw = raw_of({name: answer.content for name, answer in kept.items()})
    entries = [
        replace(
            entry,
            url=kept[entry.name].url,
            headers=dict(kept[entry.name].headers),
            retrieved_at=kept[entry.name].retrieved_at,
        )
        for entry in raw.entries
    ]
    return replace(raw, entries=tuple(entries))


def _answer(ask, answers, retrieved_at):
    sent = answers.get(ask.url.partition("#")[0])
    if sent is None:
        return None
    status, headers, body = sent if isinstance(sent, tuple) else (200, {}, sent)
    assert status in ask.accept, (ask.url, status)
    if ask.sift is not None and status == 200:
        halves = (body[: len(body) // 2], body[len(body) // 2 :])
        body = b"".join(ask.sift(iter(halves)))
    named = {name: headers[name] for name in ask.keep_headers if name in headers}
    made = Answer(
        url=ask.url, status=status, headers=named, content=body,
        retrieved_at=retrieved_at,
    )  # fmt: skip
    try:
        if ask.check is not None:
            ask.check(made)
    except NoData:
        return None
    return made
