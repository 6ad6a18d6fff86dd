"""Addresses in what is said to a person; JSON and files have them whole."""

import re


def shortened(text: str, most: int = 80) -> str:
    """A text in which no address is longer than a line bears: its middle is left out.

    Examples
    --------
    >>> shortened(f"https://example.org/{'x' * 99}/last refuses (403)", most=40)
    'https://example.org/xxxxx…xxxxxxxxx/last refuses (403)'
    """

    def cut(found: re.Match[str]) -> str:
        address = found[0]
        if len(address) <= most:
            return address
        head = most * 5 // 8
        return f"{address[:head]}…{address[head + 1 - most :]}"

    return re.sub(r"https?://\S+", cut, text)
