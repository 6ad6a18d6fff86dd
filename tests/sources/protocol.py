"""The twenty cases that every networked source is tried in, and the page of them.

A source's file in ``protocols/`` says how it answers when all is well and which of its
addresses is spoiled; what is spoiled, and what must then hold, is the same for all
sources and stands in ``test_protocols.py``. Write the page anew with::

    PYTHONPATH=src:tests python -m sources.protocol docs/source-cases.md
"""

import importlib
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Sent = tuple[int, Mapping[str, str], bytes]
Answers = dict[str, Sent]
Check = Callable[[Any], None]
Own = Callable[[str], tuple[Answers, Check]]

CASES = {
    1: "all is well",
    2: "the answer comes packed (gzip), and its header says so",
    3: "429 without Retry-After, with seconds, with a date",
    4: "503, then 200; 503 until it is given up",
    5: "200 and a page of HTML in place of the data",
    6: "the body is cut short: fewer bytes than announced, an open chunk",
    7: "an empty list, an empty object, an empty body",
    8: "404 as problem+json (no data), 404 as a page (wrong address)",
    9: "302 to another host",
    10: "the body is packed (gzip), and no header says so",
    11: "rows twice, rows out of order",
    12: "what is censored or suppressed",
    13: "names in other scripts; NA, which is Namibia",
    14: "a guard before the JSON, with and without a comma",
    15: "a byte order mark, UTF-16, semicolons",
    16: "a feed whose one entry is no list",
    17: "a list shorter than was asked for",
    18: "403 with words on policy",
    19: "pages by a resume key, some rows twice",
    20: "what is kept is not asked for again",
}
COMMON = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 20)  # tried alike on every source


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How one source answers.

    Attributes
    ----------
    source : str
    by : str
        Which way to the source, of one that is asked in several.
    study : callable
        ``study(base)``: a small study of this source alone, its address at ``base``.
    window : tuple of date
        First and last day, long past, so that all that comes is settled.
    answers : callable
        ``answers(base)``: path with query to ``(status, headers, body)``; all is
        well, the numbers are invented. Any other path is a 404.
    data_path : str
        The path with query whose answer is spoiled.
    check : callable
        ``check(panel)`` asserts the panel of ``answers``.
    own : mapping
        Case to ``own(base)``, or a list of such, which gives answers and a check of
        its own. The check is handed the panel or, where none can be had, the error
        that says why. A case that is tried on every source is then tried in this way
        in its place.
    not_here : mapping
        Case to why it cannot arise at this source.
    absence : str
        What the source's own 404 is: ``json``, or ``page`` where it is one by nature.
    """

    source: str
    study: Callable[[str], Any]
    window: tuple[Any, Any]
    answers: Callable[[str], Answers]
    data_path: str
    check: Check
    own: Mapping[int, Own | list[Own]] = field(default_factory=dict)
    not_here: Mapping[int, str] = field(default_factory=dict)
    by: str = ""
    absence: str = "page"

    @property
    def name(self) -> str:
        """The source and, where there are several, the way to it."""
        return f"{self.source} ({self.by})" if self.by else self.source


def load_protocols() -> list[Protocol]:
    """Every source's protocol, by the names of their files."""
    folder = Path(__file__).parent / "protocols"
    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))
    return [importlib.import_module(f"sources.protocols.{n}").PROTOCOL for n in names]


def write_page(protocols: list[Protocol]) -> str:
    """The page that says which case was tried on which source, and why not."""
    names = [one.name for one in protocols]
    head = ["case", "", *names]
    rows = [
        [str(number), title, *(_cell(one, number) for one in protocols)]
        for number, title in CASES.items()
    ]
    table = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    reasons = [line for one in protocols for line in _reasons(one)]
    return "\n".join([_TOP, *table, "", *reasons]).rstrip("\n") + "\n"


_TOP = """\
# What each source is tried in

Each source that is fetched is tried against a server on the same machine that
misbehaves on purpose, in these twenty cases. `all`: in the way that is the same for all
sources. `own`: with answers of its own. A dash: the case cannot arise there, and why is
said below. Numbers in these answers are invented.

This page is made from the tests; one of them fails when it is out of date.
"""


def _cell(protocol: Protocol, number: int) -> str:
    if number in protocol.not_here:
        return "-"
    return "own" if number in protocol.own else "all"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reasons(protocol: Protocol) -> list[str]:
    if not protocol.not_here:
        return []
    lines = [f"## Not at `{protocol.name}`", ""]
    for number, why in sorted(protocol.not_here.items()):
        said = f"- {number}, {CASES[number]}: {why}"
        lines += textwrap.wrap(said, 88, subsequent_indent="  ")
    return [*lines, ""]


if __name__ == "__main__":
    page = write_page(load_protocols())
    Path(sys.argv[1]).write_text(page, encoding="utf-8", newline="\n")
