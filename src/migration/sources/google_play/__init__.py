"""Google Play: ranks in its charts, and counts of installations and ratings.

Google keeps no history: the archive's captures are read, of charts (until June 2022)
and of the pages of apps, whose exact counters of installations are the world's.
"""

from migration.sources.google_play.asking import plan as plan
from migration.sources.google_play.batch import parse_batch as parse_batch
from migration.sources.google_play.days import panel as panel
from migration.sources.google_play.increments import (
    between_captures as between_captures,
)
from migration.sources.google_play.options import SOURCE as SOURCE
from migration.sources.google_play.places import METRICS as METRICS

ZONE = "UTC"  # of the counters; each market has its own

__all__ = [
    "METRICS",
    "SOURCE",
    "ZONE",
    "between_captures",
    "panel",
    "parse_batch",
    "plan",
]
