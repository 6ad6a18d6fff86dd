"""Stored files as requests: which of them are draws, which are kept twice."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from migration.sources.raw import Raw
from migration.sources.trends.draws import average_draws
from migration.sources.trends.exports import PREFIX, read_export
from migration.sources.trends.lines import Lines
from migration.store import Entry

if TYPE_CHECKING:
    from migration.study import Study

SOURCE = "trends"
