"""Who is treated, from which day, against whom, over which baseline and windows."""

from migration.design.contrast import LABELS, ONE_DAY, Design
from migration.design.days import Days
from migration.design.from_study import design_for, events_between, zone_for
from migration.design.outcome_frame import NUMBERS_ONLY, check_outcome
from migration.design.questions import Questions, questions
from migration.design.seen import with_series

__all__ = [
    "LABELS",
    "NUMBERS_ONLY",
    "ONE_DAY",
    "Days",
    "Design",
    "Questions",
    "check_outcome",
    "design_for",
    "events_between",
    "questions",
    "with_series",
    "zone_for",
]
