"""What a metric's name says of it: the one rule, for whoever asks."""

import re

_WORDS = re.compile(r"[^a-z0-9]+")


def is_rank(metric: object) -> bool:
    """Whether a metric is a place in a list: ``rank``, ``rank_page``, ``tranco_rank``.

    Every source names its places so; a metric of one's own is told by its name, too:
    by the word ``rank``, wherever it stands and however it is written.

    Examples
    --------
    >>> is_rank("top_RANK_us"), is_rank("ranking"), is_rank("frank")
    (True, False, False)
    """
    return "rank" in _WORDS.split(str(metric).lower())
