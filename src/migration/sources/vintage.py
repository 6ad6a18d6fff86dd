"""What a panel was made from, told once however often its frame is copied."""

from collections.abc import Hashable
from typing import Any


class Vintage(dict[Hashable, Any]):
    """A record that pandas does not copy.

    Every step on a frame copies its ``attrs`` to the bottom. A record that names five
    thousand files made that most of the time that a panel took. It is not to be
    changed: who needs another makes one, ``Vintage(old | more)``.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "Vintage":
        """Itself."""
        return self
