"""Google Trends: the share of a place's searches that were for an app, 0 to 100.

A researcher's own exports of both forms of the site, added with what they show
declared; and, only where the study asks for it, live requests by the protocol of the
site's own page. Every request has a scale of its own: draws of one are averaged, and
requests that share a series are put on one scale.
"""

from migration.sources.trends.exports import SOURCE, declare
from migration.sources.trends.lines import METRICS
from migration.sources.trends.live import plan, why_nothing
from migration.sources.trends.panels import panel
from migration.sources.trends.reading import in_force
from migration.sources.trends.regions import parse_regions
from migration.sources.trends.timeline import parse_timeline

ZONE = "UTC"
EVERY_ANSWER = True  # each answer is another sample of searches
BY_STUDY = True  # a share is of what was asked with it
ANY_METRIC = True  # a study may name metrics that its files do not have yet
__all__ = [
    "ANY_METRIC",
    "BY_STUDY",
    "EVERY_ANSWER",
    "METRICS",
    "SOURCE",
    "ZONE",
    "declare",
    "in_force",
    "panel",
    "parse_regions",
    "parse_timeline",
    "plan",
    "why_nothing",
]
