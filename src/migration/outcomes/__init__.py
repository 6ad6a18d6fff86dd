"""A measured value into an outcome with bounds: the door of the room."""

from migration.outcomes.convert import WORLD, to_outcome
from migration.outcomes.means import period_means
from migration.outcomes.nature import default_outcome, series_outcome
from migration.outcomes.scales import INSTALLS, INSTALLS_BAND, PLACES, ROUNDED, is_rank

__all__ = [
    "INSTALLS",
    "INSTALLS_BAND",
    "PLACES",
    "ROUNDED",
    "WORLD",
    "default_outcome",
    "is_rank",
    "period_means",
    "series_outcome",
    "to_outcome",
]
