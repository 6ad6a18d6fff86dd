"""The Internet Archive's Wayback Machine, as sub-plans for sources with a history.

``rows = yield from captures(...)`` lists what was captured, and
``found = yield from playback(row, ...)`` gives one capture as it was sent on that day.
What is kept has the playback address as its own: :func:`memento` reads the original
address, the time and the bytes back from it, so that a parser needs no archive.
"""

from migration.sources.archive.listing import Capture as Capture
from migration.sources.archive.listing import Listing as Listing
from migration.sources.archive.listing import captures as captures
from migration.sources.archive.listing import parse_listing as parse_listing
from migration.sources.archive.listing import spread as spread
from migration.sources.archive.original import Memento as Memento
from migration.sources.archive.original import digest_of as digest_of
from migration.sources.archive.original import memento as memento
from migration.sources.archive.original import unpacked as unpacked
from migration.sources.archive.place import Archive as Archive
from migration.sources.archive.playing import playback as playback

__all__ = [
    "Archive",
    "Capture",
    "Listing",
    "Memento",
    "captures",
    "digest_of",
    "memento",
    "parse_listing",
    "playback",
    "spread",
    "unpacked",
]
