"""Texts that strangers wrote, made safe for a terminal, a log and a spreadsheet.

Names, labels and the words of a server reach messages and tables. Pages and PDFs escape
every text where they are made; these are for what has no escape of its own.
"""

import re

# Control characters but tab and line feed, separators of lines, and what turns the
# direction of writing: on a terminal or in a log each says what is not there.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
# What a spreadsheet computes begins so, and is no number such as "+32% (10% to 58%)".
_FORMULA = re.compile(r"[=+\-@\t]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,%]*(?: ?\([0-9.,%+\-\u2212 to]*\))?|[+-]?inf|-")


def printable(text: str) -> str:
    r"""A text with what cannot be seen in it written as an escape.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return UNSEEN.sub(_escape, text)


def cell_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what is one.

    Numbers, also with their interval, stay as they are.

    >>> cell_text("=1+1"), cell_text("+32% (10% to 58%)"), cell_text("Signal")
    ("'=1+1", '+32% (10% to 58%)', 'Signal')
    """
    shown = printable(text)
    if _FORMULA.match(shown) and not _NUMBER.fullmatch(shown):
        return f"'{shown}"
    return shown


def _escape(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")
