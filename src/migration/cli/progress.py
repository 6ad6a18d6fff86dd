"""How a fetch is told of: a bar on a terminal, now and then a plain line elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from migration.sources import Rehearsed
    from migration.sources.ask import Ask

Tell = Callable[[str, str, "Ask"], None]
EVERY = 50  # questions between two plain lines; those that were kept take no time


@contextmanager
def telling(stream: TextIO, expected: "Sequence[Rehearsed]") -> Iterator[Tell]:
    """Give what is told of each question, while a fetch lasts."""
    every = sum(one.questions + one.expected + one.kept for one in expected)
    if not stream.isatty():
        yield _plain(stream, every)
        return
    with click.progressbar(length=max(every, 1), file=stream, show_pos=True) as bar:

        def tell(source: str, *_: object) -> None:
            bar.label = source
            bar.length = max(bar.length or 0, bar.pos + 1)  # more may follow
            bar.update(1)

        yield tell


def _plain(stream: TextIO, every: int) -> Tell:
    done = asked = 0
    at = ""

    def tell(source: str, became: str, ask: "Ask") -> None:
        nonlocal done, asked, at
        done += 1
        asked += became != "kept"
        if source != at or (became != "kept" and asked % EVERY == 0):
            at = source
            words = ask.what or ask.name
            stream.write(f"{source}: {done} of about {every}, {words}: {became}\n")
            stream.flush()

    return tell
