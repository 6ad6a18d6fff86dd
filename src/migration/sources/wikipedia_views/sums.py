"""From counts of titles to counts of an app in one language, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from migration.sources.wikimedia.daily import Daily

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
# From the least that is known of a title to the most.
STATES = NO_VIEWS, NOT_FETCHED, SUMMED = "no_views", "not_fetched", "summed"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One title on every day: ``views`` with NaN where nothing is known.

    ``unsettled`` marks counts that may still rise; ``state`` says whether any answer
    counted views, all were 404, or there was none.
    """

    title: str
    views: Array
    unsettled: Flags
    state: str


@dataclass(frozen=True, kw_only=True)
class Language:
    """An app in one project: its days, and what they were summed from.

    ``days`` has the columns ``value, lower, upper, status``; ``state`` is that of
    its main titles taken together.
    """

    project: str
    days: pd.DataFrame
    state: str
    titles: dict[str, list[str]]


def line(title: str, readings: Sequence[Daily], days: pd.DatetimeIndex) -> Line:
    """Lay every answer about a title onto the days, the last read on top.

    A day that an answer leaves out had no views only where it had settled when the
    answer was read. A title that is not served (404) had none, by the same rule; but a
    404 says so little that it takes back nothing that another answer counted.
    """
    views = np.full(len(days), np.nan)
    unsettled = np.zeros(len(days), dtype=bool)
    for reading in sorted(readings, key=lambda one: one.retrieved_at):
        first, last = (pd.Timestamp(day) for day in reading.window)
        inside = np.asarray((days >= first) & (days <= last))
        young = np.asarray(days >= pd.Timestamp(reading.settled)) & inside
        counts = pd.Series(reading.views or {}, dtype="float64")
        counts.index = pd.to_datetime(counts.index)
        counted = counts.reindex(days).to_numpy()
        told = inside if reading.views is not None else inside & np.isnan(views)
        views[told] = np.where(young, np.nan, 0.0)[told]
        views[~np.isnan(counted)] = counted[~np.isnan(counted)]
        unsettled[told] = young[told]
    states = {NO_VIEWS if one.views is None else SUMMED for one in readings}
    state = _best(states) if states else NOT_FETCHED
    return Line(title=title, views=views, unsettled=unsettled, state=state)


def without_unloaded(one: Line, everything: Line) -> Line:
    """A title's days, unknown where it has no views and its project has none either.

    Somebody reads something in a project every day: where the answer about all of it
    lacks a settled day, that day is not loaded, and tells of no title.
    """
    unloaded = (one.views == 0) & (everything.views == 0)
    return replace(one, views=np.where(unloaded, np.nan, one.views))


def language(
    project: str, mains: Sequence[Line], others: Sequence[Line], *, whole: bool
) -> Language:
    """Sum an app's titles in one project.

    Parameters
    ----------
    project : str
    mains : sequence of Line
        The titles that the study names and the page's present one. Where none of
        them was counted, the language is missing, never 0.
    others : sequence of Line
        Redirects; one that is not served adds nothing.
    whole : bool
        Whether every redirect is known. Where one is not, or was not read, the sum is
        partial: the truth has no ceiling.
    """
    lines = [*mains, *others]
    main = [one for one in mains if one.state == SUMMED]
    views = np.array([one.views for one in lines])
    total = np.nansum(views, axis=0)
    young = np.array([one.unsettled for one in lines]).any(axis=0)
    unsure = np.isnan(views).any(axis=0) | young | (not whole)
    lacking = np.isnan([one.views for one in main]).any(axis=0) if main else True
    value = np.where(lacking, np.nan, total)
    days = pd.DataFrame({"value": value, "lower": value, "upper": value})
    days["upper"] = days["upper"].mask(unsure & ~np.isnan(value), np.inf)
    status = np.where(unsure, "partial", "observed")
    days["status"] = np.where(np.isnan(value), "missing", status)
    state = _best({one.state for one in mains})
    return Language(project=project, days=days, state=state, titles=_told(lines))


def share(views: pd.DataFrame, totals: Sequence[Array]) -> pd.DataFrame:
    """Views per view of the same projects, by day; of a partial count, up to 1."""
    whole = np.sum(totals, axis=0) if len(totals) else np.full(len(views), np.nan)
    whole = np.where(whole > 0, whole, np.nan)
    value = views["value"].to_numpy() / whole
    lacking = np.isnan(value)
    unsure = (views["status"] == "partial").to_numpy() & ~lacking
    status: Any = np.where(unsure, "partial", "observed")
    return pd.DataFrame(
        {
            "value": value,
            "lower": np.where(unsure, 0.0, value),
            "upper": np.where(unsure, np.maximum(value, 1.0), value),
            "status": np.where(lacking, "missing", status),
        }
    )


def _best(states: set[str]) -> str:
    return max(states, key=STATES.index)


def _told(lines: Sequence[Line]) -> dict[str, list[str]]:
    found = {kind: [x.title for x in lines if x.state == kind] for kind in STATES}
    return {kind: titles for kind, titles in found.items() if titles}
