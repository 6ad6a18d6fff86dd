"""Where the archive is, and how slowly it is to be asked."""

import datetime as dt
from dataclasses import dataclass

DEFAULT = "https://web.archive.org"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The archive's address and our manners there.

    The archive counts questions a minute: 30 of the index and 600 of playback in
    2026 by a client that is tried against it. It sends 429 without a ``Retry-After``
    and refuses connections for longer where that is not heeded.

    Attributes
    ----------
    address : str
        Host that has ``/cdx/search/cdx`` and ``/web``.
    index_pace, playback_pace : float
        Least seconds between two questions.
    silence : float
        Seconds to wait after a 429.
    nearest : timedelta
        The archive leads to the nearest capture where there is none at the second
        asked for, however many months off: one further off than this is refused.
    """

    address: str = DEFAULT
    index_pace: float = 2.5
    playback_pace: float = 0.25
    silence: float = 60.0
    nearest: dt.timedelta = dt.timedelta(hours=24)

    @property
    def index(self) -> str:
        """Address of the index of captures."""
        return f"{self.address.rstrip('/')}/cdx/search/cdx"

    def page(self, timestamp: str, original: str) -> str:
        """Address that plays a capture back as it was sent, without a toolbar."""
        return f"{self.address.rstrip('/')}/web/{timestamp}id_/{original}"
