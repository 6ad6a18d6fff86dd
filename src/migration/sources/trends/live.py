"""Live requests by the protocol of the site's own page; off unless it is asked for.

The site offers no such service, and its terms forbid automated access against its
rules for robots: this mode is there for who may use it. It asks slowly, and at the
first sign of refusal it asks no more.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from migration.errors import Blocked, CannotAsk, RateLimited
from migration.sources.ask import Answer, Ask, Plan, Window, file_name
from migration.sources.cards import card
from migration.sources.trends import topics
from migration.sources.trends.exports import SOURCE
from migration.sources.trends.questions import (
    MAP,
    Question,
    as_query,
    questions,
)
from migration.sources.trends.widgets import (
    Widget,
    is_multirange,
    parse_map,
    parse_timeseries,
    widget_of,
)

if TYPE_CHECKING:
    from migration.study import Study

PACE = 10.0  # seconds between two questions
SETTLING = 3  # days: the newest three are from another sample of searches
_REFUSALS = (301, 302, 303, 307, 308, 429)
_COOKIE = re.compile(r"\bNID=[^;,\s]+")
Step = Generator[Ask, Answer | None, Answer | None]
