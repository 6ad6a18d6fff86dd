"""When each host may be asked next: its pace, and the silence it asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from migration.errors import RateLimited


@dataclass
class Turns:
    """Waits before a question until it is due.

    A source's wait holds for its host, so that another source of the same host does
    not break it.
    """

    sleep: Callable[[float], None] = time.sleep
    _asked: dict[str, float] = field(default_factory=dict)
    _silent: dict[str, float] = field(default_factory=dict)

    def take(self, host: str, pace: float, *, most: float) -> None:
        """Wait for the host's pace and its silence; refuse to wait more than ``most``.

        Raises
        ------
        RateLimited
            The host asked earlier for a longer silence, which is not over.
        """
        now = time.monotonic()
        silent = self._silent.pop(host, now) - now
        if silent > most:
            self._silent[host] = now + silent
            raise RateLimited(
                f"{host} asked for patience: try again in {silent:.0f} s", silent
            )
        due = self._asked.get(host, now - pace) + pace - now
        self.sleep(max(0.0, due, silent))
        self._asked[host] = time.monotonic()

    def hush(self, host: str, seconds: float) -> None:
        """Ask a host nothing for so long."""
        self._silent[host] = time.monotonic() + seconds
