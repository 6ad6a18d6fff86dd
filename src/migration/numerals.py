"""Numbers as a reader meets them: one sign for less than nothing, one rule for p.

For sentences, tables, pages and what a command prints. What a program reads again, JSON
and CSV and the repr of a result, has the hyphen of the programming languages.
"""

import math
import re

MINUS = "−"
UNBOUNDED = "unbounded"
SMALLEST_P = 0.001
# Neither in a word, a range, a date or an address, nor the dash of an option.
_HYPHEN = re.compile(r"(?<![\w/.:=%)\]-])-(?=\.?\d)")


def with_minus(text: str) -> str:
    """A text with a minus before its negative numbers, and every other hyphen kept.

    Examples
    --------
    >>> with_minus("-5% (-0.2 to 3-4) on 2021-01-06")
    '−5% (−0.2 to 3-4) on 2021-01-06'
    """
    return _HYPHEN.sub(MINUS, text)


def interval_words(low: float, high: float) -> str:
    """``2 to 7``, without digits after the point; an end at infinity is unbounded."""
    if math.isinf(low) and math.isinf(high):
        return UNBOUNDED
    ends = (UNBOUNDED if math.isinf(end) else f"{end:.0f}" for end in (low, high))
    return " to ".join(ends)


def p_value(value: float) -> str:
    """Two significant digits; what is below 0.001 says only that, no number nothing."""
    if math.isnan(value):
        return ""
    return f"< {SMALLEST_P}" if value < SMALLEST_P else f"{value:.2g}"


def p_words(value: float) -> str:
    """``p = 0.01`` or ``p < 0.001``."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
