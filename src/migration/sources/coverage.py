"""What is known of a study's series, and on which days, markets and sources it is not.

A source of which nothing is here yet is told of and is no fault; one that cannot be
read has its reason told, and the others are told all the same.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from migration.errors import PanelError, SourceError, StoreError
from migration.panel import STATUSES, coverage
from migration.sources.gather import load_panel
from migration.sources.here import is_here, not_here_yet
from migration.sources.processed import load_current
from migration.workspace import Workspace

if TYPE_CHECKING:
    from migration.study import Study

_SERIES = ["source", "metric", "app"]
_COUNTS = ["days", *STATUSES]
_STATUS = [*_SERIES, "first", "last", *_COUNTS, "origin", "retrieved_at"]
_STATUS += ["problem", "note"]
_PLACE = ["source", "market"]
_SPANS = [*_PLACE, "series", "first", "last", *_COUNTS]
_DAILY = [*_PLACE, "period", *STATUSES]


@dataclass(frozen=True, kw_only=True)
class State:
    """One source as it is found: its panel, or why there is none."""

    source: str
    panel: pd.DataFrame | None = None
    problem: str = ""
    note: str = ""


def states(
    study: "Study",
    sources: Collection[str] | None = None,
    workspace: Workspace | None = None,
) -> Iterator[State]:
    """Each source of a study, by default those that it has enabled, read once.

    The processed panel where it is what would be made now, else one made of the raw
    files.
    """
    enabled = [spec.id for spec in study.sources if spec.enabled]
    for source in [study.source(s).id for s in sources] if sources else enabled:
        try:
            if is_here(study, source, workspace):
                panel = load_current(study, source, workspace)
                if panel is None:
                    panel = load_panel(study, source=source, workspace=workspace)
                yield State(source=source, panel=panel)
            else:
                yield State(source=source, note=not_here_yet(study, source, workspace))
        except (SourceError, StoreError, PanelError) as error:
            yield State(source=source, problem=str(error))


def status(study: "Study", *, workspace: Workspace | None = None) -> pd.DataFrame:
    """What is known of each series of a study.

    Returns
    -------
    DataFrame
        One row a source, metric and app, markets added up: ``days``, ``observed``,
        ``censored``, ``partial``, ``missing``, ``first``, ``last``, ``origin``
        (embedded, fetched or simulated), ``retrieved_at``, ``problem`` and ``note``.
        A source that cannot be read has one row, whose ``problem`` says why; one of
        which nothing is here yet has one row, whose ``note`` says how it is got.
    """
    return status_of(states(study, workspace=workspace))


def load_coverage(
    study: "Study",
    *,
    sources: Collection[str] | None = None,
    workspace: Workspace | None = None,
) -> pd.DataFrame:
    """How many series are observed, censored, partial and missing, day by day.

    Parameters
    ----------
    study : Study
    sources : collection of str, optional
        By default all that the study has enabled.
    workspace : Workspace, optional

    Returns
    -------
    DataFrame
        One row a source, market and day, from the first day of any series there to
        the last: ``observed``, ``censored``, ``partial`` and ``missing`` count the
        series that are so. A series counts from its own first day to its own last; a
        day between that has no row is missing. ``attrs["nothing_here"]`` and
        ``attrs["problems"]`` say, by source, why it has no row;
        ``attrs["simulated"]`` whether any is SIMULATED.
    """
    return coverage_of(states(study, sources, workspace))


def status_of(found: Iterable[State]) -> pd.DataFrame:
    """The rows of :func:`status`."""
    return pd.concat([_status_of(one) for one in found], ignore_index=True)


def coverage_of(found: Iterable[State]) -> pd.DataFrame:
    """The rows of :func:`load_coverage`."""
    known = list(found)
    panels = [one.panel for one in known if one.panel is not None]
    frames = [daily_coverage(panel) for panel in panels]
    whole = pd.concat(frames, ignore_index=True) if frames else _no_days()
    whole.attrs = {
        "sources": [one.source for one in known],
        "nothing_here": {one.source: one.note for one in known if one.note},
        "problems": {one.source: one.problem for one in known if one.problem},
        "simulated": any(panel.attrs["simulated"] for panel in panels),
    }
    return whole


def daily_coverage(panel: pd.DataFrame) -> pd.DataFrame:
    """A panel's series by source, market and day; see :func:`load_coverage`."""
    spans = coverage(panel)
    sizes = panel.groupby([*_PLACE, "period", "status"], observed=True).size()
    told = sizes.unstack("status", fill_value=0)
    told = told.reindex(columns=list(STATUSES), fill_value=0).reset_index()
    counts = dict(iter(told.groupby(_PLACE, observed=True)))
    places = [
        _one_place(counts[place].set_index("period"), own)
        for place, own in spans.groupby(_PLACE, observed=True)
    ]
    return pd.concat(places, ignore_index=True) if places else _no_days()


def spans_of(daily: pd.DataFrame) -> pd.DataFrame:
    """Coverage by source and market, over all days.

    Returns
    -------
    DataFrame
        One row a source and market: ``first`` and ``last`` day, ``days`` between,
        the most ``series`` on one day, and how many of the series' days are
        ``observed``, ``censored``, ``partial`` and ``missing``.
    """
    if daily.empty:
        return pd.DataFrame(columns=_SPANS)
    counts = daily.assign(series=daily[list(STATUSES)].sum(axis=1))
    grouped = counts.groupby(_PLACE, observed=True, sort=False)
    table = grouped.agg(
        first=("period", "min"),
        last=("period", "max"),
        series=("series", "max"),
        **{name: (name, "sum") for name in STATUSES},
    ).reset_index()
    table["days"] = (table["last"] - table["first"]).dt.days + 1
    return table[_SPANS]


def _status_of(one: State) -> pd.DataFrame:
    if one.panel is None:
        row = {"source": one.source, "problem": one.problem, "note": one.note}
        none = dict.fromkeys(_COUNTS, 0) | {"first": pd.NaT, "last": pd.NaT}
        return pd.DataFrame([row | (none if one.note else {})], columns=_STATUS)
    table = coverage(one.panel).groupby(_SERIES, as_index=False).agg(
        {"first": "min", "last": "max"} | dict.fromkeys(_COUNTS, "sum")
    )  # fmt: skip
    vintage = one.panel.attrs["vintage"]
    about = {name: vintage[name] for name in ("origin", "retrieved_at")}
    return table.assign(**about, problem="", note="")[_STATUS]


def _one_place(told: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """One source and market day by day; series without a row on a day are missing."""
    days = pd.date_range(spans["first"].min(), spans["last"].max(), name="period")
    counts = told[list(STATUSES)].reindex(days, fill_value=0)
    begun = _reached(days, spans["first"], side="right")
    over = _reached(days, spans["last"], side="left")
    known = counts[["observed", "censored", "partial"]].sum(axis=1).to_numpy()
    place = {name: spans[name].iloc[0] for name in _PLACE}
    return counts.assign(missing=begun - over - known, **place).reset_index()[_DAILY]


def _reached(
    days: pd.DatetimeIndex,
    dates: "pd.Series[pd.Timestamp]",
    *,
    side: Literal["left", "right"],
) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """How many dates lie up to each day, or before it."""
    ordered = dates.sort_values().to_numpy("datetime64[us]")
    return np.searchsorted(ordered, days.to_numpy("datetime64[us]"), side=side)


def _no_days() -> pd.DataFrame:
    kinds = dict.fromkeys(STATUSES, "int64") | {"period": "datetime64[us]"}
    return pd.DataFrame(columns=_DAILY).astype(kinds)
