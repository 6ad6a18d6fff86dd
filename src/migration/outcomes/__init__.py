"""A measured value into an outcome with bounds: the door of the room."""

from migration.outcomes.convert import WORLD, to_outcome
from migration.outcomes.means import period_means
from migration.outcomes.scales import INSTALLS, INSTALLS_BAND, ROUNDED

__all__ = [
    "INSTALLS",
    "INSTALLS_BAND",
    "ROUNDED",
    "WORLD",
    "period_means",
    "to_outcome",
]
